import { fault } from '../contract/errors.js';
import type { TrainingStatistics } from '../contract/trust.js';
import type { GeneralModel } from './adapt.js';
import { GENERAL, type PretrainedModel } from './pretrain.js';
import { decodeWeights, encodeWeights } from './weights.js';

const LIMITS = [
  'Needs the noise level: a wrong one leaves noise or takes structure (the trust report tells which).',
  'Faint structures of a few voxels lose contrast: the trust report measures how much.',
  'Sees two slices on each side and no other frames: repeats of a dynamic series are not used.',
  'Trained on drawn images only: structure unlike any of them (text, moire, metal) may be smoothed.',
];

/** Metadata of its own, so that a reader of the card need not know it. */
const STATISTICS = 'limpid.statistics';

/**
 * The general denoiser as it ships, with its card.
 *
 * @param statistics of the training images (trust/familiarity.ts)
 */
export function encodeGeneral(
  { seed, phases }: PretrainedModel,
  version: string,
  statistics: TrainingStatistics | null,
): Uint8Array {
  const { plan, kept, result } = phases[phases.length - 1].trained;
  const before = phases.slice(0, -1).reduce((sum, { phase }) => sum + phase.steps, 0);
  const { family, settings } = GENERAL;
  const card = {
    version,
    family,
    settings,
    training: {
      data: 'Procedural images (training/procedural): no scan of a person.',
      seed,
      batchSize: plan.batchSize,
      patchSize: plan.size,
      steps: before + result.stepsDone,
      bestStep: before + result.bestStep,
      // the held-out images of the phases differ, and so do their losses: only the last one's curve is drawn
      curve: result.curve.map((point) => ({ ...point, step: before + point.step })),
      phases: phases.map(({ phase }) => phase),
      earlierCurve: phases.slice(0, -1).flatMap(({ trained }) => trained.result.curve),
    },
    input: 'Values whose noise has standard deviation 1: stabilised magnitudes (Foi 2011) or value / sigma.',
    intendedUse: 'Denoising of MR and CT series of known noise level. Research. Not for diagnostic use.',
    quality: {
      // weighted squared error on procedural images held out, in units of the noise variance
      heldOut: result.curve.find(({ step }) => step === result.bestStep)?.heldOut ?? null,
      onImages: 'docs/quality.md: brains with known noise, repeats and CT, beside other denoisers.',
    },
    limits: LIMITS,
  };
  return encodeWeights(kept, {
    limpid: JSON.stringify(card),
    ...(statistics === null ? {} : { [STATISTICS]: JSON.stringify(statistics) }),
  });
}

/**
 * Reads what encodeGeneral wrote.
 *
 * @throws LimpidError E_MODEL when the weights are not those of this version's network
 */
export function decodeGeneral(bytes: Uint8Array): GeneralModel {
  const { weights, metadata } = decodeWeights(bytes);
  const fits =
    Object.keys(weights).length === Object.keys(GENERAL.parameters).length &&
    Object.entries(GENERAL.parameters).every(
      ([name, { shape }]) => weights[name] !== undefined && weights[name].shape.join() === shape.join(),
    );
  if (!fits) throw fault('E_MODEL/general-weights');
  const statistics = statisticsIn(metadata[STATISTICS]);
  return { model: GENERAL, kept: weights, ...(statistics === null ? {} : { statistics }) };
}

/** Null where there are none, or they are damaged: then no series is called foreign. */
function statisticsIn(text: string | undefined): TrainingStatistics | null {
  if (text === undefined) return null;
  try {
    const read: unknown = JSON.parse(text);
    return isStatistics(read) ? read : null;
  } catch {
    // Damaged statistics count as none: no series is then called foreign.
    return null;
  }
}

function isStatistics(read: unknown): read is TrainingStatistics {
  if (typeof read !== 'object' || read === null) return false;
  const { features, mean, spread, covariance, slices, limit } = read as Record<string, unknown>;
  const numbers = (list: unknown, length: number): boolean =>
    Array.isArray(list) && list.length === length && list.every((value) => Number.isFinite(value));
  if (!Array.isArray(features) || !features.every((name) => typeof name === 'string')) return false;
  const { length } = features;
  return (
    numbers(mean, length) &&
    numbers(spread, length) &&
    Array.isArray(covariance) &&
    covariance.length === length &&
    covariance.every((row) => numbers(row, length)) &&
    Number.isFinite(slices) &&
    Number.isFinite(limit)
  );
}
