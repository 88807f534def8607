import type { Random } from '../../base/random.js';
import { paintAnatomy, type Tone } from './anatomy.js';
import {
  convolve,
  type FieldSettings,
  type Grid,
  gaussian,
  randomField,
  truncatedSinc,
  voxelsOf,
} from './field.js';

/**
 * Images that no person was needed for: what MR and CT have in common with dead leaves (Lee, Mumford and Huang 2001),
 * folded bands (level sets of smooth fields, as cortex and gut are), textures whose spectrum falls as a power of
 * frequency, tubes, air, a coil's shading, a point spread and the ringing of truncated k-space.
 */
export interface ProceduralVolume extends Grid {
  /** Clean values, standard deviation 1. Not negative for magnitudes. */
  readonly values: Float32Array;
  /** Whether these are magnitudes (MR: Rician noise) or signed (CT: Gaussian). */
  readonly magnitude: boolean;
  /** 1 outside the object; null where the object fills the field of view. */
  readonly air: Uint8Array | null;
  readonly mean: number;
}

/** Dead leaves with sharp borders, or soft, folded, faint tissues (anatomy.ts). */
export type ProceduralKind = 'leaves' | 'anatomy';

/** Draws one volume. The same generator state gives the same volume. */
export function proceduralVolume(
  grid: Grid,
  random: Random,
  kind: ProceduralKind = 'leaves',
): ProceduralVolume {
  const magnitude = random.uniform() < 0.75;
  const anisotropy = random.uniform() < 0.4 ? 1 : Math.exp(random.uniform() * Math.log(6));
  const painted = kind === 'leaves' ? paint : paintAnatomy;
  const values = painted(grid, anisotropy, palette(magnitude, random), random);
  texture(values, grid, anisotropy, random);
  const air = random.uniform() < 0.7 ? outside(grid, anisotropy, random) : null;
  if (air !== null) for (let i = 0; i < values.length; i++) if (air[i] === 1) values[i] = magnitude ? 0 : -1;
  pointSpread(values, grid, anisotropy, kind, random);
  if (random.uniform() < 0.25) ring(values, grid, random);
  if (magnitude) shade(values, grid, anisotropy, random);
  const mean = standardise(values, magnitude);
  return { ...grid, values, magnitude, air, mean };
}

/** Values of tissues: even for MR, heavy-tailed (soft tissue close together, bone far) for CT. */
function palette(magnitude: boolean, random: Random): Tone {
  const count = 3 + random.integer(10);
  const spread = Math.exp(random.uniform() * Math.log(20)) / 20;
  const tones = Array.from({ length: count }, () => {
    if (magnitude) return random.uniform() ** (0.5 + random.uniform());
    return random.uniform() < 0.7 ? spread * random.normal() : 0.5 + random.uniform() * 1.5;
  });
  const jitter = 0.05 * random.uniform();
  return () => Math.max(magnitude ? 0 : -2, tones[random.integer(count)] + jitter * random.normal());
}

/** Bands or one tone, then leaves over them, small ones last as often as first. */
function paint(grid: Grid, anisotropy: number, tone: Tone, random: Random): Float32Array {
  const values = new Float32Array(voxelsOf(grid)).fill(tone());
  if (random.uniform() < 0.7) bands(values, grid, anisotropy, tone, random, null);
  const large = random.integer(16);
  const small = Math.round(400 * random.uniform() ** 2);
  for (let i = 0; i < large; i++) leaf(values, grid, anisotropy, 12 + 45 * random.uniform(), tone, random);
  for (let i = 0; i < small; i++) leaf(values, grid, anisotropy, powerLawRadius(random), tone, random);
  if (random.uniform() < 0.4) bands(values, grid, anisotropy, tone, random, random.integer(3));
  return values;
}

/** Density r^-3 between 1 and 20 pixels, as in dead leaves that look the same at every scale. */
function powerLawRadius(random: Random): number {
  const [low, high] = [1, 20];
  const u = random.uniform();
  return 1 / Math.sqrt(1 / low ** 2 - u * (1 / low ** 2 - 1 / high ** 2));
}

/**
 * Level sets of a smooth field as tissues: folded sheets. With `only`, just that band of many is painted: thin
 * ribbons over what is there.
 */
function bands(
  values: Float32Array,
  grid: Grid,
  anisotropy: number,
  tone: Tone,
  random: Random,
  only: number | null,
): void {
  const field = randomField(grid, bandField(anisotropy, random), random);
  const count = 1 + 4 * random.uniform();
  const shift = random.uniform();
  const tones = Array.from({ length: 64 }, tone);
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor(field[i] * count + shift);
    if (only === null) values[i] = tones[at & 63];
    else if (((at % 4) + 4) % 4 === only) values[i] = tones[only];
  }
}

function bandField(anisotropy: number, random: Random): FieldSettings {
  return {
    cell: Math.exp(Math.log(8) + random.uniform() * Math.log(8)),
    octaves: 1 + random.integer(3),
    persistence: 0.25 + 0.3 * random.uniform(),
    anisotropy,
  };
}

