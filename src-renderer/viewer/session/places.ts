import { openingSlice, type SeriesCard, type SeriesKey } from '../../../src-main/contract/window/opened.js';
import type { Frame } from '../image/frames.js';
import { linkedSlice, sameGrid } from '../image/geometry.js';
import { valuesOf } from '../image/pixels.js';
import type { Scene, ShownPlane } from './scene.js';

export interface OpenSeries {
  readonly before: SeriesCard | null;
  readonly after: SeriesCard | null;
  readonly errorMap: SeriesCard | null;
}

/** A place to go to. */
export interface Target extends OpenSeries {
  readonly slice: number;
  readonly frame: number;
  /** Else a series without a slice at this place is shown by the share of its slices. */
  readonly related: boolean;
}

interface PlaceInSeries {
  readonly card: SeriesCard;
  readonly slice: number;
  /** frame * slices + slice. */
  readonly index: number;
}

/** The slice at the same share of the way through another series. */
function sharedSlice(before: SeriesCard, slice: number, { slices }: SeriesCard): number {
  return before.slices < 2 ? 0 : Math.round((slice / (before.slices - 1)) * (slices - 1));
}

/** Where before, after and error map have the wanted place; null where one has not. */
export function framesAt({
  before,
  after,
  errorMap,
  slice,
  frame,
  related,
}: Target): (PlaceInSeries | null)[] {
  return [before, after, errorMap].map((card) => {
    if (before === null || card === null || !card.viewable) return null;
    const linked = linkedSlice(before, slice, card) ?? (related ? null : sharedSlice(before, slice, card));
    const time = card.frames === before.frames ? frame : card.frames === 1 ? 0 : null;
    if (linked === null || time === null) return null;
    return { card, slice: linked, index: time * card.slices + linked };
  });
}

/** The planes that a viewer begins with, as series and index. */
export function openingPlanes(open: OpenSeries): (readonly [SeriesKey, number])[] {
  const { before } = open;
  if (before === null) return [];
  return framesAt({ ...open, slice: openingSlice(before), frame: 0, related: true })
    .filter((place) => place !== null)
    .map(({ card, index }) => [card.key, index] as const);
}

export function sceneOf(target: Target, frames: readonly (Frame | null)[]): Scene | null {
  const places = framesAt(target);
  const [before, after, error] = places.map((place, i): ShownPlane | null => {
    const frame = frames[i];
    return place === null || frame === null ? null : shownPlane(place, frame);
  });
  if (before === null) return null;
  const fits = (plane: ShownPlane | null): boolean => plane !== null && sameGrid(before.card, plane.card);
  return {
    slice: target.slice,
    frame: target.frame,
    before,
    after,
    error,
    comparable: fits(after),
    errorFits: fits(error),
  };
}

/** Its values are made when they are asked for: to draw whole numbers nobody needs them. */
function shownPlane({ card, slice }: PlaceInSeries, frame: Frame): ShownPlane {
  let values: Float32Array | null = null;
  return {
    card,
    slice,
    frame,
    get values() {
      values ??= valuesOf(frame);
      return values;
    },
  };
}

/** Whether one was made of the other, or both of a third, on the same grid: then one looks at the same place. */
export function areKin(a: SeriesCard | null, b: SeriesCard | null): boolean {
  if (a === null || b === null || !sameGrid(a, b) || a.slices !== b.slices || a.frames !== b.frames)
    return false;
  const rootOf = ({ derivedFrom, seriesInstanceUid }: SeriesCard) => derivedFrom ?? seriesInstanceUid;
  return rootOf(a) !== null && rootOf(a) === rootOf(b);
}
