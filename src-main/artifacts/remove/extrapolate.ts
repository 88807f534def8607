/**
 * Truncated k-space continued beyond what was acquired, so that edges do not ring: of all images with the acquired
 * frequencies the one of least total variation (Block, Uecker and Frahm, Int J Biomed Imaging 2008:184123), by the
 * primal-dual iteration of Chambolle and Pock (J Math Imaging Vis 40:120, 2011). Nothing that was acquired is changed;
 * then each value becomes the mean over its voxel, which is what a voxel is taken to be.
 */
import { type ComplexImage, fft2, frequencyOf, inverseFft2 } from '../../base/fft.js';

export interface Truncation {
  readonly rows: number;
  readonly columns: number;
  /** Highest frequencies that were acquired, along a row and along a column; cycles over the field of view. */
  readonly highestX: number;
  readonly highestY: number;
}

const ITERATIONS = 20;
/** Signs are looked for so often. */
const ROUNDS = 2;
/** Step of the dual variable times the brightness of the image; chosen on one head (docs/artifacts.md). */
const STEP = 0.01;
/** Samples of the finer grid over those that were acquired, at least. */
const FINER = 1.75;

/**
 * Two planes at once, as real and imaginary part of one: a Fourier transform costs the same.
 *
 * @param first, second rows * columns values, x fastest
 * @param bright a typical bright value of them
 */
export function extrapolatedPair(
  first: Float32Array,
  second: Float32Array,
  truncation: Truncation,
  bright: number,
): [Float32Array, Float32Array] {
  const { rows, columns, highestX, highestY } = truncation;
  const given = { re: Float64Array.from(first), im: Float64Array.from(second), rows, columns };
  const fine = finerGrid(truncation);
  const known = putAcquired(given, fine, truncation);
  leastVariation(fine, known, bright, ITERATIONS);
  // Lobes below zero were turned over when magnitudes were made: with their sign k-space is what was acquired.
  for (let round = 0; round < ROUNDS && turnBack(given, fine, truncation, bright); round++) {
    putAcquired(given, fine, truncation);
    leastVariation(fine, known, bright, ITERATIONS);
  }
  fft2(fine);
  const voxelX = 2 * highestX + 1;
  const voxelY = 2 * highestY + 1;
  const means = folded(fine, { rows, columns }, (fx, fy) => sinc(fx / voxelX) * sinc(fy / voxelY));
  return [Float32Array.from(means.re), Float32Array.from(means.im)];
}

