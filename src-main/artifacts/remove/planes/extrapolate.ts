/**
 * Truncated k-space continued beyond what was acquired, so that edges do not ring: of all images with the acquired
 * frequencies the one of least total variation (Block, Uecker and Frahm, Int J Biomed Imaging 2008:184123), by the
 * primal-dual iteration of Chambolle and Pock (J Math Imaging Vis 40:120, 2011). Nothing that was acquired is changed;
 * then each value becomes the mean over its voxel, which is what a voxel is taken to be.
 */
import { frequencyOf } from '../../../base/fft.js';
import type { Kernel } from '../kernel/planes.ts?wasm';
import { fastLength, forward, inverse, type KernelImage, placeImage } from './fourier.js';
import { floatsAt, Layout } from './memory.js';

export interface Truncation {
  readonly rows: number;
  readonly columns: number;
  /** Highest frequencies that were acquired, along a row and along a column; cycles over the field of view. */
  readonly highestX: number;
  readonly highestY: number;
  /** What frequencies from 0 up are multiplied by, where some are weaker than they were; absent: by 1. */
  readonly gainsX?: Float64Array;
  readonly gainsY?: Float64Array;
}

const ITERATIONS = 20;
/** Signs are looked for so often. */
const ROUNDS = 2;
/** Step of the dual variable times the brightness of the image; chosen on one head (docs/artifacts.md). */
const STEP = 0.01;
/** Samples of the finer grid over those that were acquired, at least. */
const FINER = 1.75;

/** The memory of one pair of planes. */
interface Work {
  readonly kernel: Kernel;
  readonly given: KernelImage;
  readonly fine: KernelImage;
  /** Where the image is about to be; between, edges. */
  readonly ahead: KernelImage;
  /** Two vectors at each place. */
  readonly duals: number;
  /** k-space of the finer grid that is known, not scaled, and 0 elsewhere. */
  readonly known: readonly [re: number, im: number];
}

/**
 * Two planes at once, as real and imaginary part of one: a Fourier transform costs the same.
 *
 * @param first, second rows * columns values, x fastest
 * @param bright a typical bright value of them
 * @throws LimpidError E_INTERNAL where there is not enough memory
 */
export function extrapolatedPair(
  first: Float32Array,
  second: Float32Array,
  truncation: Truncation,
  bright: number,
): [Float32Array, Float32Array] {
  const { highestX, highestY } = truncation;
  const work = workFor(truncation);
  const images = [first.slice(), second.slice()] as const;
  putAcquired(work, images, truncation);
  leastVariation(work, truncation, bright);
  // Lobes below zero were turned over when magnitudes were made: with their sign k-space is what was acquired.
  for (let round = 0; round < ROUNDS && turnBack(work, images, truncation, bright); round++) {
    putAcquired(work, images, truncation);
    leastVariation(work, truncation, bright);
  }
  forward(work.kernel, work.fine);
  const voxelX = 2 * highestX + 1;
  const voxelY = 2 * highestY + 1;
  fold(
    work,
    work.fine,
    (fx) => sinc(fx / voxelX),
    (fy) => sinc(fy / voxelY),
  );
  return [unloaded(work, work.given.re), unloaded(work, work.given.im)];
}

function workFor(truncation: Truncation): Work {
  const layout = new Layout();
  const grid = finerGrid(truncation);
  const [given, fine, ahead] = [truncation, grid, grid].map((size) => placeImage(layout, size));
  const { length } = fine.image;
  const duals = layout.take(4 * length);
  const known = [layout.take(length), layout.take(length)] as const;
  const kernel = layout.open();
  for (const one of [given, fine, ahead]) one.write(kernel);
  return { kernel, given: given.image, fine: fine.image, ahead: ahead.image, duals, known };
}

function load({ kernel, given }: Work, images: readonly [Float32Array, Float32Array]): void {
  const { rows, columns, pitch, length } = given;
  for (const [k, at] of [given.re, given.im].entries()) {
    const to = floatsAt(kernel, at, length).fill(0);
    for (let y = 0; y < rows; y++) to.set(images[k].subarray(y * columns, (y + 1) * columns), y * pitch);
  }
}

function unloaded({ kernel, given: { rows, columns, pitch, length } }: Work, at: number): Float32Array {
  const from = floatsAt(kernel, at, length);
  const values = new Float32Array(rows * columns);
  for (let y = 0; y < rows; y++) values.set(from.subarray(y * pitch, y * pitch + columns), y * columns);
  return values;
}

