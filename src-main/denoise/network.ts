import type { TrainingReport } from '../contract/report.js';
import type { DenoiseRequest } from '../contract/requests.js';
import { refineContext, refineSlabs } from '../filters/refine.js';
import { wholePlace } from '../imaging/box.js';
import { spacingRatio, type Volume } from '../imaging/volume.js';
import type { Restorer } from '../model-files/restorer.js';
import { parameterCount } from '../models/network.js';
import { noiseOfBox, toUnitNoise, withLevel } from '../noise/domain.js';
import type { NoiseEstimate } from '../noise/noise-estimate.js';
import { denoiseVolume } from '../restore/denoise.js';
import { planarViews, viewsOf } from '../restore/views.js';
import type { Runtime } from '../runtime/types.js';
import { levelFactor } from '../training/level.js';
import { conditionsOf } from '../training/samples/conditions.js';
import type { SelfTrainingOptions, TrainedModel } from '../training/self.js';
import type { Processed, ProcessHooks, ProcessInput, SlabNeeds } from './processor.js';

/** What to multiply the level with so that training agrees with it; 1 where the estimate is certain. */
export async function settledFactor(
  runtime: Runtime,
  { volume, noise }: ProcessInput,
  options: SelfTrainingOptions,
  hooks: ProcessHooks,
): Promise<number> {
  if (noise.certain || options.objective !== 'recorrupted') return 1;
  return levelFactor(runtime, toUnitNoise(volume, noise), options, (round, rounds) =>
    hooks.progress('noise', 'rounds', round, rounds),
  );
}

/** The estimate with its level multiplied, and the new level noted as that of the training. */
export function settled(noise: NoiseEstimate, factor: number): NoiseEstimate {
  if (noise.certain) return noise;
  const lowered = withLevel(noise, factor);
  return { ...lowered, methods: { ...noise.methods, training: lowered.sigma } };
}

/** Restores a series with a network that stays open, and says how to run it again. */
export async function denoiseWith(
  restorer: Restorer,
  request: DenoiseRequest,
  { volume, noise, only2d }: ProcessInput,
  hooks: ProcessHooks,
): Promise<Omit<Processed, 'training' | 'model' | 'description'>> {
  const started = performance.now();
  const image = toUnitNoise(volume, noise);
  const conditions = conditionsOf(image, only2d);
  const { strength, seed } = request;
  const options = { strength, seed, only2d, conditions, refine: isRefined(request) };
  const views = viewsOf(volume, noise, only2d, options.refine);
  const result = await denoiseVolume(restorer, volume, noise, { ...options, views, image }, (done, total) =>
    hooks.progress('denoise', 'slices', done, total),
  );
  return {
    volume: result.denoised,
    errorMap: request.errorMap ? result.errorMap() : null,
    async again(part, { box, looked } = wholePlace(volume), elsewhere) {
      const there = elsewhere?.noise ?? noiseOfBox(noise, volume, box);
      // few slices make no planes across them: the same network, slice by slice
      const seen = planarViews(options.refine);
      const exact = elsewhere !== undefined;
      const settings = { ...options, views: seen, looked: { ...looked, exact } };
      return (await denoiseVolume(restorer, part, there, settings, elsewhere?.onProgress)).denoised;
    },
    context: reachOf(restorer, request, volume, only2d),
    slabs: slabsOf(restorer, options.refine ? refineSlabs(spacingRatio(volume, only2d)) : null),
    timings: [{ stage: 'denoise', seconds: (performance.now() - started) / 1000 }],
    warnings: [],
  };
}

/** Slices on each side that have a say in a slice. */
export function reachOf(
  { context }: Restorer,
  request: DenoiseRequest,
  volume: Volume,
  only2d: boolean,
): number {
  return isRefined(request) ? Math.max(context, refineContext(spacingRatio(volume, only2d))) : context;
}

/** Refining reads what the network makes of the slices around. */
function slabsOf({ context }: Restorer, refined: SlabNeeds | null): SlabNeeds {
  return refined === null ? { halo: context, step: 1 } : { halo: context + refined.halo, step: refined.step };
}

export function isRefined({ refine }: DenoiseRequest): boolean {
  return refine !== false;
}

/** For Derivation Description: after the words on the network. */
export function refinedWords(request: DenoiseRequest): string[] {
  return isRefined(request) ? ['refined by non-local Bayes'] : [];
}

export function trainingReport(model: TrainedModel, seconds: number): TrainingReport {
  const { result } = model;
  return {
    family: model.network.family,
    parameters: parameterCount(model.network),
    steps: result.stepsDone,
    seed: model.seed,
    bestStep: result.bestStep,
    seconds,
    curves: result.curve,
  };
}
