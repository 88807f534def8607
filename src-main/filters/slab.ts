/** Voxels of one frame; index = (slice * rows + row) * columns + column. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly slices: number;
}

/** Slices [from, to). */
export interface SliceRange {
  readonly from: number;
  readonly to: number;
}

/** Values that are read or written at a time: 16 slices of 512 x 512. */
const VALUES = 16 * 512 * 512;
/** More slices would not be faster. */
const MOST = 32;

/**
 * All slices in runs of some, to go through a stack without holding it.
 *
 * @param values of one slice, all frames
 */
export function runsOf(slices: number, values: number): SliceRange[] {
  const length = Math.max(1, Math.min(MOST, Math.floor(VALUES / values)));
  return Array.from({ length: Math.ceil(slices / length) }, (_, k) => ({
    from: k * length,
    to: Math.min(slices, (k + 1) * length),
  }));
}

/** Slices of a frame with mirrored voxels around them; laid out as a grid of its own. */
export interface PaddedSlab {
  readonly values: Float32Array;
  readonly columns: number;
  readonly rows: number;
  readonly planes: number;
}

/**
 * Slices [from - through, to + through) with `inPlane` more voxels on each side of a plane; what lies outside the
 * frame is mirrored about the border voxel, d c b | a b c d | c b a.
 */
export function padSlab(
  frame: Float32Array,
  { columns, rows, slices }: Grid,
  { from, to }: SliceRange,
  inPlane: number,
  through: number,
): PaddedSlab {
  const width = columns + 2 * inPlane;
  const height = rows + 2 * inPlane;
  const planes = to - from + 2 * through;
  const values = new Float32Array(width * height * planes);
  const across = Int32Array.from({ length: width }, (_, x) => mirrored(x - inPlane, columns));
  for (let z = 0, line = 0; z < planes; z++) {
    const slice = mirrored(from + z - through, slices) * rows;
    for (let y = 0; y < height; y++, line += width) {
      const start = (slice + mirrored(y - inPlane, rows)) * columns;
      for (let x = 0; x < width; x++) values[line + x] = frame[start + across[x]];
    }
  }
  return { values, columns: width, rows: height, planes };
}

/** Visits the voxels of the unpadded part in the order of the frame: index in the slab, index from its first voxel. */
export function eachInner(
  { columns, rows, planes }: Omit<PaddedSlab, 'values'>,
  inPlane: number,
  through: number,
  visit: (padded: number, inner: number) => void,
): void {
  let inner = 0;
  for (let z = through; z < planes - through; z++)
    for (let y = inPlane; y < rows - inPlane; y++) {
      const line = (z * rows + y) * columns;
      for (let x = inPlane; x < columns - inPlane; x++) visit(line + x, inner++);
    }
}

function mirrored(at: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const k = ((at % period) + period) % period;
  return k < length ? k : period - k;
}
