import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fault } from '../contract/errors.js';

/** The deepest room of the sources, and one more for benchmarks, which are bundled into a folder of their own. */
const LEVELS = 5;

/**
 * A script that the build makes: beside the bundle, beside its chunks, or in dist when running from the sources.
 *
 * @param from import.meta.url of who asks
 * @throws LimpidError E_INTERNAL where it was not built
 */
export function builtScript(name: string, from: string): URL {
  const ups = Array.from({ length: LEVELS }, (_, level) => '../'.repeat(level + 1));
  const places = [`./${name}`, `../${name}`, ...ups.map((up) => `${up}dist/main/${name}`)];
  const found = places.map((place) => new URL(place, from)).find((url) => existsSync(fileURLToPath(url)));
  if (found !== undefined) return found;
  throw fault('E_INTERNAL/unbuilt', { name });
}
