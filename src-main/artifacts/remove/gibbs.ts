import { planeLength, type Volume, withData } from '../../imaging/volume.js';
import { type AcquiredAxis, acquiredGrid, middlePlanes } from './acquired.js';
import { brightOf, leastOf, requireMr } from './images.js';
import { extrapolatedPair, type Truncation } from './planes/extrapolate.js';
import { type About, type Look, nothing, type Progress, type Remover } from './remover.js';

/**
 * Ringing beside edges, since k-space ends. Where the border of what was acquired is seen it is there for certain. In
 * images on the acquired grid it cannot be told from fine structure: then it may be there.
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
  const truncation = {
    rows: volume.rows,
    columns: volume.columns,
    highestX: x.highest,
    highestY: y.highest,
  };
  const isFilled = x.highest < x.most || y.highest < y.most;
  return {
    sure: isFilled ? CERTAIN : POSSIBLE,
    amount: amountOf(volume, truncation, bright),
    unit: '%',
    facts: {
      acquiredX: shareOf(x),
      acquiredY: shareOf(y),
      stepX: x.step,
      stepY: y.step,
    },
    words: `Gibbs ringing (k-space continued with least total variation from ${2 * x.highest + 1} x ${2 * y.highest + 1}, means over acquired voxels) removed`,
    remove: (onProgress) => unrung(volume, truncation, bright, onProgress),
  };
}

/** Smaller images have no room for ringing. */
const LEAST_SIDE = 16;
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

/** Padding stays as it was, and magnitudes stay magnitudes. */
function unrung(volume: Volume, truncation: Truncation, bright: number, onProgress?: Progress): Volume {
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
    else if (data[i] < floor) data[i] = floor;
  }
  return withData(volume, data);
}
