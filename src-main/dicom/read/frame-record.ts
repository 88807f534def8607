import type { Diffusion } from './diffusion.js';

export type Triple = readonly [number, number, number];

/** Where the plane of an image lies. */
export interface PlaneRecord {
  readonly rows: number;
  readonly columns: number;
  /** Centre of the first voxel, LPS, mm. */
  readonly imagePosition: Triple | null;
  /** Direction of a row, then of a column. */
  readonly imageOrientation: readonly number[] | null;
  /** Between rows, then between columns, mm. */
  readonly pixelSpacing: readonly [number, number] | null;
  readonly sliceThickness: number | null;
  readonly spacingBetweenSlices: number | null;
}

/**
 * What the forming of volumes needs to know of an image: where it lies and what tells it from others. Nothing here
 * says in which file its pixels are, so that one frame of many in a file can be a record as well.
 */
export interface FrameRecord extends PlaneRecord, Diffusion {
  readonly sopInstanceUid: string;
  /** Frames that lie at one place and come together; they follow one another. */
  readonly numberOfFrames: number;
  readonly instanceNumber: number | null;
  readonly sliceLocation: number | null;
  readonly temporalPosition: number | null;
  readonly triggerTime: number | null;
  readonly inversionTime: number | null;
  readonly flipAngle: number | null;
  readonly acquisitionNumber: number | null;
  /** Date and time as written: sorts as text. */
  readonly acquisitionTime: string;
  /** Dimension Index Values of a frame but for those of its place (PS3.3 C.7.6.17); empty where there are none. */
  readonly dimension: string;
  /** The file of many frames that this one is of; empty where an image is a file of its own. */
  readonly container: string;
}
