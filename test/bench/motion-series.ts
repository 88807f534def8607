import * as fs from 'node:fs';
import { Random } from '../../src-main/base/random.js';
import { readNifti } from '../../src-main/imaging/nifti.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { smoothed } from '../../src-main/noise/motion/levels.js';
import {
  applied,
  type Frame,
  frameOf,
  IDENTITY,
  inverted,
  type Matrix,
  multiplied,
  rigid,
  type Vector,
} from '../../src-main/noise/motion/rigid.js';
import { CH2, MACAQUE, volumeOf } from '../imaging/support.js';

/** Draws 4D series of heads that move, with known truth; lengths of the macaque are doubled. */

export const ANATOMIES = ['ch2', 'macaque'] as const;
export type Anatomy = (typeof ANATOMIES)[number];
export const KINDS = ['EPI', 'DWI'] as const;
export type Kind = (typeof KINDS)[number];
export const COURSES = ['drift', 'sudden', 'jitter'] as const;
export type Course = (typeof COURSES)[number];

export interface Moved {
  readonly noisy: Volume;
  readonly clean: Float32Array;
  /** Of each frame, from its place without motion, mm. */
  readonly motions: readonly Matrix[];
  /** Of the noise in each channel. */
  readonly sigma: number;
}

export interface Drawing {
  readonly anatomy: Anatomy;
  readonly kind: Kind;
  readonly course: Course;
  /** Voxels along each axis, and degrees about it, at most. */
  readonly most: number;
  /** Of the brightest tissue. */
  readonly noise: number;
  readonly seed: number;
  readonly frames?: number;
}

const SIDE = 64;
const SLICES = 20;
const VOXEL: Vector = [3, 3, 4];

export function drawMoved(drawing: Drawing): Moved {
  const { kind, noise, seed, frames = 24 } = drawing;
  const head = headOf(drawing.anatomy);
  const random = new Random(seed);
  const shape = volumeOf(new Float32Array(0), [SIDE, SIDE, SLICES]);
  const affine = [VOXEL[0], 0, 0, 0, 0, VOXEL[1], 0, 0, 0, 0, VOXEL[2], 0, 0, 0, 0, 1];
  const grid: Volume = { ...shape, spacing: VOXEL, affine };
  const frame = frameOf(grid, false);
  const motions = coursesOf(drawing, frame, frames, random.fork('course'));
  const paint = painter(kind, frames, random.fork('paint'));
  const length = SIDE * SIDE * SLICES;
  const clean = new Float32Array(frames * length);
  motions.forEach((motion, f) => {
    const back = inverted(motion);
    for (let i = 0; i < length; i++) {
      const at: Vector = [i % SIDE, Math.floor(i / SIDE) % SIDE, Math.floor(i / SIDE ** 2)];
      const [x, y, z] = applied(back, applied(affine, at));
      const from: Vector = [x - frame.centre[0], y - frame.centre[1], z - frame.centre[2]];
      clean[f * length + i] = 1000 * paint(f, head(from), from);
    }
  });
  const sigma = 1000 * noise;
  const data = clean.map((value) => Math.hypot(value + sigma * random.normal(), sigma * random.normal()));
  const noisy: Volume = { ...volumeOf(data, [SIDE, SIDE, SLICES, frames]), spacing: VOXEL, affine };
  return { noisy, clean, motions, sigma };
}

function coursesOf({ course, most }: Drawing, frame: Frame, frames: number, random: Random): Matrix[] {
  const direction = Array.from(
    { length: 6 },
    () => (random.uniform() < 0.5 ? -1 : 1) * (0.5 + 0.5 * random.uniform()),
  );
  const size = VOXEL.map((value) => most * value);
  const largest = [...size, ...size.map(() => (Math.min(3, most) * Math.PI) / 180)];
  return Array.from({ length: frames }, (_, f) => {
    const share = f / (frames - 1);
    const values = largest.map((value, k) => {
      if (course === 'jitter') return value * (2 * random.uniform() - 1);
      if (course === 'drift') return value * direction[k] * share;
      return share < 0.5 ? 0 : value * direction[k];
    });
    return rigid(frame, values);
  });
}

/** Share of fluid, grey and white matter, and of fat. */
type Tissue = readonly [number, number, number, number];

const heads = new Map<Anatomy, (from: Vector) => Tissue>();

function headOf(anatomy: Anatomy): (from: Vector) => Tissue {
  let head = heads.get(anatomy);
  if (head === undefined) {
    head = readHead(anatomy);
    heads.set(anatomy, head);
  }
  return head;
}

