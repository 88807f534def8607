import { VERSION } from '../base/version.js';
import type { TrainingReport } from '../contract/report.js';
import type { Effort } from '../contract/requests/choices.js';
import type { DenoiseRequest } from '../contract/requests/requests.js';
import { refineContext, refineSlabs } from '../filters/refine.js';
import { wholePlace } from '../imaging/box.js';
import { spacingRatio, type Volume } from '../imaging/volume.js';
import { OF_A_SERIES } from '../model-files/model-card.js';
import { exportModel } from '../model-files/model-file.js';
import { modelCard } from '../model-files/trained-card.js';
import { parameterCount } from '../models/parameters.js';
import { noiseOfBox, toUnitNoise, type UnitNoiseImage, withLevel } from '../noise/domain.js';
import type { NoiseEstimate } from '../noise/noise-estimate.js';
import { denoiseVolume } from '../restore/denoise.js';
import type { Restorer } from '../restore/restorer.js';
import { planarViews, viewsOf } from '../restore/views.js';
import type { Runtime } from '../runtime/types.js';
import { levelFactor } from '../training/level.js';
import { conditionsOf } from '../training/samples/conditions.js';
import type { SelfTrainingOptions } from '../training/self.js';
import type { TrainedModel } from '../training/train.js';
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

/**
 * Restores a series with a denoiser of known noise, which stays open, and says how to run it again.
 *
 * @param known the volume in unit noise, where it was made already, and how much is to stay as the network makes it
 */
export async function denoiseWith(
  restorer: Restorer,
  request: DenoiseRequest,
  { volume, noise, only2d }: ProcessInput,
  hooks: ProcessHooks,
  known: { readonly image?: UnitNoiseImage; readonly unrefined?: number } = {},
): Promise<Omit<Processed, 'training' | 'model' | 'description'>> {
  const started = performance.now();
  const image = known.image ?? toUnitNoise(volume, noise);
  const conditions = conditionsOf(image, only2d);
  const { strength, seed } = request;
  const { unrefined = 0 } = known;
  const refine = isRefined(request);
  const options = { strength, seed, only2d, conditions, refine, unrefined, ...effortOf(request) };
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

/** As an option. */
export function effortOf({ effort }: DenoiseRequest): { effort?: Effort } {
  return effort === undefined ? {} : { effort };
}

export function isRefined({ refine }: DenoiseRequest): boolean {
  return refine !== false;
}

/** A trained denoiser as the file that is kept. @param levelFactor what training found the guessed level to be worth */
export function seriesModel(runtime: Runtime, trained: TrainedModel, levelFactor: number): Uint8Array {
  const facts = { version: VERSION, device: runtime.choice.device, data: OF_A_SERIES, levelFactor };
  return exportModel(trained, modelCard(trained, facts));
}

/** For Derivation Description: after the words on the network. */
export function refinedWords(request: DenoiseRequest, unrefined = 0): string[] {
  if (!isRefined(request)) return [];
  const share = Math.round(100 * unrefined);
  return [`refined by non-local Bayes${share > 0 ? `, ${share} % left as it was` : ''}`];
}

export function trainingReport({ model, plan, result }: TrainedModel, seconds: number): TrainingReport {
  return {
    family: model.family,
    parameters: parameterCount(model),
    steps: result.stepsDone,
    seed: plan.seed,
    bestStep: result.bestStep,
    seconds,
    curves: result.curve,
  };
}
