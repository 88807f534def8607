/** Drawn series over time with foci of a few voxels that change in their own way; clean, tissue around 60. */
import { Random } from '../../src-main/base/random.js';

export const SIDE = 40;
const AREA = SIDE * SIDE;
/** Voxels of a focus, along the plane. */
const FOCUS = [0, 1, SIDE, SIDE + 1, 2, SIDE + 2];
export const FOCI = 8;

interface Voxel {
  /** Around 60. */
  readonly tissue: number;
  /** Two maps between about -1 and 1, as relaxation, diffusion or perfusion vary. */
  readonly one: number;
  readonly two: number;
  /** From the centre, pixels. */
  readonly radius: number;
  /** What the focus has more, in noise; 0 elsewhere. */
  readonly focus: number;
}

/** A value at a frame of so many. */
export type Kind = (voxel: Voxel, frame: number, frames: number) => number;

const after = (time: number, start: number): number => Math.max(0, time - start);
const bolus = (time: number): number =>
  (after(time, 0.3) / 0.12) ** 2 * Math.exp(2 - after(time, 0.3) / 0.06);

export const KINDS: Readonly<Record<string, readonly [frames: readonly number[], kind: Kind]>> = {
  'contrast agent, washout': [
    [8, 20, 60],
    ({ tissue, one, focus }, frame, frames) => {
      const time = frame / (frames - 1);
      const taken = (1 - Math.exp(-after(time, 0.3) / 0.05)) * Math.exp(-after(time, 0.3) / 0.9);
      return tissue + 20 * (1 + 0.5 * one) * after(time, 0.3) + focus * taken;
    },
  ],
  'bolus of perfusion': [
    [40],
    ({ tissue, one, two, focus }, frame, frames) => {
      const time = frame / (frames - 1);
      return tissue * Math.exp(-(0.4 + 0.2 * one) * bolus(time - 0.05 * two)) - focus * bolus(time - 0.15);
    },
  ],
  'activation in blocks': [
    [60],
    ({ tissue, one, focus }, frame) =>
      tissue * (1 + 0.004 * one * Math.sin(frame / 9)) + focus * (Math.floor(frame / 6) % 2),
  ],
  'wall that moves': [
    [25],
    ({ tissue, radius, focus }, frame, frames) => {
      const beat = Math.sin((2 * Math.PI * frame) / frames);
      const wall = SIDE * (0.25 + 0.07 * beat);
      return tissue * (radius < wall ? 1.6 : radius < wall + 5 ? 0.6 : 1) + focus * Math.max(0, beat);
    },
  ],
  echoes: [
    [8],
    ({ tissue, one, focus }, frame, frames) => {
      const time = (2 * (frame + 1)) / frames;
      return (
        1.5 * tissue * Math.exp(-time / (1 + 0.3 * one)) +
        focus * (Math.exp(-time / 2.5) - 0.9 * Math.exp(-time))
      );
    },
  ],
  'inversion times': [
    [10],
    ({ tissue, one, focus }, frame, frames) => {
      const time = (3 * (frame + 0.5)) / frames;
      return Math.abs(tissue * (1 - 2 * Math.exp(-time / (1 + 0.3 * one))) + focus * Math.exp(-time));
    },
  ],
  'directions of diffusion': [
    [7, 30],
    ({ tissue, one, two, focus }, frame) => {
      if (frame === 0) return 2 * tissue - 0.3 * focus;
      const [along, across] = [Math.sin(2.4 * frame), Math.sin(2.4 * frame + 2.1)];
      return (
        2 * tissue * Math.exp(-(0.8 + 0.25 * one + 0.4 * (along * two) ** 2 + 0.3 * (across * one) ** 2)) +
        focus
      );
    },
  ],
};

/** A smooth map of the plane, a little different from slice to slice. */
function mapOf(random: Random): (x: number, y: number, z: number) => number {
  const waves = Array.from({ length: 4 }, (_, k) => {
    const [turn, phase] = [2 * Math.PI * random.uniform(), 2 * Math.PI * random.uniform()];
    return { x: (2 + 3 * k) * Math.cos(turn), y: (2 + 3 * k) * Math.sin(turn), phase, size: 1 / (2 + 2 * k) };
  });
  return (x, y, z) =>
    waves.reduce(
      (sum, wave) => sum + wave.size * Math.sin(wave.x * x + wave.y * y + wave.phase + 0.4 * z),
      0,
    );
}

export interface Series {
  readonly truth: Float32Array;
  /** 1 in a focus, for each voxel of a frame. */
  readonly focus: Uint8Array;
}

/** @param contrast of the foci, in noise */
export function seriesOf(kind: Kind, frames: number, slices: number, contrast: number, seed: number): Series {
  const random = new Random(seed);
  const [texture, one, two] = [mapOf(random), mapOf(random), mapOf(random)];
  const length = AREA * slices;
  const focus = new Uint8Array(length);
  for (let k = 0; k < FOCI; k++) {
    const [x, y] = [10 + 6 * (k % 4), 12 + 10 * Math.floor(k / 4)];
    for (const offset of FOCUS) focus[(k % slices) * AREA + y * SIDE + x + offset] = 1;
  }
  const truth = new Float32Array(length * frames);
  for (let i = 0; i < length; i++) {
    const [x, y, z] = [i % SIDE, Math.floor(i / SIDE) % SIDE, Math.floor(i / AREA)];
    const [u, v] = [(2 * x) / SIDE - 1, (2 * y) / SIDE - 1];
    if (Math.hypot(u / 0.85, v / 0.92) >= 1) continue;
    const voxel = {
      tissue: 60 * (1 + 0.25 * texture(u, v, z)),
      one: one(u, v, z),
      two: two(u, v, z),
      radius: Math.hypot(x - SIDE / 2, y - SIDE / 2),
      focus: contrast * focus[i],
    };
    for (let frame = 0; frame < frames; frame++) truth[frame * length + i] = kind(voxel, frame, frames);
  }
  return { truth, focus };
}
