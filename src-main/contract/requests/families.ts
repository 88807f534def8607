import {
  either,
  fieldsOf,
  flag,
  list,
  nullOr,
  number,
  type Of,
  object,
  oneOf,
  text,
} from '../schema/schema.js';
import { ArtifactName } from './choices.js';
import { PairObjectiveName } from './training.js';

export const SettingRange = either([
  object({ from: number, to: number, whole: flag }),
  object({ choices: list(text) }),
]);
export type SettingRange = Of<typeof SettingRange>;

/** An autoencoder family as a person chooses it. */
export const FamilyInfo = object({
  name: text,
  /** One sentence: what it is good for. */
  summary: text,
  timeSeries: flag,
  wholePlanes: flag,
  defaults: fieldsOf(text, either([number, flag, text])),
  /** From and to of numbers, choices of texts; absent: any of the type of the default. */
  ranges: fieldsOf(text, SettingRange),
  /** The setting that is the length of a latent vector; null: none. */
  latentSetting: nullOr(text),
  /** What it can learn; the first is what it learns unless told. */
  objectives: list(PairObjectiveName),
});
export type FamilyInfo = Of<typeof FamilyInfo>;

/** What a training would be. */
export const TrainingFacts = object({
  parameters: number,
  /** null: as many as fit into the minutes. */
  steps: nullOr(number),
  patchSize: number,
  batchSize: number,
  trainingPlanes: number,
  heldOutPlanes: number,
  /** What judges: whole patients, neighbouring slices, or neighbouring time points. */
  split: oneOf(['patients', 'slices', 'frames']),
  settings: FamilyInfo.entries.defaults,
  /** Length of a latent vector and the pixels on a side that it stands for; null: none. */
  latent: nullOr(object({ channels: number, cell: number })),
});
export type TrainingFacts = Of<typeof TrainingFacts>;

export const FamilyChoices = object({
  families: list(FamilyInfo),
  /** Artifacts that can be learnt away: usual severity and its unit. */
  artifacts: list(
    object({
      name: ArtifactName,
      usual: number,
      least: number,
      most: number,
      unit: text,
    }),
  ),
});
export type FamilyChoices = Of<typeof FamilyChoices>;
