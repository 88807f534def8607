import { VERSION } from '../base/version.js';
import type { ClassicalName, DenoiseRequest } from '../contract/requests.js';
import { finished } from '../denoise/denoise.js';
import type { Volume } from '../imaging/volume.js';
import { classicalContext, classicalDenoiser } from '../noise/classical/denoiser.js';
import { type NoiseModel, noiseOfSlices } from '../noise/domain.js';
import type { Processor } from './processor.js';

/** For Derivation Description. */
const NAMES: Readonly<Record<ClassicalName, string>> = {
  nlm: 'non-local means, no training',
  dct: 'thresholded and Wiener filtered DCT blocks with guided non-local means, no training',
  mppca: 'MP-PCA over the frames, no training',
};

/** A denoiser without a network, on the processors of this computer. */
export async function openClassical(name: ClassicalName, request: DenoiseRequest): Promise<Processor> {
  const denoiser = classicalDenoiser(name);
  return {
    device: { name: 'cpu', description: 'CPU threads', warnings: [] },
    suffix: 'DENOISED',
    fileSuffix: 'denoised',
    async process({ volume, noise, only2d }, hooks) {
      const started = performance.now();
      const run = async (
        part: Volume,
        level: NoiseModel,
        onProgress?: (done: number, total: number) => void,
      ) => finished(part, await denoiser(part, level, only2d, onProgress), level, request.strength);
      const result = await run(volume, noise, (done, total) =>
        hooks.progress('denoise', 'slices', done, total),
      );
      return {
        volume: result.denoised,
        errorMap: request.errorMap ? result.errorMap : null,
        async again(part, first = 0) {
          const there = noiseOfSlices(noise, volume.rows * volume.columns, first, part.slices);
          return (await run(part, there)).denoised;
        },
        training: null,
        model: null,
        description: [
          `Denoised by Limpid ${VERSION}`,
          NAMES[name],
          `${noise.distribution} noise level ${noise.sigma.toPrecision(4)} (${noise.relative.toFixed(2)} %)`,
          `strength ${request.strength}`,
          'not for diagnostic use',
        ].join('; '),
        context: classicalContext(name, volume, only2d),
        timings: [{ stage: 'denoise', seconds: (performance.now() - started) / 1000 }],
        warnings: [],
      };
    },
    close: async () => {},
  };
}
