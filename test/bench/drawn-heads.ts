import * as fs from 'node:fs';
import { Random } from '../../src-main/base/random.js';
import { readNifti } from '../../src-main/imaging/nifti.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { CH2, volumeOf } from '../imaging/support.js';

/** Values of fluid, grey matter, white matter and fat in four weightings. */
export const WEIGHTINGS = {
  T1: [0.12, 0.5, 0.75, 1],
  T2: [1, 0.5, 0.35, 0.6],
  FLAIR: [0.08, 0.65, 0.5, 0.7],
  DWI: [0.15, 0.55, 0.45, 0.05],
} as const;
export type Weighting = keyof typeof WEIGHTINGS;
export const ORIENTATIONS = ['axial', 'coronal', 'sagittal'] as const;
export type Orientation = (typeof ORIENTATIONS)[number];

/** Changes a head before there is noise: side * side * slices values, of which white matter in T1 is 0.75. */
export type Alter = (values: Float32Array) => void;

/**
 * Draws series of heads that do not exist: ch2 (Debian mricron-data), bent and scaled for each patient, its tissues told
 * by intensity and painted anew in a weighting, with a coil's field and Rician noise. side * side * slices voxels.
 */
export function headDrawer(
  side = 64,
  slices = 8,
): (patient: number, weighting: Weighting, orientation: Orientation, noise: number, alter?: Alter) => Volume {
  const ch2 = readNifti(fs.readFileSync(CH2)).volume;
  return (patient, weighting, orientation, noise, alter = () => {}) => {
    const shape = new Random(1000 + patient);
    const bend = bends(shape);
    const random = new Random(
      7 * patient + 100 * WEIGHTED.indexOf(weighting) + ORIENTATIONS.indexOf(orientation),
    );
    const tissue = WEIGHTINGS[weighting].map((value) => value * (0.85 + 0.3 * random.uniform()));
    const [tilt, lift] = [0.3 * random.normal(), 0.3 * random.normal()];
    const data = new Float32Array(side * side * slices);
    for (let z = 0; z < slices; z++)
      for (let y = 0; y < side; y++)
        for (let x = 0; x < side; x++) {
          const [u, v] = [(2 * x) / side - 1, (2 * y) / side - 1];
          const at = placeIn(orientation, x, y, z, side, slices);
          const value = painted(sampled(ch2, bend(at)), tissue) * (1 + 0.25 * (tilt * u + lift * v));
          data[(z * side + y) * side + x] = value;
        }
    alter(data);
    for (let i = 0; i < data.length; i++)
      data[i] = 1000 * Math.hypot(data[i] + noise * random.normal(), noise * random.normal());
    return volumeOf(data, [side, side, slices]);
  };
}

/** Of a voxel, in the cube from -1 to 1. */
function placeIn(
  orientation: Orientation,
  x: number,
  y: number,
  z: number,
  side: number,
  slices: number,
): readonly number[] {
  const [u, v, w] = [(2 * x) / side - 1, (2 * y) / side - 1, (0.9 * (z - (slices - 1) / 2)) / slices];
  return { axial: [u, v, w], coronal: [u, w, v], sagittal: [w, u, v] }[orientation];
}

/** Pixels of a side, and slices, that heads are drawn with unless told otherwise. */
const SIDE = 64;
const SLICES = 8;
/** Between fluid and grey, and grey and white matter of ch2's brain: limits of three classes by Otsu. */
const TISSUES = [69, 97] as const;

/**
 * The same heads as classes: 0 what is no brain (by ch2bet, Debian mricron-data), 1 fluid, 2 grey, 3 white matter, by
 * what ch2 shows there without field and noise.
 */
export function tissueDrawer(): (patient: number, orientation: Orientation) => Volume {
  const ch2 = readNifti(fs.readFileSync(CH2)).volume;
  const brain = readNifti(fs.readFileSync(CH2.replace('ch2', 'ch2bet'))).volume;
  return (patient, orientation) => {
    const bend = bends(new Random(1000 + patient));
    const data = new Float32Array(SIDE * SIDE * SLICES);
    for (let i = 0; i < data.length; i++) {
      const [x, y, z] = [i % SIDE, Math.floor(i / SIDE) % SIDE, Math.floor(i / SIDE ** 2)];
      const at = bend(placeIn(orientation, x, y, z, SIDE, SLICES));
      const value = sampled(ch2, at);
      // Half of what is around is brain.
      const inside = sampled(brain, at) > value / 2 && value > 0;
      data[i] = inside ? 1 + TISSUES.filter((limit) => value >= limit).length : 0;
    }
    return volumeOf(data, [SIDE, SIDE, SLICES]);
  };
}

const WEIGHTED: readonly string[] = Object.keys(WEIGHTINGS);

/** A smooth map of the cube from -1 to 1 into itself: scales, and three waves. */
function bends(random: Random): (at: readonly number[]) => number[] {
  const scale = [0, 1, 2].map(() => 1 / (0.85 + 0.3 * random.uniform()));
  const waves = [0, 1, 2].map(() => ({
    along: [0, 1, 2].map(() => 2 * random.normal()),
    move: [0, 1, 2].map(() => 0.04 * random.normal()),
    phase: 6 * random.uniform(),
  }));
  return (at) => {
    const phases = waves.map(({ along, phase }) =>
      Math.sin(along.reduce((sum, a, i) => sum + a * at[i], phase)),
    );
    return at.map(
      (value, i) => scale[i] * value + waves.reduce((sum, { move }, n) => sum + move[i] * phases[n], 0),
    );
  };
}

/** Trilinear; 0 outside. */
function sampled({ data, columns, rows, slices }: Volume, [u, v, w]: readonly number[]): number {
  const size = [columns, rows, slices];
  const at = [u, v, w].map((value, i) => ((value + 1) / 2) * (size[i] - 1));
  if (at.some((value, i) => value < 0 || value >= size[i] - 1)) return 0;
  const low = at.map(Math.floor);
  let sum = 0;
  for (let corner = 0; corner < 8; corner++) {
    const step = [corner & 1, (corner >> 1) & 1, corner >> 2];
    const share = step.reduce(
      (product, one, i) => product * (one === 1 ? at[i] - low[i] : 1 - at[i] + low[i]),
      1,
    );
    const [x, y, z] = low.map((value, i) => value + step[i]);
    sum += share * data[(z * rows + y) * columns + x];
  }
  return sum;
}

/** ch2's values of air, fluid, grey, white matter and fat, between which a new value goes straight. */
const KNOTS = [8, 45, 105, 150, 210];

function painted(value: number, tissue: readonly number[]): number {
  const values = [0, ...tissue];
  if (value <= KNOTS[0]) return 0;
  for (let k = 1; k < KNOTS.length; k++)
    if (value <= KNOTS[k])
      return (
        values[k - 1] + ((values[k] - values[k - 1]) * (value - KNOTS[k - 1])) / (KNOTS[k] - KNOTS[k - 1])
      );
  return values[values.length - 1];
}
