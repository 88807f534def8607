import { utilityProcess } from 'electron';
import { childEnvironment } from '../base/environment.js';
import type { Child, Spawn } from '../process/spawn.js';

/** Starts scripts with utilityProcess: Node's fork would start this app again, for the fuse RunAsNode is off. */
export const utilitySpawn: Spawn = <In extends object, Out extends object>(
  entry: string,
  env: Readonly<Record<string, string>> = {},
): Child<In, Out> => {
  const child = utilityProcess.fork(entry, [], {
    serviceName: 'Limpid compute',
    env: childEnvironment(env),
    stdio: 'inherit',
  });
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  return {
    // Electron 44 fell where a process that has ended was written to (electron/electron#53923).
    send: (message) => {
      if (!ended) child.postMessage(message);
    },
    onMessage(listener) {
      child.on('message', (message: Out) => listener(message));
    },
    onExit(listener) {
      // Electron may tell it twice (electron/electron#44012).
      child.once('exit', (code) => listener({ by: `exit code ${code}` }));
    },
    // It waits for this: only the receiver knows that the last message has arrived.
    release: () => {
      child.kill();
    },
    kill: () => {
      // kill() asks politely first, and native code that computes does not listen.
      const { pid } = child;
      if (pid === undefined) child.kill();
      else process.kill(pid, 'SIGKILL');
    },
  };
};
