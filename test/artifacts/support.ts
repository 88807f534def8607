import * as fs from 'node:fs';
import type { ArtifactPlane } from '../../src-main/artifacts/plane.js';
import { readNifti } from '../../src-main/imaging/nifti.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { CH2 } from '../imaging/support.js';

export function planeOf(
  rows: number,
  columns: number,
  value: (x: number, y: number) => number,
): ArtifactPlane {
  const values = new Float32Array(rows * columns);
  for (let y = 0, i = 0; y < rows; y++) for (let x = 0; x < columns; x++, i++) values[i] = value(x, y);
  return { values, rows, columns, height: 0.5, pixel: 1, air: 0, water: 1 };
}

export function energy(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
  return sum;
}

/** Root of the mean squared difference. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.sqrt(energy(Float64Array.from(a, (value, i) => value - b[i])) / a.length);
}

/** Some slices of the brain of mricron-data (Colin27). */
export function brain(first: number, count: number): Volume {
  const { volume } = readNifti(fs.readFileSync(CH2));
  const area = volume.rows * volume.columns;
  return {
    ...volume,
    data: volume.data.slice(first * area, (first + count) * area),
    slices: count,
    frames: 1,
    measured: null,
  };
}
