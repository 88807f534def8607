import { createHash } from 'node:crypto';
import type { promises } from 'node:fs';
import * as path from 'node:path';
import { fault } from '../contract/errors.js';

/** Of Node, or of Electron's original-fs, which takes an archive for the file that it is. */
type Files = Pick<typeof promises, 'open' | 'readFile' | 'readdir'>;

/** A file that lies beside the archive, as the header of the archive names it. */
interface Unpacked {
  /** Parts joined by `/`. */
  readonly name: string;
  readonly size: number;
  /** SHA-256, hexadecimal. */
  readonly hash: string;
}

/**
 * Holds what lies beside the archive of the installed app (native libraries, what runs in threads) against the hashes
 * that the archive has of it. Electron itself checks the archive, and nothing beside it. Native libraries of systems
 * where an installer is signed only have to be there: a signature is written into them after the archive was made.
 *
 * @param archive app.asar; what it names as unpacked lies in app.asar.unpacked
 * @param platform as process.platform
 * @throws LimpidError E_INTERNAL where a file differs, is missing, or is there without being named
 */
export async function requireUntouched(
  archive: string,
  files: Files,
  platform: string = process.platform,
): Promise<void> {
  const named = await unpackedOf(archive, files);
  const folder = `${archive}.unpacked`;
  const found = await filesBelow(folder, files);
  const expected = new Set(named.map(({ name }) => name));
  const stranger = found.find((name) => !expected.has(name));
  if (stranger !== undefined) throw fault('E_INTERNAL/installation', { name: stranger });
  for (const { name, size, hash } of named) {
    if (SIGNED_LATER.get(platform)?.test(name) && found.includes(name)) continue;
    // A file that cannot be read is as good as another one: both are mended by installing again.
    const bytes = await files.readFile(path.join(folder, name)).catch(() => null);
    if (bytes?.length !== size || createHash('sha256').update(bytes).digest('hex') !== hash)
      throw fault('E_INTERNAL/installation', { name });
  }
}

/** What the signing of an installer writes a signature into, by platform. */
const SIGNED_LATER: ReadonlyMap<string, RegExp> = new Map([
  ['darwin', /\.(node|dylib)$/i],
  ['win32', /\.(node|dll|exe)$/i],
]);

/** The header of an archive is JSON after four 32-bit lengths (npmjs.com/package/@electron/asar, "Format"). */
async function unpackedOf(archive: string, files: Files): Promise<Unpacked[]> {
  const file = await files.open(archive, 'r');
  try {
    const sizes = Buffer.alloc(16);
    await file.read(sizes, 0, sizes.length, 0);
    const json = Buffer.alloc(sizes.readUInt32LE(12));
    await file.read(json, 0, json.length, sizes.length);
    const header: unknown = JSON.parse(json.toString());
    return unpackedIn(header, '');
  } finally {
    await file.close();
  }
}

function unpackedIn(node: unknown, name: string): Unpacked[] {
  const { files, unpacked, size, integrity } = Object(node);
  if (files !== undefined)
    return Object.entries(Object(files)).flatMap(([own, child]) =>
      unpackedIn(child, name === '' ? own : `${name}/${own}`),
    );
  return unpacked === true ? [{ name, size: Number(size), hash: String(Object(integrity).hash) }] : [];
}

async function filesBelow(folder: string, files: Files, below = ''): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await files.readdir(path.join(folder, below), { withFileTypes: true })) {
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await filesBelow(folder, files, name)));
    else found.push(name);
  }
  return found;
}
