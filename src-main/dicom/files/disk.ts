import * as fs from 'node:fs';
import { stat } from 'node:fs/promises';
import * as path from 'node:path';
import { isInside } from '../../base/files.js';
import { isBelow } from '../../base/own-folder.js';
import { asReadError, openRegular } from '../../base/reading.js';
import { fault, type LimpidError } from '../../contract/errors.js';
import { Pace } from './pace.js';
import { type FileHead, MAX_FILE_BYTES, type SourceFile } from './source.js';
import { inflatedFile } from './sources-gzip.js';

/** Holds the header of most images; where it does not, reading on in place takes little. */
const SHORT_HEAD = 16 * 1024;
/** More is not read of the next file because one needed it. */
const LONG_HEAD = 128 * 1024;
const FLAGS = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0);

/** The files of one source that lie on a disk, and how quick that is. */
export class Disk {
  readonly #pace = new Pace();
  /** Headers of a series are alike: where one is longer, more is read of the next at once. */
  #head = SHORT_HEAD;
  /** Where roots lie, links resolved. Where one is moved meanwhile, its files are no longer below and take the way that waits. */
  readonly #roots = new Map<string, string>();

  /**
   * @param root that the file must lie in, after links are resolved
   * @param size bytes, as far as known
   */
  file(root: string, relative: string, size: number, id: string): SourceFile {
    const place = path.join(root, relative);
    return inflatedFile({
      id,
      place,
      relative: slashed(relative),
      archived: false,
      size,
      read: () => readInside(root, place),
      readHead: (count) => this.#readHead(root, place, count),
      shortHead: () => (this.#pace.inPlace ? this.#head : null),
    });
  }

  /** Bytes of a file; 0 where it is gone: it fails where it is read, and is told there with its name. */
  async size(place: string): Promise<number> {
    if (this.#pace.inPlace) return sizeNow(place);
    // As said above: what cannot be looked at fails where it is read.
    return (await stat(place).catch(() => undefined))?.size ?? 0;
  }

  async #readHead(root: string, place: string, count: number): Promise<FileHead> {
    const start = performance.now();
    if (this.#pace.inPlace) {
      this.#head = Math.max(this.#head, Math.min(count, LONG_HEAD));
      const head = this.#headNow(root, place, count);
      this.#pace.took(performance.now() - start);
      // What is out of the ordinary is told by the way that waits.
      if (head !== null) return head;
    }
    const head = await inside(root, place, () => readHead(place, count));
    this.#pace.waited(performance.now() - start);
    return head;
  }

  /** As `inside` and `readHead`, in place; null where either would throw. */
  #headNow(root: string, place: string, count: number): FileHead | null {
    try {
      const real = this.#roots.get(root) ?? fs.realpathSync.native(root);
      this.#roots.set(root, real);
      return isBelow(fs.realpathSync.native(place), real) ? headNow(place, count) : null;
    } catch {
      // Read once more by the way that waits, which tells the reason.
      return null;
    }
  }
}

export function slashed(relative: string): string {
  return relative.split(path.sep).join('/');
}

/** @throws LimpidError E_PATH_ESCAPE, E_BOMB (larger than is read at once), E_IO, E_NOT_FOUND */
export function readInside(root: string, place: string): Promise<Uint8Array> {
  return inside(root, place, async () => {
    const { handle, stat } = await openRegular(place);
    try {
      if (stat.size > MAX_FILE_BYTES) throw tooLarge(place);
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  });
}

/** What `read` reads of a file that lies in `root`. @throws LimpidError E_PATH_ESCAPE, E_IO, E_NOT_FOUND */
export async function inside<T>(root: string, place: string, read: () => Promise<T>): Promise<T> {
  try {
    // Checked when read, not when listed: a link may have changed in between.
    if (!(await isInside(place, root))) throw fault('E_PATH_ESCAPE/link', {}, place);
    return await read();
  } catch (error) {
    throw asReadError(error, place);
  }
}

/** At most the first `count` bytes. @throws LimpidError E_NOT_FOUND where it is no file; those of the system */
export async function readHead(place: string, count: number): Promise<FileHead> {
  const { handle, stat } = await openRegular(place);
  try {
    const { size } = stat;
    const buffer = Buffer.allocUnsafe(Math.min(count, size));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return { bytes: buffer.subarray(0, bytesRead), size };
  } finally {
    await handle.close();
  }
}

/** As `readHead`, in place; null of what is no file. @throws those of the system */
function headNow(place: string, count: number): FileHead | null {
  // Looked at first: to open a device may already do something to it.
  if (!fs.statSync(place).isFile()) return null;
  const file = fs.openSync(place, FLAGS);
  try {
    const stat = fs.fstatSync(file);
    if (!stat.isFile()) return null;
    const buffer = Buffer.allocUnsafe(Math.min(count, stat.size));
    const bytesRead = fs.readSync(file, buffer, 0, buffer.length, 0);
    return { bytes: buffer.subarray(0, bytesRead), size: stat.size };
  } finally {
    fs.closeSync(file);
  }
}

function sizeNow(place: string): number {
  try {
    return fs.statSync(place, { throwIfNoEntry: false })?.size ?? 0;
  } catch {
    // It fails again where it is read, and is told there.
    return 0;
  }
}

function tooLarge(place: string): LimpidError {
  return fault('E_BOMB/file', { most: MAX_FILE_BYTES }, place);
}
