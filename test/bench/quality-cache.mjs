/** Results on disk by the hash of what they were made from, so that a bench can be stopped and continued. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Hash of strings, buffers and plain data, in order. */
export function hashOf(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = Buffer.isBuffer(part) ? part : Buffer.from(JSON.stringify(part));
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest('hex').slice(0, 24);
}

export function hashOfFiles(paths) {
  return hashOf(...paths.map((path) => readFileSync(path)));
}

/**
 * The folder of a key; made by `make(folder)` when it is not there yet. What `make` leaves behind when it throws is
 * removed, so a folder that exists is whole.
 */
export function cachedFolder(parent, key, make) {
  const folder = join(parent, key);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.unfinished-${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    make(unfinished);
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}
