import type { ModelEntry } from '../../src-main/contract/models.js';
import type { ArtifactName, DeviceName } from '../../src-main/contract/requests/choices.js';
import type { FamilyInfo } from '../../src-main/contract/requests/families.js';
import {
  type LossChoice,
  type PairObjectiveName,
  type TrainingShape,
  type TrainRequest,
  USUAL_TRAINING,
} from '../../src-main/contract/requests/training.js';
import type { SeriesCard, SeriesKey } from '../../src-main/contract/window/opened.js';
import { isDerived, isSecondHalf } from '../state/results.js';

export type Budget = NonNullable<TrainRequest['budget']>;
type Setting = number | boolean | string;

/** What a person chooses before a training. */
export interface TrainChoices {
  readonly series: readonly SeriesKey[];
  /** Clean series for supervised training, by the series that they belong to. */
  readonly references: Readonly<Record<SeriesKey, SeriesKey>>;
  readonly family: string;
  readonly objective: PairObjectiveName;
  readonly levels: readonly [number, number];
  readonly artifact: ArtifactName;
  /** null: the usual one. */
  readonly severity: number | null;
  /** Those that differ from the family's defaults. */
  readonly settings: Readonly<Record<string, Setting>>;
  readonly losses: readonly { readonly name: LossChoice; readonly weight: number }[];
  readonly budget: Budget;
  readonly heldOut: number;
  readonly patience: number;
  readonly optimiser: TrainRequest['optimiser'];
  /** null: the usual one. */
  readonly rate: number | null;
  /** null: the family chooses. */
  readonly patchSize: number | null;
  readonly batchSize: number;
  readonly augmentation: TrainRequest['augmentation'];
  /** Id of a model whose weights are gone on from; null: random ones. */
  readonly from: string | null;
  readonly seed: number;
  readonly device: DeviceName;
  /** '': the suggested one. */
  readonly name: string;
  /** A file instead of the library. */
  readonly file: string | null;
}

const USUAL_STEPS = 2000;

export function defaultChoices(device: DeviceName, family: FamilyInfo): TrainChoices {
  const { levels, heldOut, patience, optimiser, rate, patchSize, batchSize, augmentation, seed } =
    USUAL_TRAINING;
  return {
    series: [],
    references: {},
    family: family.name,
    objective: family.objectives[0],
    levels,
    artifact: 'ghost',
    severity: null,
    settings: {},
    losses: [{ name: 'mse', weight: 1 }],
    budget: { unit: 'steps', value: USUAL_STEPS },
    heldOut,
    patience,
    optimiser,
    rate,
    patchSize,
    batchSize,
    augmentation,
    from: null,
    seed,
    device,
    name: '',
    file: null,
  };
}

/** Another family: what only the former one knew is dropped. */
export function withFamily(choices: TrainChoices, family: FamilyInfo): TrainChoices {
  if (family.name === choices.family) return choices;
  return { ...choices, family: family.name, objective: family.objectives[0], settings: {}, from: null };
}

/** One setting; that of the default is left out. */
export function withSetting(
  choices: TrainChoices,
  { defaults }: FamilyInfo,
  name: string,
  value: Setting,
): TrainChoices {
  const { [name]: _, ...others } = choices.settings;
  return { ...choices, settings: value === defaults[name] ? others : { ...others, [name]: value } };
}

/** Series that a training can read. */
export function canLearnFrom(card: SeriesCard): boolean {
  const { viewable, eligible, map } = card;
  return viewable && eligible && map === undefined && !isSecondHalf(card);
}

/** Series that may be the clean image of one: another one on the same grid. */
export function referencesFor(card: SeriesCard, all: readonly SeriesCard[]): readonly SeriesCard[] {
  const grid = ({ columns, rows, slices, frames }: SeriesCard) => [columns, rows, slices, frames].join();
  return all.filter((one) => one.key !== card.key && canLearnFrom(one) && grid(one) === grid(card));
}

/** A chosen series and where it is read from. */
export interface Chosen {
  readonly card: SeriesCard;
  readonly path: string;
  readonly reference: { readonly card: SeriesCard; readonly path: string } | null;
}

/** @param name of the model */
export function requestOf(choices: TrainChoices, chosen: readonly Chosen[], name: string): TrainRequest {
  const { objective, family, settings, levels, losses, budget, file, from } = choices;
  // A file that is an input of its own holds one series; its id is not unlike that of other files.
  const idOf = (card: SeriesCard) => (card.id === 'nifti' ? null : card.id);
  const pairs = objective === 'supervised' ? chosen.flatMap(({ reference }) => reference ?? []) : [];
  return {
    ...USUAL_TRAINING,
    inputs: chosen.map(({ path }) => path),
    only: chosen.map(({ card }) => idOf(card)),
    references: pairs.map(({ path }) => path),
    ...(pairs.length > 0 ? { onlyReferences: pairs.map(({ card }) => idOf(card)) } : {}),
    ...(file === null ? { output: `${name}.onnx`, keepAs: name } : { output: file }),
    family,
    settings,
    objective,
    levels,
    ...(objective === 'artifact' ? { artifact: { name: choices.artifact, severity: choices.severity } } : {}),
    ...(from === null ? {} : { from }),
    losses,
    optimiser: choices.optimiser,
    rate: choices.rate,
    budget,
    patchSize: choices.patchSize,
    batchSize: choices.batchSize,
    heldOut: choices.heldOut,
    patience: choices.patience,
    augmentation: choices.augmentation,
    seed: choices.seed,
    device: choices.device,
    force: chosen.some(({ card }) => isDerived(card)),
  };
}

/** What a check must know of the series; patients are counted, not named. */
export function shapesOf(chosen: readonly Chosen[]): TrainingShape[] {
  const patients = [...new Set(chosen.map(({ card }) => card.forPerson.patient))];
  return chosen.map(({ card: { rows, columns, slices, frames, forPerson } }, i) => ({
    rows,
    columns,
    slices,
    frames,
    group: forPerson.patient === '' ? `input ${i}` : `patient ${patients.indexOf(forPerson.patient)}`,
  }));
}

/** The choices of an earlier training, with the series that are still open. */
export function choicesOf(
  request: TrainRequest,
  family: FamilyInfo,
  series: readonly SeriesKey[],
): TrainChoices {
  const { objective, settings, levels, losses, budget, artifact, from, seed, device } = request;
  return {
    ...defaultChoices(device, family),
    series,
    objective,
    settings,
    levels,
    losses: losses.length > 0 ? losses : [{ name: 'mse', weight: 1 }],
    budget: budget ?? { unit: 'steps', value: USUAL_STEPS },
    ...(artifact === undefined ? {} : { artifact: artifact.name, severity: artifact.severity }),
    heldOut: request.heldOut,
    patience: request.patience,
    optimiser: request.optimiser,
    rate: request.rate,
    patchSize: request.patchSize,
    batchSize: request.batchSize,
    augmentation: request.augmentation,
    from: from ?? null,
    seed,
  };
}

/** `denoising-2`: a name that no model and no waiting training has. */
export function suggestedName(family: string, taken: readonly string[]): string {
  for (let i = 1; ; i++) {
    const name = `${family}-${i}`;
    if (!taken.includes(name)) return name;
  }
}

/** Models of a family whose weights a training can go on from. */
export function startsFor(family: string, entries: readonly ModelEntry[]): readonly ModelEntry[] {
  return entries.filter(
    (one) => one.family === family && one.origin !== 'shipped' && one.origin !== 'foreign',
  );
}
