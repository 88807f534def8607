import { DECAY_SCALE, decayed, halfShifts, REACH } from './decay.js';
import { eachInner, type Grid, type PaddedSlab, padSlab, type SliceRange } from './slab.js';

/** Standard deviation, in sigma of the noise, that the difference of two features may have to count as equal. */
const BANDWIDTH = 0.6;

export interface GuidedSettings {
  readonly reach: number;
  readonly reachThrough: number;
}

/**
 * Non-local means that compares voxels of a first estimate: rotation-invariant and without patches, PRI-NLM3D of
 * Manjon et al, Med Image Anal 16:18, 2012. Weight exp(-((g_i - g_j)^2 + 3 (m_i - m_j)^2) / (2 h^2)), g the estimate
 * and m its mean over 3 x 3 x 3 voxels; the averaged values are the noisy ones.
 *
 * @param frame noisy values, noise of standard deviation 1
 * @param pilot estimate of the frame without noise
 * @returns the slices of `range`
 */
export function guidedMeans(
  frame: Float32Array,
  pilot: Float32Array,
  grid: Grid,
  range: SliceRange,
  { reach, reachThrough }: GuidedSettings,
): Float32Array {
  const smoothing = reachThrough > 0 ? 1 : 0;
  const inPlane = reach + 1;
  const through = reachThrough + smoothing;
  const guide = padSlab(pilot, grid, range, inPlane, through);
  const { values } = padSlab(frame, grid, range, inPlane, through);
  const sums: Sums = { value: values.slice(), weight: new Float32Array(values.length).fill(1) };
  const area = guide.columns * guide.rows;
  const features: Features = { estimate: guide.values, mean: localMeans(guide, smoothing === 1) };
  const shifts = halfShifts(reach, reachThrough);
  for (let plane = 0; plane < guide.planes - through; plane++)
    for (const { dx, dy, dz } of shifts) {
      if (plane < through - dz) continue;
      const offset = dx + dy * guide.columns + dz * area;
      // whole lines: what spills into the margin is dropped with it
      const start = plane * area + inPlane * guide.columns - Math.max(dx + dy * guide.columns, 0);
      const end = plane * area + area - inPlane * guide.columns - Math.min(dx + dy * guide.columns, 0);
      addPairs(features, values, sums, start, end, offset);
    }
  const out = new Float32Array((range.to - range.from) * grid.rows * grid.columns);
  eachInner(guide, inPlane, through, (from, to) => {
    out[to] = sums.value[from] / sums.weight[from];
  });
  return out;
}

interface Sums {
  readonly value: Float32Array;
  readonly weight: Float32Array;
}

interface Features {
  readonly estimate: Float32Array;
  /** Times the root of 3, so that its squared difference counts three times. */
  readonly mean: Float32Array;
}

function addPairs(
  { estimate, mean }: Features,
  values: Float32Array,
  { value, weight }: Sums,
  start: number,
  end: number,
  offset: number,
): void {
  const limit = 2 * BANDWIDTH * BANDWIDTH * REACH;
  const scale = DECAY_SCALE / (2 * BANDWIDTH * BANDWIDTH);
  for (let one = start; one < end; one++) {
    const other = one + offset;
    const a = estimate[one] - estimate[other];
    const b = mean[one] - mean[other];
    const distance = a * a + b * b;
    if (!(distance < limit)) continue;
    const w = decayed(distance * scale);
    value[one] += w * values[other];
    weight[one] += w;
    value[other] += w * values[one];
    weight[other] += w;
  }
}

/** Means over 3 x 3 (x 3) voxels, times the root of 3; the outermost voxels of the slab are left as they are. */
function localMeans({ values, columns, rows }: PaddedSlab, across: boolean): Float32Array {
  const steps = across ? [1, columns, columns * rows] : [1, columns];
  let means = values;
  for (const step of steps) {
    const source = means;
    means = source.slice();
    for (let i = step; i < source.length - step; i++)
      means[i] = (source[i - step] + source[i] + source[i + step]) / 3;
  }
  const root = Math.sqrt(3);
  return means.map((value) => value * root);
}
