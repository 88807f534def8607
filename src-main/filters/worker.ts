import { parentPort } from 'node:worker_threads';
import { openLog } from '../base/log.js';
import { type Problem, problemFrom } from '../contract/errors.js';
import { runTask, type SliceTask } from './tasks.js';

/** From the worker: null when the slices are written, or why not. */
export type TaskReply = Problem | null;

openLog('worker');
parentPort?.on('message', (task: SliceTask) => {
  parentPort?.postMessage(attempt(task));
});

function attempt(task: SliceTask): TaskReply {
  try {
    runTask(task);
    return null;
  } catch (error) {
    return problemFrom(error);
  }
}
