import { createWriteStream } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asFileError } from '../../base/files.js';
import { acquireLock } from '../../base/lock.js';
import { makeFolder } from '../../base/make-folder.js';
import { fault } from '../../contract/errors.js';
import { filled } from '../../contract/schema/schema.js';
import { checked, refuse } from '../checked.js';
import { DROP, UPLOADS } from '../uploads-left.js';

/** Files that a browser sends, below one temporary folder that goes when the server does. */
export interface Uploads {
  readonly folder: string;
  /** @returns the path of the file, or of the folder that was dropped with it */
  store(batch: unknown, relativePath: unknown, body: Readable): Promise<string>;
  remove(): Promise<void>;
}

const MOST_PARTS = 32;
const MOST_LENGTH = 200;

export async function openUploads(): Promise<Uploads> {
  // Only this user may look in: what is dropped may hold patients' images.
  const folder = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), UPLOADS.prefix)));
  // Tells a later start whether this process is gone.
  await acquireLock(path.join(folder, UPLOADS.lock));
  return {
    folder,
    async store(batch, relativePath, body) {
      const id = checked(filled, batch, 'batch');
      if (!DROP.test(id)) throw refuse('batch is no number of a drop');
      const parts = safeParts(checked(filled, relativePath, 'path'));
      const place = path.join(folder, id, ...parts);
      try {
        await makeFolder(path.dirname(place), 0o700);
        await pipeline(body, createWriteStream(place, { flags: 'wx', mode: 0o600 }));
      } catch (error) {
        throw asFileError(error, place);
      }
      return path.join(folder, id, ...parts.slice(0, 1));
    },
    remove: () => fs.rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** @throws LimpidError E_PATH_ESCAPE for a path that leads elsewhere */
function safeParts(relativePath: string): string[] {
  const parts = relativePath.split('/');
  const bad = (part: string) =>
    part === '' || part === '.' || part === '..' || part.length > MOST_LENGTH || /[\0\\:]/.test(part);
  if (parts.length > MOST_PARTS || parts.some(bad)) throw fault('E_PATH_ESCAPE/upload-name');
  return parts;
}
