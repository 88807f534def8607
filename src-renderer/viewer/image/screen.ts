import type { Matrix, Size } from './geometry.js';

/**
 * How a plane that is drawn smaller comes onto the screen: each device pixel takes the pixel around its middle, or the
 * mean of the colours of the four around by their distances, as a canvas does that shrinks a picture. All others never
 * reach the screen, of 2048 x 2048 in a quarter of a window nine of ten, and are not worked out.
 */
export interface Screen {
  /** Device pixels of the viewport that show the plane. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly smooth: boolean;
  readonly across: Taken;
  readonly down: Taken;
  /** The same for the same pixels. */
  readonly key: string;
}

/** For each device pixel along an axis of the screen: two places in the plane, to be added to those of the other axis. */
interface Taken {
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** Of the second, in 256ths. */
  readonly weight: Int32Array;
}

/**
 * Device pixels to a pixel of the plane, from which on the browser scales faster than this: it has vector instructions
 * or a graphics processor, and most pixels of the plane are seen.
 */
const DENSE = 0.7;

/**
 * @param matrix from pixels of the plane to CSS pixels of a host of `size`; turned by quarters at most
 * @param ratio device pixels to a CSS pixel
 * @returns null where the plane is not drawn smaller
 */
export function screenOf(
  matrix: Matrix,
  size: Size,
  ratio: number,
  plane: { readonly columns: number; readonly rows: number },
  smooth: boolean,
): Screen | null {
  const { a, b, c, d, e, f } = matrix;
  const isTurned = Math.abs(a) < Math.abs(b);
  const [alongColumns, alongRows] = [ratio * (isTurned ? b : a), ratio * (isTurned ? c : d)];
  const density = Math.abs(alongColumns * alongRows);
  if (!(density > 0 && density < DENSE * DENSE)) return null;
  const x = { offset: e * ratio, length: Math.round(size.width * ratio) };
  const y = { offset: f * ratio, length: Math.round(size.height * ratio) };
  const columns = axisOf(plane.columns, alongColumns, 1, isTurned ? y : x, smooth);
  const rows = axisOf(plane.rows, alongRows, plane.columns, isTurned ? x : y, smooth);
  const [across, down] = isTurned ? [rows, columns] : [columns, rows];
  return {
    left: across.start,
    top: down.start,
    width: across.first.length,
    height: down.first.length,
    smooth,
    across,
    down,
    key: [a, b, c, d, e, f, x.length, y.length, ratio, smooth].join(),
  };
}

/**
 * @param step device pixels to a pixel of the plane; negative where flipped
 * @param stride from one of its pixels to the next
 * @returns `start` is the first device pixel whose middle lies in the plane
 */
function axisOf(
  count: number,
  step: number,
  stride: number,
  { offset, length }: { readonly offset: number; readonly length: number },
  smooth: boolean,
): Taken & { readonly start: number } {
  const [low, high] = step > 0 ? [offset, offset + count * step] : [offset + count * step, offset];
  const start = Math.min(length, Math.max(0, Math.ceil(low - 0.5)));
  const end = Math.max(start, Math.min(length, Math.ceil(high - 0.5)));
  const [first, second, weight] = [0, 1, 2].map(() => new Int32Array(end - start));
  const within = (index: number): number => stride * Math.min(count - 1, Math.max(0, index));
  for (let k = 0; k < first.length; k++) {
    const at = (start + k + 0.5 - offset) / step - (smooth ? 0.5 : 0);
    const whole = Math.floor(at);
    first[k] = within(whole);
    second[k] = smooth ? within(whole + 1) : first[k];
    weight[k] = smooth ? Math.round(256 * (at - whole)) : 0;
  }
  return { start, first, second, weight };
}
