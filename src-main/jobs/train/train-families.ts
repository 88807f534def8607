import { ARTIFACTS } from '../../artifacts/artifacts.js';
import { LimpidError } from '../../contract/errors.js';
import { EXIT } from '../../contract/exit.js';
import type { FamiliesResult } from '../../contract/model-results.js';
import { ARTIFACT_NAMES } from '../../contract/requests/choices.js';
import type { FamilyInfo, SettingRange } from '../../contract/requests/families.js';
import { PAIR_OBJECTIVE_NAMES, USUAL_TRAINING, usualObjective } from '../../contract/requests/training.js';
import { FAMILIES } from '../../models/families/families.js';
import { type Family, isWhole } from '../../models/family.js';
import { checkPlan, modelOf } from '../../training/family.js';
import type { CorpusShape } from '../../training/samples/corpus.js';
import { planOf } from './train-plan.js';

/** Every family, its settings, and what it can learn, as the training job would refuse it or not. */
export async function listFamilies(): Promise<FamiliesResult> {
  return {
    type: 'result',
    command: 'families',
    exitCode: EXIT.done,
    families: FAMILIES.map(infoOf),
    artifacts: ARTIFACT_NAMES.map((name) => {
      const { usual, least, most, unit } = ARTIFACTS[name].severity;
      return { name, usual, least, most, unit };
    }),
  };
}

function infoOf(family: Family): FamilyInfo {
  const { name, summary, defaults, latentSetting, wholePlanes } = family;
  const usual = usualObjective(name);
  const others = PAIR_OBJECTIVE_NAMES.filter((one) => one !== usual && canLearn(name, one));
  return {
    name,
    summary,
    timeSeries: family.timeSeries === true,
    wholePlanes,
    defaults,
    ranges: Object.fromEntries(Object.keys(defaults).flatMap((key) => rangeOf(family, key))),
    latentSetting,
    objectives: [usual, ...others],
  };
}

function rangeOf({ ranges, defaults }: Family, key: string): [string, SettingRange][] {
  const range = ranges[key];
  if (range === undefined) return [];
  const [from, to] = range;
  if (typeof from === 'number' && typeof to === 'number')
    return [[key, { from, to, whole: isWhole(range, defaults[key]) }]];
  return [[key, { choices: range.map(String) }]];
}

/** Large enough for every family, with frames for those that need them. */
const ANY: CorpusShape = {
  group: '',
  rows: 256,
  columns: 256,
  slices: 8,
  frames: 8,
  roles: new Uint8Array(8),
};

function canLearn(family: string, objective: (typeof PAIR_OBJECTIVE_NAMES)[number]): boolean {
  try {
    const artifact = { name: 'ghost', severity: null } as const;
    const plan = planOf({ ...USUAL_TRAINING, family, objective, artifact }, [ANY], 1);
    checkPlan(modelOf(plan), [ANY], plan);
    return true;
  } catch (error) {
    if (error instanceof LimpidError) return false;
    throw error;
  }
}
