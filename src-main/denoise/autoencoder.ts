import { sha256 } from '../base/files.js';
import type { DenoiseRequest } from '../contract/requests/requests.js';
import { toUnitNoise } from '../noise/domain.js';
import { type Restorer, restorerOf } from '../restore/restorer.js';
import { openRuntime } from '../runtime/device.js';
import type { Runtime } from '../runtime/types.js';
import { readGeneral } from '../store/general.js';
import { readModel } from '../store/model-store.js';
import { trainSelf } from '../training/self.js';
import { weightsHash } from '../training/train.js';
import { denoiseWithShipped } from './auto.js';
import { description } from './description.js';
import { denoiseWith, refinedWords, seriesModel, settled, settledFactor, trainingReport } from './network.js';
import type { Processed, ProcessHooks, ProcessInput, Processor } from './processor.js';

/** SHA-256 of the model file of a request; null where there is none. @throws LimpidError E_NOT_FOUND, E_IO */
export async function modelHash({ model }: DenoiseRequest): Promise<string | null> {
  if (isShipped(model)) return (await readGeneral()).hash;
  return model.kind === 'file' ? sha256(await readModel(model.path)) : null;
}

function isShipped({ kind }: DenoiseRequest['model']): boolean {
  return kind === 'auto' || kind === 'general';
}

/**
 * The denoiser that is trained on each series, or the shipped one.
 *
 * @throws LimpidError E_DEVICE, E_MODEL
 */
export async function openAutoencoder(request: DenoiseRequest): Promise<Processor> {
  const runtime = await openRuntime(request.device);
  try {
    const general = isShipped(request.model) ? await readGeneral() : null;
    const { device, description, warnings } = runtime.choice;
    // the model of the last series stays open, so that it can be run again
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
  const trained = await trainSelf(runtime, toUnitNoise(volume, noise), options, {
    onProgress: ({ step, steps, loss, heldOut }) =>
      hooks.progress('train', 'steps', step, steps, { loss, heldOut }),
    checkpoint: hooks.checkpoint,
  });
  const seconds = (performance.now() - started) / 1000;
  const restorer = restorerOf(runtime, trained, trained.plan.objective);
  keep(restorer);
  const denoised = await denoiseWith(restorer, request, { ...input, noise }, hooks);
  return {
    ...denoised,
    noise,
    training: trainingReport(trained, seconds),
    model: seriesModel(runtime, trained, factor),
    description: description(request, noise, [
      `${trained.model.family} autoencoder trained on this series`,
      `${trained.result.stepsDone} steps, seed ${seed}`,
      `weights SHA-256 ${weightsHash(trained.kept).slice(0, 16)}`,
      ...refinedWords(request),
    ]),
    timings: [{ stage: 'train', seconds }, ...denoised.timings],
  };
}