/** Fills the k-space of a finer grid with what was acquired and zeros, and tells which of it is known. */
function putAcquired(given: ComplexImage, fine: ComplexImage, truncation: Truncation): Uint8Array {
  const kSpace = { ...given, re: given.re.slice(), im: given.im.slice() };
  fft2(kSpace);
  fine.re.fill(0);
  fine.im.fill(0);
  const scale = Math.sqrt((fine.rows * fine.columns) / (given.rows * given.columns));
  const known = new Uint8Array(fine.re.length);
  eachFrequency(truncation, (fx, fy) => {
    const from = indexOf(fx, fy, kSpace);
    const to = indexOf(fx, fy, fine);
    fine.re[to] = scale * kSpace.re[from];
    fine.im[to] = scale * kSpace.im[from];
    known[to] = 1;
  });
  return known;
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
function turnBack(given: ComplexImage, fine: ComplexImage, truncation: Truncation, bright: number): boolean {
  const edges = {
    ...fine,
    re: fine.re.map((value) => (value < DARK * bright ? 0 : value)),
    im: fine.im.map((value) => (value < DARK * bright ? 0 : value)),
  };
  fft2(edges);
  const { highestX, highestY } = truncation;
  const lobes = folded(edges, given, (fx, fy) =>
    Math.abs(fx) <= highestX && Math.abs(fy) <= highestY ? 1 : 0,
  );
  let turned = false;
  for (const [values, expected] of [
    [given.re, lobes.re],
    [given.im, lobes.im],
  ])
    for (let i = 0; i < values.length; i++)
      if (values[i] > 0 && values[i] < DARK * bright && expected[i] < -EXPLAINED * values[i]) {
        values[i] = -values[i];
        turned = true;
      }
  return turned;
}

function finerGrid({ highestX, highestY }: Truncation): ComplexImage {
  const columns = powerOfTwo(FINER * (2 * highestX + 1));
  const rows = powerOfTwo(FINER * (2 * highestY + 1));
  return { re: new Float64Array(rows * columns), im: new Float64Array(rows * columns), rows, columns };
}

function powerOfTwo(least: number): number {
  return 2 ** Math.ceil(Math.log2(least));
}

function eachFrequency({ highestX, highestY }: Truncation, visit: (fx: number, fy: number) => void): void {
  for (let fy = -highestY; fy <= highestY; fy++) for (let fx = -highestX; fx <= highestX; fx++) visit(fx, fy);
}

function indexOf(fx: number, fy: number, { rows, columns }: Pick<ComplexImage, 'rows' | 'columns'>): number {
  const x = ((fx % columns) + columns) % columns;
  const y = ((fy % rows) + rows) % rows;
  return y * columns + x;
}

/** From k-space with zeros beyond what is known to images of little variation with the same known part, in place. */
function leastVariation(image: ComplexImage, known: Uint8Array, bright: number, iterations: number): void {
  const [knownRe, knownIm] = [image.re.slice(), image.im.slice()];
  inverseFft2(image);
  const parts = [image.re, image.im].map((values) => ({
    values,
    ahead: values.slice(),
    px: new Float64Array(values.length),
    py: new Float64Array(values.length),
  }));
  // Differences of neighbours are measured on the grid's own scale, so that the fineness of the grid does not matter.
  const dual = 1 / (STEP * bright);
  const primal = (STEP * bright) / 8;
  for (let iteration = 0; iteration < iterations; iteration++) {
    const before = [image.re.slice(), image.im.slice()];
    for (const part of parts) descend(part, image, dual, primal);
    fft2(image);
    for (let i = 0; i < known.length; i++)
      if (known[i] === 1) {
        image.re[i] = knownRe[i];
        image.im[i] = knownIm[i];
      }
    inverseFft2(image);
    for (const [k, { values, ahead }] of parts.entries())
      for (let i = 0; i < values.length; i++) ahead[i] = 2 * values[i] - before[k][i];
  }
}

interface Part {
  readonly values: Float64Array;
  /** Where the image is about to be. */
  readonly ahead: Float64Array;
  /** The dual variable: a vector of length 1 at most at each place. */
  readonly px: Float64Array;
  readonly py: Float64Array;
}

/** One step of the dual variable upwards, and of the image down its divergence. The image goes on at its borders. */
function descend(part: Part, { rows, columns }: ComplexImage, dual: number, primal: number): void {
  const { values, ahead, px, py } = part;
  for (let y = 0, i = 0; y < rows; y++) {
    const below = y + 1 < rows ? columns : columns - rows * columns;
    for (let x = 0; x < columns; x++, i++) {
      const right = x + 1 < columns ? 1 : 1 - columns;
      const dx = px[i] + dual * (ahead[i + right] - ahead[i]);
      const dy = py[i] + dual * (ahead[i + below] - ahead[i]);
      const length = Math.sqrt(dx * dx + dy * dy);
      const shrink = length > 1 ? 1 / length : 1;
      px[i] = dx * shrink;
      py[i] = dy * shrink;
    }
  }
  for (let y = 0, i = 0; y < rows; y++) {
    const above = y > 0 ? columns : columns - rows * columns;
    for (let x = 0; x < columns; x++, i++) {
      const left = x > 0 ? 1 : 1 - columns;
      values[i] += primal * (px[i] - px[i - left] + py[i] - py[i - above]);
    }
  }
}

/** An image on another grid, from the weighted k-space of a finer one. */
function folded(
  fine: ComplexImage,
  { rows, columns }: Pick<ComplexImage, 'rows' | 'columns'>,
  weightOf: (fx: number, fy: number) => number,
): ComplexImage {
  const out = { re: new Float64Array(rows * columns), im: new Float64Array(rows * columns), rows, columns };
  const scale = Math.sqrt((rows * columns) / (fine.rows * fine.columns));
  for (let y = 0, i = 0; y < fine.rows; y++) {
    const fy = frequencyOf(y, fine.rows);
    for (let x = 0; x < fine.columns; x++, i++) {
      const fx = frequencyOf(x, fine.columns);
      const weight = scale * weightOf(fx, fy);
      // What the grid cannot hold is folded, as sampling does.
      const to = indexOf(fx, fy, out);
      out.re[to] += weight * fine.re[i];
      out.im[to] += weight * fine.im[i];
    }
  }
  inverseFft2(out);
  return out;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
