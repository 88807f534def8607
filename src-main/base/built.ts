import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fault } from '../contract/errors.js';

/** The deepest room of the sources, and one more for benchmarks, which are bundled into a folder of their own. */
const LEVELS = 5;

/** The archive of the installed app, and what lies beside it (`asarUnpack` of electron-builder.yml). */
const ARCHIVE = /\/app\.asar\//;
const BESIDE = '/app.asar.unpacked/';

/**
 * A script for a worker thread, which the build makes in dist/threads: of the installed app the one beside the archive,
 * since whether a thread can read from that is not to be relied on.
 *
 * @param from import.meta.url of who asks: in a bundle, in a chunk of one, or in the sources
 * @throws LimpidError E_INTERNAL where it was not built
 */
export function threadScript(name: string, from: string): URL {
  const outside = from.replace(ARCHIVE, BESIDE);
  const ups = Array.from({ length: LEVELS }, (_, level) => '../'.repeat(level + 1));
  const places = ['threads', 'dist/threads'].flatMap((folder) =>
    ups.map((up) => `${up}${folder}/${name}.mjs`),
  );
  const found = places.map((place) => new URL(place, outside)).find((url) => existsSync(fileURLToPath(url)));
  if (found !== undefined) return found;
  throw fault('E_INTERNAL/unbuilt', { name });
}
