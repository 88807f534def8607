import type { Matrix, Size } from './geometry.js';

/**
 * The pixels of a plane that reach the screen. Drawn smaller, a canvas takes for each pixel of the screen the pixels
 * around one point, whether it interpolates or not, and leaves out all others: of 2048 x 2048 in a quarter of a window
 * nine of ten. What is left out need not be worked out.
 */
export interface Sampling {
  /** Ascending; null: all. */
  readonly columns: Int32Array | null;
  readonly rows: Int32Array | null;
  /** The same for the same pixels. */
  readonly key: string;
}

export const WHOLE: Sampling = { columns: null, rows: null, key: 'all' };

/** Device pixels to a pixel of the plane, from which on so few are left out that a list costs more than it saves. */
const DENSE = 0.6;
/** Pixels, by which the sum that the canvas does may differ from this one. */
const TOLERANCE = 0.05;

/**
 * @param matrix from pixels of the plane to CSS pixels of a host of `size`; turned by quarters at most
 * @param ratio device pixels to a CSS pixel
 */
export function samplingOf(
  matrix: Matrix,
  size: Size,
  ratio: number,
  plane: { readonly columns: number; readonly rows: number },
): Sampling {
  const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
  const isTurned = Math.abs(matrix.a) < Math.abs(matrix.b);
  const alongX = { offset: matrix.e * ratio, length: width };
  const alongY = { offset: matrix.f * ratio, length: height };
  const columns = sampled(plane.columns, isTurned ? matrix.b : matrix.a, ratio, isTurned ? alongY : alongX);
  const rows = sampled(plane.rows, isTurned ? matrix.c : matrix.d, ratio, isTurned ? alongX : alongY);
  if (columns === null && rows === null) return WHOLE;
  const { a, b, c, d, e, f } = matrix;
  return { columns, rows, key: [a, b, c, d, e, f, width, height, ratio].join() };
}

/** Of `count` pixels in a row, those beside the middles of so many device pixels. */
function sampled(
  count: number,
  scale: number,
  ratio: number,
  { offset, length }: { readonly offset: number; readonly length: number },
): Int32Array | null {
  const step = scale * ratio;
  if (!(Math.abs(step) < DENSE) || step === 0) return null;
  const marks = new Uint8Array(count);
  const within = (index: number): number => Math.min(count - 1, Math.max(0, index));
  for (let pixel = 0; pixel < length; pixel++) {
    const middle = (pixel + 0.5 - offset) / step;
    if (middle < -1 || middle > count + 1) continue;
    const last = within(Math.floor(middle + 0.5 + TOLERANCE));
    for (let i = within(Math.floor(middle - 0.5 - TOLERANCE)); i <= last; i++) marks[i] = 1;
  }
  const found = new Int32Array(marks.reduce((sum, mark) => sum + mark, 0));
  for (let i = 0, k = 0; i < count; i++) if (marks[i] === 1) found[k++] = i;
  return found;
}

/** Calls `line` with each row that is sampled, as an index of its first pixel. */
export function eachRow(
  { rows }: Sampling,
  plane: { readonly columns: number; readonly rows: number },
  line: (start: number) => void,
): void {
  if (rows === null) for (let row = 0; row < plane.rows; row++) line(row * plane.columns);
  else for (const row of rows) line(row * plane.columns);
}
