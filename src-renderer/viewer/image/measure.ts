/**
 * Measurements in pixel coordinates of a plane: whole numbers are corners of pixels, so that the first pixel's centre
 * is at 0.5, 0.5.
 */
export interface Shape {
  /**
   * An angle lies between the legs from its second point to the first and to the third. An arrow points at its first
   * point. A text stands at its first.
   */
  readonly kind: 'rectangle' | 'ellipse' | 'line' | 'angle' | 'arrow' | 'text';
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  readonly x2?: number;
  readonly y2?: number;
}

export function isRegion({ kind }: Shape): boolean {
  return kind === 'rectangle' || kind === 'ellipse';
}

export interface Plane {
  readonly values: Float32Array;
  readonly columns: number;
  readonly rows: number;
}

export interface RegionStatistics {
  readonly pixels: number;
  readonly mean: number;
  /** Of the sample (n - 1); 0 for a single pixel. */
  readonly sd: number;
  /** mean / SD; null where the SD is 0. */
  readonly snr: number | null;
  readonly minimum: number;
  readonly maximum: number;
  /** mm2: of the pixels counted. */
  readonly area: number;
}

/** Indices of the pixels whose centres lie in a rectangle or an ellipse, border included, within the plane. */
export function pixelsInside(shape: Shape, columns: number, rows: number): number[] {
  const [left, right] = [Math.min(shape.x0, shape.x1), Math.max(shape.x0, shape.x1)];
  const [top, bottom] = [Math.min(shape.y0, shape.y1), Math.max(shape.y0, shape.y1)];
  const [cx, cy] = [(left + right) / 2, (top + bottom) / 2];
  const [rx, ry] = [(right - left) / 2, (bottom - top) / 2];
  const found: number[] = [];
  const lastRow = Math.min(rows - 1, Math.floor(bottom - 0.5));
  const lastColumn = Math.min(columns - 1, Math.floor(right - 0.5));
  for (let row = Math.max(0, Math.ceil(top - 0.5)); row <= lastRow; row++)
    for (let column = Math.max(0, Math.ceil(left - 0.5)); column <= lastColumn; column++) {
      const [dx, dy] = [column + 0.5 - cx, row + 0.5 - cy];
      const inside =
        shape.kind !== 'ellipse' || (rx > 0 && ry > 0 && (dx / rx) ** 2 + (dy / ry) ** 2 <= 1 + 1e-9);
      if (inside) found.push(row * columns + column);
    }
  return found;
}

/** Statistics of a region; `spacing` in mm. null where it holds no pixel, or a value that is not a number. */
export function regionStatistics(
  plane: Plane,
  shape: Shape,
  spacing: readonly [number, number],
): RegionStatistics | null {
  const indices = pixelsInside(shape, plane.columns, plane.rows);
  if (indices.length === 0) return null;
  let sum = 0;
  let minimum = Infinity;
  let maximum = -Infinity;
  for (const i of indices) {
    const value = plane.values[i];
    sum += value;
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
  }
  if (!Number.isFinite(sum)) return null;
  const mean = sum / indices.length;
  let squares = 0;
  for (const i of indices) squares += (plane.values[i] - mean) ** 2;
  const sd = indices.length > 1 ? Math.sqrt(squares / (indices.length - 1)) : 0;
  return {
    pixels: indices.length,
    mean,
    sd,
    snr: sd > 0 ? mean / sd : null,
    minimum,
    maximum,
    area: indices.length * spacing[0] * spacing[1],
  };
}

/**
 * Contrast to noise of two regions: the difference of their means by the root of the mean of their variances. null
 * where there is no noise.
 */
export function contrastToNoise(a: RegionStatistics, b: RegionStatistics): number | null {
  const noise = Math.sqrt((a.sd ** 2 + b.sd ** 2) / 2);
  return noise > 0 ? Math.abs(a.mean - b.mean) / noise : null;
}

/**
 * Signal to noise of a region by two repeats: the mean of both by the standard deviation of their difference over the
 * square root of two (NEMA MS 1, method 1). What is the same in both, structure of the tissue among it, is no noise.
 * null where the region holds no pixel, or there is no noise.
 */
export function snrOfRepeats(first: Plane, second: Plane, shape: Shape): number | null {
  const difference = first.values.map((value, i) => value - second.values[i]);
  const [a, b, d] = [first.values, second.values, difference].map((values) =>
    regionStatistics({ ...first, values }, shape, [1, 1]),
  );
  if (a === null || b === null || d === null || d.sd === 0) return null;
  return (a.mean + b.mean) / 2 / (d.sd / Math.SQRT2);
}

/** Degrees between the legs of an angle, 0 to 180, as it is in the patient; null without length. */
export function angleOf(shape: Shape, [sx, sy]: readonly [number, number]): number | null {
  const { x0, y0, x1, y1, x2 = x1, y2 = y1 } = shape;
  const [ax, ay, bx, by] = [(x0 - x1) * sx, (y0 - y1) * sy, (x2 - x1) * sx, (y2 - y1) * sy];
  if (Math.hypot(ax, ay) === 0 || Math.hypot(bx, by) === 0) return null;
  return (Math.abs(Math.atan2(ax * by - ay * bx, ax * bx + ay * by)) * 180) / Math.PI;
}

export interface ProfilePoint {
  /** mm from the start of the line. */
  readonly distance: number;
  readonly value: number;
}

/** Length in mm. */
export function lineLength(shape: Shape, spacing: readonly [number, number]): number {
  return Math.hypot((shape.x1 - shape.x0) * spacing[0], (shape.y1 - shape.y0) * spacing[1]);
}

/** Values along a line, two a pixel, linear between centres of pixels; points outside of the plane are left out. */
export function profile(plane: Plane, shape: Shape, spacing: readonly [number, number]): ProfilePoint[] {
  const steps = Math.max(1, Math.ceil(2 * Math.hypot(shape.x1 - shape.x0, shape.y1 - shape.y0)));
  const length = lineLength(shape, spacing);
  const points: ProfilePoint[] = [];
  for (let i = 0; i <= steps; i++) {
    const t = i / steps;
    const value = sample(plane, shape.x0 + t * (shape.x1 - shape.x0), shape.y0 + t * (shape.y1 - shape.y0));
    if (value !== null) points.push({ distance: t * length, value });
  }
  return points;
}

/** The value at a point, linear between centres of pixels; null outside of the plane. */
function sample({ values, columns, rows }: Plane, x: number, y: number): number | null {
  if (!(x >= 0 && y >= 0 && x <= columns && y <= rows)) return null;
  const u = Math.min(columns - 1, Math.max(0, x - 0.5));
  const v = Math.min(rows - 1, Math.max(0, y - 0.5));
  const [i, j] = [
    Math.min(Math.floor(u), Math.max(0, columns - 2)),
    Math.min(Math.floor(v), Math.max(0, rows - 2)),
  ];
  const [s, t] = [u - i, v - j];
  const right = columns > 1 ? 1 : 0;
  const down = rows > 1 ? columns : 0;
  const at = j * columns + i;
  return (
    (1 - t) * ((1 - s) * values[at] + s * values[at + right]) +
    t * ((1 - s) * values[at + down] + s * values[at + down + right])
  );
}

/** Index of the pixel under a point; null outside of the plane. */
export function pixelAt(columns: number, rows: number, x: number, y: number): number | null {
  const [column, row] = [Math.floor(x), Math.floor(y)];
  return column >= 0 && row >= 0 && column < columns && row < rows ? row * columns + column : null;
}
