import { type ChildProcess, spawn } from 'node:child_process';
import * as path from 'node:path';

const LIMPID = path.resolve(import.meta.dirname, '../../bin/limpid.js');

/** `limpid node` as a process, that is killed and started again. */
export class NodeProcess {
  readonly #config: string;
  #child: ChildProcess | null = null;

  constructor(config: string) {
    this.#config = config;
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [LIMPID, 'node', '--config', this.#config], {
      env: { ...process.env, LIMPID_HOME: path.dirname(this.#config) },
    });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      let told = '';
      child.stdout?.on('data', (bytes) => {
        told += bytes;
        if (/listens on/.test(told)) resolve();
      });
      child.stderr?.on('data', (bytes) => {
        told += bytes;
      });
      child.once('exit', (code) => reject(new Error(`The node ended with ${code}: ${told}`)));
    });
  }

  /** @returns its exit code, null where it was killed */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.#child;
    if (child === null) return null;
    const ended = new Promise<number | null>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode);
      else child.once('exit', resolve);
    });
    child.removeAllListeners('exit');
    const again = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill(signal);
    return Promise.race([ended, again]);
  }
}
