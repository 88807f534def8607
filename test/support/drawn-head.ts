import { writeNifti } from '../../src-main/imaging/nifti.js';
import { headerForVolume } from '../../src-main/imaging/nifti-header.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { sigmaOfLevel, simulateNoise } from '../../src-main/noise/simulate.js';

/** The sample that ships with the app: a head of ellipsoids under Rician noise. No scan of a person. */

export const SAMPLE_NAME = 'Drawn head with noise.nii.gz';
const [COLUMNS, ROWS, SLICES] = [112, 128, 20];
const SPACING = [1.8, 1.8, 6] as const;
/** Percent of the brightest value. */
export const SAMPLE_LEVEL = 5;

/** An ellipsoid: centre and half axes in mm, rotation in the plane in degrees, brightness as T1 contrast has it. */
interface Part {
  readonly at: readonly [number, number, number];
  readonly half: readonly [number, number, number];
  readonly turn?: number;
  readonly value: number;
}

/** Later ones lie over earlier ones; both sides of the head where x is not 0. */
const PARTS: readonly Part[] = [
  { at: [0, 0, 0], half: [76, 95, 68], value: 190 }, // scalp
  { at: [0, 0, 0], half: [72, 91, 64], value: 18 }, // bone
  { at: [0, 0, 0], half: [67, 86, 60], value: 45 }, // fluid around the brain
  { at: [0, 0, 2], half: [64, 83, 56], value: 110 }, // grey matter
  { at: [28, 4, 6], half: [29, 66, 40], turn: 6, value: 165 }, // white matter
  { at: [0, 0, 4], half: [16, 34, 14], value: 160 },
  { at: [9, -16, 8], half: [5, 20, 14], turn: 12, value: 35 }, // ventricles
  { at: [13, 20, 6], half: [6, 15, 12], turn: -24, value: 35 },
  { at: [18, -4, 2], half: [7, 14, 10], turn: 18, value: 125 }, // deep grey matter
  { at: [10, 8, 0], half: [8, 10, 9], value: 128 },
  { at: [17, 36, -30], half: [20, 18, 14], value: 118 }, // cerebellum
  { at: [0, 30, -32], half: [8, 10, 14], value: 150 },
];

/** Folds of the outer grey matter, mm. */
const FOLD = 3.2;

/** Values 0 to 255 without noise, smooth at borders as partial volumes are. */
export function drawnHead(): Volume {
  const data = new Float32Array(COLUMNS * ROWS * SLICES);
  for (let slice = 0; slice < SLICES; slice++)
    for (let row = 0; row < ROWS; row++)
      for (let column = 0; column < COLUMNS; column++) {
        const x = (column - (COLUMNS - 1) / 2) * SPACING[0];
        const y = (row - (ROWS - 1) / 2) * SPACING[1];
        const z = (slice - (SLICES - 1) / 2) * SPACING[2];
        data[(slice * ROWS + row) * COLUMNS + column] = valueAt(x, y, z);
      }
  return {
    data,
    columns: COLUMNS,
    rows: ROWS,
    slices: SLICES,
    frames: 1,
    spacing: SPACING,
    affine: affine(),
    units: 'a.u.',
    measured: null,
    quantum: 1,
  };
}

/** The bytes of the file: the same on every machine. */
export function drawnSample(): Uint8Array {
  const clean = drawnHead();
  const noisy = simulateNoise(clean, { kind: 'rician', sigma: sigmaOfLevel(clean, SAMPLE_LEVEL), seed: 1 });
  const image = {
    volume: noisy,
    header: headerForVolume(noisy),
    littleEndian: true,
    parts: null,
    stored: null,
  };
  const description = `Drawn by Limpid, no scan of a person; Rician noise of ${SAMPLE_LEVEL} %`;
  return writeNifti(image, noisy.data, { gzip: true, datatype: 'uint8', description });
}

function valueAt(x: number, y: number, z: number): number {
  const folds =
    FOLD * Math.sin(0.21 * x + 1.1 * Math.sin(0.13 * y)) * Math.sin(0.19 * y + 0.9 * Math.cos(0.1 * z));
  let value = 0;
  for (const [i, part] of PARTS.entries()) {
    const side = part.at[0] === 0 ? x : Math.abs(x);
    const share = inside(part, side, y, z, i >= 3 && i <= 4 ? folds : 0);
    value += share * (part.value - value);
  }
  // a slow shading, as coils leave
  return value * (1 + 0.08 * Math.cos(x / 60) - 0.06 * Math.sin(y / 80));
}

/** 0 outside to 1 inside, over about a voxel. */
function inside({ at, half, turn = 0 }: Part, x: number, y: number, z: number, folds: number): number {
  const angle = (turn * Math.PI) / 180;
  const [dx, dy] = [x - at[0], y - at[1]];
  const u = (dx * Math.cos(angle) + dy * Math.sin(angle)) / half[0];
  const v = (dy * Math.cos(angle) - dx * Math.sin(angle)) / half[1];
  const distance = (1 - Math.hypot(u, v, (z - at[2]) / half[2])) * Math.min(...half) + folds;
  return Math.min(1, Math.max(0, distance / SPACING[0] + 0.5));
}

/** Axial, in LPS: columns to the left, rows to the back, slices upwards, the middle at the origin. */
function affine(): number[] {
  const [dx, dy, dz] = SPACING;
  const start = (count: number, step: number) => (-(count - 1) / 2) * step;
  return [dx, 0, 0, start(COLUMNS, dx), 0, dy, 0, start(ROWS, dy), 0, 0, dz, start(SLICES, dz), 0, 0, 0, 1];
}
