import { sha256 } from '../base/files.js';
import { VERSION } from '../base/version.js';
import { fault } from '../contract/errors.js';
import type { DenoiseRequest } from '../contract/requests.js';
import { exportModel, type ModelCard, openModelFile } from '../model-files/model-file.js';
import type { Restorer } from '../model-files/restorer.js';
import { toUnitNoise } from '../noise/domain.js';
import { restorerOf } from '../restore/restorer.js';
import { openRuntime } from '../runtime/device.js';
import type { Runtime } from '../runtime/types.js';
import { readGeneral } from '../store/general.js';
import { readModel } from '../store/model-store.js';
import { trainSelf } from '../training/self.js';
import { weightsHash } from '../training/train.js';
import { denoiseWithShipped } from './auto.js';
import { description } from './description.js';
import { denoiseWith, refinedWords, settled, settledFactor, trainingReport } from './network.js';
import type { Processed, ProcessHooks, ProcessInput, Processor } from './processor.js';

/** SHA-256 of the model file of a request; null where there is none. @throws LimpidError E_NOT_FOUND, E_IO */
export async function modelHash(request: DenoiseRequest): Promise<string | null> {
  if (isShipped(request)) return (await readGeneral()).hash;
  if (request.model.kind !== 'file') return null;
  return sha256(await readModel(request.model.path));
}

function isShipped({ model }: DenoiseRequest): boolean {
  return model.kind === 'auto' || model.kind === 'general';
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
    const general = isShipped(request) ? await readGeneral() : null;
    const { device, description, warnings } = source === null ? runtime.choice : runtime.files;
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
      takesSlabs: true,
      async process(input, hooks) {
        if (source !== null) return denoiseWithFile(source, request, input, hooks);
        await closeTrained();
        const keep = (restorer: Restorer): void => {
          trained = restorer;
        };
        return general === null
          ? trainAndDenoise(runtime, request, input, hooks, keep)
          : denoiseWithShipped({ runtime, ...general, request, keep }, input, hooks);
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
  const denoised = await denoiseWith(restorer, request, { ...input, noise }, hooks);
  return {
    ...denoised,
    noise,
    training: trainingReport(model, seconds),
    model: exportModel(model, VERSION, factor),
    description: description(request, noise, [
      `${model.network.family} autoencoder trained on this series`,
      `${model.result.stepsDone} steps, seed ${model.seed}`,
      `weights SHA-256 ${weightsHash(model.parameters).slice(0, 16)}`,
      ...refinedWords(request),
    ]),
    timings: [{ stage: 'train', seconds }, ...denoised.timings],
  };
}

async function denoiseWithFile(
  source: { readonly restorer: Restorer; readonly card: ModelCard },
  request: DenoiseRequest,
  input: ProcessInput,
  hooks: ProcessHooks,
): Promise<Processed> {
  const { restorer, card } = source;
  if (input.only2d && restorer.context > 0 && restorer.conditions === 0) throw fault('E_MODEL/neighbours');
  const hash = (await modelHash(request)) ?? '';
  const noise = settled(input.noise, card.levelFactor);
  return {
    ...(await denoiseWith(restorer, request, { ...input, noise }, hooks)),
    noise,
    training: null,
    model: null,
    description: description(request, noise, [
      `${card.family} autoencoder from a model file`,
      `file SHA-256 ${hash.slice(0, 16)}`,
      ...refinedWords(request),
    ]),
  };
}
