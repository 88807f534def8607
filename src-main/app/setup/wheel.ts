import { createWriteStream } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as yauzl from 'yauzl';
import { makeFolder } from '../../base/make-folder.js';
import { fault } from '../../contract/errors.js';
import { mustRun, type Tool } from './tools.js';

/**
 * A Python package as a file: nothing of Python in it is run, only native libraries are taken out. Which Python fetches
 * it does not matter.
 */
export interface Wheel {
  readonly name: string;
  readonly version: string;
  /** Of the one file that is meant. */
  readonly sha256: string;
  readonly bytes: number;
  /** Tags of the file's name. */
  readonly abi: string;
  readonly platforms: readonly string[];
}

/**
 * Fetches a wheel from the package index that pip uses; pip verifies the hash.
 *
 * @returns the file
 * @throws LimpidError E_SETUP, E_CANCELLED
 */
export async function fetchWheel(
  pip: Tool,
  wheel: Wheel,
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  await makeFolder(folder);
  const wanted = path.join(folder, 'wanted.txt');
  await fs.writeFile(wanted, [`${wheel.name}==${wheel.version}`, `--hash=sha256:${wheel.sha256}`].join(' '));
  await mustRun(
    pip,
    [
      'download',
      '--no-deps',
      '--only-binary=:all:',
      '--disable-pip-version-check',
      '--no-cache-dir',
      '--quiet',
      ...['--implementation', 'cp', '--python-version', '3.11', '--abi', wheel.abi],
      ...wheel.platforms.flatMap((platform) => ['--platform', platform]),
      ...['--require-hashes', '-r', wanted],
      ...['--dest', folder],
    ],
    {
      signal,
      failed: (said) => fault('E_SETUP/pip-fetch', { what: `${wheel.name} ${wheel.version}`, said }),
    },
  );
  const file = (await fs.readdir(folder)).find((name) => name.endsWith('.whl'));
  if (file !== undefined) return path.join(folder, file);
  throw fault('E_SETUP/pip', { name: wheel.name });
}

/**
 * Unpacks the entries that `target` gives a path, in a folder, and makes their folders.
 *
 * @returns how many there were
 * @throws LimpidError E_SETUP when the file is damaged
 */
export async function unpack(
  wheel: string,
  target: (entry: string) => string | null,
  signal: AbortSignal,
): Promise<number> {
  let count = 0;
  let zip: yauzl.ZipFile | null = null;
  try {
    zip = await yauzl.openPromise(wheel, {
      autoClose: false,
      lazyEntries: true,
      strictFileNames: true,
      validateEntrySizes: true,
    });
    for await (const entry of zip.eachEntry()) {
      const file = entry.fileName.endsWith('/') ? null : target(entry.fileName);
      if (file === null) continue;
      await makeFolder(path.dirname(file));
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(file), { signal });
      count++;
    }
    return count;
  } catch (error) {
    throw fault('E_SETUP/unpacking', {}, undefined, error);
  } finally {
    zip?.close();
  }
}
