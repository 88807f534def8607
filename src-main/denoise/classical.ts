import type { ClassicalName } from '../contract/requests/choices.js';
import type { DenoiseRequest } from '../contract/requests/requests.js';
import { type Alignment, alignmentOf } from '../filters/alignment.js';
import { classicalContext, classicalDenoiser, classicalSlabs } from '../filters/denoiser.js';
import { type Place, wholePlace } from '../imaging/box.js';
import type { Volume } from '../imaging/volume.js';
import { type NoiseModel, noiseOfBox } from '../noise/domain.js';
import { finished } from '../restore/denoise.js';
import { description } from './description.js';
import type { Processed, ProcessHooks, ProcessInput, Processor } from './processor.js';

/** For Derivation Description. */
const NAMES: Readonly<Record<ClassicalName, string>> = {
  nlm: 'non-local means, no training',
  dct: 'thresholded and Wiener filtered DCT blocks with guided non-local means, no training',
  mppca: 'MP-PCA over the frames, no training',
};

/** A denoiser without a network, on the processors of this computer. */
export async function openClassical(name: ClassicalName, request: DenoiseRequest): Promise<Processor> {
  return {
    device: { name: 'cpu', description: 'CPU threads', warnings: [] },
    suffix: 'DENOISED',
    fileSuffix: 'denoised',
    takesSlabs: true,
    process: (input, hooks) => denoiseClassically(name, request, input, hooks),
    close: async () => {},
  };
}

export async function denoiseClassically(
  name: ClassicalName,
  request: DenoiseRequest,
  { volume, noise, only2d, unposed }: ProcessInput,
  hooks: Pick<ProcessHooks, 'progress'>,
): Promise<Processed> {
  const started = performance.now();
  const aligned =
    name === 'mppca' && request.align !== 'off' && unposed !== true
      ? alignmentOf(volume, noise, only2d)
      : null;
  const run = async (
    part: Volume,
    { box }: Place,
    level: NoiseModel,
    onProgress?: (done: number, total: number) => void,
  ) => {
    // some of the frames, as tests of repeats give them, are not those that poses were found for
    const motion = aligned === null || part.frames !== volume.frames ? {} : { motion: { ...aligned, box } };
    const denoised = await classicalDenoiser(name, motion)(part, level, only2d, onProgress);
    return finished(part, denoised, level, request.strength);
  };
  const result = await run(volume, wholePlace(volume), noise, (done, total) =>
    hooks.progress('denoise', 'slices', done, total),
  );
  return {
    volume: result.denoised,
    errorMap: request.errorMap ? result.errorMap() : null,
    async again(part, place = wholePlace(volume), elsewhere) {
      const level = elsewhere?.noise ?? noiseOfBox(noise, volume, place.box);
      return (await run(part, place, level, elsewhere?.onProgress)).denoised;
    },
    slabs: classicalSlabs(name, volume, only2d),
    training: null,
    model: null,
    description: description(request, noise, [NAMES[name], ...alignedWords(aligned)]),
    ...(aligned === null
      ? {}
      : { aligned: { share: aligned.share, gain: aligned.gain, largest: aligned.largest } }),
    context: classicalContext(name, volume, only2d),
    ...(name === 'mppca' ? { contextFrames: volume.frames - 1 } : {}),
    timings: [{ stage: 'denoise', seconds: (performance.now() - started) / 1000 }],
    warnings: [],
  };
}

/** For Derivation Description: ASCII and short. */
function alignedWords(aligned: Alignment | null): string[] {
  if (aligned === null) return [];
  return [
    `${(100 * aligned.share).toFixed(0)} % of what motion changes taken off before and given back after`,
  ];
}
