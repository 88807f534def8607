import { Pair } from '../../base/linear/pair.js';
import { planeLength, type Volume } from '../../imaging/volume.js';
import { median } from '../robust.js';
import type { Peers } from './signals.js';

/** Voxels that a frame is looked for on each side. */
const REACH = 8;
/** Voxels from which on a frame is heavily displaced. */
const HEAVY = 1.5;

/** How far each frame lies from the median of its peers, mm; null where that is under one and a half voxels. */
export function displacements(volume: Volume, peers: readonly Peers[]): (number | null)[] {
  const profiles = Array.from({ length: volume.frames }, (_, frame) => profilesOf(volume, frame));
  return profiles.map((own, frame) => {
    const shifts = own.map((profile, axis) => {
      const usual = profile.map((_, i) => median(peers[frame].frames.map((peer) => profiles[peer][axis][i])));
      return shiftBetween(usual, profile);
    });
    if (!shifts.some((shift) => Math.abs(shift) >= HEAVY)) return null;
    return Math.hypot(...shifts.map((shift, axis) => shift * volume.spacing[axis]));
  });
}

/** Mean of the roots of the values in planes across each axis: roots, since brightness varies and the outline tells. */
function profilesOf(volume: Volume, frame: number): Float64Array[] {
  const { columns, rows, slices, data } = volume;
  const area = planeLength(volume);
  const start = frame * slices * area;
  const [x, y, z] = [columns, rows, slices].map((length) => new Float64Array(length));
  for (let i = 0; i < slices * area; i++) {
    const root = Math.sqrt(Math.max(0, data[start + i]));
    x[i % columns] += root;
    y[Math.floor(i / columns) % rows] += root;
    z[Math.floor(i / area)] += root;
  }
  return [x, y, z];
}

/** Voxels by which `moved` lies further on than `usual`, to a part of one; 0 where they are too short to tell. */
function shiftBetween(usual: Float64Array, moved: Float64Array): number {
  const reach = Math.min(REACH, Math.floor(usual.length / 4));
  if (reach < 2) return 0;
  const fits = Array.from({ length: 2 * reach + 1 }, (_, k) => fitAt(usual, moved, k - reach));
  const best = fits.indexOf(Math.max(...fits));
  if (best === 0 || best === 2 * reach) return best - reach;
  const [before, at, after] = fits.slice(best - 1, best + 2);
  const curve = before - 2 * at + after;
  return best - reach + (curve < 0 ? (before - after) / (2 * curve) : 0);
}

/** Correlation of the parts that overlap. */
function fitAt(usual: Float64Array, moved: Float64Array, shift: number): number {
  const from = Math.max(0, shift);
  const to = Math.min(moved.length, moved.length + shift);
  const pair = new Pair();
  for (let i = from; i < to; i++) pair.add(usual[i - shift], moved[i]);
  return pair.correlation() ?? 0;
}
