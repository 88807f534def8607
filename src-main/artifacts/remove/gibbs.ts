import type { Axis } from '../../base/fft.js';
import { planeLength, type Volume, withData } from '../../imaging/volume.js';
import { ramp } from '../../noise/levels.js';
import { type AcquiredAxis, acquiredGrid, middlePlanes, powerBands } from './acquired.js';
import { brightOf, leastOf, requireMr } from './images.js';
import { gainsOf, oneSided, type ShortSide, shortSide } from './partial.js';
import { extrapolatedPair, type Truncation } from './planes/extrapolate.js';
import { type About, type Look, nothing, type Progress, type Remover } from './remover.js';

/**
 * Ringing beside edges, since k-space ends. Where the border of what was acquired is seen it is there for certain. In
 * images on the acquired grid it cannot be told from fine structure: then it may be there. Where the files tell of partial
 * Fourier, a short side that is seen in k-space is made good first, and is as certain as a border.
 */
export const gibbsRemover: Remover = { name: 'gibbs', when: 'after', look };

/** How sure ringing is: with a border in k-space, and without. */
const [CERTAIN, POSSIBLE] = [0.95, 0.3];
/** Planes that tell how much there is. */
const SAMPLE = 2;

function look(volume: Volume, about: About): Look {
  requireMr(volume, about, 'gibbs');
  const bright = brightOf(volume);
  if (!(bright > 0) || Math.min(volume.rows, volume.columns) < LEAST_SIDE)
    return { ...nothing('%'), remove: () => volume };
  const { x, y } = acquiredGrid(volume);
  const short = { x: shortAlong(volume, about, 'x', x), y: shortAlong(volume, about, 'y', y) };
  const truncation = {
    rows: volume.rows,
    columns: volume.columns,
    highestX: x.highest,
    highestY: y.highest,
    ...(short.x === null ? {} : { gainsX: gainsOf(short.x, x.highest) }),
    ...(short.y === null ? {} : { gainsY: gainsOf(short.y, y.highest) }),
  };
  const isTold = about.partial !== undefined && about.partial.length > 0;
  const kept = isTold ? 1 : (about.share ?? 1 - doubtOf(volume, x, y));
  const isFilled = x.highest < x.most || y.highest < y.most;
  const share = Math.max(short.x?.share ?? 0, short.y?.share ?? 0);
  return {
    sure: isFilled ? CERTAIN : POSSIBLE + share * (CERTAIN - POSSIBLE),
    amount: amountOf(volume, truncation, bright),
    unit: '%',
    facts: {
      acquiredX: shareOf(x),
      acquiredY: shareOf(y),
      stepX: x.step,
      stepY: y.step,
      ...(short.x === null ? {} : { shortX: short.x.highest / x.highest, fallX: short.x.fall }),
      ...(short.y === null ? {} : { shortY: short.y.highest / y.highest, fallY: short.y.fall }),
      ...(kept === 1 ? {} : { oneSided: 1 - kept }),
    },
    acquired: { x: acquiredOf(x, short.x), y: acquiredOf(y, short.y) },
    ...(share > 0 ? { share } : isTold ? {} : { share: kept }),
    ...(kept > 0 ? {} : { held: 'E_ARTIFACT/one-sided' }),
    words: `Gibbs ringing (k-space continued with least total variation from ${2 * x.highest + 1} x ${2 * y.highest + 1}, means over acquired voxels) ${removedWords(kept)}${partialWords(short)}`,
    remove: (onProgress) => unrung(volume, truncation, { bright, kept }, onProgress),
  };
}

/** Slices of which nothing is told of one side of k-space, and all: few have zeros of their own spectrum in common. */
const FEW_SLICES = [5, 8] as const;

/** How far either axis looks like one side of k-space; 0 to 1. */
function doubtOf(volume: Volume, x: AcquiredAxis, y: AcquiredAxis): number {
  const enough = ramp(volume.slices, FEW_SLICES);
  if (enough === 0) return 0;
  return (
    enough *
    Math.max(oneSided(powerBands(volume, 'x'), x.highest), oneSided(powerBands(volume, 'y'), y.highest))
  );
}

function removedWords(kept: number): string {
  return kept === 1 ? 'removed' : `removed to ${(100 * kept).toFixed(0)} %`;
}

/** Of an axis along which partial Fourier is told of. A part of a volume gets the share that was found in the whole. */
function shortAlong(
  volume: Volume,
  { partial, share }: About,
  axis: Axis,
  { highest }: AcquiredAxis,
): ShortSide | null {
  if (partial?.includes(axis) !== true) return null;
  const short = shortSide(powerBands(volume, axis), highest);
  return short === null ? null : { ...short, share: share ?? short.share };
}

function partialWords(short: Readonly<Record<Axis, ShortSide | null>>): string {
  const axes = (['x', 'y'] as const).filter((axis) => short[axis] !== null);
  return axes.length === 0 ? '' : `, short side of partial Fourier along ${axes.join(' and ')} made good`;
}

/** Smaller images have no room for ringing. */
const LEAST_SIDE = 16;

/** What was acquired, as the trust test of a removal asks for it: a short side is known of one side only. */
function acquiredOf({ highest }: AcquiredAxis, short: ShortSide | null): { highest: number; both: number } {
  return { highest, both: short?.highest ?? highest };
}

function shareOf({ highest, most }: AcquiredAxis): number {
  return highest / most;
}

/** Root mean square of what would be removed, over the brightness; %. */
function amountOf(volume: Volume, truncation: Truncation, bright: number): number {
  const planes = middlePlanes(volume, SAMPLE);
  const [first, second = first] = planes;
  const [a, b] = extrapolatedPair(first, second, truncation, bright);
  const energy = [
    [first, a],
    [second, b],
  ].reduce((sum, [before, after]) => sum + before.reduce((s, value, i) => s + (value - after[i]) ** 2, 0), 0);
  return (100 * Math.sqrt(energy / (2 * first.length))) / bright;
}

interface Strength {
  readonly bright: number;
  /** Share of the ringing that is removed. */
  readonly kept: number;
}

/** Padding stays as it was, and magnitudes stay magnitudes. */
function unrung(
  volume: Volume,
  truncation: Truncation,
  { bright, kept }: Strength,
  onProgress?: Progress,
): Volume {
  if (kept === 0) return volume;
  const area = planeLength(volume);
  const planes = volume.slices * volume.frames;
  const data = new Float32Array(volume.data.length);
  const floor = leastOf(volume.data) >= 0 ? 0 : Number.NEGATIVE_INFINITY;
  for (let plane = 0; plane < planes; plane += 2) {
    const first = volume.data.subarray(plane * area, (plane + 1) * area);
    const second = plane + 1 < planes ? volume.data.subarray((plane + 1) * area, (plane + 2) * area) : first;
    const [a, b] = extrapolatedPair(first, second, truncation, bright);
    data.set(a, plane * area);
    if (plane + 1 < planes) data.set(b, (plane + 1) * area);
    onProgress?.(Math.min(planes, plane + 2), planes);
  }
  const { measured } = volume;
  for (let i = 0; i < data.length; i++) {
    if (measured !== null && measured[i % measured.length] === 0) data[i] = volume.data[i];
    else data[i] = volume.data[i] + kept * (Math.max(floor, data[i]) - volume.data[i]);
  }
  return withData(volume, data);
}