/** Shares of tissues, smoothed as voxels of the series smooth them. */
function readHead(anatomy: Anatomy): (from: Vector) => Tissue {
  const volume = readNifti(fs.readFileSync(anatomy === 'ch2' ? CH2 : MACAQUE)).volume;
  const { columns, rows, slices, spacing } = volume;
  const scale = anatomy === 'ch2' ? 1 : 0.5;
  let top = 0;
  for (const value of volume.data) if (value > top) top = value;
  const size = [columns, rows, slices] as const;
  const maps = [0, 1, 2, 3].map(() => new Float32Array(volume.data.length));
  volume.data.forEach((value, i) => {
    classes((255 * value) / top).forEach((share, k) => {
      maps[k][i] = share;
    });
  });
  const tissues = maps.map((data) => smoothed(smoothed({ data, size, places: IDENTITY })).data);
  return ([x, y, z]) => {
    const [u, v, w] = [
      (scale * x) / spacing[0] + (columns - 1) / 2,
      (scale * y) / spacing[1] + (rows - 1) / 2,
      (scale * z) / spacing[2] + (slices - 1) / 2,
    ];
    if (!(u >= 0 && v >= 0 && w >= 0 && u < columns - 1 && v < rows - 1 && w < slices - 1)) return NONE;
    const [a, b, c] = [Math.floor(u), Math.floor(v), Math.floor(w)];
    const [fx, fy, fz] = [u - a, v - b, w - c];
    const i = (c * rows + b) * columns + a;
    const area = columns * rows;
    const at = (data: Float32Array): number => {
      const line = (k: number): number => data[k] + fx * (data[k + 1] - data[k]);
      const plane = (k: number): number => line(k) + fy * (line(k + columns) - line(k));
      return plane(i) + fz * (plane(i + area) - plane(i));
    };
    return [at(tissues[0]), at(tissues[1]), at(tissues[2]), at(tissues[3])];
  };
}

const NONE: Tissue = [0, 0, 0, 0];

const KNOTS = [8, 45, 105, 150, 210];

function classes(value: number): Tissue {
  const result: [number, number, number, number] = [0, 0, 0, 0];
  if (value <= KNOTS[0]) return result;
  for (let k = 1; k < KNOTS.length; k++)
    if (value <= KNOTS[k]) {
      const share = (value - KNOTS[k - 1]) / (KNOTS[k] - KNOTS[k - 1]);
      result[k - 1] = share;
      if (k > 1) result[k - 2] = 1 - share;
      return result;
    }
  result[3] = 1;
  return result;
}

const T2 = [1, 0.5, 0.35, 0.3];

function painter(
  kind: Kind,
  frames: number,
  random: Random,
): (frame: number, tissue: Tissue, from: Vector) => number {
  if (kind === 'EPI') {
    const courses = Array.from({ length: 3 }, () =>
      Array.from({ length: frames }, () => 0.02 * random.normal()),
    );
    return (frame, tissue, [x, y, z]) => {
      const base = tissue.reduce((sum, share, k) => sum + share * T2[k], 0);
      const change =
        courses[0][frame] * Math.sin(x / 15) +
        courses[1][frame] * Math.sin(y / 12 + z / 20) +
        courses[2][frame] * tissue[1];
      return base * (1 + change);
    };
  }
  const gradients = Array.from({ length: frames }, () => {
    const g = [random.normal(), random.normal(), random.normal()];
    const length = Math.hypot(...g);
    return g.map((value) => value / length);
  });
  return (frame, [fluid, grey, white, fat], [x, y, z]) => {
    const b = frame % 8 === 0 ? 0 : 1;
    const [g, h, k] = gradients[frame];
    const fibre = [Math.sin(x / 14 + 1), Math.cos(y / 11), Math.sin(z / 9 + x / 25)];
    const along =
      (g * fibre[0] + h * fibre[1] + k * fibre[2]) ** 2 /
      (fibre[0] ** 2 + fibre[1] ** 2 + fibre[2] ** 2 + 1e-3);
    return (
      T2[0] * fluid * Math.exp(-3 * b) +
      T2[1] * grey * Math.exp(-0.8 * b) +
      T2[2] * white * Math.exp(-b * (0.3 + 1.2 * along)) +
      (b === 0 ? T2[3] : 0.05) * fat
    );
  };
}

/** Of the field of view along columns, rows and slices, between places: they lie in the head. */
const STEPS = [0.15625, 0.15625, 0.1875];

/**
 * How far places of tissue are put wrong: root mean square over a grid of the head, in the smallest voxel.
 *
 * @param found against the frame of reference
 */
export function errorOf(
  motions: readonly Matrix[],
  found: readonly (Matrix | null)[],
  reference: number,
  grid: Volume,
): number[] {
  const origin = inverted(motions[reference]);
  return found.map((one, f) => {
    if (one === null) return Number.NaN;
    const truth = multiplied(motions[f], origin);
    const { centre } = frameOf(grid, false);
    const steps = [grid.columns, grid.rows, grid.slices].map((n, k) => n * grid.spacing[k] * STEPS[k]);
    let [sum, count] = [0, 0];
    for (let x = -2; x <= 2; x++)
      for (let y = -2; y <= 2; y++)
        for (let z = -2; z <= 2; z++) {
          const at: Vector = [centre[0] + x * steps[0], centre[1] + y * steps[1], centre[2] + z * steps[2]];
          const [a, b] = [applied(truth, at), applied(one, at)];
          sum += (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;
          count++;
        }
    return Math.sqrt(sum / count) / Math.min(...grid.spacing);
  });
}
