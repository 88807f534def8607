import type { Random } from '../random.js';

/** Row vectors one after the other. */
export interface Rows {
  /** count * length */
  readonly data: Float32Array;
  readonly length: number;
}

export interface Clusters {
  /** Cluster of each row, from 0; the largest cluster is 0. */
  readonly labels: Int32Array;
  /** k * length */
  readonly centres: Float64Array;
  /** Sum of squared distances of the rows to their centres. */
  readonly inertia: number;
}

const RESTARTS = 8;
const ROUNDS = 100;
/** More rows than these do not change a mean silhouette, which takes all pairs. */
const SILHOUETTE_ROWS = 1500;

/**
 * k-means by Lloyd's rounds from k-means++ starts (Arthur and Vassilvitskii 2007), the best of eight. A cluster that
 * loses all its rows takes the row that lies worst; equal rows may leave fewer clusters than asked for.
 *
 * @param k at most the number of rows
 */
export function kMeans(rows: Rows, k: number, random: Random): Clusters {
  let best = lloyd(rows, k, random);
  for (let run = 1; run < RESTARTS; run++) {
    const other = lloyd(rows, k, random);
    if (other.inertia < best.inertia) best = other;
  }
  return largestFirst(best, k, rows.length);
}

export function rowCount({ data, length }: Rows): number {
  return Math.floor(data.length / length);
}

export function squaredDistance(
  a: ArrayLike<number>,
  startA: number,
  b: ArrayLike<number>,
  startB: number,
  length: number,
): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (a[startA + i] - b[startB + i]) ** 2;
  return sum;
}

/** Mean silhouette (Rousseeuw 1987) of up to 1500 rows, evenly chosen; null unless two clusters have rows. */
export function silhouette(rows: Rows, labels: Int32Array): number | null {
  const count = rowCount(rows);
  const step = Math.max(1, Math.ceil(count / SILHOUETTE_ROWS));
  const chosen = Array.from({ length: Math.ceil(count / step) }, (_, i) => i * step);
  const k = 1 + Math.max(...labels);
  const sizes = new Float64Array(k);
  for (const row of chosen) sizes[labels[row]]++;
  if (sizes.filter((size) => size > 0).length < 2) return null;
  let sum = 0;
  for (const row of chosen) sum += silhouetteOf(rows, labels, chosen, sizes, row);
  return sum / chosen.length;
}

function silhouetteOf(
  { data, length }: Rows,
  labels: Int32Array,
  chosen: readonly number[],
  sizes: Float64Array,
  row: number,
): number {
  const own = labels[row];
  // By convention a row alone in its cluster counts 0.
  if (sizes[own] < 2) return 0;
  const sums = new Float64Array(sizes.length);
  for (const other of chosen)
    sums[labels[other]] += Math.sqrt(squaredDistance(data, row * length, data, other * length, length));
  const inside = sums[own] / (sizes[own] - 1);
  let outside = Number.POSITIVE_INFINITY;
  for (let c = 0; c < sizes.length; c++)
    if (c !== own && sizes[c] > 0) outside = Math.min(outside, sums[c] / sizes[c]);
  const most = Math.max(inside, outside);
  return most > 0 ? (outside - inside) / most : 0;
}

function lloyd(rows: Rows, k: number, random: Random): Clusters {
  const count = rowCount(rows);
  const labels = new Int32Array(count).fill(-1);
  const distances = new Float64Array(count);
  let centres = spreadStarts(rows, k, random);
  for (let round = 0; round < ROUNDS; round++) {
    const moved = assign(rows, centres, k, labels, distances);
    if (!moved) break;
    centres = means(rows, k, labels, distances);
  }
  assign(rows, centres, k, labels, distances);
  return { labels, centres, inertia: distances.reduce((sum, one) => sum + one, 0) };
}

/** k-means++: each start is drawn with a probability that grows with the squared distance to the ones before. */
function spreadStarts({ data, length }: Rows, k: number, random: Random): Float64Array {
  const count = data.length / length;
  const centres = new Float64Array(k * length);
  const nearest = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  let row = random.integer(count);
  for (let c = 0; c < k; c++) {
    centres.set(data.subarray(row * length, (row + 1) * length), c * length);
    let sum = 0;
    for (let i = 0; i < count; i++) {
      nearest[i] = Math.min(nearest[i], squaredDistance(data, i * length, centres, c * length, length));
      sum += nearest[i];
    }
    let left = random.uniform() * sum;
    row = 0;
    while (row < count - 1 && left >= nearest[row]) left -= nearest[row++];
  }
  return centres;
}

/** Whether any row changed its cluster. */
function assign(
  { data, length }: Rows,
  centres: Float64Array,
  k: number,
  labels: Int32Array,
  distances: Float64Array,
): boolean {
  let moved = false;
  for (let i = 0; i < labels.length; i++) {
    let label = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let c = 0; c < k; c++) {
      const distance = squaredDistance(data, i * length, centres, c * length, length);
      if (distance < least) [label, least] = [c, distance];
    }
    moved ||= labels[i] !== label;
    labels[i] = label;
    distances[i] = least;
  }
  return moved;
}

function means({ data, length }: Rows, k: number, labels: Int32Array, distances: Float64Array): Float64Array {
  const sizes = new Float64Array(k);
  for (const label of labels) sizes[label]++;
  for (let c = 0; c < k; c++) {
    if (sizes[c] > 0) continue;
    const worst = distances.indexOf(Math.max(...distances));
    sizes[labels[worst]]--;
    labels[worst] = c;
    distances[worst] = 0;
    sizes[c] = 1;
  }
  const centres = new Float64Array(k * length);
  for (let i = 0; i < labels.length; i++)
    for (let j = 0; j < length; j++)
      centres[labels[i] * length + j] += data[i * length + j] / sizes[labels[i]];
  return centres;
}

function largestFirst({ labels, centres, inertia }: Clusters, k: number, length: number): Clusters {
  const sizes = new Float64Array(k);
  for (const label of labels) sizes[label]++;
  const order = Array.from({ length: k }, (_, c) => c)
    .filter((c) => sizes[c] > 0)
    .sort((a, b) => sizes[b] - sizes[a] || a - b);
  const sorted = new Float64Array(order.length * length);
  order.forEach((c, place) => {
    sorted.set(centres.subarray(c * length, (c + 1) * length), place * length);
  });
  return { labels: labels.map((label) => order.indexOf(label)), centres: sorted, inertia };
}
