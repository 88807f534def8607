import { planeLength, type Volume, withData } from '../../imaging/volume.js';
import { brightOf, leastOf, requireMr } from './images.js';
import { despiked } from './planes/spikes.js';
import { type About, type Look, nothing, type Progress, type Remover } from './remover.js';

/** Stripes over whole planes, of outliers in k-space (herringbone). Each plane has its own. */
export const spikeRemover: Remover = { name: 'spike', when: 'before', look };

/** Total variation that goes with a wave, over that of the plane: for certain, and where it may be one. */
const [CERTAIN, POSSIBLE] = [0.02, 0.012];
const LEAST_SIDE = 32;

function look(volume: Volume, about: About, onProgress?: Progress): Look {
  requireMr(volume, about, 'spike');
  const bright = brightOf(volume);
  // What has a sign is no magnitude: k-space of such images is not looked at.
  if (!(bright > 0) || Math.min(volume.rows, volume.columns) < LEAST_SIDE || leastOf(volume.data) < 0)
    return { ...nothing('%'), remove: () => volume };
  const all = Array.from({ length: volume.slices * volume.frames }, (_, plane) => plane);
  // Who asks by name has all planes done that may have any, whatever the others have.
  const first = planesWith(volume, about.asked === true ? POSSIBLE : CERTAIN, all, onProgress);
  const possible = first.found.size > 0 ? first.found : planesWith(volume, POSSIBLE, first.doubtful).found;
  if (possible.size === 0) return { ...nothing('%', { planes: 0 }), remove: () => volume };
  return {
    sure: first.isCertain ? 0.9 : 0.3,
    amount: amountOf(volume, possible, bright),
    unit: '%',
    facts: { planes: possible.size },
    words: `spikes of k-space in ${possible.size} planes removed`,
    remove: (onProgress) => {
      const data = volume.data.slice();
      const { measured } = volume;
      for (const [plane, values] of possible) data.set(values, plane * planeLength(volume));
      for (let i = 0; i < data.length; i++)
        if (measured !== null && measured[i % measured.length] === 0) data[i] = volume.data[i];
      onProgress?.(volume.slices * volume.frames, volume.slices * volume.frames);
      return withData(volume, data);
    },
    left: (after) => amountOf(after, planesWith(after, CERTAIN, [...possible.keys()]).found, bright),
  };
}

/** Planes that have spikes, without these, by their place. */
interface Found {
  readonly found: ReadonlyMap<number, Float32Array>;
  /** Whether one of them has for certain. */
  readonly isCertain: boolean;
  /** Planes that have none by this measure, and may have some by a lower one. */
  readonly doubtful: readonly number[];
}

function planesWith(
  volume: Volume,
  leastGain: number,
  planes: readonly number[],
  onProgress?: Progress,
): Found {
  const { rows, columns } = volume;
  const area = planeLength(volume);
  const found = new Map<number, Float32Array>();
  const doubtful: number[] = [];
  let isCertain = false;
  for (const [k, plane] of planes.entries()) {
    const values = volume.data.subarray(plane * area, (plane + 1) * area);
    const result = despiked({ values, rows, columns }, leastGain);
    if (result.waves.length > 0) {
      found.set(plane, result.values);
      isCertain ||= result.gain >= CERTAIN;
    } else if (result.gain >= POSSIBLE) doubtful.push(plane);
    onProgress?.(k + 1, planes.length);
  }
  return { found, isCertain, doubtful };
}

/** Root mean square of the stripes in planes that have some, over the brightness; %. */
function amountOf(volume: Volume, planes: ReadonlyMap<number, Float32Array>, bright: number): number {
  if (planes.size === 0) return 0;
  const area = planeLength(volume);
  let energy = 0;
  for (const [plane, values] of planes)
    for (let i = 0; i < area; i++) energy += (volume.data[plane * area + i] - values[i]) ** 2;
  return (100 * Math.sqrt(energy / (planes.size * area))) / bright;
}
