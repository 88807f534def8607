import type { Random } from '../../base/random.js';
import type { Patch } from './samples.js';

/**
 * Self-supervised objectives: each turns a noisy patch into (input, target, weight) so that the minimiser of the
 * weighted squared error is the clean image. No clean image is ever needed.
 */
export type Objective = RecorruptedObjective | MaskedObjective;

/**
 * Recorrupted-to-Recorrupted (Pang et al. 2021): with noise n of known covariance and z an independent draw of
 * it, y + alpha z and y - z / alpha have independent noise, so learning one from the other is learning from a
 * clean target. Needs the noise level; sees the centre pixel.
 */
export interface RecorruptedObjective {
  readonly kind: 'recorrupted';
  readonly alpha: number;
  /** Lag-1 correlation of the noise along a row and along a column; z is drawn with the same. */
  readonly correlation: readonly [number, number];
}

/**
 * Blind spot as in Noise2Void2 (Hoeck et al. 2022): some pixels are replaced by the median of their neighbours and
 * must be guessed. Needs no noise level. With correlated noise the neighbours along the axis are hidden too
 * (structured mask, Broaddus et al. 2020).
 */
interface MaskedObjective {
  readonly kind: 'masked';
  /** One hidden pixel a cell of this many rows and columns. */
  readonly cell: number;
  /** Pixels hidden on each side along a row and along a column; 0 for white noise. */
  readonly span: readonly [number, number];
}

/** One mini-batch, flattened: inputs [n, size, size, channels], targets and weights [n, size, size, 1]. */
export interface Batch {
  readonly input: Float32Array;
  readonly target: Float32Array;
  readonly weight: Float32Array;
}

/** Makes a mini-batch of the patches that `draw` gives, under the objective. */
export function makeBatch(
  objective: Objective,
  draw: () => Patch,
  count: number,
  size: number,
  random: Random,
): Batch {
  const patches = Array.from({ length: count }, draw);
  const channels = patches[0].values.length / (size * size);
  const area = size * size;
  const batch = {
    input: new Float32Array(count * area * channels),
    target: new Float32Array(count * area),
    weight: new Float32Array(count * area),
  };
  patches.forEach((patch, i) => {
    batch.input.set(patch.values, i * area * channels);
    const view = {
      input: batch.input.subarray(i * area * channels, (i + 1) * area * channels),
      target: batch.target.subarray(i * area, (i + 1) * area),
      weight: batch.weight.subarray(i * area, (i + 1) * area),
    };
    if (objective.kind === 'recorrupted') recorrupt(objective, patch, size, channels, random, view);
    else hide(objective, patch, size, channels, random, view);
  });
  return batch;
}

function recorrupt(
  objective: RecorruptedObjective,
  patch: Patch,
  size: number,
  channels: number,
  random: Random,
  out: Batch,
): void {
  const { alpha } = objective;
  const noise = drawNoise(size, size, objective.correlation, random);
  const centre = channels >> 1;
  for (let i = 0; i < size * size; i++) {
    const y = patch.values[i * channels + centre];
    out.input[i * channels + centre] = y + alpha * noise[i];
    out.target[i] = y - noise[i] / alpha;
    out.weight[i] = patch.weight[i];
  }
}

/**
 * Unit-variance Gaussian noise, rows * columns, with these lag-1 correlations along a row and along a column:
 * a first-order moving average on each axis, (a, b) with a b = rho and a^2 + b^2 = 1, for |rho| <= 0.5; larger
 * correlations are taken by a first-order autoregression.
 */
export function drawNoise(
  rows: number,
  columns: number,
  correlation: readonly [number, number],
  random: Random,
): Float32Array {
  const noise = random.normals(new Float32Array(rows * columns));
  const [alongRow, alongColumn] = correlation;
  if (alongRow !== 0)
    for (let y = 0; y < rows; y++) correlate(noise, y * columns, 1, columns, alongRow, random);
  if (alongColumn !== 0)
    for (let x = 0; x < columns; x++) correlate(noise, x, columns, rows, alongColumn, random);
  return noise;
}

function correlate(
  noise: Float32Array,
  start: number,
  stride: number,
  count: number,
  rho: number,
  random: Random,
): void {
  let previous = random.normal();
  if (Math.abs(rho) <= 0.5) {
    const half = 0.5 * Math.asin(2 * rho);
    const [a, b] = [Math.cos(half), Math.sin(half)];
    for (let i = 0, at = start; i < count; i++, at += stride) {
      const current = noise[at];
      noise[at] = a * current + b * previous;
      previous = current;
    }
    return;
  }
  const fresh = Math.sqrt(1 - rho * rho);
  for (let i = 0, at = start; i < count; i++, at += stride) {
    previous = rho * previous + fresh * noise[at];
    noise[at] = previous;
  }
}

function hide(
  objective: MaskedObjective,
  patch: Patch,
  size: number,
  channels: number,
  random: Random,
  out: Batch,
): void {
  const { cell } = objective;
  const centre = channels >> 1;
  for (let i = 0; i < size * size; i++) out.target[i] = patch.values[i * channels + centre];
  for (let top = 0; top < size; top += cell)
    for (let left = 0; left < size; left += cell) {
      const row = Math.min(size - 1, top + random.integer(cell));
      const column = Math.min(size - 1, left + random.integer(cell));
      hideOne(objective, patch, size, channels, row, column, random, out);
    }
}

/** Hides one pixel and, under a structured mask, its neighbours along the axes; only the pixel itself is judged. */
function hideOne(
  objective: MaskedObjective,
  patch: Patch,
  size: number,
  channels: number,
  row: number,
  column: number,
  random: Random,
  out: Batch,
): void {
  const [spanX, spanY] = objective.span;
  const centre = channels >> 1;
  const hidden = (y: number, x: number): boolean =>
    (y === row && Math.abs(x - column) <= spanX) || (x === column && Math.abs(y - row) <= spanY);
  const neighbours: number[] = [];
  const reach = 1 + Math.max(spanX, spanY);
  forWindow(row, column, reach, size, (y, x) => {
    if (!hidden(y, x)) neighbours.push(patch.values[(y * size + x) * channels + centre]);
  });
  const median = medianOf(neighbours);
  forWindow(row, column, reach, size, (y, x) => {
    if (!hidden(y, x)) return;
    const isCentre = y === row && x === column;
    const value = isCentre ? median : neighbours[random.integer(neighbours.length)];
    out.input[(y * size + x) * channels + centre] = value;
  });
  const at = row * size + column;
  out.weight[at] = patch.weight[at];
}

function forWindow(
  row: number,
  column: number,
  reach: number,
  size: number,
  visit: (y: number, x: number) => void,
): void {
  for (let y = Math.max(0, row - reach); y <= Math.min(size - 1, row + reach); y++)
    for (let x = Math.max(0, column - reach); x <= Math.min(size - 1, column + reach); x++) visit(y, x);
}

function medianOf(values: number[]): number {
  values.sort((a, b) => a - b);
  const half = values.length >> 1;
  return values.length % 2 === 1 ? values[half] : 0.5 * (values[half - 1] + values[half]);
}
