import { type ChildProcess, spawn } from 'node:child_process';
import * as http from 'node:http';
import * as path from 'node:path';

/** `limpid serve` as the development server stands before it: started, told to end, started again. */
export interface Backend {
  /** Passes a request on; waits while the program starts. */
  pass(request: http.IncomingMessage, response: http.ServerResponse): Promise<void>;
  /** Ends the program and starts it as it is built now. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  readonly url: URL;
  readonly cookie: string;
}

/** @param root of the repository, whose dist/main is started */
export function openBackend(root: string): Backend {
  let running = start(root);
  // A program that cannot start says why itself; the next change of its code starts it again.
  running.catch(() => undefined);
  async function end(): Promise<void> {
    const { child, ended } = await running;
    child.kill('SIGTERM');
    await ended;
  }
  return {
    async pass(request, response) {
      const { url, cookie } = await running;
      // It checks who asks by these: the gate before it has done so for the page of the development server.
      const headers: http.OutgoingHttpHeaders = { ...request.headers, host: url.host, cookie };
      if (request.headers.origin !== undefined) headers.origin = url.origin;
      const asked = http.request(
        { host: url.hostname, port: url.port, path: request.url, method: request.method, headers },
        (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
          answer.on('error', () => response.destroy());
        },
      );
      asked.on('error', () => response.destroy());
      response.on('close', () => asked.destroy());
      request.pipe(asked);
    },
    async restart() {
      running = end().then(
        () => start(root),
        () => start(root),
      );
      await running;
    },
    close: () => end().catch(() => undefined),
  };
}

async function start(root: string): Promise<Running> {
  const child = spawn(process.execPath, [path.join(root, 'bin/limpid.js'), 'serve'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = await new Promise<URL>((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const address = /http:\/\/\S+/.exec(said)?.[0];
      if (address !== undefined) resolve(new URL(address));
    });
    void ended.then(() => reject(new Error('limpid serve ended before it told its address')));
  });
  const { headers } = await fetch(url, { redirect: 'manual' });
  const [cookie = ''] = headers.get('set-cookie')?.split(';') ?? [];
  return { child, ended, url, cookie };
}
