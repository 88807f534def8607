/** Measures the noise of one volume in a thread: it takes seconds, and frames must not wait for it. */

import { parentPort } from 'node:worker_threads';
import { openLog } from '../../base/log.js';
import type { MeasuredNoise } from '../../contract/app.js';
import { problemFrom } from '../../contract/errors.js';
import type { Volume } from '../../imaging/volume.js';
import { estimateNoise } from '../../noise/estimate.js';

export interface NoiseQuestion {
  readonly volume: Volume;
  readonly modality: string | null;
}

openLog('worker');
parentPort?.on('message', ({ volume, modality }: NoiseQuestion) => {
  parentPort?.postMessage(measure(volume, modality));
});

function measure(volume: Volume, modality: string | null): MeasuredNoise {
  try {
    const { sigma, relative, distribution, correlated, methods, certain, warnings } = estimateNoise(
      volume,
      modality === null ? {} : { modality },
    );
    const noise = { sigma, relative, distribution, correlated, methods, certain };
    return { noise, warnings, problem: null };
  } catch (error) {
    return { noise: null, warnings: [], problem: problemFrom(error) };
  }
}
