import type { NormalScores } from '../contract/models.js';
import { type FamilyCard, MODEL_TASKS } from '../contract/models.js';

/** Key of the card in the ONNX metadata: JSON. */
export const CARD_KEY = 'limpid';

/** Whether a value that came with a model file is a whole card: a file may come from anywhere. */
export function isFamilyCard(value: unknown): value is FamilyCard {
  if (!isRecord(value) || value.format !== 'limpid-autoencoder-1') return false;
  const { input, latent, data, training, objective, tasks } = value;
  return (
    ['version', 'family', 'weightsSha256', 'intendedUse'].every((key) => typeof value[key] === 'string') &&
    isRecord(value.settings) &&
    Array.isArray(value.losses) &&
    Array.isArray(tasks) &&
    tasks.every((task) => MODEL_TASKS.some((known) => known === task)) &&
    isRecord(objective) &&
    typeof objective.kind === 'string' &&
    isRecord(input) &&
    isInput(input) &&
    (latent === null || (isRecord(latent) && isLatent(latent))) &&
    isRecord(data) &&
    isTrainingData(data) &&
    isRecord(training) &&
    Array.isArray(training.curve) &&
    (value.normal === undefined || isNormal(value.normal)) &&
    (value.foreign === undefined || (isRecord(value.foreign) && isForeign(value.foreign)))
  );
}

export function isTrainingData(data: Readonly<Record<string, unknown>>): boolean {
  const { modalities, noise } = data;
  return (
    ['series', 'trainingPlanes', 'heldOutPlanes'].every((key) => whole(data[key], 0)) &&
    Array.isArray(modalities) &&
    modalities.every((one) => typeof one === 'string') &&
    (noise === null || (areNumbers(noise) && noise.length === 2))
  );
}

function isInput(input: Readonly<Record<string, unknown>>): boolean {
  const { channels, context, multiple, radius, percentiles, planeSide, fixedSide, folded, along } = input;
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
    Array.isArray(percentiles) &&
    percentiles.length === 2 &&
    percentiles.every((one) => typeof one === 'number' && one >= 0 && one <= 100)
  );
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

function areNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(Number.isFinite);
}

function whole(value: unknown, least: number): boolean {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= 1e9;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
