import { OverlapCounts } from '../../src-main/analysis/segment/overlaps.js';
import { learnClasses, tellClasses } from '../../src-main/analysis/segment/segmenter.js';
import { Random } from '../../src-main/base/random.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import type { ScaledStack } from '../../src-main/restore/apply.js';
import { volumeOf } from '../imaging/support.js';
import { headDrawer, tissueDrawer } from './drawn-heads.js';

/** Drawn heads, of eight slices each. */
const PATIENTS = Array.from({ length: 12 }, (_, i) => i + 6);
export const SHARES = [0.01, 0.03, 0.1] as const;
const MOST_PIXELS = 2000;
/** Of planes without labels, what is judged. */
const EVERY = 4;

/** One image whose pixels are to be told, and what they are. */
export interface Task {
  readonly name: string;
  readonly image: Volume;
  /** Class of each voxel, from 0; the overlap is the mean of the others. */
  readonly truth: Uint8Array;
  readonly classes: number;
}

/** Twelve heads that do not exist, with a coil's field and 3 % of noise, whose tissues are known. */
export function tissuesOfDrawnHeads(): Task {
  const [draw, label] = [headDrawer(), tissueDrawer()];
  return {
    name: 'drawn heads: fluid, grey, white matter',
    image: joined(PATIENTS.map((patient) => draw(patient, 'T1', 'axial', 0.03))),
    truth: Uint8Array.from(joined(PATIENTS.map((patient) => label(patient, 'axial'))).data),
    classes: 4,
  };
}

/** Slices of several volumes, one after the other. */
function joined(volumes: readonly Volume[]): Volume {
  const [{ columns, rows }] = volumes;
  const slices = volumes.reduce((sum, one) => sum + one.slices, 0);
  const data = new Float32Array(columns * rows * slices);
  let at = 0;
  for (const one of volumes) {
    data.set(one.data, at);
    at += one.data.length;
  }
  return volumeOf(data, [columns, rows, slices]);
}

/** Planes with labels: evenly chosen. */
export function labelledPlanes(slices: number, share: number): number[] {
  const count = Math.max(1, Math.round(share * slices));
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * slices) / count));
}

export function mean(values: readonly (number | null)[]): number {
  const known = values.filter((value) => value !== null);
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

export const planeOf = (values: Float32Array, area: number, slice: number): Float32Array =>
  values.subarray(slice * area, (slice + 1) * area);

/** Overlap on planes without labels, the mean of all classes but the first. */
export async function judged(
  { truth, classes }: Task,
  stack: ScaledStack,
  length: number,
  vectors: (slice: number) => Promise<Float32Array>,
): Promise<string[]> {
  const area = stack.rows * stack.columns;
  const out: string[] = [];
  for (const share of SHARES) {
    const labelled = labelledPlanes(stack.slices, share);
    const random = new Random(3);
    const each = Math.ceil(MOST_PIXELS / labelled.length);
    const data = new Float32Array(each * labelled.length * length);
    const found = new Int32Array(each * labelled.length);
    const groups = new Int32Array(each * labelled.length);
    let row = 0;
    for (const slice of labelled) {
      const all = await vectors(slice);
      for (let n = 0; n < each; n++, row++) {
        const pixel = random.integer(area);
        data.set(all.subarray(pixel * length, (pixel + 1) * length), row * length);
        found[row] = truth[slice * area + pixel];
        groups[row] = slice;
      }
    }
    const weights = new Float64Array(found.length).fill(1);
    const teller = learnClasses({ data, length, classes: found, weights, groups }, classes, random);
    const counts = new OverlapCounts(classes);
    for (let slice = 0; slice < stack.slices; slice += EVERY) {
      if (labelled.includes(slice)) continue;
      tellClasses(teller, await vectors(slice)).forEach((one, i) => {
        counts.add(one, truth[slice * area + i]);
      });
    }
    out.push(mean(counts.dice().slice(1)).toFixed(3));
  }
  return out;
}
