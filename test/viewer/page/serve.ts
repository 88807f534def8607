import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { build } from 'vite';
import type { TagEntry } from '../../../src-main/contract/viewing.js';
import type { Fixture, FixtureSet } from '../series.js';

export interface ViewerServer {
  readonly url: string;
  /** What the next answers for frames wait for, by series and index, and which of them fail. */
  hold: (series: string, index: number) => Promise<void> | null;
  fails: (series: string, index: number) => boolean;
  /** The elements of an image, by series and index. */
  tags: (series: string, index: number) => readonly TagEntry[] | Promise<readonly TagEntry[]>;
  /** Frames that were asked for, in order. */
  readonly asked: string[];
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
};

/** Builds the page with the viewer into a folder and offers it with the series, on 127.0.0.1. */
export async function serveViewer(
  folder: string,
  sets: Readonly<Record<string, FixtureSet>>,
): Promise<ViewerServer> {
  await build({
    configFile: false,
    root: import.meta.dirname,
    base: './',
    publicDir: false,
    logLevel: 'error',
    plugins: [svelte({ configFile: false })],
    build: { outDir: folder, emptyOutDir: true, target: 'chrome120', modulePreload: false },
  });
  const fixtures = new Map<string, Fixture>();
  for (const set of Object.values(sets))
    for (const fixture of [set.before, set.after, set.errorMap]) fixtures.set(fixture.card.key, fixture);
  const cards = Object.fromEntries(
    Object.entries(sets).map(([name, set]) => [
      name,
      { before: set.before.card, after: set.after.card, errorMap: set.errorMap.card },
    ]),
  );

  const hooks = {
    hold: (_series: string, _index: number): Promise<void> | null => null,
    fails: (_series: string, _index: number): boolean => false,
    tags: (_series: string, _index: number): readonly TagEntry[] | Promise<readonly TagEntry[]> => [],
  };
  const asked: string[] = [];
  const server = http.createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const [, kind, series, index] = pathname.split('/');
    if (kind === 'series') {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(cards));
    } else if (kind === 'tags') {
      const entries = await hooks.tags(series, Number(index));
      response.setHeader('content-type', 'application/json').end(JSON.stringify(entries));
    } else if (kind === 'frame') {
      asked.push(`${series}/${index}`);
      await hooks.hold(series, Number(index));
      const frame = fixtures.get(series)?.frames[Number(index)];
      if (frame === undefined || hooks.fails(series, Number(index))) {
        response.statusCode = 422;
        response.end(
          JSON.stringify({
            problem: {
              code: 'E_TRUNCATED',
              message: 'The slice is cut short.',
              remedy: 'Export it again.',
            },
          }),
        );
        return;
      }
      response.setHeader('x-limpid-frame', JSON.stringify(frame.header));
      const { buffer, byteOffset, byteLength } = frame.pixels;
      response.end(new Uint8Array(buffer, byteOffset, byteLength));
    } else {
      const name = pathname === '/' ? 'index.html' : pathname.slice(1);
      const file = path.join(folder, path.normalize(name));
      try {
        response.setHeader('content-type', TYPES[path.extname(file)] ?? 'application/octet-stream');
        response.end(readFileSync(file));
      } catch {
        response.writeHead(404).end();
      }
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return Object.assign(hooks, {
    url: `http://127.0.0.1:${address.port}/`,
    asked,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}
