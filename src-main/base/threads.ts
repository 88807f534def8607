import { availableParallelism } from 'node:os';

/** Sets how many threads this program and its processes compute with, where several work on one machine. */
export const THREADS_SETTING = 'LIMPID_THREADS';

/** Threads that may compute at a time: ONNX Runtime and the pools take turns. Unless set, as many as there are processors. */
export function threadsAllowed(): number {
  const setting = Number(process.env[THREADS_SETTING]);
  return Number.isInteger(setting) && setting > 0 ? setting : availableParallelism();
}
