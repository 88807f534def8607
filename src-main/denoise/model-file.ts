import { sha256 } from '../base/files.js';
import { VERSION } from '../base/version.js';
import { fault, type Problem, problemOf } from '../contract/errors.js';
import type { ModelCard } from '../contract/models.js';
import type { DenoiseRequest } from '../contract/requests/requests.js';
import { wholePlace } from '../imaging/box.js';
import type { Volume } from '../imaging/volume.js';
import { isOfUnitNoise } from '../model-files/model-card.js';
import { type OpenModel, openModelFile } from '../model-files/model-file.js';
import { type NoiseModel, noiseOfBox } from '../noise/domain.js';
import { isMeasured } from '../noise/warnings.js';
import { finished } from '../restore/denoise.js';
import { restorerOfFile } from '../restore/restorer.js';
import { restoreScaled } from '../restore/scaled.js';
import { openRuntime } from '../runtime/device.js';
import { readModel } from '../store/model-store.js';
import { intensityScale } from '../training/samples/corpus.js';
import { isClean } from '../trust/clean.js';
import { description } from './description.js';
import { denoiseWith, refinedWords, settled } from './network.js';
import type { Processed, ProcessHooks, ProcessInput, Processor } from './processor.js';
import { sparingClean, untouched } from './untouched.js';

/**
 * A model file as a denoiser.
 *
 * @param given file, or id or name from the library
 * @throws LimpidError E_DEVICE, E_NOT_FOUND, E_IO, E_MODEL
 */
export async function openModelDenoiser(request: DenoiseRequest, given: string): Promise<Processor> {
  const bytes = await readModel(given);
  const runtime = await openRuntime(request.device);
  const model = await openModelFile(runtime, bytes).catch(async (error: unknown) => {
    await runtime.close();
    throw error;
  });
  const { device, description, warnings } = runtime.files;
  const context = { model, hash: sha256(bytes).slice(0, 16), request };
  const common = {
    device: { name: device, description, warnings },
    fileSuffix: 'denoised',
    async close() {
      await model.close();
      await runtime.close();
    },
  };
  if (!isOfUnitNoise(model.card))
    return {
      ...common,
      suffix: isArtifact(model.card) ? 'ARTIFACT REMOVED' : 'DENOISED',
      process: (input, hooks) => restore(context, input, hooks),
    };
  const denoiser: Processor = {
    ...common,
    suffix: 'DENOISED',
    takesSlabs: true,
    process: (input, hooks) => restoreUnitNoise(context, input, hooks),
  };
  return sparingClean(denoiser, request);
}

interface Context {
  readonly model: OpenModel;
  /** Start of the SHA-256 of the file. */
  readonly hash: string;
  readonly request: DenoiseRequest;
}

/** With a denoiser that is told the noise. */
async function restoreUnitNoise(
  { model, hash, request }: Context,
  input: ProcessInput,
  hooks: ProcessHooks,
): Promise<Processed> {
  const { family, levelFactor = 1 } = model.card;
  const restorer = restorerOfFile(model);
  if (restorer.conditions === 0) refuseStrangers(input, restorer.context);
  const noise = settled(input.noise, levelFactor);
  return {
    ...(await denoiseWith(restorer, request, { ...input, noise }, hooks)),
    noise,
    training: null,
    model: null,
    description: description(request, noise, [
      `${family} autoencoder from a model file`,
      `file SHA-256 ${hash}`,
      ...refinedWords(request),
    ]),
  };
}

/** @throws LimpidError E_MODEL for slices that are no neighbours, and a model that needs such */
function refuseStrangers({ only2d }: Pick<ProcessInput, 'only2d'>, context: number): void {
  if (only2d && context > 0) throw fault('E_MODEL/neighbours');
}

/** With a model that knows images by their percentiles, and may take away something else than noise. */
async function restore(
  { model, hash, request }: Context,
  { volume, noise, only2d }: ProcessInput,
  hooks: ProcessHooks,
): Promise<Processed> {
  const { card } = model;
  // Slices on each side; neighbours in time are never far.
  const inTime = card.input.along === 'frames';
  const context = inTime ? 0 : card.input.context;
  refuseStrangers({ only2d }, context);
  // Where no noise was measured there is nothing for a model of noise to do.
  if (!isMeasured(noise) && isOfNoise(card)) return untouched(request, { volume, noise, only2d });
  const started = performance.now();
  const scale = intensityScale(volume);
  const run = async (part: Volume, level: NoiseModel, onProgress?: (done: number, total: number) => void) =>
    finished(part, await restoreScaled(model, part, scale, onProgress, level.sigma), level, request.strength);
  const result = await run(volume, noise, (done, total) => hooks.progress('denoise', 'slices', done, total));
  const isUntested = isArtifact(card) || (!isOfNoise(card) && (!isMeasured(noise) || isClean(volume, noise)));
  return {
    volume: result.denoised,
    errorMap: request.errorMap && noise.sigma > 0 ? result.errorMap() : null,
    again: isUntested
      ? null
      : async (part, place = wholePlace(volume)) =>
          (await run(part, noiseOfBox(noise, volume, place.box))).denoised,
    training: null,
    model: null,
    description: wordsOf(card, hash, request.strength),
    context,
    ...(inTime ? { contextFrames: card.input.context } : {}),
    timings: [{ stage: 'denoise', seconds: (performance.now() - started) / 1000 }],
    warnings: isUntested ? [untested()] : [],
    ...(isUntested
      ? {
          untested: true as const,
          removes: async (part: Volume) => (await run(part, noise)).denoised,
        }
      : {}),
  };
}

function isArtifact({ objective }: ModelCard): boolean {
  return objective.kind === 'artifact';
}

/** Objectives of models that take away noise and nothing else; pairs of a person may show anything. */
const OF_NOISE: readonly string[] = ['gaussian', 'rician', 'blind-spot', 'frames', 'foreign'];

/** Whether the card says that the model removes noise: then a clean series has nothing for it. */
function isOfNoise({ objective }: ModelCard): boolean {
  return OF_NOISE.includes(objective.kind);
}

/** For Derivation Description. */
function wordsOf(card: ModelCard, hash: string, strength: number): string {
  const { objective } = card;
  return [
    isArtifact(card)
      ? `Artifact removal (${String(objective.artifact)}, learnt from simulations) by Limpid ${VERSION}`
      : `Denoised by Limpid ${VERSION}`,
    `${card.family} autoencoder from a model file`,
    `file SHA-256 ${hash}`,
    `strength ${strength}`,
    'not for diagnostic use',
  ].join('; ');
}

function untested(): Problem {
  return problemOf('W_UNTESTED/other-change');
}
