import { Worker } from 'node:worker_threads';
import { threadScript } from '../../base/built.js';
import { fault, type LimpidError, problemFrom } from '../../contract/errors.js';
import type { MeasuredNoise } from '../../contract/window/opened.js';
import type { Volume } from '../../imaging/volume.js';
import type { NoiseQuestion } from './noise-worker.js';

/**
 * Measures volumes one after another, each in a thread of its own: only one volume is in memory at a time. What is
 * closed meanwhile, as `signal` tells, is measured no further.
 */
export function noiseMeter(): (
  load: () => Promise<Volume>,
  modality: string | null,
  signal: AbortSignal,
) => Promise<MeasuredNoise> {
  let last: Promise<unknown> = Promise.resolve();
  return (load, modality, signal) => {
    const measured = last.then(async (): Promise<MeasuredNoise> => {
      try {
        if (signal.aborted) throw closed();
        return await inThread({ volume: await load(), modality }, signal);
      } catch (error) {
        return { noise: null, warnings: [], problem: problemFrom(error) };
      }
    });
    last = measured;
    return measured;
  };
}

function inThread(question: NoiseQuestion, signal: AbortSignal): Promise<MeasuredNoise> {
  if (signal.aborted) throw closed();
  const worker = new Worker(threadScript('noise-worker', import.meta.url));
  return new Promise<MeasuredNoise>((resolve, reject) => {
    worker.on('message', (answer: MeasuredNoise) => resolve(answer));
    worker.on('error', reject);
    worker.on('exit', () => reject(fault('E_CRASH/measuring')));
    signal.addEventListener('abort', () => reject(closed()));
    worker.postMessage(question);
  }).finally(() => void worker.terminate());
}

function closed(): LimpidError {
  return fault('E_NOT_FOUND/series-closed');
}
