import type { SliceScore } from '../contract/anomaly.js';
import { fault } from '../contract/errors.js';
import type { NormalScores } from '../contract/models.js';
import { quantile } from '../noise/robust.js';

/**
 * Scores of pixels and slices by how badly an autoencoder rebuilds them, and by their intensity alone: the baseline
 * that often does better (Meissen, Kaissis and Rueckert 2021). Planes are scaled so that the percentiles 0.5 and 99.5
 * of their series are 0 and 1.
 */

export interface Plane {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** Values up to here are air. */
const AIR = 0.1;

/** 1 inside the body: above air, with what air it encloses. rows * columns */
export function bodyOf({ values, rows, columns }: Plane): Uint8Array {
  const body = new Uint8Array(values.length).fill(1);
  const queue: number[] = [];
  const visit = (index: number): void => {
    if (body[index] === 0 || values[index] > AIR) return;
    body[index] = 0;
    queue.push(index);
  };
  for (let x = 0; x < columns; x++) for (const y of [0, rows - 1]) visit(y * columns + x);
  for (let y = 0; y < rows; y++) for (const x of [0, columns - 1]) visit(y * columns + x);
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    const x = index % columns;
    if (x > 0) visit(index - 1);
    if (x < columns - 1) visit(index + 1);
    if (index >= columns) visit(index - columns);
    if (index < values.length - columns) visit(index + columns);
  }
  return body;
}

/** Standard deviation of the blur in pixels: noise and fine edges must not count. */
const BLUR = 2;
const KERNEL = Float64Array.from({ length: 13 }, (_, i) => Math.exp(-((i - 6) ** 2) / (2 * BLUR ** 2)));

/** A separable Gaussian of 2 pixels; beyond an edge nothing counts. */
export function blurred(plane: Plane): Float32Array {
  const { rows, columns } = plane;
  const along = pass(plane.values, columns, rows, 1, columns);
  return pass(along, rows, columns, columns, 1);
}

function pass(values: Float32Array, length: number, lines: number, step: number, next: number): Float32Array {
  const out = new Float32Array(values.length);
  const reach = (KERNEL.length - 1) / 2;
  for (let line = 0; line < lines; line++)
    for (let i = 0; i < length; i++) {
      let sum = 0;
      let weight = 0;
      for (let k = Math.max(-reach, -i); k <= Math.min(reach, length - 1 - i); k++) {
        sum += KERNEL[k + reach] * values[line * next + (i + k) * step];
        weight += KERNEL[k + reach];
      }
      out[line * next + i * step] = sum / weight;
    }
  return out;
}

/** |blurred(image - rebuilt)|: of a blob that the model does not rebuild, what is left is most of its contrast. */
export function errorScores(plane: Plane, rebuilt: Float32Array): Float32Array {
  const residual = plane.values.map((value, i) => value - rebuilt[i]);
  return blurred({ ...plane, values: residual }).map(Math.abs);
}

/** |blurred(image) - centre|: brighter or darker than tissue mostly is. */
export function intensityScores(plane: Plane, centre: number): Float32Array {
  return blurred(plane).map((value) => Math.abs(value - centre));
}

/** Fewest body pixels of a slice that can be scored. */
const FEWEST_PIXELS = 200;
const SLICE_QUANTILE = 0.99;
/** Shares of pixels for which the limits are kept. */
const SHARES = [0.5, 0.3, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005, 0.003, 0.002, 0.001];
/** Least and greatest share of normal pixels that a mask may mark. */
export const FALSE_POSITIVE_RATES = [0.001, 0.5] as const;
const FEWEST_PLANES = 2;

/** Scores of the body pixels of one plane; null where there is too little body. */
export interface PlaneScores {
  readonly error: Float32Array;
  readonly intensity: Float32Array;
}

export function inBody(scores: Float32Array, body: Uint8Array): Float32Array {
  return scores.filter((_, i) => body[i] !== 0);
}

export function isScorable(body: Uint8Array): boolean {
  return body.reduce((sum, one) => sum + one, 0) >= FEWEST_PIXELS;
}

/**
 * What is usual, from the body pixels of normal planes that the model was not trained on.
 *
 * @throws LimpidError E_TOO_FEW
 */
export function normalScores(planes: readonly PlaneScores[]): NormalScores {
  if (planes.length < FEWEST_PLANES) throw fault('E_TOO_FEW/normal');
  const limits = (pick: (plane: PlaneScores) => Float32Array): number[] => {
    const all = new Float32Array(planes.reduce((sum, plane) => sum + pick(plane).length, 0));
    let at = 0;
    for (const plane of planes) {
      all.set(pick(plane), at);
      at += pick(plane).length;
    }
    all.sort();
    return SHARES.map((share) => all[Math.min(all.length - 1, Math.ceil((1 - share) * all.length))]);
  };
  const slices = (pick: (plane: PlaneScores) => Float32Array): number[] =>
    planes.map((plane) => quantile(pick(plane), SLICE_QUANTILE)).sort((a, b) => a - b);
  return {
    planes: planes.length,
    shares: SHARES,
    error: limits(({ error }) => error),
    intensity: limits(({ intensity }) => intensity),
    errorSlices: slices(({ error }) => error),
    intensitySlices: slices(({ intensity }) => intensity),
  };
}

export type Method = 'error' | 'intensity';

/** The score that this share of normal pixels exceeds: interpolated over the logarithm of the share. */
export function limitOf(normal: NormalScores, method: Method, share: number): number {
  const limits = normal[method];
  const { shares } = normal;
  if (share >= shares[0]) return limits[0];
  const next = shares.findIndex((one) => one <= share);
  if (next < 0) return limits[limits.length - 1];
  const [more, less] = [shares[next - 1], shares[next]];
  const part = Math.log(share / more) / Math.log(less / more);
  return limits[next - 1] + part * (limits[next] - limits[next - 1]);
}

/** Of the body pixels of one plane. */
export function sliceScore(
  scores: Float32Array,
  normal: NormalScores,
  method: Method,
  limit: number,
): SliceScore {
  const score = quantile(scores, SLICE_QUANTILE);
  const usual = method === 'error' ? normal.errorSlices : normal.intensitySlices;
  const asHigh = usual.filter((one) => one >= score).length;
  const above = scores.reduce((sum, one) => sum + (one > limit ? 1 : 0), 0);
  return { score, rank: (asHigh + 1) / (usual.length + 1), above: above / scores.length };
}
