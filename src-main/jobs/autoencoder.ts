import { sha256 } from '../base/files.js';
import { VERSION } from '../base/version.js';
import { LimpidError } from '../contract/errors.js';
import type { TrainingReport } from '../contract/report.js';
import type { DenoiseRequest } from '../contract/requests.js';
import { denoiseVolume } from '../denoise/denoise.js';
import { exportModel, type ModelCard, openModelFile } from '../denoise/model-file.js';
import { type Restorer, restorerOf } from '../denoise/restorer.js';
import { IN_PLANE, viewsOf } from '../denoise/views.js';
import { parameterCount } from '../models/network.js';
import { noiseOfSlices, toUnitNoise, type UnitNoiseImage, withLevel } from '../noise/domain.js';
import type { NoiseEstimate } from '../noise/estimate.js';
import { openRuntime } from '../runtime/device.js';
import type { Runtime } from '../runtime/types.js';
import { type Adapted, adapt, type GeneralModel, isAdaptable } from '../training/adapt.js';
import { unadapted } from '../training/general.js';
import { levelFactor } from '../training/level.js';
import { type SelfTrainingOptions, type TrainedModel, trainSelf } from '../training/self.js';
import { weightsHash } from '../training/train.js';
import { readGeneral } from './general.js';
import { readModel } from './model-store.js';
import type { Processed, ProcessHooks, ProcessInput, Processor } from './processor.js';

/** SHA-256 of the model file of a request; null where there is none. @throws LimpidError E_NOT_FOUND, E_IO */
export async function modelHash(request: DenoiseRequest): Promise<string | null> {
  if (request.model.kind === 'auto') return (await readGeneral()).hash;
  if (request.model.kind !== 'file') return null;
  return sha256(await readModel(request.model.path));
}

/**
 * The denoiser: an autoencoder trained on each series, or a model file for all of them.
 *
 * @throws LimpidError E_DEVICE, E_MODEL, E_NOT_FOUND
 */
export async function openAutoencoder(request: DenoiseRequest): Promise<Processor> {
  const runtime = await openRuntime(request.device);
  try {
    const source =
      request.model.kind !== 'file'
        ? null
        : await openModelFile(runtime, await readModel(request.model.path));
    const general = request.model.kind === 'auto' ? await readGeneral() : null;
    const { device, description, warnings } = runtime.choice;
    // the network of the last series stays open, so that it can be run again
    let trained: Restorer | null = null;
    const closeTrained = async () => {
      await trained?.close();
      trained = null;
    };
    return {
      device: { name: device, description, warnings },
      suffix: 'DENOISED',
      fileSuffix: 'denoised',
      async process(input, hooks) {
        if (source !== null) return denoiseWithFile(source, request, input, hooks);
        await closeTrained();
        const keep = (restorer: Restorer): void => {
          trained = restorer;
        };
        return general === null
          ? trainAndDenoise(runtime, request, input, hooks, keep)
          : adaptAndDenoise(runtime, general, request, input, hooks, keep);
      },
      async close() {
        await closeTrained();
        await source?.restorer.close();
        await runtime.close();
      },
    };
  } catch (error) {
    await runtime.close();
    throw error;
  }
}

async function trainAndDenoise(
  runtime: Runtime,
  request: DenoiseRequest,
  input: ProcessInput,
  hooks: ProcessHooks,
  keep: (restorer: Restorer) => void,
): Promise<Processed> {
  const { volume, only2d } = input;
  const { seed, steps, objective } = request;
  const options = { seed, steps, objective, only2d };
  const started = performance.now();
  const factor = await settledFactor(runtime, input, options, hooks);
  const noise = settled(input.noise, factor);
  const model = await trainSelf(runtime, toUnitNoise(volume, noise), options, {
    onProgress: ({ step, steps, loss, heldOut }) =>
      hooks.progress('train', 'steps', step, steps, { loss, heldOut }),
    checkpoint: hooks.checkpoint,
  });
  const seconds = (performance.now() - started) / 1000;
  const restorer = restorerOf(runtime, model);
  keep(restorer);
  const denoised = await denoise(restorer, request, { ...input, noise }, hooks);
  return {
    ...denoised,
    noise,
    training: trainingReport(model, seconds),
    model: exportModel(model, VERSION, factor),
    description: description(request, noise, [
      `${model.network.family} autoencoder trained on this series`,
      `${model.result.stepsDone} steps, seed ${model.seed}`,
      `weights SHA-256 ${weightsHash(model.parameters).slice(0, 16)}`,
    ]),
    timings: [{ stage: 'train', seconds }, ...denoised.timings],
  };
}

