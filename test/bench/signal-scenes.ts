import { Random } from '../../src-main/base/random.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { tissueDrawer } from './drawn-heads.js';

/**
 * Draws 4D series of heads in which each voxel follows the curve of its class, with known classes: the passage of a
 * contrast agent, activation, diffusion. Brightness differs from voxel to voxel, so that a class is a shape of signals.
 */

/** Signals of the same voxels in two runs that share all but the noise; frames of the first by voxels. */
export interface Twice {
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly frames: number;
  readonly shape: Pick<Volume, 'rows' | 'columns' | 'slices'>;
  /** Of each voxel, from 0; -1 outside of the brain. null: unknown. */
  readonly classes: Int8Array | null;
}

type Signal = Float64Array;

interface Scene {
  readonly frames: number;
  /** Of the mean of the brain, in each channel. */
  readonly noise: number;
  /** @param tissue 1 fluid, 2 grey, 3 white matter */
  readonly classOf: (tissue: number, at: Place) => number;
  /** Over the brightness of the voxel; each voxel draws its own. */
  readonly curve: (kind: number, random: Random) => Signal;
}

/** From -1 to 1 along columns, rows and slices. */
type Place = readonly [number, number, number];

export const DRAWN = ['perfusion', 'activation', 'diffusion'] as const;
export type Drawn = (typeof DRAWN)[number];

export function drawnTwice(kind: Drawn, seed: number): Twice {
  const random = new Random(seed);
  const scene = { perfusion, activation, diffusion }[kind](random.fork('scene'));
  const labels = tissueDrawer()(500 + seed, 'axial');
  const { columns, rows, slices } = labels;
  const voxels = columns * rows * slices;
  const classes = new Int8Array(voxels).fill(-1);
  const clean = new Float32Array(scene.frames * voxels);
  const own = random.fork('voxels');
  for (let v = 0; v < voxels; v++) {
    const at: Place = [
      (2 * (v % columns)) / (columns - 1) - 1,
      (2 * (Math.floor(v / columns) % rows)) / (rows - 1) - 1,
      (2 * Math.floor(v / (columns * rows))) / (slices - 1) - 1,
    ];
    const tissue = labels.data[v];
    if (tissue === 0) continue;
    classes[v] = scene.classOf(tissue, at);
    const brightness = (1 + 0.2 * at[0] - 0.15 * at[1]) * (1 + 0.08 * own.normal());
    scene.curve(classes[v], own).forEach((value, frame) => {
      clean[frame * voxels + v] = 1000 * brightness * value;
    });
  }
  const sigma = 1000 * scene.noise;
  const noisy = (noise: Random): Float32Array =>
    clean.map((value) => Math.hypot(value + sigma * noise.normal(), sigma * noise.normal()));
  return {
    first: noisy(random.fork('first')),
    second: noisy(random.fork('second')),
    frames: scene.frames,
    shape: { rows, columns, slices },
    classes,
  };
}

/** A ball somewhere in the brain. */
function ball(random: Random, radius: number): (at: Place) => boolean {
  const centre = [0, 1].map(() => 0.35 * (2 * random.uniform() - 1));
  return ([x, y, z]) => Math.hypot(x - centre[0], y - centre[1], 0.4 * z) < radius;
}

const COUNT = 48;

/**
 * Dynamic susceptibility contrast (T2*): the bolus takes signal away as a gamma variate (Thompson 1964), from grey
 * matter most, from white half as much, from fluid hardly; in a lesion it comes three seconds late and stays longer.
 */
