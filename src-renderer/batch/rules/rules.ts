import type { DeviceName } from '../../../src-main/contract/requests/choices.js';
import type { DenoiseRequest } from '../../../src-main/contract/requests/requests.js';
import { RULE_FIELDS, type Rule, requestByRule } from '../../../src-main/contract/requests/rules.js';
import { fits } from '../../../src-main/contract/schema/schema.js';
import type { OpenInput } from '../../../src-main/contract/window/opened.js';
import type { RuleMatch } from '../../../src-main/contract/window/rules.js';
import { type Choices, defaultChoices, isChosen, MODELS } from '../../state/denoise-choices.js';

/** Attributes that people tell series by, for who writes a condition; any other may be typed. */
export const COMMON_ATTRIBUTES = [
  'Modality',
  'SeriesDescription',
  'ProtocolName',
  'BodyPartExamined',
  'StudyDescription',
  'ConvolutionKernel',
  'SliceThickness',
  'MagneticFieldStrength',
  'EchoTime',
  'RepetitionTime',
  'KVP',
  'Manufacturer',
  'StationName',
  'files',
  'kind',
] as const;

export const OPERATORS = ['=', '!=', '~', '!~', '<', '<=', '>', '>='] as const;
export type Operator = (typeof OPERATORS)[number];

/** A condition with one more test, which must be met too. */
export function withTest(where: string, attribute: string, operator: Operator, value: string): string {
  const test = `${attribute}${operator}${quoted(value.trim())}`;
  return where.trim() === '' ? test : `${where.trim()} and ${test}`;
}

/** Words that join conditions, and values with what means something in a condition, stand in quotes. */
function quoted(value: string): string {
  const isPlain = /^[^\s()=!~<>"'\\]+$/.test(value) && !/^(and|or|not)$/i.test(value);
  return isPlain ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
}

export function isRuleName(name: string): boolean {
  return fits(RULE_FIELDS.name, name);
}

/** What a rule does, as the choices of a person; null: it leaves series alone. */
export function choicesOf(rule: Rule): Choices | null {
  const { model, clean, strength, errorMap } = rule;
  if (rule.do === 'skip') return null;
  const base: Choices = { ...defaultChoices('auto'), clean: clean ?? null, strength, errorMap };
  if (rule.do === 'clean') return { ...base, model: 'none', clean: clean ?? 'auto' };
  return typeof model === 'string' ? { ...base, model } : { ...base, model: 'file', path: model.file };
}

/** @param choices null: series are left alone. Null as a result: something is still to be chosen. */
export function ruleOf(
  named: Pick<Rule, 'name'> & { readonly where: string | null },
  choices: Choices | null,
): Rule | null {
  const { name, where } = named;
  const start = { name, ...(where === null ? {} : { where: where.trim() }) };
  if (!isRuleName(name) || start.where === '') return null;
  if (choices === null) return { ...start, do: 'skip', model: 'auto', strength: 1, errorMap: false };
  if (!isChosen(choices)) return null;
  const { model, path, clean, strength, errorMap } = choices;
  const cleaned = clean === null ? {} : { clean };
  if (model === 'none') return { ...start, ...cleaned, do: 'clean', model: 'auto', strength: 1, errorMap };
  const chosen = model === 'file' ? { file: path ?? '' } : model;
  return { ...start, ...cleaned, do: 'denoise', model: chosen, strength, errorMap };
}

/** The choices of a rule that is new. */
export function newChoices(): Choices {
  return { ...defaultChoices('auto'), model: MODELS[0], errorMap: false };
}

/** What is to be queued: of an input, the series that a rule decides over. */
export interface RuledJob {
  readonly rule: Rule;
  readonly input: OpenInput;
  /** Ids of series. */
  readonly only: readonly string[];
}

/** In the order of the inputs, and of the rules for each. */
export function jobsByRules(
  rules: readonly Rule[],
  matches: readonly RuleMatch[],
  inputs: readonly OpenInput[],
): readonly RuledJob[] {
  const ruleOfSeries = new Map(matches.map(({ series, rule }) => [series, rule]));
  return inputs.flatMap((input) =>
    rules.flatMap((rule, place): RuledJob[] => {
      if (rule.do === 'skip') return [];
      const only = input.series.filter(({ key }) => ruleOfSeries.get(key) === place).map(({ id }) => id);
      return only.length === 0 ? [] : [{ rule, input, only }];
    }),
  );
}

export function requestOfJob(
  { rule, input: { paths }, only }: RuledJob,
  output: string,
  device: DeviceName,
): DenoiseRequest {
  const [input = '', ...more] = paths;
  return {
    ...requestByRule(rule, { input, output, device }),
    only,
    ...(more.length === 0 ? {} : { more }),
  };
}
