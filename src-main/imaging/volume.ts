/**
 * A 3D or 4D image in real-world units (rescale applied), as everything above decoding sees it.
 */
export interface Volume {
  /** Values, x (column) fastest: index = ((frame * slices + slice) * rows + row) * columns + column. */
  readonly data: Float32Array;
  readonly columns: number;
  readonly rows: number;
  readonly slices: number;
  /** Time points, echoes or gradient directions; 1 for a 3D volume. */
  readonly frames: number;
  /** Distance between voxel centres in mm: along a row, along a column, between slices. */
  readonly spacing: readonly [number, number, number];
  /** Row-major 4x4: voxel (column, row, slice, 1) to patient coordinates LPS in mm (DICOM PS3.3 C.7.6.2.1.1). */
  readonly affine: readonly number[];
  /** What the values are: 'HU', 'a.u.', ... */
  readonly units: string;
  /** 1 where the scanner measured, 0 where the value is padding; null where all is measured. */
  readonly measured: Uint8Array | null;
  /** Smallest step between two values that the stored form can hold (|rescale slope|); 0 for floats. */
  readonly quantum: number;
  /** Values of both signs with Gaussian noise, as real and imaginary parts are, however few are negative; absent: not known. */
  readonly signed?: boolean;
}

/** Values in one slice plane. */
export function planeLength(volume: Volume): number {
  return volume.columns * volume.rows;
}

/** A view (no copy) on one slice of one frame; length rows * columns. */
export function sliceView(volume: Volume, slice: number, frame = 0): Float32Array {
  const length = planeLength(volume);
  const start = (frame * volume.slices + slice) * length;
  return volume.data.subarray(start, start + length);
}

/** The same geometry with other values. `data` has the same length. */
export function withData(volume: Volume, data: Float32Array): Volume {
  return { ...volume, data };
}

/** Distance of slices as a multiple of that of pixels; infinite where slices are no neighbours in space. */
export function spacingRatio({ spacing: [x, y, z] }: Volume, only2d: boolean): number {
  return only2d ? Number.POSITIVE_INFINITY : z / Math.min(x, y);
}

/**
 * For each of some frames the first of them that holds the very same values: itself, where none before does. Scanners
 * and archives write a volume twice, and a copy says nothing of the noise that its original does not.
 */
export function originalFrames(
  { data, frames: count }: Pick<Volume, 'data' | 'frames'>,
  frames: readonly number[],
): number[] {
  const length = data.length / count;
  const isCopy = (a: number, b: number): boolean => {
    for (let i = 0; i < length; i++) {
      const [one, other] = [data[a * length + i], data[b * length + i]];
      if (one !== other && !(Number.isNaN(one) && Number.isNaN(other))) return false;
    }
    return true;
  };
  return frames.map((frame, k) => frames.slice(0, k).find((earlier) => isCopy(earlier, frame)) ?? frame);
}
