import * as fs from 'node:fs/promises';
import { asFileError } from './files.js';

/**
 * A file of float32 values that is written and read piece by piece in any order: what is too much for memory. It is
 * for this run only and ends with it.
 */
export class Spool {
  readonly #file: string;
  readonly #handle: fs.FileHandle;

  private constructor(file: string, handle: fs.FileHandle) {
    this.#file = file;
    this.#handle = handle;
  }

  /** A new file; one that a killed run left is overwritten. @throws LimpidError E_IO */
  static async open(file: string): Promise<Spool> {
    try {
      return new Spool(file, await fs.open(file, 'w+', 0o600));
    } catch (error) {
      throw asFileError(error, file);
    }
  }

  /** @param start index of the first value in the file. @throws LimpidError E_IO where the disk is full */
  async write(values: Float32Array, start: number): Promise<void> {
    await this.#each(values, start, (bytes, position) =>
      this.#handle.write(bytes, 0, bytes.length, position).then(({ bytesWritten }) => bytesWritten),
    );
  }

  /** Fills `values` with those that were written from `start` on. @throws LimpidError E_IO */
  async read(values: Float32Array, start: number): Promise<void> {
    await this.#each(values, start, (bytes, position) =>
      this.#handle.read(bytes, 0, bytes.length, position).then(({ bytesRead }) => bytesRead),
    );
  }

  /** Ends it and removes the file. */
  async close(): Promise<void> {
    await this.#handle.close();
    await fs.rm(this.#file, { force: true });
  }

  /** The system may move fewer bytes than it was asked to. */
  async #each(
    values: Float32Array,
    start: number,
    move: (bytes: Uint8Array, position: number) => Promise<number>,
  ): Promise<void> {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    try {
      for (let done = 0; done < bytes.length; ) {
        const moved = await move(bytes.subarray(done), 4 * start + done);
        if (moved === 0) throw new Error('The file is shorter than it was.');
        done += moved;
      }
    } catch (error) {
      throw asFileError(error, this.#file);
    }
  }
}