/** The shipped model, fine-tuned on the series where that is allowed and judged better. */
async function adaptAndDenoise(
  runtime: Runtime,
  { general, hash }: { readonly general: GeneralModel; readonly hash: string },
  request: DenoiseRequest,
  input: ProcessInput,
  hooks: ProcessHooks,
  keep: (restorer: Restorer) => void,
): Promise<Processed> {
  const { volume, only2d } = input;
  const { seed, steps } = request;
  const started = performance.now();
  const options = { seed, steps, objective: 'recorrupted', only2d } as const;
  const factor = await settledFactor(runtime, input, options, hooks);
  const noise = settled(input.noise, factor);
  const adapted = await adaptedTo(runtime, general, request, toUnitNoise(volume, noise), only2d, hooks);
  const model = adapted?.model ?? unadapted(general, seed);
  const seconds = (performance.now() - started) / 1000;
  const restorer = restorerOf(runtime, model);
  keep(restorer);
  return {
    ...(await denoise(restorer, request, { ...input, noise }, hooks)),
    noise,
    training: adapted === null ? null : trainingReport(model, seconds),
    model: adapted === null ? null : exportModel(model, VERSION, factor),
    description: description(request, noise, [
      `general ${general.network.family} autoencoder ${hash.slice(0, 16)}`,
      adapted === null
        ? 'as shipped'
        : adapted.kept
          ? `adapted to this series in ${model.result.bestStep} steps, seed ${seed}`
          : 'as shipped, which judged better than adapted',
    ]),
  };
}

/** Null where no adaptation was wanted, or the planes are too small for it. */
async function adaptedTo(
  runtime: Runtime,
  general: GeneralModel,
  request: DenoiseRequest,
  image: UnitNoiseImage,
  only2d: boolean,
  hooks: ProcessHooks,
): Promise<Adapted | null> {
  const wish = request.adapt ?? 'auto';
  if (wish === 'off' || !isAdaptable(general, image)) return null;
  const steps = wish === 'auto' ? request.steps : wish;
  return adapt(
    runtime,
    general,
    image,
    { seed: request.seed, steps, only2d },
    {
      onProgress: ({ step, steps: all, loss, heldOut }) =>
        hooks.progress('train', 'steps', step, all, { loss, heldOut }),
      checkpoint: hooks.checkpoint,
    },
  );
}

/** What to multiply the level with so that training agrees with it; 1 where the estimate is certain. */
async function settledFactor(
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
function settled(noise: NoiseEstimate, factor: number): NoiseEstimate {
  if (noise.certain) return noise;
  const lowered = withLevel(noise, factor);
  return { ...lowered, methods: { ...noise.methods, training: lowered.sigma } };
}

async function denoiseWithFile(
  source: { readonly restorer: Restorer; readonly card: ModelCard },
  request: DenoiseRequest,
  input: ProcessInput,
  hooks: ProcessHooks,
): Promise<Processed> {
  const { restorer, card } = source;
  if (input.only2d && restorer.context > 0 && restorer.conditions === 0)
    throw new LimpidError(
      'E_MODEL',
      'The model looks into neighbouring slices, and those of this series are not evenly spaced.',
      'Use --model self, which trains without neighbours here, or a 2D model.',
    );
  const hash = (await modelHash(request)) ?? '';
  const noise = settled(input.noise, card.levelFactor);
  return {
    ...(await denoise(restorer, request, { ...input, noise }, hooks)),
    noise,
    training: null,
    model: null,
    description: description(request, noise, [
      `${card.family} autoencoder from a model file`,
      `file SHA-256 ${hash.slice(0, 16)}`,
    ]),
  };
}

async function denoise(
  restorer: Restorer,
  request: DenoiseRequest,
  { volume, noise, only2d }: ProcessInput,
  hooks: ProcessHooks,
): Promise<Omit<Processed, 'training' | 'model' | 'description'>> {
  const started = performance.now();
  const options = { strength: request.strength, seed: request.seed, only2d };
  const views = viewsOf(volume, noise, only2d);
  const result = await denoiseVolume(restorer, volume, noise, { ...options, views }, (done, total) =>
    hooks.progress('denoise', 'slices', done, total),
  );
  return {
    volume: result.denoised,
    errorMap: request.errorMap ? result.errorMap : null,
    async again(part, first = 0) {
      const there = noiseOfSlices(noise, volume.rows * volume.columns, first, part.slices);
      // few slices make no planes across them: the same network, slice by slice
      return (await denoiseVolume(restorer, part, there, { ...options, views: IN_PLANE })).denoised;
    },
    context: restorer.context,
    timings: [{ stage: 'denoise', seconds: (performance.now() - started) / 1000 }],
    warnings: [],
  };
}

function trainingReport(model: TrainedModel, seconds: number): TrainingReport {
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

/** For Derivation Description. */
function description(request: DenoiseRequest, noise: NoiseEstimate, model: readonly string[]): string {
  return [
    `Denoised by Limpid ${VERSION}`,
    ...model,
    `${noise.distribution} noise level ${noise.sigma.toPrecision(4)} (${noise.relative.toFixed(2)} %)`,
    `strength ${request.strength}`,
    'not for diagnostic use',
  ].join('; ');
}
