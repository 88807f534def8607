import { MODEL_TASKS, type ModelCard, type NormalScores } from '../contract/models.js';
import { CONDITIONS } from '../models/family.js';

/** Key of the card in the ONNX metadata: JSON. */
export const CARD_KEY = 'limpid';

/** The card that a model file of this or an earlier version holds; null where there is none, or no whole one. */
export function readCard(metadata: Readonly<Record<string, string>>): ModelCard | null {
  const text = metadata[CARD_KEY];
  if (text === undefined) return null;
  try {
    const card = migrated(JSON.parse(text));
    return isModelCard(card) ? card : null;
  } catch {
    // It is no JSON: no card of ours.
    return null;
  }
}

/** A card of version 0.1.0, which had one format for families and one for denoisers, as one of today. */
function migrated(card: unknown): unknown {
  if (!isRecord(card)) return card;
  switch (card.format) {
    case 'limpid-autoencoder-1':
      return withMaskedLatent({ ...card, format: 'limpid-model-2' });
    case 'limpid-model-1':
      return migratedDenoiser(card);
    default:
      return withMaskedLatent(card);
  }
}

/** A card of a masked model that was written when only the other families were asked for latents. */
function withMaskedLatent(card: Readonly<Record<string, unknown>>): unknown {
  const { family, settings, latent, input, tasks } = card;
  if (family !== 'masked' || latent !== null || !isRecord(settings) || !isRecord(input)) return card;
  const { patch, width } = settings;
  if (!whole(patch, 1) || !whole(width, 1) || input.fixedSide === undefined || !Array.isArray(tasks))
    return card;
  return {
    ...card,
    tasks: [...tasks, 'latent'],
    latent: { cell: patch, channels: width, codebook: null },
  };
}

function migratedDenoiser(card: Readonly<Record<string, unknown>>): unknown {
  const { context, conditions, multiple, radius, training, input, ...same } = card;
  if (!Array.isArray(conditions) || !isRecord(training)) return card;
  const channels = 2 * Number(context) + 1 + conditions.length;
  return {
    ...same,
    format: 'limpid-model-2',
    tasks: ['denoise'],
    losses: [{ name: 'mse', weight: 1 }],
    input: { channels, context, conditions, multiple, radius, percentiles: null, planeSide: null },
    latent: null,
    data: OF_A_SERIES,
    // What it did not tell.
    training: { device: 'unknown', optimiser: 'adam', peakRate: 0, parameters: 0, ...training },
    weightsSha256: '',
  };
}

/** What is known of the images of a denoiser that learnt from a series itself. */
export const OF_A_SERIES: ModelCard['data'] = {
  series: 1,
  trainingPlanes: 0,
  heldOutPlanes: 0,
  modalities: [],
  noise: null,
};

/** Whether images are fed in units of their noise, which must then be known. */
export function isOfUnitNoise({ input }: Pick<ModelCard, 'input'>): boolean {
  return input.percentiles === null;
}

/** What a model was shown: noisy images with noise of this on top. */
export interface Recorruption {
  readonly alpha: number;
  readonly correlation: readonly [number, number];
}

/** What a model learnt, of a card or a plan. */
export interface Learnt {
  readonly kind: string;
  readonly alpha?: unknown;
  readonly correlation?: unknown;
}

/** What is added to an image before the model sees it; null: nothing. */
export function recorruptionOf({ kind, alpha, correlation }: Learnt): Recorruption | null {
  if (kind !== 'recorrupted' || !isNumber(alpha) || !areNumbers(correlation)) return null;
  const [x, y] = correlation;
  return { alpha, correlation: [x, y] };
}

