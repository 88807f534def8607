import * as path from 'node:path';
import { writeFileAtomic } from '../base/files.js';
import { VERSION } from '../base/version.js';
import type { Emit } from '../contract/events.js';
import type { SimulateRequest } from '../contract/requests.js';
import type { OutputsResult } from '../contract/results.js';
import { writeNifti } from '../imaging/nifti.js';
import type { Volume } from '../imaging/volume.js';
import { sigmaOfLevel, simulateNoise } from '../noise/simulate.js';
import { exitCodeOf, refuseEmpty } from './denoise.js';
import { runDeriveJob } from './derive-job.js';
import { openJournal } from './journal.js';
import { isNiftiName, loadNifti } from './nifti-input.js';
import { guardedPath, openInput } from './open-input.js';
import { openOutputFolder, refuseOutput } from './output-folder.js';
import type { Processor } from './processor.js';

/**
 * Adds noise of a known level to every series of the input.
 *
 * @throws LimpidError wrong paths, E_NOTHING, E_NIFTI
 */
export async function runSimulate(request: SimulateRequest, emit: Emit): Promise<OutputsResult> {
  if (isNiftiName(request.input) && isNiftiName(request.output)) return simulateFile(request);
  const guarded = guardedPath(request.input);
  await refuseOutput(request.output, guarded);
  const input = await openInput(request.input, emit, { errorMap: false, suffix: 'noisy' });
  try {
    refuseEmpty(input);
    const folder = await openOutputFolder(request.output, guarded);
    try {
      const { noise, level, seed } = request;
      const settings = { command: 'simulate', version: VERSION, input: input.kind, noise, level, seed };
      const journal = await openJournal(folder, settings);
      const processor = noiseMaker(request);
      const { outcomes } = await runDeriveJob({
        input,
        folder,
        journal,
        processor,
        force: true,
        emit,
        pictures: 0,
      });
      return resultOf(outcomes, input.problems);
    } finally {
      await folder.release();
    }
  } finally {
    await input.close();
  }
}

async function simulateFile(request: SimulateRequest): Promise<OutputsResult> {
  const { image } = await loadNifti(request.input);
  const noisy = addNoise(image.volume, request);
  const bytes = writeNifti(image, noisy.volume.data, {
    gzip: request.output.toLowerCase().endsWith('.gz'),
    datatype: 'float32',
    description: 'Limpid SIMULATED NOISE',
  });
  await writeFileAtomic(path.resolve(request.output), bytes);
  return resultOf(
    [{ series: 'nifti', status: 'done', problem: null, outputs: ['*'], derivedSeriesInstanceUid: null }],
    [],
  );
}

function noiseMaker(request: SimulateRequest): Processor {
  return {
    device: null,
    suffix: 'SIMULATED NOISE',
    fileSuffix: 'noisy',
    async process({ volume }) {
      const noisy = addNoise(volume, request);
      return {
        volume: noisy.volume,
        errorMap: null,
        again: null,
        training: null,
        model: null,
        description: `Simulated by Limpid ${VERSION}: ${request.noise} noise added, standard deviation ${noisy.sigma.toPrecision(4)} (${request.level} % of the brightest voxel), seed ${request.seed}; not an acquired image; not for diagnostic use`,
        context: 0,
        timings: [],
        warnings: [],
      };
    },
    close: async () => {},
  };
}

function addNoise(clean: Volume, { noise, level, seed }: SimulateRequest): { volume: Volume; sigma: number } {
  const sigma = sigmaOfLevel(clean, level);
  return { volume: simulateNoise(clean, { kind: noise, sigma, seed }), sigma };
}

function resultOf(series: OutputsResult['series'], problems: OutputsResult['problems']): OutputsResult {
  const exitCode = exitCodeOf(series, problems);
  return { type: 'result', command: 'simulate', exitCode, series, report: null, problems };
}
