import type { ModelEntry } from '../../src-main/contract/models.js';
import {
  type Cleaning,
  type DeviceName,
  type ModelChoice,
  MPPCA_LEAST_FRAMES,
  type ObjectiveName,
} from '../../src-main/contract/requests/choices.js';
import type { DenoiseRequest } from '../../src-main/contract/requests/requests.js';
import type { NoiseSummary } from '../../src-main/contract/results.js';
import type { MeasuredNoise, SeriesCard } from '../../src-main/contract/window/opened.js';

export type ModelKind = ModelChoice['kind'];

/** The models on offer; the first is the default. */
export const MODELS: readonly [ModelKind, ...ModelKind[]] = [
  'auto',
  'general',
  'self',
  'nlm',
  'dct',
  'mppca',
  'file',
];

/** Whether a model that is kept on this machine takes noise away. */
export function isOwnDenoiser({ origin, tasks }: Pick<ModelEntry, 'origin' | 'tasks'>): boolean {
  return origin !== 'shipped' && tasks.includes('denoise');
}

/** The models for a series of so many frames; null where that is not known. */
export function modelsFor(frames: number | null): readonly ModelKind[] {
  return MODELS.filter((model) => model !== 'mppca' || frames === null || frames >= MPPCA_LEAST_FRAMES);
}

/** What a person chooses before a run, apart from where it reads and writes. */
export interface Choices {
  /** `none`: noise stays, and artifacts alone are removed. */
  readonly model: ModelKind;
  /** Artifacts that are looked for; null: none are. */
  readonly clean: Cleaning | null;
  /** For a model file: its path, or the id of a model that is kept. */
  readonly path: string | null;
  readonly objective: ObjectiveName;
  readonly steps: number | null;
  readonly seed: number;
  readonly strength: number;
  readonly device: DeviceName;
  readonly errorMap: boolean;
  readonly uncertainty: boolean;
  /** Standard deviation of the noise in units of the images, as a person knows it; null: it is measured. */
  readonly noiseLevel: number | null;
  /** A result whose trust report fails is held back, instead of a part of it being taken back. */
  readonly strict: boolean;
}

export const STEPS_LIMIT = 1_000_000;
export const SEED_LIMIT = 2 ** 32 - 1;

export function defaultChoices(device: DeviceName): Choices {
  return {
    model: MODELS[0],
    clean: null,
    path: null,
    objective: 'recorrupted',
    steps: null,
    seed: 1,
    strength: 1,
    device,
    errorMap: true,
    uncertainty: false,
    noiseLevel: null,
    strict: false,
  };
}

/** Whether a network is trained on the series itself, so that the settings of training count. */
export function trains({ model }: Choices): boolean {
  return model === 'self';
}

/** Whether noise is left, and artifacts alone are removed. */
export function onlyCleans({ model }: Choices): boolean {
  return model === 'none';
}

/** Whether something is to be done: artifacts of which none was named, and nothing else, are not. */
export function isChosen(choices: Choices): boolean {
  const { clean } = choices;
  const hasNames = clean === null ? !onlyCleans(choices) : clean === 'auto' || clean.length > 0;
  return hasNames && modelChoice(choices) !== null;
}

/** null while no model file was chosen. */
export function modelChoice({ model, path }: Choices): ModelChoice | null {
  if (model !== 'file') return { kind: model };
  return path === null ? null : { kind: 'file', path };
}

/** @param only ids of the series; null: all of the input. Null as a result: something is still to be chosen. */
export function requestOf(
  choices: Choices,
  input: string,
  output: string,
  only: readonly string[] | null,
): DenoiseRequest | null {
  const model = modelChoice(choices);
  if (model === null || output === '' || !isChosen(choices)) return null;
  return {
    type: 'denoise',
    input,
    output,
    model,
    ...(choices.clean === null ? {} : { clean: choices.clean }),
    objective: choices.objective,
    steps: trains(choices) ? choices.steps : null,
    seed: choices.seed,
    strength: onlyCleans(choices) ? 1 : choices.strength,
    device: choices.device,
    errorMap: choices.errorMap,
    force: false,
    ...(choices.uncertainty && !onlyCleans(choices) ? { uncertainty: true } : {}),
    ...(choices.noiseLevel === null || onlyCleans(choices)
      ? {}
      : { noiseLevel: { kind: 'number', sigma: choices.noiseLevel } }),
    ...(choices.strict && !onlyCleans(choices) ? { strict: true } : {}),
    ...(only === null ? {} : { only }),
  };
}

type Suggestion = 'little' | 'some' | 'much' | 'unknown' | 'doubt' | 'frames';

/** Noise, % of what it is seen against: under the first nobody sees it, from the second on it hides faint structure. */
const SEEN = { least: 1, much: 5 };
/** Of a series with so many frames their redundancy is worth more than that of its patches. */
const MANY_FRAMES = 8;
const DOUBTS: ReadonlySet<string> = new Set(['W_NOISE_DISAGREE', 'W_NOISE_UNCERTAIN', 'W_NOISE_UNKNOWN']);

/** HU: the window that CT is looked at in where its files name none. */
const SOFT_TISSUE = 400;

/**
 * Noise in % of what it is seen against: of the median of the foreground, and of CT of the window that it is looked at
 * in. The zero of HU is water, so that a median of them says nothing of how bright an image is.
 */
function seenShare({ units, windows }: Pick<SeriesCard, 'units' | 'windows'>, noise: NoiseSummary): number {
  return units === 'HU' ? (100 * noise.sigma) / (windows[0]?.width ?? SOFT_TISSUE) : noise.relative;
}

/** What is worth doing with a series, by what was measured of it; first what matters most. */
export function suggestionFor(
  card: Pick<SeriesCard, 'frames' | 'units' | 'windows'>,
  { noise, warnings }: MeasuredNoise,
): readonly Suggestion[] {
  if (noise === null) return ['unknown'];
  const share = seenShare(card, noise);
  return [
    share < SEEN.least ? 'little' : share < SEEN.much ? 'some' : 'much',
    ...(!noise.certain || warnings.some(({ code }) => DOUBTS.has(code)) ? (['doubt'] as const) : []),
    ...(card.frames >= MANY_FRAMES ? (['frames'] as const) : []),
  ];
}
