import { Worker } from 'node:worker_threads';
import { threadScript } from '../../base/built.js';
import { fault, problemFrom } from '../../contract/errors.js';
import type { MeasuredNoise } from '../../contract/window/opened.js';
import type { Volume } from '../../imaging/volume.js';
import type { NoiseQuestion } from './noise-worker.js';

/** Measures volumes one after another, each in a thread of its own: only one volume is in memory at a time. */
export function noiseMeter(): (
  load: () => Promise<Volume>,
  modality: string | null,
) => Promise<MeasuredNoise> {
  let last: Promise<unknown> = Promise.resolve();
  return (load, modality) => {
    const measured = last.then(async (): Promise<MeasuredNoise> => {
      try {
        return await inThread({ volume: await load(), modality });
      } catch (error) {
        return { noise: null, warnings: [], problem: problemFrom(error) };
      }
    });
    last = measured;
    return measured;
  };
}

function inThread(question: NoiseQuestion): Promise<MeasuredNoise> {
  const worker = new Worker(threadScript('noise-worker', import.meta.url));
  return new Promise<MeasuredNoise>((resolve, reject) => {
    worker.on('message', (answer: MeasuredNoise) => resolve(answer));
    worker.on('error', reject);
    worker.on('exit', () => reject(fault('E_CRASH/measuring')));
    worker.postMessage(question);
  }).finally(() => void worker.terminate());
}