function perfusion(random: Random): Scene {
  const lesion = ball(random, 0.25);
  const [SECONDS, ARRIVAL] = [1.5, 15];
  const shapes = [
    { most: 0.05, late: 0, wide: 2 },
    { most: 0.6, late: 0, wide: 2 },
    { most: 0.3, late: 0.5, wide: 2.1 },
    { most: 0.45, late: 3, wide: 3 },
  ];
  return {
    frames: COUNT,
    noise: 0.08,
    classOf: (tissue, at) => (tissue > 1 && lesion(at) ? 3 : tissue - 1),
    curve(kind, own) {
      const { most, late, wide } = shapes[kind];
      const [size, arrival] = [most * (1 + 0.15 * own.normal()), ARRIVAL + late + 0.4 * own.normal()];
      return Float64Array.from({ length: COUNT }, (_, frame) => {
        const after = Math.max(0, SECONDS * frame - arrival) / (3 * wide);
        return Math.exp(-size * (after * Math.exp(1 - after)) ** 3);
      });
    },
  };
}

/** Blocks of a task in one region, the blocks between in another, a slow course of its own in a third; and drift. */
function activation(random: Random): Scene {
  const regions = [ball(random, 0.28), ball(random, 0.28), ball(random, 0.28)];
  const [SECONDS, CHANGE, BLOCK] = [2, 0.025, 8];
  const slow = smooth(random, COUNT, 4);
  const response = (from: number): Signal => {
    let level = 0;
    return Float64Array.from({ length: COUNT }, (_, frame) => {
      const on = Math.floor(frame / BLOCK) % 2 === from ? 1 : 0;
      level += (1 - Math.exp(-SECONDS / 5)) * (on - level);
      return level - 0.5;
    });
  };
  const courses = [new Float64Array(COUNT), response(0), response(1), slow.map((value) => 0.5 * value)];
  return {
    frames: COUNT,
    noise: 0.015,
    classOf: (_, at) => 1 + regions.findIndex((inside) => inside(at)),
    curve(kind, own) {
      const [size, drift] = [CHANGE * (1 + 0.2 * own.normal()), 0.002 * own.normal()];
      return courses[kind].map((value, frame) => 1 + size * value + drift * (frame / COUNT - 0.5));
    },
  };
}

/** Four images without weighting, then directions: fluid, grey matter, and fibres of three directions in white. */
function diffusion(random: Random): Scene {
  const UNWEIGHTED = 4;
  const gradients = Array.from({ length: COUNT - UNWEIGHTED }, () => direction(random, [0, 0, 0], 1));
  const fibres: readonly Place[] = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  return {
    frames: COUNT,
    noise: 0.06,
    classOf(tissue, [x, y]) {
      if (tissue < 3) return tissue - 1;
      if (Math.abs(x) < 0.22) return 2;
      return y * x > 0 ? 3 : 4;
    },
    curve(kind, own) {
      const scatter = 1 + 0.08 * own.normal();
      const fibre = kind < 2 ? null : direction(own, fibres[kind - 2], 0.2);
      const decay = (g: Place): number => {
        if (fibre === null) return [3, 0.85][kind] * scatter;
        const along = g[0] * fibre[0] + g[1] * fibre[1] + g[2] * fibre[2];
        return (0.35 + 1.25 * along ** 2) * scatter;
      };
      return Float64Array.from([
        ...Array.from({ length: UNWEIGHTED }, () => 1),
        ...gradients.map((g) => Math.exp(-decay(g))),
      ]);
    },
  };
}

/** Of length 1. */
function direction(random: Random, about: Place, spread: number): Place {
  const [x, y, z] = about.map((value) => value + spread * random.normal());
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}

/** A smooth course by chance, of mean 0 and mean square 1: the sum of `waves` waves. */
export function smooth(random: Random, frames: number, waves: number): Signal {
  const out = new Float64Array(frames);
  for (let k = 1; k <= waves; k++) {
    const [a, b] = [random.normal(), random.normal()];
    for (let f = 0; f < frames; f++) {
      const angle = (2 * Math.PI * k * f) / frames;
      out[f] += a * Math.cos(angle) + b * Math.sin(angle);
    }
  }
  const size = Math.sqrt(out.reduce((sum, value) => sum + value * value, 0) / frames);
  return out.map((value) => value / size);
}
