import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { asFileError, flush, hasCode, writeFileAtomic } from './files.js';
import { makeFolder } from './make-folder.js';

/** A small JSON file that is always whole on disk. Writes follow one another, and only the last that waits is made. */
export interface JsonFile {
  /** null where there is none, undefined where what is there is no JSON. */
  read(): Promise<unknown>;
  /**
   * Copies what is there, byte for byte, beside it: `settings.unread.json`, and where there is one already,
   * `settings.unread-2.json` and so on. None of these is ever written over.
   *
   * @returns the place of the copy
   * @throws LimpidError E_IO, E_NOT_FOUND
   */
  setAside(): Promise<string>;
  /** Resolves when this value, or a later one, is on disk. @throws LimpidError E_IO */
  write(value: unknown): Promise<void>;
}

export function jsonFile(file: string): JsonFile {
  let writing: Promise<void> = Promise.resolve();
  let waiting: { value: unknown; done: Promise<void> } | null = null;
  const put = async (): Promise<void> => {
    const value = waiting?.value;
    waiting = null;
    await makeFolder(path.dirname(file), 0o700);
    await writeFileAtomic(file, `${JSON.stringify(value, null, 1)}\n`, { replace: true });
  };
  return {
    async read() {
      try {
        const value: unknown = JSON.parse(await fs.readFile(file, 'utf8'));
        return value;
      } catch (error) {
        if (error instanceof SyntaxError) return undefined;
        if (hasCode(error, 'ENOENT')) return null;
        throw error;
      }
    },
    async setAside() {
      const { dir, name, ext } = path.parse(file);
      for (let number = 1; ; number++) {
        const aside = path.join(dir, `${name}.unread${number === 1 ? '' : `-${number}`}${ext}`);
        try {
          await fs.copyFile(file, aside, fs.constants.COPYFILE_EXCL);
          await flush(aside, 'r+');
          return aside;
        } catch (error) {
          if (!hasCode(error, 'EEXIST')) throw asFileError(error, file);
        }
      }
    },
    write(value) {
      if (waiting !== null) {
        waiting.value = value;
        return waiting.done;
      }
      const done = writing.then(put);
      waiting = { value, done };
      // Who wrote gets the error; this promise only tells the next write when to begin.
      writing = done.catch(() => undefined);
      return done;
    },
  };
}
