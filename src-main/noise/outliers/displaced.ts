import { Pair } from '../../base/linear/pair.js';
import { planeLength, type Volume } from '../../imaging/volume.js';
import { median, quantile } from '../robust.js';
import type { Peers } from './signals.js';

/** Share of an axis that a frame is looked for on each side. */
const REACH = 1 / 4;
/** Voxels from which on a frame is heavily displaced. */
const HEAVY = 1.5;
/** Share of what does not fit where a frame lies that has to fit where it is found: contrast differs everywhere. */
const LEFT = 0.5;
/** Planes at an end of an axis that must be air, and the share of the way from air to tissue that is air still. */
const END = 2;
const AIR = 0.15;
/** Of the brightest plane, more than air ever has: the roots of a half. */
const DARK = 0.75;
/** Share of the planes of an axis that may be darker than air, as padding is. */
const PADDING = 0.1;

/** Outlines of the frames of a series along each axis, which is looked at part by part. */
export class Profiles {
  /** Of each frame the sums over planes across columns, rows and slices. */
  readonly #frames: readonly (readonly Float64Array[])[];

  constructor(frames: number, sides: readonly [number, number, number]) {
    this.#frames = Array.from({ length: frames }, () => sides.map((side) => new Float64Array(side)));
  }

  /** Adds roots of the values: brightness varies, and the outline tells. @param from slice that the part begins at */
  add(part: Volume, from: number): void {
    const { columns, rows, slices, data } = part;
    const area = planeLength(part);
    for (const [frame, [x, y, z]] of this.#frames.entries()) {
      const start = frame * slices * area;
      for (let i = 0; i < slices * area; i++) {
        const root = Math.sqrt(Math.max(0, data[start + i]));
        x[i % columns] += root;
        y[Math.floor(i / columns) % rows] += root;
        z[from + Math.floor(i / area)] += root;
      }
    }
  }

  /** How far each frame lies from the median of its peers, mm; null where that is under one and a half voxels. */
  displacements(peers: readonly Peers[], spacing: Volume['spacing']): (number | null)[] {
    return this.#frames.map((own, frame) => {
      const shifts = own.map((profile, axis) => {
        const usual = profile.map((_, i) =>
          median(peers[frame].frames.map((peer) => this.#frames[peer][axis][i])),
        );
        const air = quantile(usual, PADDING);
        return endsInAir(usual, air) ? shiftBetween(usual.map(atLeast(air)), profile.map(atLeast(air))) : 0;
      });
      if (!shifts.some((shift) => Math.abs(shift) >= HEAVY)) return null;
      return Math.hypot(...shifts.map((shift, axis) => shift * spacing[axis]));
    });
  }
}

function atLeast(least: number): (value: number) => number {
  return (value) => Math.max(value, least);
}

/** Whether the outline ends in the field of view: of a slab of a head, which goes on beyond it, nothing tells where it lies. */
function endsInAir(profile: Float64Array, air: number): boolean {
  const brightest = Math.max(...profile);
  if (air > DARK * brightest) return false;
  const limit = air + AIR * (brightest - air);
  const ends = [profile.subarray(0, END), profile.subarray(-END)];
  return ends.some((end) => end.every((value) => value <= limit));
}

/**
 * Voxels by which `moved` lies further on than `usual`, to a part of one; 0 where it fits no far better elsewhere, or
 * best at the border of where it is looked for: nothing says then where it lies.
 */
function shiftBetween(usual: Float64Array, moved: Float64Array): number {
  const reach = Math.floor(REACH * usual.length);
  if (reach < 2) return 0;
  const fits = Array.from({ length: 2 * reach + 1 }, (_, k) => fitAt(usual, moved, k - reach));
  const best = fits.indexOf(Math.max(...fits));
  if (best === 0 || best === 2 * reach || 1 - fits[best] > LEFT * (1 - fits[reach])) return 0;
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
