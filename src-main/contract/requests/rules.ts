/** Rules: what is done with which series. One definition for a node, for Batch and for watched folders. */
import {
  either,
  exactly,
  filled,
  flag,
  formed,
  list,
  type Of,
  oneOf,
  optional,
  otherwise,
  share,
} from '../schema/schema.js';
import { Cleaning, type DeviceName } from './choices.js';
import type { DenoiseRequest } from './requests.js';

export const RULE_WORKS = ['denoise', 'clean', 'skip'] as const;

/** What every rule says, wherever it is asked. */
export const RULE_FIELDS = {
  /** Told in lists and records, and part of the name of folders. */
  name: formed(
    /^[\p{L}\p{N}]([\p{L}\p{N}._ -]{0,38}[\p{L}\p{N}._-])?$/u,
    'must be a name of letters, digits, dots, dashes and spaces',
  ),
  /** Condition on the attributes of the first image of a series (base/condition); absent: every series. */
  where: optional(filled),
  /** Of denoising; a file, or the id or name of a model that is kept on this machine. */
  model: otherwise(
    either([oneOf(['auto', 'general', 'self', 'nlm', 'dct', 'mppca']), exactly({ file: filled })]),
    'auto',
  ),
  /** Artifacts that are removed: by `clean` whatever is found unless these are named, by `denoise` none unless named. */
  clean: optional(Cleaning),
  strength: otherwise(share, 1),
  errorMap: otherwise(flag, false),
};

/** The first that fits a series decides; none: it is skipped. */
export const Rule = exactly({ ...RULE_FIELDS, do: oneOf(RULE_WORKS) });
export type Rule = Of<typeof Rule>;
export const Rules = list(Rule);

type Work = Pick<Rule, 'model' | 'clean' | 'strength' | 'errorMap'> & { readonly do: string };

/** What a rule asks of a job. @param rule one that denoises or cleans */
export function requestByRule(
  rule: Work,
  job: { readonly input: string; readonly output: string; readonly device: DeviceName },
): DenoiseRequest {
  return {
    type: 'denoise',
    ...job,
    ...changeOf(rule),
    objective: 'recorrupted',
    steps: null,
    seed: 1,
    errorMap: rule.errorMap,
    force: false,
  };
}

/** What a rule has done to the pixels. */
function changeOf({
  do: does,
  model,
  clean,
  strength,
}: Work): Pick<DenoiseRequest, 'model' | 'clean' | 'refine' | 'strength'> {
  if (does === 'clean')
    return { model: { kind: 'none' }, clean: clean ?? 'auto', refine: false, strength: 1 };
  return {
    model: typeof model === 'string' ? { kind: model } : { kind: 'file', path: model.file },
    ...(clean === undefined ? {} : { clean }),
    strength,
  };
}
