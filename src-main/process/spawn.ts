import { fork } from 'node:child_process';
import { childEnvironment } from '../base/environment.js';
import { addressArguments } from '../base/memory.js';
import type { TermName } from '../contract/words/terms.js';

/** How a process ended: a word for it, or the signal or code that it ended early by. */
export type ProcessEnd = TermName<'end'> | { readonly by: string };

/** The starter's end of a process that was started to do one thing. */
export interface Child<In extends object, Out extends object> {
  /** What cannot be delivered is dropped: a process that is gone reports itself through `onExit`. */
  send(message: In): void;
  onMessage(listener: (message: Out) => void): void;
  /** Called once, after the last message. */
  onExit(listener: (end: ProcessEnd) => void): void;
  /** It said all that it had to say: makes sure that it ends. */
  release(): void;
  kill(): void;
}

/** Starts a built script in a process of its own: child_process.fork here, utilityProcess in Electron. */
export type Spawn = <In extends object, Out extends object>(
  entry: string,
  env?: Readonly<Record<string, string>>,
) => Child<In, Out>;

/** @param execArgv of Node; those of this process when left out */
export function forkSpawn(execArgv: readonly string[] = process.execArgv): Spawn {
  return <In extends object, Out extends object>(
    entry: string,
    env: Readonly<Record<string, string>> = {},
  ): Child<In, Out> => {
    const child = fork(entry, [], {
      env: childEnvironment(env),
      serialization: 'advanced',
      execArgv: [...execArgv, ...addressArguments()],
      // Native libraries may print: only our own lines may reach standard output.
      stdio: ['ignore', process.stderr, process.stderr, 'ipc'],
    });
    return {
      send: (message) => {
        if (child.connected) child.send(message, () => undefined);
      },
      onMessage(listener) {
        child.on('message', (message: Out) => listener(message));
      },
      onExit(listener) {
        let told = false;
        const tell = (end: ProcessEnd) => {
          if (!told) listener(end);
          told = true;
        };
        child.on('error', () => {
          if (child.pid === undefined) tell('unstarted');
        });
        child.on('close', (code, signal) => tell({ by: signal ?? `exit code ${code}` }));
      },
      release: () => undefined,
      kill: () => {
        child.kill('SIGKILL');
      },
    };
  };
}
