import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { openLog } from '../base/log.js';
import { LimpidError, problemFrom, problemOf } from '../contract/errors.js';
import type { FromApart, ToApart } from './apart-messages.js';
import type { LoadedModel } from './types.js';

/**
 * The process that a network of others runs in. While it computes it hears nothing: a thread of it watches its memory
 * and whether the process that started it is still there, and ends it. That process tells its number as the first
 * argument: asked for here, it would be that of another where the first has ended already.
 */

const WATCH_MS = 20;
const MIB = 2 ** 20;

openLog('worker');
if (isMainThread) serve();
else watch(new Int32Array(workerData.limit), workerData.parent);

function serve(): void {
  process.on('disconnect', () => process.exit());
  // Who started this may have ended before there was anyone to hear it.
  if (!process.connected) process.exit();
  // MiB that this process may take; 0: any.
  const limit = new Int32Array(new SharedArrayBuffer(4));
  new Worker(new URL(import.meta.url), {
    workerData: { limit: limit.buffer, parent: Number(process.argv[2]) },
  });
  let model: LoadedModel | null = null;
  const answer = async (message: ToApart): Promise<FromApart> => {
    const own = process.memoryUsage.rss();
    Atomics.store(limit, 0, Math.ceil((own + message.bytes) / MIB));
    if (message.type === 'load') {
      const { openRuntime } = await import('./device.js');
      const runtime = await openRuntime(message.device);
      model = await runtime.loadModel(message.onnx);
      const { metadata, inputShapes, outputShapes } = model;
      return { type: 'loaded', metadata, inputShapes, outputShapes };
    }
    if (model === null) throw new Error('run before load');
    return { type: 'ran', outputs: await model.runShaped(message.inputs) };
  };
  process.on('message', (message: ToApart) => {
    answer(message)
      .catch(failed)
      .then((reply) => process.send?.(reply));
  });
}

function failed(error: unknown): FromApart {
  const problem = problemFrom(error);
  if (!(error instanceof LimpidError)) return { type: 'failed', problem: problemOf('E_MODEL/does-not-run') };
  // What is not the device's is the model's: a network of others may fail in any way.
  return { type: 'failed', problem: problem.code === 'E_DEVICE' ? problem : { ...problem, code: 'E_MODEL' } };
}

function watch(limit: Int32Array, parent: number): never {
  for (;;) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WATCH_MS);
    const most = Atomics.load(limit, 0);
    const over = most > 0 && process.memoryUsage.rss() > most * MIB;
    if (over || !isThere(parent)) process.kill(process.pid, 'SIGKILL');
  }
}

function isThere(parent: number): boolean {
  if (process.ppid !== parent) return false;
  try {
    return process.kill(parent, 0);
  } catch {
    // A process that cannot be signalled is gone, which is the answer.
    return false;
  }
}
