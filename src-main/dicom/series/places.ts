import type { FrameRecord } from '../read/frame-record.js';
import { distanceAlong, normalOf } from './geometry.js';

/** Positions are often rounded to 0.01 mm or three digits. */
const ROUNDED_MM = 0.01;
/** Positions of moved volumes stand so much closer together than slices. */
const CLOSER = 2;
/** A moved slice stays within this share of the thickness. */
const WITHIN = 0.6;

/**
 * Images gathered by their distance along the normal of the first, ascending. Distances that differ by rounding are
 * one place; so are those that differ by motion, where the gaps between slices stand out from those within them.
 */
export function places<T extends FrameRecord>(group: readonly T[]): T[][] {
  const normal = normalOf(group[0].imageOrientation ?? []);
  const placed = group
    .map((frame) => ({ frame, at: distanceAlong(frame, normal) }))
    .sort((a, b) => a.at - b.at);
  const strict = split(placed, (at, start) => at - start < ROUNDED_MM);
  const least = widestJitter(strict.map((members) => members[0].at));
  const moved = least === null ? strict : split(placed, (at, _, last) => at - last < least);
  const chosen = least !== null && areMoved(moved) ? moved : strict;
  return chosen.map((members) => members.map(({ frame }) => frame));
}

interface Placed<T> {
  readonly frame: T;
  readonly at: number;
}

function split<T>(
  sorted: readonly Placed<T>[],
  isSame: (at: number, start: number, last: number) => boolean,
): Placed<T>[][] {
  const found: Placed<T>[][] = [];
  for (const one of sorted) {
    const current = found.at(-1);
    if (current !== undefined && isSame(one.at, current[0].at, current[current.length - 1].at))
      current.push(one);
    else found.push([one]);
  }
  return found;
}

/** The least gap between slices where gaps fall into small and large ones; null where they do not. */
function widestJitter(distances: readonly number[]): number | null {
  const gaps = distances
    .slice(1)
    .map((at, i) => at - distances[i])
    .sort((a, b) => b - a);
  if (gaps.length < 2) return null;
  const floor = gaps[0] / 100;
  let best = CLOSER;
  let least: number | null = null;
  for (let i = 1; i < gaps.length; i++) {
    const ratio = gaps[i - 1] / Math.max(gaps[i], floor);
    if (ratio > best) {
      best = ratio;
      least = gaps[i - 1];
    }
  }
  return least;
}

/** Whether most of what was gathered are slices that moved a little, and not slabs of neighbouring slices. */
function areMoved<T extends FrameRecord>(gathered: readonly Placed<T>[][]): boolean {
  if (gathered.length < 2) return false;
  const repeated = gathered.filter((members) => members.length > 1).length;
  if (repeated < gathered.length / 2) return false;
  const gap = Math.min(...gathered.slice(1).map((members, i) => members[0].at - last(gathered[i])));
  const { sliceThickness, spacingBetweenSlices } = gathered[0][0].frame;
  const stated = [sliceThickness, spacingBetweenSlices].filter((mm) => mm !== null).filter((mm) => mm > 0);
  const limit = Math.min(gap / CLOSER, ...stated.map((mm) => mm * WITHIN));
  return gathered.every((members) => last(members) - members[0].at <= limit);
}

function last<T>(members: readonly Placed<T>[]): number {
  return members[members.length - 1].at;
}
