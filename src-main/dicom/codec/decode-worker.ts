import { parentPort } from 'node:worker_threads';
import { openLog } from '../../base/log.js';
import { type Problem, problemFrom } from '../../contract/errors.js';
import type { FrameFormat, Samples } from '../../imaging/jpeg/codestream.js';
import { decodeFrame } from './decode-frame.js';

/** To the worker: one compressed frame. */
export interface FrameRequest {
  readonly data: Uint8Array;
  readonly format: FrameFormat;
}

/** From the worker: samples, or why not. */
export type FrameReply =
  | { readonly samples: Samples; readonly problem?: never }
  | { readonly problem: Problem; readonly samples?: never };

openLog('worker');
parentPort?.on('message', async ({ data, format }: FrameRequest) => {
  try {
    const samples = await decodeFrame(data, format);
    reply({ samples }, [samples.buffer]);
  } catch (error) {
    reply({ problem: problemFrom(error) }, []);
  }
});

function reply(message: FrameReply, transfer: ArrayBuffer[]): void {
  parentPort?.postMessage(message, transfer);
}
