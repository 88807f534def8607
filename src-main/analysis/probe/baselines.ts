import type { Rows } from '../../base/linear/clusters.js';
import { type Components, principalComponents } from '../../base/linear/pca.js';
import type { Random } from '../../base/random.js';
import type { ScaledStack } from '../../restore/apply.js';
import { squarePlane } from '../../training/samples/corpus.js';

/** A plane of one of some stacks. */
interface Place {
  readonly series: number;
  /** frame * slices + slice */
  readonly plane: number;
}

export interface Planes {
  readonly stacks: readonly ScaledStack[];
  readonly places: readonly Place[];
}

/** Side that whole planes are shrunk to before their components are sought. */
const PLANE_SIDE = 32;
/** Patches that components are sought of: more change nothing. */
const MOST_PATCHES = 20_000;

function planeOf({ stacks }: Planes, { series, plane }: Place): Float32Array {
  const { values, rows, columns } = stacks[series];
  return values.subarray(plane * rows * columns, (plane + 1) * rows * columns);
}

/**
 * The first `length` principal components of whole planes, shrunk to 32 x 32: what a vector for the whole plane is held
 * against. They are of all planes, also of those that are told later: like a model, they see no label.
 */
export function planeComponents(planes: Planes, length: number, random: Random): Rows {
  const area = PLANE_SIDE ** 2;
  const data = new Float32Array(planes.places.length * area);
  planes.places.forEach((place, i) => {
    const { rows, columns } = planes.stacks[place.series];
    data.set(squarePlane(planeOf(planes, place), rows, columns, PLANE_SIDE), i * area);
  });
  const components = principalComponents(data, area, length, random);
  const count = components.variances.length;
  const out = new Float32Array(planes.places.length * count);
  for (let i = 0; i < planes.places.length; i++)
    out.set(along(components, data.subarray(i * area, (i + 1) * area)), i * count);
  return { data: out, length: count };
}

/**
 * Mean and standard deviation over the patches of a plane of their first `channels` principal components: what the
 * moments of a latent with cells of this side are held against.
 */
export function patchComponents(planes: Planes, cell: number, channels: number, random: Random): Rows {
  const area = cell ** 2;
  const total = planes.places.reduce((sum, { series }) => {
    const { rows, columns } = planes.stacks[series];
    return sum + Math.floor(rows / cell) * Math.floor(columns / cell);
  }, 0);
  const step = Math.max(1, Math.floor(total / MOST_PATCHES));
  const learnt = new Float32Array(Math.ceil(total / step) * area);
  let at = 0;
  let seen = 0;
  // Cut twice rather than kept: all patches together are as large as all images.
  for (const place of planes.places) {
    const patches = patchesOf(planes, place, cell);
    for (let from = 0; from < patches.length; from += area)
      if (seen++ % step === 0) learnt.set(patches.subarray(from, from + area), at++ * area);
  }
  const components = principalComponents(learnt, area, channels, random);
  const count = components.variances.length;
  const out = new Float32Array(planes.places.length * 2 * count);
  planes.places.forEach((place, i) => {
    out.set(momentsOf(components, patchesOf(planes, place, cell), area), i * 2 * count);
  });
  return { data: out, length: 2 * count };
}

function patchesOf(planes: Planes, place: Place, cell: number): Float32Array {
  const { rows, columns } = planes.stacks[place.series];
  const values = planeOf(planes, place);
  const [down, across] = [Math.floor(rows / cell), Math.floor(columns / cell)];
  const out = new Float32Array(down * across * cell * cell);
  let at = 0;
  for (let y = 0; y < down; y++)
    for (let x = 0; x < across; x++)
      for (let v = 0; v < cell; v++)
        for (let u = 0; u < cell; u++) out[at++] = values[(y * cell + v) * columns + x * cell + u];
  return out;
}

function along({ mean, vectors, variances }: Components, values: Float32Array): Float64Array {
  const length = mean.length;
  return Float64Array.from(variances, (_, k) => {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += vectors[k * length + i] * (values[i] - mean[i]);
    return sum;
  });
}

function momentsOf(components: Components, patches: Float32Array, area: number): Float64Array {
  const count = components.variances.length;
  const out = new Float64Array(2 * count);
  const number = patches.length / area;
  for (let from = 0; from < patches.length; from += area)
    along(components, patches.subarray(from, from + area)).forEach((value, k) => {
      out[k] += value / number;
      out[count + k] += value ** 2 / number;
    });
  for (let k = 0; k < count; k++) out[count + k] = Math.sqrt(Math.max(0, out[count + k] - out[k] ** 2));
  return out;
}

/** Numbers that `rawStatistics` gives a slice. */
const RAW_LENGTH = 16;
const QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95] as const;
/** Of the intensity range: darker is air. */
const DARK = 0.05;

/**
 * Statistics of a plane without any model: moments and quantiles of its intensities, its share of air, and moments of
 * its gradients along rows and columns and of its second differences.
 */
export function rawStatistics(planes: Planes): Rows {
  const data = new Float32Array(planes.places.length * RAW_LENGTH);
  planes.places.forEach((place, i) => {
    const { rows, columns } = planes.stacks[place.series];
    data.set(statisticsOf(planeOf(planes, place), rows, columns), i * RAW_LENGTH);
  });
  return { data, length: RAW_LENGTH };
}

function statisticsOf(values: Float32Array, rows: number, columns: number): number[] {
  const [mean, deviation, skewness, kurtosis] = moments(values);
  const sorted = Float32Array.from(values).sort();
  const quantiles = QUANTILES.map((share) => sorted[Math.floor(share * (sorted.length - 1))]);
  const dark = values.reduce((count, value) => count + (value < DARK ? 1 : 0), 0) / values.length;
  const [across, down, second] = differences(values, rows, columns);
  const [alongRows, alongColumns, bent] = [moments(across), moments(down), moments(second)];
  const ratio = Math.log((alongRows[1] + 1e-6) / (alongColumns[1] + 1e-6));
  return [
    ...[mean, deviation, skewness, kurtosis, ...quantiles, dark],
    ...[alongRows[1], alongColumns[1], alongRows[3], alongColumns[3], bent[1], ratio],
  ];
}

function differences(values: Float32Array, rows: number, columns: number): Float32Array[] {
  const across: number[] = [];
  const down: number[] = [];
  const second: number[] = [];
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      const at = y * columns + x;
      if (x > 0) across.push(values[at] - values[at - 1]);
      if (y > 0) down.push(values[at] - values[at - columns]);
      if (x > 1) second.push(values[at] - 2 * values[at - 1] + values[at - 2]);
    }
  return [across, down, second].map((one) => Float32Array.from(one));
}

/** Mean, standard deviation, skewness, and the logarithm of the kurtosis (long tails would drown the rest). */
function moments(values: Float32Array): [number, number, number, number] {
  const count = Math.max(1, values.length);
  let mean = 0;
  for (const value of values) mean += value / count;
  let [square, cube, fourth] = [0, 0, 0];
  for (const value of values) {
    const off = value - mean;
    square += off ** 2 / count;
    cube += off ** 3 / count;
    fourth += off ** 4 / count;
  }
  const deviation = Math.sqrt(square);
  if (!(deviation > 1e-9)) return [mean, 0, 0, 0];
  return [mean, deviation, cube / deviation ** 3, Math.log(fourth / square ** 2)];
}
