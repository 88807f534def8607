/** Measures the noise of one volume in a thread: it takes seconds, and frames must not wait for it. */

import { parentPort } from 'node:worker_threads';
import { openLog } from '../../base/log.js';
import { problemFrom } from '../../contract/errors.js';
import type { MeasuredNoise } from '../../contract/window/opened.js';
import { measuredNoise } from '../../filters/guided-noise.js';
import type { Volume } from '../../imaging/volume.js';

export interface NoiseQuestion {
  readonly volume: Volume;
  readonly modality: string | null;
}

openLog('worker');
parentPort?.on('message', async ({ volume, modality }: NoiseQuestion) => {
  parentPort?.postMessage(await measure(volume, modality));
});

async function measure(volume: Volume, modality: string | null): Promise<MeasuredNoise> {
  try {
    const { sigma, relative, distribution, correlated, methods, certain, warnings } = await measuredNoise(
      volume,
      modality === null ? {} : { modality },
    );
    const noise = { sigma, relative, distribution, correlated, methods, certain };
    return { noise, warnings, problem: null };
  } catch (error) {
    return { noise: null, warnings: [], problem: problemFrom(error) };
  }
}