/** A turned ellipsoid; long thin ones are tubes. */
function leaf(
  values: Float32Array,
  grid: Grid,
  anisotropy: number,
  radius: number,
  tone: Tone,
  random: Random,
): void {
  const value = tone();
  const slope = random.uniform() < 0.3 ? (0.2 * random.normal()) / radius : 0;
  const elongation = random.uniform() < 0.2 ? 3 + 6 * random.uniform() : 1 + random.uniform();
  const axes = rotation(random);
  const inverse = [1 / (radius * elongation), 1 / radius, 1 / (radius * (0.5 + 0.5 * random.uniform()))];
  const centre = [
    grid.columns * random.uniform(),
    grid.rows * random.uniform(),
    grid.slices * anisotropy * random.uniform(),
  ];
  const reach = radius * elongation;
  const [x0, x1] = range(centre[0], reach, grid.columns);
  const [y0, y1] = range(centre[1], reach, grid.rows);
  const [z0, z1] = range(centre[2] / anisotropy, reach / anisotropy, grid.slices);
  for (let k = z0; k < z1; k++)
    for (let j = y0; j < y1; j++) {
      const [dy, dz] = [j - centre[1], k * anisotropy - centre[2]];
      const row = (k * grid.rows + j) * grid.columns;
      for (let i = x0; i < x1; i++) {
        const dx = i - centre[0];
        const u = (axes[0] * dx + axes[1] * dy + axes[2] * dz) * inverse[0];
        const v = (axes[3] * dx + axes[4] * dy + axes[5] * dz) * inverse[1];
        const w = (axes[6] * dx + axes[7] * dy + axes[8] * dz) * inverse[2];
        if (u * u + v * v + w * w <= 1) values[row + i] = value + slope * dx;
      }
    }
}

function range(centre: number, reach: number, count: number): [number, number] {
  return [Math.max(0, Math.ceil(centre - reach)), Math.min(count, Math.floor(centre + reach) + 1)];
}

/** A rotation drawn evenly: rows of the matrix of a random unit quaternion (Shoemake 1992). */
function rotation(random: Random): number[] {
  const q = Array.from({ length: 4 }, () => random.normal());
  const length = Math.hypot(...q);
  const [w, x, y, z] = q.map((value) => value / length);
  return [
    1 - 2 * (y * y + z * z),
    2 * (x * y - w * z),
    2 * (x * z + w * y),
    2 * (x * y + w * z),
    1 - 2 * (x * x + z * z),
    2 * (y * z - w * x),
    2 * (x * z - w * y),
    2 * (y * z + w * x),
    1 - 2 * (x * x + y * y),
  ];
}

/** Fine structure on top, often none. */
function texture(values: Float32Array, grid: Grid, anisotropy: number, random: Random): void {
  if (random.uniform() < 0.35) return;
  const amount = 0.003 * Math.exp(random.uniform() * Math.log(40));
  const field = randomField(
    grid,
    {
      cell: 2 + 14 * random.uniform(),
      octaves: 1 + random.integer(4),
      persistence: 0.4 + 0.5 * random.uniform(),
      anisotropy,
    },
    random,
  );
  for (let i = 0; i < values.length; i++) values[i] += amount * field[i] * (0.3 + Math.abs(values[i]));
}

/** An ellipsoid with a wavy border; 1 outside. */
function outside(grid: Grid, anisotropy: number, random: Random): Uint8Array {
  const wave = randomField(grid, { cell: 30, octaves: 2, persistence: 0.5, anisotropy }, random);
  const air = new Uint8Array(wave.length);
  const [a, b] = [0, 1].map(() => 0.3 + 0.4 * random.uniform());
  const centre = [0, 1].map(() => 0.5 + 0.1 * random.normal());
  let at = 0;
  for (let k = 0; k < grid.slices; k++)
    for (let j = 0; j < grid.rows; j++)
      for (let i = 0; i < grid.columns; i++, at++) {
        const [u, v] = [(i / grid.columns - centre[0]) / a, (j / grid.rows - centre[1]) / b];
        if (u * u + v * v > 1 + 0.15 * wave[at]) air[at] = 1;
      }
  return air;
}

function pointSpread(
  values: Float32Array,
  grid: Grid,
  anisotropy: number,
  kind: ProceduralKind,
  random: Random,
): void {
  const sigma = kind === 'leaves' ? 0.25 + 0.75 * random.uniform() : 0.3 + 0.9 * random.uniform();
  if (sigma > 0.3) {
    convolve(values, grid, 'x', gaussian(sigma));
    convolve(values, grid, 'y', gaussian(sigma * (0.8 + 0.4 * random.uniform())));
  }
  // a slice has a profile of its own: neighbours share little but where slices are thin
  const across = Math.max(0.25, (sigma * (0.7 + 0.6 * random.uniform())) / anisotropy);
  if (across > 0.3) convolve(values, grid, 'z', gaussian(across));
}

function ring(values: Float32Array, grid: Grid, random: Random): void {
  const cutoff = 0.6 + 0.35 * random.uniform();
  convolve(values, grid, 'x', truncatedSinc(cutoff));
  if (random.uniform() < 0.5) convolve(values, grid, 'y', truncatedSinc(cutoff));
}

/** Shading by the coils: a smooth factor. */
function shade(values: Float32Array, grid: Grid, anisotropy: number, random: Random): void {
  const amount = 0.25 * random.uniform();
  const field = randomField(grid, { cell: 80, octaves: 1, persistence: 1, anisotropy }, random);
  for (let i = 0; i < values.length; i++) values[i] *= Math.exp(amount * field[i]);
}

/** Scales to standard deviation 1; returns the mean. Magnitudes keep zero where it is and lose their sign. */
function standardise(values: Float32Array, magnitude: boolean): number {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    if (magnitude) values[i] = Math.abs(values[i]);
    sum += values[i];
    squares += values[i] * values[i];
  }
  const mean = sum / values.length;
  const scale = 1 / Math.sqrt(Math.max(1e-6, squares / values.length - mean * mean));
  for (let i = 0; i < values.length; i++) values[i] *= scale;
  return mean * scale;
}
