/** What `limpid plan` writes and people edit: what is done with each series, and the files that it is. */
import {
  Align,
  Cleaning,
  DeviceName,
  Effort,
  ModelChoice,
  NoiseLevel,
  ObjectiveName,
} from './requests/choices.js';
import {
  either,
  exactly,
  filled,
  flag,
  integer,
  list,
  nullOr,
  number,
  type Of,
  oneOf,
  only,
  optional,
  share,
  some,
  text,
  texts,
  tuple,
  whole,
} from './schema/schema.js';

export const PLAN_FORMAT = 1;

/** What may differ from series to series. */
const OfSeries = {
  model: ModelChoice,
  objective: ObjectiveName,
  /** Training steps; null lets the training choose. */
  steps: nullOr(whole),
  /** Fine-tuning, for as many steps as usual or for this many. */
  adapt: either([oneOf(['off', 'on']), whole]),
  refine: flag,
  seed: whole,
  strength: share,
  strict: flag,
};

const PlannedFile = exactly({
  /** Absolute; of an archive with the name inside of it. */
  path: filled,
  /** Of the file, or of the archive that it is in. */
  bytes: whole,
  /** Milliseconds since 1970. */
  modified: number,
});
export type PlannedFile = Of<typeof PlannedFile>;

/** Series Numbers of what is derived: no two of a study are the same, whichever share of a plan makes them. */
const SeriesNumbers = exactly({
  derived: optional(integer),
  errorMap: optional(integer),
  uncertainty: optional(integer),
  partner: optional(integer),
});
export type SeriesNumbers = Of<typeof SeriesNumbers>;

const PlanEntry = exactly({
  /** The same for the same files; opaque. */
  id: filled,
  /** Stacks that become one derived series, or NIfTI file, have the same. */
  unit: filled,
  kind: oneOf(['dicom', 'nifti']),
  seriesInstanceUid: nullOr(filled),
  /** DICOM only. */
  studyInstanceUid: optional(filled),
  /** DICOM only; absent: one that neither the files that are read nor the plan have. */
  numbers: optional(SeriesNumbers),
  modality: text,
  /** Columns, rows, slices, images at each place. */
  grid: tuple([whole, whole, whole, whole]),
  action: oneOf(['denoise', 'skip']),
  /** Why it is skipped. */
  why: nullOr(text),
  /** What differs from the settings of the plan. */
  settings: exactly({
    model: optional(OfSeries.model),
    objective: optional(OfSeries.objective),
    steps: optional(OfSeries.steps),
    adapt: optional(OfSeries.adapt),
    refine: optional(OfSeries.refine),
    align: optional(Align),
    effort: optional(Effort),
    seed: optional(OfSeries.seed),
    strength: optional(OfSeries.strength),
    strict: optional(OfSeries.strict),
  }),
  memoryBytes: nullOr(number),
  /** null where nothing of this kind was run on this computer yet. */
  seconds: nullOr(number),
  outputs: texts,
  files: list(PlannedFile),
});
export type PlanEntry = Of<typeof PlanEntry>;

export const PlanFile = exactly({
  limpidPlan: only(PLAN_FORMAT),
  /** Of Limpid. */
  version: text,
  createdAt: text,
  /** Absolute. */
  inputs: some,
  settings: exactly({
    ...OfSeries,
    clean: optional(Cleaning),
    align: optional(Align),
    effort: optional(Effort),
    device: DeviceName,
    errorMap: flag,
    uncertainty: flag,
    force: flag,
    bids: flag,
    noiseLevel: optional(NoiseLevel),
  }),
  series: list(PlanEntry),
});
export type PlanFile = Of<typeof PlanFile>;
