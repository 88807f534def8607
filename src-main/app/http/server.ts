import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { fault, problemFrom } from '../../contract/errors.js';
import { call } from '../calls.js';
import { getContent, type Reply, refusal, reply } from '../content.js';
import type { AppService } from '../service.js';
import { openGuard } from './guard.js';
import { redirectPage } from './redirect-page.js';
import type { Uploads } from './uploads.js';

export interface AppServer {
  /**
   * With a token that is exchanged once: for the person who started it only. One that was not used until the next call
   * is worth nothing from then on.
   */
  newAddress(): string;
  close(): Promise<void>;
}

export interface ServerOptions {
  readonly service: AppService;
  readonly uploads: Uploads;
  /** The built window. */
  readonly appFolder: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** A browser has exchanged its token. */
  readonly onExchange?: () => void;
}

const LOOPBACK = '127.0.0.1';
const MOST_CALL_BYTES = 4 * 2 ** 20;
const IDLE_MS = 10 * 60_000;
/** So often a window hears that the app is there; it also keeps event streams open through proxies that end idle connections. */
const HEARTBEAT_MS = 1000;
const TEXT = 'text/plain; charset=utf-8';

/**
 * Serves the window and the contract to a browser on this machine: files and resources by GET, methods by POST
 * /api/METHOD, events by GET /events (Server-Sent Events), dropped files by POST /upload.
 *
 * @throws LimpidError E_IO when the port is taken
 */
export async function startServer(options: ServerOptions): Promise<AppServer> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      // Refusals are answers: what comes here is a fault of ours or a browser that went, and the log tells which.
      problemFrom(error);
      response.destroy();
    });
  });
  // Uploads of large series and event streams take their time.
  server.requestTimeout = 0;
  // A page that was idle must not meet a connection that is just being closed.
  server.keepAliveTimeout = IDLE_MS;
  const guard = openGuard(portOf);
  await new Promise<void>((resolve, reject) => {
    server.once('error', () => reject(fault('E_IO/port')));
    server.listen(options.port, LOOPBACK, resolve);
  });

  function portOf(): number {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', `http://${LOOPBACK}`);
    const refused = guard.refuses(request);
    // A page that leads here, as `serve --open` writes it, is another site: it may bring a token, and nothing else.
    if ((refused === 'cookie' || refused === 'site') && guard.takesToken(request, url)) {
      options.onExchange?.();
      return send(response, welcome(guard.cookie, refused === 'site'));
    }
    // Opened once more in the same browser: the token does not stay in the address bar.
    if (refused === null && url.pathname === '/' && url.searchParams.has('token'))
      return send(response, reply(303, TEXT, EMPTY, { location: '/' }));
    if (refused !== null) return send(response, reply(403, TEXT, Buffer.from(WHY_REFUSED)));
    if (request.method === 'GET' && url.pathname === '/events') return streamEvents(response);
    if (request.method === 'GET')
      return send(response, await getContent(options.service, options.appFolder, url.pathname));
    if (request.method !== 'POST') return send(response, reply(405, TEXT, EMPTY));
    if (url.pathname === '/upload') return send(response, await upload(url, request));
    return send(response, await callMethod(url, request));
  }

  async function callMethod(url: URL, request: IncomingMessage): Promise<Reply> {
    try {
      const method = /^\/api\/([A-Za-z]+)$/.exec(url.pathname)?.[1];
      const value = await call(options.service.api, method, await readJson(request));
      return json(200, { value: value ?? null });
    } catch (error) {
      return refusal(problemFrom(error), 400);
    }
  }

  async function upload(url: URL, request: IncomingMessage): Promise<Reply> {
    try {
      const query = url.searchParams;
      const path = await options.uploads.store(query.get('batch'), query.get('path'), request);
      return json(200, { value: path });
    } catch (error) {
      return refusal(problemFrom(error), 400);
    }
  }

  function streamEvents(response: ServerResponse): void {
    response.writeHead(200, {
      ...reply(200, 'text/event-stream', EMPTY).headers,
      'x-accel-buffering': 'no',
    });
    response.write(': open\n\n');
    const end = options.service.subscribe((event) => {
      response.write(`data: ${JSON.stringify(event)}\n\n`);
    });
    const beat = setInterval(() => response.write('event: beat\ndata:\n\n'), HEARTBEAT_MS);
    response.on('close', () => {
      end();
      clearInterval(beat);
    });
  }

  return {
    newAddress: () => `http://${LOOPBACK}:${portOf()}/?token=${guard.newToken()}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const EMPTY = new Uint8Array(0);
const WHY_REFUSED =
  'Limpid answers only the browser that was opened with the address it printed, which can be used once. Press Enter where limpid serve runs for another address, or start it again.\n';

/**
 * The answer to a token: the cookie, and on to the window. A strict cookie is not sent on while a page of another site
 * is what led here: then a page of ours leads on.
 */
function welcome(cookie: string, fromElsewhere: boolean): Reply {
  const headers = { 'set-cookie': cookie };
  if (!fromElsewhere) return reply(303, TEXT, EMPTY, { ...headers, location: '/' });
  const page = redirectPage('/');
  return reply(200, 'text/html; charset=utf-8', Buffer.from(page), {
    ...headers,
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  });
}

function json(status: number, value: unknown): Reply {
  return reply(status, 'application/json; charset=utf-8', Buffer.from(JSON.stringify(value)));
}

function send(response: ServerResponse, { status, headers, body }: Reply): void {
  response.writeHead(status, { ...headers, 'content-length': body.byteLength });
  response.end(body);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  // A form or a plain-text post needs no permission from a browser; JSON does.
  if (!(request.headers['content-type'] ?? '').startsWith('application/json')) throw fault('E_USAGE/no-json');
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length > MOST_CALL_BYTES) throw fault('E_USAGE/long-call');
    chunks.push(bytes);
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return value;
  } catch {
    throw fault('E_USAGE/no-json');
  }
}