/** Makes the image of a finer grid from what was acquired and zeros, and keeps what is known of its k-space. */
function putAcquired(
  work: Work,
  images: readonly [Float32Array, Float32Array],
  truncation: Truncation,
): void {
  const { kernel, given, fine, known } = work;
  const { highestX, highestY, gainsX, gainsY } = truncation;
  load(work, images);
  forward(kernel, given);
  const pixels = fine.rows * fine.columns;
  const scale = Math.sqrt(pixels / (given.rows * given.columns));
  for (const [k, part] of (['re', 'im'] as const).entries()) {
    const from = floatsAt(kernel, given[part], given.length);
    const to = floatsAt(kernel, fine[part], fine.length).fill(0);
    const keep = floatsAt(kernel, known[k], fine.length).fill(0);
    for (let fy = -highestY; fy <= highestY; fy++)
      for (let fx = -highestX; fx <= highestX; fx++) {
        const at = indexOf(fx, fy, fine);
        const gain = (gainsX?.[Math.abs(fx)] ?? 1) * (gainsY?.[Math.abs(fy)] ?? 1);
        to[at] = gain * scale * from[indexOf(fx, fy, given)];
        keep[at] = to[at] * Math.sqrt(pixels);
      }
  }
  inverse(kernel, fine);
}

/** Values under this share of the brightness are dark: of these the sign may be lost. More is fluid within the head. */
const DARK = 0.06;
/** Part of a value that the lobes of the edges around must explain, for its sign to be theirs. */
const EXPLAINED = 0.25;

/**
 * Gives dark values the sign that the edges around make: what is dark is taken as nothing, on the finer grid where edges
 * are sharp, and what is left is truncated as the scanner did. Values below zero are in the images themselves then.
 *
 * @returns whether any was turned
 */
function turnBack(
  work: Work,
  images: readonly [Float32Array, Float32Array],
  { highestX, highestY }: Truncation,
  bright: number,
): boolean {
  const { kernel, fine, ahead: edges } = work;
  for (const part of ['re', 'im'] as const) {
    const to = floatsAt(kernel, edges[part], fine.length);
    to.set(floatsAt(kernel, fine[part], fine.length));
    for (let i = 0; i < to.length; i++) if (to[i] < DARK * bright) to[i] = 0;
  }
  forward(kernel, edges);
  fold(
    work,
    edges,
    (fx) => (Math.abs(fx) <= highestX ? 1 : 0),
    (fy) => (Math.abs(fy) <= highestY ? 1 : 0),
  );
  let turned = false;
  for (const [k, at] of [work.given.re, work.given.im].entries()) {
    const values = images[k];
    const lobes = unloaded(work, at);
    for (let i = 0; i < values.length; i++)
      if (values[i] > 0 && values[i] < DARK * bright && lobes[i] < -EXPLAINED * values[i]) {
        values[i] = -values[i];
        turned = true;
      }
  }
  return turned;
}

function finerGrid({ highestX, highestY }: Truncation): { columns: number; rows: number } {
  return {
    columns: fastLength(FINER * (2 * highestX + 1)),
    rows: fastLength(FINER * (2 * highestY + 1)),
  };
}

function indexOf(fx: number, fy: number, { rows, columns, pitch }: KernelImage): number {
  return (fy < 0 ? fy + rows : fy) * pitch + (fx < 0 ? fx + columns : fx);
}

/** Makes the image one of little variation with the same known part. */
function leastVariation(
  { kernel, fine, ahead, duals, known }: Work,
  { highestX, highestY }: Truncation,
  bright: number,
): void {
  for (const part of ['re', 'im'] as const)
    floatsAt(kernel, ahead[part], fine.length).set(floatsAt(kernel, fine[part], fine.length));
  floatsAt(kernel, duals, 4 * fine.length).fill(0);
  // Differences of neighbours are measured on the grid's own scale, so that the fineness of the grid does not matter.
  kernel.leastVariation(
    fine.re,
    fine.im,
    ahead.re,
    ahead.im,
    duals,
    ...known,
    fine.columns,
    fine.rows,
    highestX,
    highestY,
    1 / (STEP * bright),
    (STEP * bright) / 8,
    ITERATIONS,
    ...fine.plans,
    fine.work,
  );
}

/** Makes the given grid's image from the weighted k-space of the finer one: what it cannot hold is folded, as sampling does. */
function fold(
  { kernel, given }: Work,
  from: KernelImage,
  weightX: (fx: number) => number,
  weightY: (fy: number) => number,
): void {
  const scale = Math.sqrt((given.rows * given.columns) / (from.rows * from.columns));
  const across = placesOf(from.columns, given.columns, weightX);
  const down = placesOf(from.rows, given.rows, weightY);
  for (const part of ['re', 'im'] as const) {
    const fine = floatsAt(kernel, from[part], from.length);
    const to = floatsAt(kernel, given[part], given.length).fill(0);
    for (let y = 0; y < from.rows; y++) {
      const weight = scale * down.weights[y];
      if (weight === 0) continue;
      const row = down.to[y] * given.pitch;
      for (let x = 0, i = y * from.pitch; x < from.columns; x++, i++)
        to[row + across.to[x]] += weight * across.weights[x] * fine[i];
    }
  }
  inverse(kernel, given);
}

/** Where the frequencies of an axis go on a coarser one, and with what weight. */
function placesOf(
  from: number,
  to: number,
  weightOf: (frequency: number) => number,
): { to: Int32Array; weights: Float64Array } {
  const frequencies = Int32Array.from({ length: from }, (_, i) => frequencyOf(i, from));
  return {
    to: frequencies.map((frequency) => ((frequency % to) + to) % to),
    weights: Float64Array.from(frequencies, weightOf),
  };
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
