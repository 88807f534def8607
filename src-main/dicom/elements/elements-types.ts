/** One data element where it lies in a buffer (DICOM PS3.5 section 7.1); nothing is copied or decoded. */
export interface Element {
  /** group * 65536 + element. */
  readonly tag: number;
  /** Two letters; null in implicit VR. */
  readonly vr: string | null;
  /** As written; UNDEFINED_LENGTH where a delimiter ends the value. */
  readonly length: number;
  /** Offset of the tag. */
  readonly start: number;
  /** Offset of the value, or of the first item. */
  readonly valueStart: number;
  /** Offset after the value and its delimiter. */
  readonly end: number;
}

/** How the elements of a buffer are encoded. */
export interface Encoding {
  readonly implicitVr: boolean;
  readonly littleEndian: boolean;
}

export interface ElementFile extends Encoding {
  /** What the offsets of `elements` refer to: the file, or its inflated data set when it was deflated. */
  readonly bytes: Uint8Array;
  /** Group 0002, always explicit VR little endian; offsets refer to the file as given. None: a bare data set. */
  readonly meta: readonly Element[];
  /** Top level of the data set, in the order of the file; no tag appears twice. */
  readonly elements: readonly Element[];
  readonly transferSyntax: string;
  readonly deflated: boolean;
  /** Bytes after the pixel data that are no elements; some writers leave a buffer there, some copies more. Nothing reads them. */
  readonly trailing: number;
}

/** One item of a sequence. */
export interface Item extends Encoding {
  readonly elements: readonly Element[];
  /** Offset of the item tag. */
  readonly start: number;
  /** Offset after the content and its delimiter. */
  readonly end: number;
}

export const UNDEFINED_LENGTH = 0xffffffff;
export const MAX_DEPTH = 64;
/** A real data set has hundreds of elements; each costs memory, so a hostile file must not choose the number. */
export const MAX_ELEMENTS = 65_536;
