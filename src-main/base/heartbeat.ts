import { Worker } from 'node:worker_threads';

/**
 * Touches a lock for as long as it is ours: who watches it sees that its time changes. In a thread of its own, for the
 * one that computes may be busy for minutes. It ends by itself when the lock is another's, and with the process.
 *
 * @param everyMs between two touches
 */
export function startHeartbeat(file: string, token: string, everyMs: number): { stop(): Promise<void> } {
  const worker = new Worker(BEAT, { eval: true, workerData: { file, token, everyMs }, execArgv: [] });
  // A thread that could not be started or has failed leaves a lock that others may take: `confirm` tells.
  worker.on('error', () => undefined);
  worker.unref();
  return {
    stop: async () => {
      await worker.terminate();
    },
  };
}

const BEAT = `
const fs = require('node:fs');
const { file, token, everyMs } = require('node:worker_threads').workerData;
const timer = setInterval(() => {
  let text;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch {
    // Who took it for a stale one moves it aside, sees that it is not, and puts it back; a share may not answer now.
    return;
  }
  if (!text.includes(token)) return clearInterval(timer);
  const now = new Date();
  try {
    fs.utimesSync(file, now, now);
  } catch {
    // Tried again at the next beat.
  }
}, everyMs);
`;
