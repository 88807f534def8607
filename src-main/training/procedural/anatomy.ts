import type { Random } from '../../base/random.js';
import { type Grid, randomField, voxelsOf } from './field.js';

/** Draws the value of a tissue. */
export type Tone = () => number;

/**
 * What dead leaves lack and bodies are full of: tissues that differ little, go over into one another within a voxel
 * or many (partial volume), and are folded; and faint small structures of either sign anywhere, so that a denoiser
 * learns to keep them.
 */
export function paintAnatomy(grid: Grid, anisotropy: number, tone: Tone, random: Random): Float32Array {
  const values = new Float32Array(voxelsOf(grid));
  const base = tone();
  const layers = 2 + random.integer(3);
  for (let layer = 0; layer < layers; layer++) {
    const tissue = foldedTissue(grid, anisotropy, tone, base, random);
    if (layer === 0) values.set(tissue);
    else overlay(values, tissue, regionOf(grid, anisotropy, random));
  }
  faintBlobs(values, grid, anisotropy, random);
  return values;
}

/** Level sets of a smooth field with soft edges; the tones of one tissue differ by a drawn contrast. */
function foldedTissue(
  grid: Grid,
  anisotropy: number,
  tone: Tone,
  base: number,
  random: Random,
): Float32Array {
  const field = randomField(
    grid,
    {
      cell: 6 * Math.exp(random.uniform() * Math.log(8)),
      octaves: 1 + random.integer(3),
      persistence: 0.3 + 0.4 * random.uniform(),
      anisotropy,
    },
    random,
  );
  const contrast = 0.08 * Math.exp(random.uniform() * Math.log(12));
  const middle = base + 0.5 * (tone() - base);
  const tones = Array.from({ length: 64 }, () => middle + contrast * (tone() - middle));
  const count = 0.5 + 3 * random.uniform();
  const shift = random.uniform();
  const width = 0.04 * Math.exp(random.uniform() * Math.log(25));
  for (let i = 0; i < field.length; i++) {
    const at = field[i] * count + shift;
    const band = Math.floor(at);
    const mixed = smoothStep((at - band - 0.5) / width + 0.5);
    field[i] = tones[band & 63] * (1 - mixed) + tones[(band + 1) & 63] * mixed;
  }
  return field;
}

/** Share of an organ in each voxel: one side of a smooth field, its border sharp or soft. */
function regionOf(grid: Grid, anisotropy: number, random: Random): Float32Array {
  const field = randomField(
    grid,
    { cell: 20 + 50 * random.uniform(), octaves: 2, persistence: 0.2 + 0.3 * random.uniform(), anisotropy },
    random,
  );
  const threshold = 0.6 * random.normal();
  const width = 0.02 * Math.exp(random.uniform() * Math.log(30));
  return field.map((value) => smoothStep((value - threshold) / width + 0.5));
}

function overlay(values: Float32Array, over: Float32Array, share: Float32Array): void {
  for (let i = 0; i < values.length; i++) values[i] += share[i] * (over[i] - values[i]);
}

function smoothStep(t: number): number {
  const s = Math.min(1, Math.max(0, t));
  return s * s * (3 - 2 * s);
}

/** Gaussian blobs of 0.7 to 5 pixels, their amplitude from a hundredth to a third of the range of the image. */
function faintBlobs(values: Float32Array, grid: Grid, anisotropy: number, random: Random): void {
  const count = random.integer(250);
  const amount = 0.01 * Math.exp(random.uniform() * Math.log(30));
  for (let n = 0; n < count; n++) {
    const sigma = 0.7 * Math.exp(random.uniform() * Math.log(7));
    const amplitude = amount * random.normal();
    const centre = [
      grid.columns * random.uniform(),
      grid.rows * random.uniform(),
      grid.slices * random.uniform(),
    ];
    addBlob(values, grid, centre, sigma, sigma / anisotropy, amplitude);
  }
}

function addBlob(
  values: Float32Array,
  { columns, rows, slices }: Grid,
  [x, y, z]: readonly number[],
  sigma: number,
  across: number,
  amplitude: number,
): void {
  const bell = (at: number, centre: number, width: number): number =>
    Math.exp(-((at - centre) ** 2) / (2 * width * width));
  const reach = 3 * sigma;
  const reachAcross = Math.max(0.5, 3 * across);
  for (let k = Math.max(0, Math.ceil(z - reachAcross)); k <= Math.min(slices - 1, z + reachAcross); k++)
    for (let j = Math.max(0, Math.ceil(y - reach)); j <= Math.min(rows - 1, y + reach); j++) {
      const share = amplitude * bell(k, z, Math.max(0.3, across)) * bell(j, y, sigma);
      const row = (k * rows + j) * columns;
      for (let i = Math.max(0, Math.ceil(x - reach)); i <= Math.min(columns - 1, x + reach); i++)
        values[row + i] += share * bell(i, x, sigma);
    }
}