/** Whether a value that came with a model file is a whole card: a file may come from anywhere. */
function isModelCard(value: unknown): value is ModelCard {
  if (!isRecord(value) || value.format !== 'limpid-model-2') return false;
  const { input, latent, data, training, objective, tasks } = value;
  return (
    ['version', 'family', 'weightsSha256', 'intendedUse'].every((key) => typeof value[key] === 'string') &&
    isRecord(value.settings) &&
    Array.isArray(value.losses) &&
    Array.isArray(tasks) &&
    tasks.every((task) => MODEL_TASKS.some((known) => known === task)) &&
    isRecord(objective) &&
    isObjective(objective) &&
    isFactor(value.levelFactor) &&
    isRecord(input) &&
    isInput(input) &&
    (latent === null || (isRecord(latent) && isLatent(latent))) &&
    isRecord(data) &&
    isTrainingData(data) &&
    isRecord(training) &&
    Array.isArray(training.curve) &&
    (value.normal === undefined || isNormal(value.normal)) &&
    (value.normalFeatures === undefined || isNormal(value.normalFeatures)) &&
    (value.foreign === undefined || (isRecord(value.foreign) && isForeign(value.foreign)))
  );
}

/** What a denoiser has to be fed must be told in full. */
function isObjective({ kind, alpha, correlation }: Readonly<Record<string, unknown>>): boolean {
  if (kind !== 'recorrupted') return typeof kind === 'string';
  return isNumber(alpha) && areNumbers(correlation) && correlation.length === 2;
}

function isFactor(value: unknown): boolean {
  return value === undefined || (isNumber(value) && value > 0 && value <= 1);
}

/** None, or exactly those that this version knows how to fill. */
function areConditions(value: unknown): boolean {
  if (value === undefined) return true;
  return Array.isArray(value) && (value.length === 0 || value.join() === CONDITIONS.join());
}

function isTrainingData(data: Readonly<Record<string, unknown>>): boolean {
  const { modalities, noise } = data;
  return (
    ['series', 'trainingPlanes', 'heldOutPlanes'].every((key) => whole(data[key], 0)) &&
    Array.isArray(modalities) &&
    modalities.every((one) => typeof one === 'string') &&
    (noise === null || (areNumbers(noise) && noise.length === 2))
  );
}

function isInput(input: Readonly<Record<string, unknown>>): boolean {
  const { channels, context, conditions, multiple, radius, percentiles, planeSide } = input;
  const { fixedSide, folded, along } = input;
  return (
    whole(channels, 1) &&
    whole(context, 0) &&
    Number(channels) > Number(context) &&
    whole(multiple, 1) &&
    (radius === null || whole(radius, 0)) &&
    (folded === undefined || folded === true) &&
    (along === undefined || along === 'frames') &&
    (planeSide === null || (whole(planeSide, 1) && Number(planeSide) % Number(multiple) === 0)) &&
    (fixedSide === undefined || fixedSide === multiple) &&
    areConditions(conditions) &&
    (percentiles === null ? radius !== null : conditions === undefined && arePercentiles(percentiles))
  );
}

function arePercentiles(value: unknown): boolean {
  return areNumbers(value) && value.length === 2 && value.every((one) => one >= 0 && one <= 100);
}

function isLatent({ cell, channels, codebook }: Readonly<Record<string, unknown>>): boolean {
  return whole(cell, 1) && whole(channels, 1) && (codebook === null || whole(codebook, 2));
}

function isForeign({ layout, gives, white }: Readonly<Record<string, unknown>>): boolean {
  return (
    (layout === 'nchw' || layout === 'nhwc') &&
    (gives === 'image' || gives === 'noise') &&
    typeof white === 'number' &&
    white > 0
  );
}

function isNormal(value: unknown): value is NormalScores {
  if (!isRecord(value)) return false;
  const { planes, shares, error, intensity, errorSlices, intensitySlices } = value;
  return (
    whole(planes, 1) &&
    areNumbers(shares) &&
    shares.length > 0 &&
    shares.every((share, i) => share > 0 && share < 1 && (i === 0 || share < shares[i - 1])) &&
    [error, intensity].every((limits) => areNumbers(limits) && limits.length === shares.length) &&
    [errorSlices, intensitySlices].every((scores) => areNumbers(scores) && scores.length > 0)
  );
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function areNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(Number.isFinite);
}

function whole(value: unknown, least: number): boolean {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= 1e9;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
