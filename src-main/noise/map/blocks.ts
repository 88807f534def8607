import type { Plane } from '../planes.js';
import { median, quantile } from '../robust.js';
import { type Block, COEFFICIENTS, orderOf, parityOf, tissueDct } from '../spectrum.js';

const MOST_BLOCKS = 4_000;
const LEAST_BLOCKS = 200;
/** Frequencies with less than this part of the strongest noise tell more of structure and rounding than of noise. */
const LEAST_VARIANCE = 0.08;
/** Orders that structure raises first, the lowest that count as noise, and the lowest of the middle ones. */
const LOWEST = 3;
const LEAST_ORDER = 3;
const MIDDLE = 2;
/** How much more energy a block without structure has at lower frequencies than at higher ones, by chance. */
export const FLAT = 1.6;

/**
 * Blocks of tissue that tell how the noise varies: of the images, and of differences of neighbouring slices and of
 * frames, which hold the noise without much of the structure; those of which there are enough.
 *
 * @param over noise level at each voxel of a frame over the typical one, as far as it is known
 */
export function fieldBlocks(
  planes: readonly Plane[],
  level: number,
  over: Float32Array | null,
): (readonly Block[])[] {
  return [undefined, nextSlice(planes), nextFrame(planes)]
    .map((beside) => tissueDct(planes, level, over, MOST_BLOCKS, beside))
    .filter((blocks) => blocks.length >= LEAST_BLOCKS);
}

type Beside = (plane: Plane) => Plane | null;

function nextSlice(planes: readonly Plane[]): Beside {
  return ({ slice, frame }) => planes.find((p) => p.frame === frame && p.slice === slice + 1) ?? null;
}

function nextFrame(planes: readonly Plane[]): Beside {
  return ({ slice, frame }) => planes.find((p) => p.frame > frame && p.slice === slice) ?? null;
}

/** What the coefficients of one parity say of each block. */
export interface Half {
  /** Logarithm of the deviation over that of the spectrum. */
  readonly level: Float64Array;
  /** Deviation of that by chance. */
  readonly chance: number;
  /** The same where frequencies count as they are strong: rays make noise of another direction at each place. */
  readonly total: Float64Array;
  /** `level` of middle and of high frequencies alone. */
  readonly middle: Float64Array;
  readonly high: Float64Array;
  /** Energy at lower frequencies over that at higher ones, for noise 1. */
  readonly structure: Float64Array;
}

/** Noise of this spectrum in blocks, told by the coefficients of even and of odd order apart: these share structure, and no noise. */
export function halvesOf(blocks: readonly Block[], variance: Float64Array): readonly [Half, Half] {
  const least = LEAST_VARIANCE * quantile(variance, 0.9);
  const telling = Array.from({ length: COEFFICIENTS }, (_, k) => k).filter(
    (k) => k > 0 && variance[k] > least,
  );
  const noise = telling.filter((k) => orderOf(k) >= LEAST_ORDER);
  const cut = median(noise.map(orderOf));
  const half = (parity: number): Half => {
    const energies = (of: (order: number) => boolean): Float64Array => {
      const some = telling.filter((k) => parityOf(k) === parity && of(orderOf(k)));
      return Float64Array.from(blocks, ({ coefficients: c }) => {
        let sum = 0;
        for (const k of some) sum += (c[k] * c[k]) / variance[k];
        return some.length > 0 ? sum / some.length : 0;
      });
    };
    const count = noise.filter((k) => parityOf(k) === parity).length;
    const low = energies((order) => order <= LOWEST);
    const middle = energies((order) => order >= MIDDLE && order < cut);
    const high = energies((order) => order >= cut);
    const logarithm = (energy: number): number => Math.log(energy + TINY) / 2;
    return {
      level: energies((order) => order >= LEAST_ORDER).map(logarithm),
      total: totalsOf(
        blocks,
        noise.filter((k) => parityOf(k) === parity),
        variance,
      ),
      middle: middle.map(logarithm),
      high: high.map(logarithm),
      chance: 1 / Math.sqrt(2 * count),
      structure: high.map((e, k) => Math.max(low[k], middle[k]) / (e + TINY)),
    };
  };
  return [half(0), half(1)];
}

function totalsOf(blocks: readonly Block[], some: readonly number[], variance: Float64Array): Float64Array {
  const expected = some.reduce((sum, k) => sum + variance[k], 0);
  return Float64Array.from(blocks, ({ coefficients: c }) => {
    const energy = some.reduce((sum, k) => sum + c[k] * c[k], 0);
    return Math.log(energy / (expected + TINY) + TINY) / 2;
  });
}

const TINY = 1e-30;
