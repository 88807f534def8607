import type { LatentPoint } from '../../../src-main/contract/encoders/latent.js';

/** Which of the two maps is looked at. */
export type MapKind = 'umap' | 'pca';

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Range {
  readonly low: number;
  readonly high: number;
}

/** The part of a map that fills its box; in units of the map. */
export interface Section {
  readonly x: Range;
  readonly y: Range;
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface Placed extends Section {
  /** Pixels; null: the point has no place on this map, or it is outside of the section. */
  readonly places: readonly (Place | null)[];
}

/** Pixels around the map: for the numbers and names of the axes. */
const EDGE = { left: 56, right: 12, top: 8, bottom: 40 };

/** Where the map lies in an element of this size. */
export function boxIn(width: number, height: number): Box {
  return {
    left: EDGE.left,
    top: EDGE.top,
    width: Math.max(40, width - EDGE.left - EDGE.right),
    height: Math.max(40, height - EDGE.top - EDGE.bottom),
  };
}

/** Share of the width and height that stays free around the points. */
const MARGIN = 0.05;

/** All of a map: each axis from its least to its greatest value. */
export function wholeOf(points: readonly LatentPoint[], kind: MapKind): Section {
  const known = points.map((point) => point[kind]).filter((one) => one !== null);
  const [x, y] = [0, 1].map((axis) => rangeOf(known.map((one) => one[axis])));
  return { x, y };
}

/** Where points lie in a box, upwards as in every plot. */
export function placed(
  points: readonly LatentPoint[],
  kind: MapKind,
  box: Box,
  section: Section = wholeOf(points, kind),
): Placed {
  const { x, y } = section;
  const holds = (share: number) => share >= 0 && share <= 1;
  const places = points.map((point) => {
    const at = point[kind];
    if (at === null) return null;
    const [right, up] = [shareOf(at[0], x), shareOf(at[1], y)];
    if (!holds(right) || !holds(up)) return null;
    return { x: box.left + box.width * right, y: box.top + box.height * (1 - up) };
  });
  return { x, y, places };
}

/** The least share of a map that can be looked at. */
const CLOSEST = 1 / 50;

/** A section made smaller (factor under 1) or larger around what lies at a place of the box, within the whole. */
export function zoomed(section: Section, whole: Section, box: Box, at: Place, factor: number): Section {
  const around = (range: Range, all: Range, share: number): Range => {
    const size = (range.high - range.low) * factor;
    const full = all.high - all.low;
    if (size >= full) return all;
    const kept = Math.max(size, CLOSEST * full);
    const low = range.low + share * (range.high - range.low - kept);
    return within({ low, high: low + kept }, all);
  };
  return {
    x: around(section.x, whole.x, (at.x - box.left) / box.width),
    y: around(section.y, whole.y, 1 - (at.y - box.top) / box.height),
  };
}

/** A section moved by pixels, as paper under the hand, within the whole. */
export function moved(section: Section, whole: Section, box: Box, by: Place): Section {
  const along = (range: Range, all: Range, share: number): Range => {
    const size = range.high - range.low;
    return within({ low: range.low - share * size, high: range.high - share * size }, all);
  };
  return {
    x: along(section.x, whole.x, by.x / box.width),
    y: along(section.y, whole.y, -by.y / box.height),
  };
}

/** The section with a point in it: moved to have it in the middle where it is not. */
export function showing(section: Section, whole: Section, at: readonly [number, number] | null): Section {
  if (at === null) return section;
  const along = (range: Range, all: Range, value: number): Range => {
    if (value >= range.low && value <= range.high) return range;
    const half = (range.high - range.low) / 2;
    return within({ low: value - half, high: value + half }, all);
  };
  return { x: along(section.x, whole.x, at[0]), y: along(section.y, whole.y, at[1]) };
}

function within({ low, high }: Range, all: Range): Range {
  const by = Math.max(0, all.low - low) - Math.max(0, high - all.high);
  return { low: low + by, high: high + by };
}

function rangeOf(values: readonly number[]): Range {
  if (values.length === 0) return { low: 0, high: 1 };
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const room = high > low ? MARGIN * (high - low) : 1;
  return { low: low - room, high: high + room };
}

export function shareOf(value: number, { low, high }: Range): number {
  return (value - low) / (high - low);
}

/** The point nearest to the pointer, within reach; null: none. */
export function pointAt(
  places: Placed['places'],
  pointer: { readonly x: number; readonly y: number },
  reach: number,
): number | null {
  let best: number | null = null;
  let least = reach * reach;
  places.forEach((place, i) => {
    if (place === null) return;
    const distance = (place.x - pointer.x) ** 2 + (place.y - pointer.y) ** 2;
    if (distance <= least) [best, least] = [i, distance];
  });
  return best;
}

/** Where a key leads from a point: slices one by one, series by the arrows up and down. Null: no such key. */
export function stepTo(points: readonly LatentPoint[], from: number | null, key: string): number | null {
  const last = points.length - 1;
  if (last < 0) return null;
  const now = from ?? -1;
  switch (key) {
    case 'ArrowRight':
      return Math.min(last, now + 1);
    case 'ArrowLeft':
      return Math.max(0, now - 1);
    case 'ArrowDown':
    case 'ArrowUp':
      return from === null ? 0 : inSeries(points, from, key === 'ArrowDown' ? 1 : -1);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return null;
  }
}

/** The same slice, or the last one, of the next series. */
function inSeries(points: readonly LatentPoint[], from: number, by: number): number {
  const { series, slice, frame } = points[from];
  const others = [...points.keys()].filter((i) => points[i].series === series + by);
  if (others.length === 0) return from;
  const same = others.find((i) => points[i].slice === slice && points[i].frame === frame);
  return same ?? others[others.length - 1];
}
