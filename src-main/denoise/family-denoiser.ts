import { sha256 } from '../base/files.js';
import { VERSION } from '../base/version.js';
import { fault, type Problem, problemOf } from '../contract/errors.js';
import type { FamilyCard } from '../contract/models.js';
import type { DenoiseRequest } from '../contract/requests.js';
import { wholePlace } from '../imaging/box.js';
import type { Volume } from '../imaging/volume.js';
import { type FamilyModel, isFamilyFile, openFamilyFile } from '../model-files/family-file.js';
import { type NoiseModel, noiseOfBox } from '../noise/domain.js';
import { finished } from '../restore/denoise.js';
import { restoreWithFamily } from '../restore/family-restorer.js';
import { openRuntime } from '../runtime/device.js';
import { readModel } from '../store/model-store.js';
import { intensityScale } from '../training/samples/corpus.js';
import { isClean } from '../trust/clean.js';
import type { Processed, ProcessHooks, ProcessInput, Processor } from './processor.js';
import { untouched } from './untouched.js';

/**
 * A model file of `limpid train` as a denoiser; null where the request names none, or a file of another kind.
 *
 * @throws LimpidError E_DEVICE, E_NOT_FOUND, E_IO, E_MODEL
 */
export async function openFamilyDenoiser(request: DenoiseRequest): Promise<Processor | null> {
  if (request.model.kind !== 'file') return null;
  const bytes = await readModel(request.model.path);
  if (!isFamilyFile(bytes)) return null;
  const runtime = await openRuntime(request.device);
  const model = await openFamilyFile(runtime, bytes).catch(async (error: unknown) => {
    await runtime.close();
    throw error;
  });
  const { device, description, warnings } = runtime.files;
  const hash = sha256(bytes).slice(0, 16);
  return {
    device: { name: device, description, warnings },
    suffix: isArtifact(model.card) ? 'ARTIFACT REMOVED' : 'DENOISED',
    fileSuffix: 'denoised',
    process: (input, hooks) => restore(model, hash, request, input, hooks),
    async close() {
      await model.close();
      await runtime.close();
    },
  };
}

async function restore(
  model: FamilyModel,
  hash: string,
  request: DenoiseRequest,
  { volume, noise, only2d }: ProcessInput,
  hooks: ProcessHooks,
): Promise<Processed> {
  const { card } = model;
  // Slices on each side; neighbours in time are never far.
  const inTime = card.input.along === 'frames';
  const context = inTime ? 0 : card.input.context;
  if (only2d && context > 0) throw fault('E_MODEL/neighbours');
  // Where no noise was measured there is nothing for a model of noise to do.
  if (!(noise.sigma > 0) && isOfNoise(card)) return untouched(request, { volume, noise, only2d });
  const started = performance.now();
  const scale = intensityScale(volume);
  const run = async (part: Volume, level: NoiseModel, onProgress?: (done: number, total: number) => void) =>
    finished(
      part,
      await restoreWithFamily(model, part, scale, onProgress, level.sigma),
      level,
      request.strength,
    );
  const result = await run(volume, noise, (done, total) => hooks.progress('denoise', 'slices', done, total));
  const isUntested = isArtifact(card) || (!isOfNoise(card) && isClean(volume, noise));
  return {
    volume: result.denoised,
    errorMap: request.errorMap && noise.sigma > 0 ? result.errorMap() : null,
    again: isUntested
      ? null
      : async (part, place = wholePlace(volume)) =>
          (await run(part, noiseOfBox(noise, volume, place.box))).denoised,
    training: null,
    model: null,
    description: description(card, hash, request.strength),
    context,
    ...(inTime ? { contextFrames: card.input.context } : {}),
    timings: [{ stage: 'denoise', seconds: (performance.now() - started) / 1000 }],
    warnings: isUntested ? [untested()] : [],
    ...(isUntested ? { untested: true as const } : {}),
  };
}

function isArtifact({ objective }: FamilyCard): boolean {
  return objective.kind === 'artifact';
}

/** Objectives of models that take away noise and nothing else; pairs of a person may show anything. */
const OF_NOISE: readonly string[] = ['gaussian', 'rician', 'blind-spot', 'frames', 'foreign'];

/** Whether the card says that the model removes noise: then a clean series has nothing for it. */
function isOfNoise({ objective }: FamilyCard): boolean {
  return OF_NOISE.includes(objective.kind);
}

/** For Derivation Description. */
function description(card: FamilyCard, hash: string, strength: number): string {
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
