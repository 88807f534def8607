import { principalComponents } from '../base/linear/pca.js';
import type { Random } from '../base/random.js';
import type { NamedArray } from '../graph/types.js';

/**
 * How whole planes of latents vary: a normal distribution over their first principal components. What is far apart goes
 * together, as a mesh of neighbours cannot know; what is finer than the components is lost.
 */
export interface PlanePrior {
  /** Cells of a plane, and numbers a cell. */
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
  /** Planes that it was fitted on. */
  readonly planes: number;
  /** rows * columns * channels */
  readonly mean: Float32Array;
  /** One standard deviation along each component is its axis times its step; components * rows * columns * channels. */
  readonly axes: Int8Array;
  readonly steps: Float32Array;
}

const MOST_COMPONENTS = 48;
/** Bytes that axes may take: they go into the model file. */
const MOST_BYTES = 1 << 21;
/** With fewer planes a component is little more than a plane of one of them. */
const FEWEST_PLANES = 16;
const HEAD = 20;
const MOST_LENGTH = 1 << 24;

/**
 * @param latents [1, rows, columns, channels], of which those of the most frequent size count
 * @returns null where fewer than 16 have one size, or where they are too large for a model file
 */
export function fitPlanePrior(latents: readonly NamedArray[], random: Random): PlanePrior | null {
  const ofSize = (size: string) => latents.filter(({ shape }) => shape.join() === size);
  const sizes = [...new Set(latents.map(({ shape }) => shape.join()))];
  const [alike = []] = sizes.map(ofSize).sort((a, b) => b.length - a.length);
  if (alike.length < FEWEST_PLANES) return null;
  const [, rows, columns, channels] = alike[0].shape;
  const length = rows * columns * channels;
  const count = Math.min(MOST_COMPONENTS, alike.length - 1, Math.floor(MOST_BYTES / length));
  if (count < 1) return null;
  const data = new Float32Array(alike.length * length);
  alike.forEach((latent, i) => {
    data.set(latent.data, i * length);
  });
  const { mean, vectors, variances } = principalComponents(data, length, count, random);
  const axes = new Int8Array(variances.length * length);
  const steps = Float32Array.from(variances, (variance, k) => {
    const axis = vectors.subarray(k * length, (k + 1) * length);
    const most = axis.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    if (most === 0) return 0;
    axis.forEach((value, i) => {
      axes[k * length + i] = Math.round((127 * value) / most);
    });
    return (Math.sqrt(Math.max(0, variance)) * most) / 127;
  });
  return { rows, columns, channels, planes: alike.length, mean: Float32Array.from(mean), axes, steps };
}

/** A plane of latents, of which none need be in a codebook: [1, rows, columns, channels]. */
export function samplePlane(prior: PlanePrior, random: Random): NamedArray {
  const { rows, columns, channels, mean, axes, steps } = prior;
  const data = mean.slice();
  steps.forEach((step, k) => {
    const weight = step * random.normal();
    for (let i = 0; i < data.length; i++) data[i] += weight * axes[k * data.length + i];
  });
  return { data, shape: [1, rows, columns, channels] };
}

/** Five whole numbers of 32 bits, mean, steps, axes; little-endian. And back. */
export function planePriorBytes(prior: PlanePrior): Uint8Array {
  const { rows, columns, channels, planes, mean, axes, steps } = prior;
  const bytes = Buffer.alloc(HEAD + 4 * (mean.length + steps.length) + axes.length);
  [rows, columns, channels, planes, steps.length].forEach((value, i) => {
    bytes.writeUInt32LE(value, 4 * i);
  });
  [...mean, ...steps].forEach((value, i) => {
    bytes.writeFloatLE(value, HEAD + 4 * i);
  });
  bytes.set(new Uint8Array(axes.buffer, axes.byteOffset, axes.length), bytes.length - axes.length);
  return bytes;
}

/** null for bytes that are no prior: a model file may come from anywhere. */
export function readPlanePrior(given: Uint8Array): PlanePrior | null {
  const bytes = Buffer.from(given);
  if (bytes.length < HEAD) return null;
  const [rows, columns, channels, planes, count] = [0, 4, 8, 12, 16].map((at) => bytes.readUInt32LE(at));
  const length = rows * columns * channels;
  if (!(length >= 1 && length <= MOST_LENGTH) || count < 1 || count > MOST_COMPONENTS) return null;
  if (bytes.length !== HEAD + 4 * (length + count) + count * length) return null;
  const floats = (from: number, size: number) =>
    Float32Array.from({ length: size }, (_, i) => bytes.readFloatLE(from + 4 * i));
  const mean = floats(HEAD, length);
  const steps = floats(HEAD + 4 * length, count);
  if (![mean, steps].every((values) => values.every(Number.isFinite))) return null;
  const axes = Int8Array.from(bytes.subarray(bytes.length - count * length), (value) => (value << 24) >> 24);
  return { rows, columns, channels, planes, mean, axes, steps };
}
