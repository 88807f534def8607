import type { ComplexImage } from '../../src-main/base/fft.js';

/** Complex sensitivities of receivers, the same for every slice. */
export interface Coils {
  readonly fields: readonly ComplexImage[];
  readonly columns: number;
  readonly rows: number;
}

/** Distance of the receivers from the middle and width of what each sees, in half sides of the image. */
const RING = 1.25;
const WIDTH = 0.9;

/** Receivers evenly around the object, each with a bell of sensitivity and a phase of its own; one alone sees all alike. */
export function coilsAround(count: number, columns: number, rows: number): Coils {
  const fields = Array.from({ length: count }, (_, coil): ComplexImage => {
    const angle = (2 * Math.PI * (coil + 0.3)) / count;
    const re = new Float64Array(columns * rows).fill(1);
    const im = new Float64Array(columns * rows);
    if (count > 1)
      for (let i = 0; i < re.length; i++) {
        const x = (2 * ((i % columns) + 0.5)) / columns - 1 - RING * Math.cos(angle);
        const y = (2 * (Math.floor(i / columns) + 0.5)) / rows - 1 - RING * Math.sin(angle);
        const size = Math.exp(-(x * x + y * y) / (2 * WIDTH * WIDTH));
        const phase = angle + 0.8 * (x * Math.sin(angle) - y * Math.cos(angle));
        re[i] = size * Math.cos(phase);
        im[i] = size * Math.sin(phase);
      }
    return { re, im, rows, columns };
  });
  return { fields, columns, rows };
}

export function rootSumOfSquares({ fields, columns, rows }: Coils): Float64Array {
  const sum = new Float64Array(columns * rows);
  for (const { re, im } of fields) for (let i = 0; i < sum.length; i++) sum[i] += re[i] ** 2 + im[i] ** 2;
  return sum.map(Math.sqrt);
}

/**
 * The g-factor of unfolding along columns (Pruessmann et al, Magn Reson Med 42:952, 1999): by how much more than an
 * unaccelerated scan the noise rises where `acceleration` places fold onto one, sqrt of [(S^H S)^-1]_kk (S^H S)_kk.
 *
 * @returns rows * columns factors, at least 1
 */
export function noiseGain(coils: Coils, acceleration: number): Float64Array {
  const { columns, rows } = coils;
  const gain = new Float64Array(columns * rows).fill(1);
  if (acceleration === 1) return gain;
  const shift = rows / acceleration;
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      const places = Array.from(
        { length: acceleration },
        (_, k) => (Math.round(y + k * shift) % rows) * columns + x,
      );
      gain[y * columns + x] = gainOfFirst(coils, places);
    }
  return gain;
}

/** Keeps nearly dependent sensitivities from an infinite gain, as every reconstruction does. */
const REGULARISATION = 1e-3;

/**
 * By projection: 1 over the part of the first place's sensitivities that no combination of the others' makes up,
 * |s|^2 / |s - projection|^2, which is the product of the two diagonal elements.
 */
function gainOfFirst({ fields }: Coils, places: readonly number[]): number {
  const vectors = places.map((at) => fields.flatMap(({ re, im }) => [re[at], im[at]]));
  const [first, ...others] = vectors;
  const basis: number[][] = [];
  for (const vector of others) {
    const rest = remainder(vector, basis);
    const size = Math.sqrt(energy(rest));
    if (size > 0) basis.push(rest.map((v) => v / size));
  }
  const whole = energy(first);
  return Math.sqrt(whole / Math.max(energy(remainder(first, basis)), REGULARISATION * whole));
}

function energy(vector: readonly number[]): number {
  return vector.reduce((sum, v) => sum + v * v, 0);
}

/** A complex vector (re, im, re, im, ...) without its parts along orthonormal ones. */
function remainder(vector: readonly number[], basis: readonly number[][]): number[] {
  const rest = [...vector];
  for (const unit of basis) {
    let re = 0;
    let im = 0;
    for (let i = 0; i < rest.length; i += 2) {
      re += unit[i] * rest[i] + unit[i + 1] * rest[i + 1];
      im += unit[i] * rest[i + 1] - unit[i + 1] * rest[i];
    }
    for (let i = 0; i < rest.length; i += 2) {
      rest[i] -= re * unit[i] - im * unit[i + 1];
      rest[i + 1] -= re * unit[i + 1] + im * unit[i];
    }
  }
  return rest;
}
