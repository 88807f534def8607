import type { Random } from '../../base/random.js';

/** A block of voxels, x fastest. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly slices: number;
}

export function voxelsOf({ columns, rows, slices }: Grid): number {
  return columns * rows * slices;
}

export interface FieldSettings {
  /** Size of the largest features, in pixels of a plane. */
  readonly cell: number;
  /** Each octave halves the size. */
  readonly octaves: number;
  /** Amplitude of an octave over that of the one before. */
  readonly persistence: number;
  /** Distance of slices over that of pixels. */
  readonly anisotropy: number;
}

/**
 * A smooth random field of about unit variance: octaves of value noise (Perlin 1985), so that its spectrum falls as a
 * power of frequency.
 */
export function randomField(grid: Grid, settings: FieldSettings, random: Random): Float32Array {
  const field = new Float32Array(voxelsOf(grid));
  let amplitude = 1;
  let power = 0;
  for (let octave = 0; octave < settings.octaves; octave++) {
    const cell = settings.cell / 2 ** octave;
    if (octave > 0 && cell < 1) break;
    addOctave(field, grid, cell, cell / settings.anisotropy, amplitude, random);
    power += amplitude * amplitude;
    amplitude *= settings.persistence;
  }
  // Interpolating between lattice points loses about half the variance on each axis, the slice axis less often.
  const gain = 1.9 / Math.sqrt(power);
  for (let i = 0; i < field.length; i++) field[i] *= gain;
  return field;
}

/** Where a voxel lies between two lattice points of one axis. */
interface Axis {
  readonly index: Int32Array;
  readonly weight: Float32Array;
  readonly length: number;
}

function axis(count: number, cell: number, random: Random): Axis {
  const spacing = Math.max(1, cell);
  const shift = random.uniform();
  const index = new Int32Array(count);
  const weight = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const at = i / spacing + shift;
    index[i] = Math.floor(at);
    const t = at - index[i];
    weight[i] = t * t * (3 - 2 * t);
  }
  return { index, weight, length: index[count - 1] + 2 };
}

function addOctave(
  field: Float32Array,
  grid: Grid,
  cell: number,
  sliceCell: number,
  amplitude: number,
  random: Random,
): void {
  const [x, y, z] = [
    axis(grid.columns, cell, random),
    axis(grid.rows, cell, random),
    axis(grid.slices, sliceCell, random),
  ];
  const lattice = random.normals(new Float32Array(x.length * y.length * z.length));
  const plane = new Float32Array(x.length * y.length);
  const line = new Float32Array(x.length);
  let to = 0;
  for (let k = 0; k < grid.slices; k++) {
    const [low, high] = [z.index[k] * plane.length, (z.index[k] + 1) * plane.length];
    mix(plane, lattice, low, high, z.weight[k]);
    for (let j = 0; j < grid.rows; j++) {
      mix(line, plane, y.index[j] * x.length, (y.index[j] + 1) * x.length, y.weight[j]);
      for (let i = 0; i < grid.columns; i++, to++) {
        const at = x.index[i];
        field[to] += amplitude * (line[at] + x.weight[i] * (line[at + 1] - line[at]));
      }
    }
  }
}

function mix(out: Float32Array, from: Float32Array, low: number, high: number, weight: number): void {
  for (let i = 0; i < out.length; i++) out[i] = from[low + i] + weight * (from[high + i] - from[low + i]);
}

/** Convolves along one axis in place; the ends are repeated. `kernel` has an odd length. */
export function convolve(
  values: Float32Array,
  grid: Grid,
  along: 'x' | 'y' | 'z',
  kernel: Float32Array,
): void {
  const { columns, rows, slices } = grid;
  const reach = kernel.length >> 1;
  const [count, stride] =
    along === 'x' ? [columns, 1] : along === 'y' ? [rows, columns] : [slices, columns * rows];
  const line = new Float32Array(count + 2 * reach);
  for (const start of starts(grid, along)) {
    for (let i = 0; i < line.length; i++)
      line[i] = values[start + stride * Math.min(count - 1, Math.max(0, i - reach))];
    for (let i = 0; i < count; i++) {
      let sum = 0;
      for (let k = 0; k < kernel.length; k++) sum += kernel[k] * line[i + k];
      values[start + stride * i] = sum;
    }
  }
}

/** First voxel of each line along an axis. */
function starts({ columns, rows, slices }: Grid, along: 'x' | 'y' | 'z'): Int32Array {
  const plane = columns * rows;
  if (along === 'x') return Int32Array.from({ length: rows * slices }, (_, i) => i * columns);
  if (along === 'z') return Int32Array.from({ length: plane }, (_, i) => i);
  return Int32Array.from(
    { length: columns * slices },
    (_, i) => Math.floor(i / columns) * plane + (i % columns),
  );
}

/** A Gaussian point spread of this standard deviation in voxels, normalised. */
export function gaussian(sigma: number): Float32Array {
  const reach = Math.max(1, Math.ceil(3 * sigma));
  return normalised(
    Float32Array.from({ length: 2 * reach + 1 }, (_, i) =>
      Math.exp(-((i - reach) ** 2) / (2 * sigma * sigma)),
    ),
  );
}

/** An ideal low pass at `cutoff` of the Nyquist frequency, as by truncated k-space: it rings (Gibbs). */
export function truncatedSinc(cutoff: number): Float32Array {
  const reach = 12;
  return normalised(
    Float32Array.from({ length: 2 * reach + 1 }, (_, i) => {
      const t = (i - reach) * cutoff;
      const sinc = t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t);
      return sinc * Math.cos((Math.PI * (i - reach)) / (2 * (reach + 1)));
    }),
  );
}

function normalised(kernel: Float32Array): Float32Array {
  const sum = kernel.reduce((total, value) => total + value, 0);
  return kernel.map((value) => value / sum);
}
