import { existsSync, readdirSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as path from 'node:path';
import { build, type Plugin, type ViteDevServer } from 'vite';
import { type Guard, openGuard } from '../src-main/app/http/guard.js';
import { resourceAt } from '../src-main/contract/window/resources.js';
import { type Backend, openBackend } from './backend.js';

const ROOT = path.resolve(import.meta.dirname, '..');
const MAIN = path.join(ROOT, 'src-main');
/** What is saved together is built together. */
const SETTLED_MS = 100;

/**
 * Makes Vite's development server one for the window on real jobs: calls, events and resources go to a `limpid serve`
 * behind it, which is built and started again whenever a file of src-main changes. Who has not opened the printed
 * address is refused, as by that server itself.
 */
export function devServer(): Plugin {
  return {
    name: 'limpid-dev-server',
    apply: 'serve',
    async configureServer(server) {
      if (!isBuilt()) await buildMain();
      const backend = openBackend(ROOT);
      const guard = openGuard(() => portOf(server));
      server.middlewares.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
        if (!admits(guard, request, response)) return;
        if (!isForBackend(request)) return next();
        backend.pass(request, response).catch(() => response.destroy());
      });
      server.httpServer?.once('listening', () => {
        process.stdout.write(`Limpid is at http://127.0.0.1:${portOf(server)}/?token=${guard.newToken()}\n`);
      });
      followMain(server, backend);
      const close = server.close.bind(server);
      server.close = async () => {
        await Promise.all([close(), backend.close()]);
      };
    },
  };
}

/** Answers whoever may not pass, and who brings the token of the printed address. */
function admits(guard: Guard, request: IncomingMessage, response: ServerResponse): boolean {
  const refused = guard.refuses(request);
  if (refused === null) return true;
  if (refused === 'cookie' && guard.takesToken(request, addressOf(request)))
    response.writeHead(303, { location: '/', 'set-cookie': guard.cookie }).end();
  else response.writeHead(403).end('Open the address that npm run dev printed; it can be used once.\n');
  return false;
}

function isForBackend(request: IncomingMessage): boolean {
  const { pathname } = addressOf(request);
  return /^\/(api\/|events$|upload$)/.test(pathname) || resourceAt(pathname) !== null;
}

function addressOf(request: IncomingMessage): URL {
  return new URL(request.url ?? '/', 'http://127.0.0.1');
}

function portOf(server: ViteDevServer): number {
  const address = server.httpServer?.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function followMain(server: ViteDevServer, backend: Backend): void {
  let timer: NodeJS.Timeout | undefined;
  let at: Promise<void> = Promise.resolve();
  const renew = async (): Promise<void> => {
    try {
      await buildMain();
      await backend.restart();
      server.ws.send({ type: 'full-reload' });
      process.stdout.write('Limpid was built and started again\n');
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    }
  };
  server.watcher.add(MAIN);
  server.watcher.on('all', (_event, file) => {
    if (!file.startsWith(MAIN + path.sep)) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      at = at.then(renew);
    }, SETTLED_MS);
  });
}

/** Beside what is there: processes that run still load their parts. */
async function buildMain(): Promise<void> {
  for (const name of ['main', 'threads'])
    await build({
      configFile: path.join(ROOT, `build/vite.${name}.ts`),
      logLevel: 'error',
      build: { emptyOutDir: false },
    });
}

/** Nothing of src-main is younger than what was built of it. */
function isBuilt(): boolean {
  const built = path.join(ROOT, 'dist/main/cli.js');
  if (!existsSync(built)) return false;
  const { mtimeMs } = statSync(built);
  return readdirSync(MAIN, { recursive: true, encoding: 'utf8' }).every(
    (file) => statSync(path.join(MAIN, file)).mtimeMs <= mtimeMs,
  );
}
