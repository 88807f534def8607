import { type ChildProcess, spawn } from 'node:child_process';
import * as readline from 'node:readline';

/** A Python program that answers each line with a number. */
export interface Peer {
  readonly ask: (line: string) => Promise<number>;
  readonly stop: () => void;
}

/** @param given its arguments, the script first */
export function startPeer(python: string, given: readonly string[]): Peer {
  const child: ChildProcess = spawn(python, given, { stdio: ['pipe', 'pipe', 'inherit'] });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('no pipes');
  const answers = readline.createInterface({ input: stdout })[Symbol.asyncIterator]();
  return {
    ask: async (line) => {
      stdin.write(`${line}\n`);
      const { value, done } = await answers.next();
      if (done) throw new Error(`${python} with torch is needed`);
      return Number(value);
    },
    stop: () => stdin.end(),
  };
}

export async function timed(body: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await body();
  return performance.now() - start;
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
