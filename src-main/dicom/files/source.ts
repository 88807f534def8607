import type { Problem } from '../../contract/errors.js';

/** One file of a source, not read yet. */
export interface SourceFile {
  /** First 16 hex digits of the SHA-256 of the path inside the source: safe for logs and reports. */
  readonly id: string;
  /** Path for the person at the screen: never logged or reported. */
  readonly place: string;
  /** Path inside the source, with `/` between its parts: for names of outputs, never logged. */
  readonly relative: string;
  /** Lies in an archive: its bytes are only held against their checksum when it is read whole. */
  readonly archived: boolean;
  /** Bytes. */
  readonly size: number;
  /** @throws LimpidError E_IO, E_NOT_FOUND, E_PATH_ESCAPE, E_ZIP, E_BOMB. */
  readonly read: () => Promise<Uint8Array>;
  /** At most the first `count` bytes, where the source can read a part. @throws LimpidError as `read` */
  readonly readHead?: (count: number) => Promise<FileHead>;
  /** Bytes that are worth reading first, where reading on takes next to nothing; null: it does. */
  readonly shortHead?: () => number | null;
}

/** The beginning of a file. */
export interface FileHead {
  readonly bytes: Uint8Array;
  /** Of the whole file, in bytes, when it was read. */
  readonly size: number;
}

/** Where images come from. Close it when done. */
export interface Source {
  /** The path as given, absolute. */
  readonly root: string;
  readonly kind: 'folder' | 'file' | 'dicomdir' | 'zip';
  /** Every candidate file, in an order that depends on names only. */
  files(): AsyncIterable<SourceFile>;
  /** What `files` passed over so far: E_ where it may hold images and could not be looked into, W_ where it holds none. */
  readonly passedOver: readonly Problem[];
  close(): Promise<void>;
}

/** As much as is read into memory at once. No DICOM image comes near, a long series in a NIfTI file does. */
export const MAX_FILE_BYTES = 2 ** 31 - 1;
