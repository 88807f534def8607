import { type ChildProcess, fork } from 'node:child_process';
import { createServer } from 'node:net';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from '@playwright/test';

const REGISTER = fileURLToPath(new URL('./register.mjs', import.meta.url));
/** It ends a wait for a window that never opens: one that opens late, on a loaded machine, is waited for. */
const START_MS = 60_000;

/** The app behind the stand-in: its page, and a hand in its main process. */
export interface Launched {
  readonly page: Page;
  /** Sends a command of control.mjs. */
  ask(command: string, ...args: readonly unknown[]): Promise<unknown>;
  /** Quits as a person does; resolves with the exit code. */
  quit(): Promise<number | null>;
  /** Ends it as a power cut does. */
  kill(): Promise<void>;
}

/** Starts the built main.js with the stand-in for electron; `home` is its LIMPID_HOME. */
export async function launch(main: string, home: string, args: readonly string[] = []): Promise<Launched> {
  const port = await freePort();
  // A person's start brings no such variable: what the app adds for its own processes is to be seen.
  const { ORT_DISABLE_TELEMETRY: _, ...env } = process.env;
  const child = fork(main, [...args], {
    execArgv: ['--import', REGISTER],
    cwd: path.dirname(path.dirname(path.dirname(main))),
    env: { ...env, LIMPID_HOME: home, STAND_IN_PORT: String(port) },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
  try {
    await opened(child, ended);
    const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
    const page = pageOf(browser);
    page.setDefaultTimeout(60_000);
    const ask = asker(child);
    return {
      page,
      ask,
      async quit() {
        // It may have ended by itself.
        if (child.connected) child.send({ id: 0, command: 'quit', args: [] });
        return ended;
      },
      async kill() {
        child.kill('SIGKILL');
        await ended;
      },
    };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

function opened(child: ChildProcess, ended: Promise<number | null>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the window did not open')), START_MS);
    const hear = (message: object): void => {
      if (!('opened' in message)) return;
      clearTimeout(timer);
      child.off('message', hear);
      resolve();
    };
    child.on('message', hear);
    void ended.then((code) => reject(new Error(`main ended with ${code}`)));
  });
}

function asker(child: ChildProcess): Launched['ask'] {
  let next = 1;
  return (command, ...args) =>
    new Promise((resolve, reject) => {
      const id = next++;
      const hear = (message: object): void => {
        if (!('id' in message) || message.id !== id) return;
        child.off('message', hear);
        if ('error' in message) reject(new Error(String(message.error)));
        else resolve('value' in message ? message.value : null);
      };
      child.on('message', hear);
      child.send({ id, command, args }, (error) => {
        if (error !== null) reject(error);
      });
    });
}

function pageOf(browser: Browser): Page {
  const page = browser
    .contexts()
    .flatMap((context) => context.pages())
    .find((one) => one.url().startsWith('https://limpid.app.stand-in'));
  if (page === undefined) throw new Error('the window has no page');
  return page;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
