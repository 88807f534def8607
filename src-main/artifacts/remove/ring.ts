import { planeLength, type Volume, withData } from '../../imaging/volume.js';
import { leastOf, requireCt } from './images.js';
import { type Circles, circlesAbout, type RingPlane, ringProfiles, withoutRings } from './planes/rings.js';
import { type About, type Look, nothing, type Progress, type Remover } from './remover.js';

/** Rings of CT, which detector channels of a wrong gain make. Each plane has its own. */
export const ringRemover: Remover = { name: 'ring', when: 'before', look };

/**
 * Root mean square of the rings of a plane, HU, from which on some of them are removed, and all. On planes of a head and
 * of a phantom without rings it came to less than half of the first. Between, the share grows: a little more of a ring changes a
 * little more.
 */
const [SOME, ALL] = [0.8, 1.6];
/** The same where it was asked for by name: what may be there goes, too. */
const [SOME_ASKED, ALL_ASKED] = [0.4, 0.8];
/** Darker is air; HU. */
const AIR = -500;
/** Pixels on each side that tell whether a pixel is of air. */
const AROUND = 2;
/** The least value is where values were cut off, or padding, if so many have it. */
const CUT = 0.001;
const LEAST_SIDE = 64;
/** What is further from water is none of the Hounsfield scale, also of the extended one of 16 bits. */
const MOST_HU = 1e5;

/** The rings of one plane. */
interface Rings {
  readonly plane: RingPlane;
  readonly profiles: readonly Float32Array[];
  /** Root of the mean squared ring; HU. */
  readonly amount: number;
}

function look(volume: Volume, about: About, onProgress?: Progress): Look {
  requireCt(volume, about, 'ring');
  if (Math.min(volume.rows, volume.columns) < LEAST_SIDE)
    return { ...nothing('HU', { planes: 0 }), remove: () => volume };
  const [some, all] = about.asked === true ? [SOME_ASKED, ALL_ASKED] : [SOME, ALL];
  const circles = circlesOf(volume);
  const cut = cutOf(volume);
  const found = new Map<number, Rings>();
  let most = 0;
  const planes = volume.slices * volume.frames;
  for (let index = 0; index < planes; index++) {
    const rings = ringsIn(volume, circles, cut, index);
    most = Math.max(most, rings.amount);
    if (rings.amount > some) found.set(index, rings);
    onProgress?.(index + 1, planes);
  }
  return {
    sure: Math.min(0.99, (0.5 * most) / SOME),
    amount: most,
    unit: 'HU',
    facts: { planes: found.size },
    words: `rings in ${found.size} planes`,
    remove: (onProgress) => removed(volume, circles, found, [some, all], onProgress),
    left: (after) =>
      Math.max(0, ...[...found.keys()].map((index) => ringsIn(after, circles, cut, index).amount)),
  };
}

/** The centre of rotation is that of the image, as it is of images that were not reconstructed about another place. */
function circlesOf({ rows, columns }: Volume): Circles {
  return circlesAbout(rows, columns, [(columns - 1) / 2, (rows - 1) / 2]);
}

function removed(
  volume: Volume,
  circles: Circles,
  found: ReadonlyMap<number, Rings>,
  [some, all]: readonly number[],
  onProgress?: Progress,
): Volume {
  const data = volume.data.slice();
  for (const [index, { plane, profiles, amount }] of found) {
    const share = Math.max(0, Math.min(1, (amount - some) / (all - some)));
    const scaled = profiles.map((profile) => profile.map((value) => share * value));
    data.set(withoutRings(plane, circles, scaled), index * planeLength(volume));
  }
  const planes = volume.slices * volume.frames;
  onProgress?.(planes, planes);
  return withData(volume, data);
}

function ringsIn(volume: Volume, circles: Circles, cut: number, index: number): Rings {
  const area = planeLength(volume);
  const values = volume.data.subarray(index * area, (index + 1) * area);
  const plane = { values, kinds: kindsOf(volume, values, cut, index * area) };
  const profiles = ringProfiles(plane, circles);
  const without = withoutRings(plane, circles, profiles);
  let [energy, count] = [0, 0];
  for (let i = 0; i < area; i++) {
    if (plane.kinds[i] === 0) continue;
    energy += (values[i] - without[i]) ** 2;
    count++;
  }
  return { plane, profiles, amount: Math.sqrt(energy / Math.max(1, count)) };
}

/** The value at which values were cut off; lower than all where they were not. */
function cutOf({ data }: Volume): number {
  const least = leastOf(data);
  let count = 0;
  for (let i = 0; i < data.length; i++) if (data[i] === least) count++;
  return count > CUT * data.length ? least : Number.NEGATIVE_INFINITY;
}

/** 1 of the object and 2 of air, by the mean around; 0 where nothing was measured, the value was cut off, or is no HU. */
function kindsOf(
  { measured, rows, columns }: Volume,
  values: Float32Array,
  cut: number,
  start: number,
): Uint8Array {
  const isHu = (value: number) => Math.abs(value) <= MOST_HU;
  const known = values.map((value) => (isHu(value) ? value : 0));
  const around = meansAround(known, rows, columns);
  return Uint8Array.from(values, (value, i) => {
    if (value <= cut || !isHu(value) || (measured !== null && measured[(start + i) % measured.length] === 0))
      return 0;
    return around[i] < AIR ? 2 : 1;
  });
}

/** Means of the pixels around, within the plane. */
function meansAround(values: Float32Array, rows: number, columns: number): Float32Array {
  const along = boxMeans(values, rows, columns, 1);
  return boxMeans(along, rows, columns, columns);
}

function boxMeans(values: Float32Array, rows: number, columns: number, step: number): Float32Array {
  return values.map((_, i) => {
    const at = step === 1 ? i % columns : Math.floor(i / columns);
    const last = (step === 1 ? columns : rows) - 1;
    let [sum, count] = [0, 0];
    for (let k = Math.max(-AROUND, -at); k <= Math.min(AROUND, last - at); k++, count++)
      sum += values[i + k * step];
    return sum / count;
  });
}
