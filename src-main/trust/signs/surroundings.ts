/**
 * Whether what was changed is now more like what was not. A removal that is fitted to the image, as one of least total
 * variation is, takes detail of the tissue with it and finds it in the image (presence.ts); but then the places were no
 * rougher than others before, and are smoother after. A line that was there was rougher. Told of what is narrow alone.
 */
import { planeLength } from '../../imaging/volume.js';
import { ramp } from '../../noise/levels.js';
import { quantile } from '../../noise/robust.js';
import { type Compared, Ratio, type Sign } from './compared.js';

/** Pixels on each side, along an axis, over which changes are averaged: what a single pixel shows has no say in where. */
const REACH = 5;
/** Changed are places that have this share of the power of all changes; others have less than this part of theirs. */
const [OF_POWER, UNCHANGED] = [0.6, 0.3];
/** Share of the tissue that is changed, up to which surroundings tell, and from which on they do not. */
const WIDE = [0.12, 0.25] as const;
/** Groups of places of like coarse structure, and pixels over which that is told. */
const [GROUPS, COARSE] = [5, 4];
/** Places of a group that tell. */
const [LEAST_CHANGED, LEAST_OTHERS] = [4, 8];
const BORDER = 5;

/** A sign, and how far the change is narrow enough for it, 0 to 1. */
interface OfNarrow extends Sign {
  readonly narrow: number;
}

export function surroundings(volumes: Compared): OfNarrow | null {
  const { before, tissue, planes } = volumes;
  const area = planeLength(before);
  const powers = planes.map((plane) => powersOf(volumes, plane));
  const inTissue = planes.flatMap((plane, k) =>
    [...powers[k]].filter((_, i) => tissue[plane * area + i] !== 0),
  );
  const limit = limitOf(inTissue);
  if (!(limit > 0)) return null;
  const wide = ramp(inTissue.filter((power) => power > limit).length / inTissue.length, WIDE);
  if (wide === 1) return null;
  const sums: Sums = { ratio: new Ratio(), usual: 0, removed: 0, lines: [new Map(), new Map()] };
  for (const [k, plane] of planes.entries()) addPlane(volumes, plane, powers[k], limit, sums);
  const told = sums.ratio.told();
  if (told === null) return null;
  const error = Math.hypot(told.error, (2 * byChance(sums) * sums.usual) / sums.removed);
  return { gain: Math.max(-1, Math.min(1, told.ratio)), error, narrow: 1 - wide };
}

/** What all planes tell together. */
interface Sums {
  readonly ratio: Ratio;
  /** Roughness of changed places if they were like others, and of what was removed. */
  usual: number;
  removed: number;
  /** Of columns and of rows. */
  readonly lines: readonly [Map<number, Line>, Map<number, Line>];
}

/** Places of a column, or of a row, in all planes. */
interface Line {
  changed: number;
  others: number;
  /** Of others, over the usual of their groups. */
  rough: number;
}

/** Others of a line that tell how rough it is. */
const LEAST_OF_LINE = 20;

/**
 * Deviation of the roughness of as many columns, or rows, as were changed, over the usual: anatomy goes on from plane to
 * plane, so a few lines may be rougher than others by chance.
 */
function byChance({ lines }: Sums): number {
  const found = lines.map((of) => {
    const all = [...of.values()];
    const means = all
      .filter(({ others }) => others >= LEAST_OF_LINE)
      .map(({ rough, others }) => rough / others);
    const mean = means.reduce((sum, value) => sum + value, 0) / Math.max(1, means.length);
    const square = means.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, means.length);
    const changed = all.reduce((sum, line) => sum + line.changed, 0);
    const squares = all.reduce((sum, line) => sum + line.changed ** 2, 0);
    return Math.sqrt((square * squares) / Math.max(1, changed ** 2));
  });
  return Math.max(...found);
}

function addTo(lines: Map<number, Line>, at: number, isChanged: boolean, rough: number): void {
  const line = lines.get(at) ?? { changed: 0, others: 0, rough: 0 };
  if (isChanged) line.changed++;
  else {
    line.others++;
    line.rough += rough;
  }
  lines.set(at, line);
}

/** Power of the change along a row or a column, whichever is more. */
function powersOf({ before, after, matched }: Compared, plane: number): Float32Array {
  const { columns, rows } = before;
  const start = plane * columns * rows;
  const squares = Float32Array.from(
    { length: columns * rows },
    (_, i) => (matched[start + i] - after.data[start + i]) ** 2,
  );
  const mean = (x: number, y: number, dx: number, dy: number) => {
    let [sum, count] = [0, 0];
    for (let k = -REACH; k <= REACH; k++) {
      const [column, row] = [x + k * dx, y + k * dy];
      if (column < 0 || column >= columns || row < 0 || row >= rows) continue;
      sum += squares[row * columns + column];
      count++;
    }
    return sum / count;
  };
  return squares.map((_, i) => {
    const [x, y] = [i % columns, Math.floor(i / columns)];
    return Math.max(mean(x, y, 1, 0), mean(x, y, 0, 1));
  });
}

function limitOf(powers: readonly number[]): number {
  const sorted = Float64Array.from(powers).sort();
  const all = sorted.reduce((sum, power) => sum + power, 0);
  let sum = 0;
  for (let k = sorted.length - 1; k >= 0; k--) {
    sum += sorted[k];
    if (sum > OF_POWER * all) return sorted[k];
  }
  return 0;
}

interface Place {
  readonly at: number;
  readonly coarse: number;
  readonly isChanged: boolean;
}

/** By groups, how much rougher changed places are than others, before and after. */
function addPlane(volumes: Compared, plane: number, powers: Float32Array, limit: number, sums: Sums): void {
  const { after, matched } = volumes;
  const places = placesOf(volumes, plane, powers, limit);
  if (places.length === 0) return;
  const { columns } = volumes.before;
  const area = planeLength(volumes.before);
  const rough = (data: Float32Array, { at }: Place) => roughness(data, at, columns);
  const removed = (place: Place) => {
    const difference = (at: number) => matched[at] - after.data[at];
    const { at } = place;
    const around =
      difference(at - 1) + difference(at + 1) + difference(at - columns) + difference(at + columns);
    return Math.abs(difference(at) - around / 4);
  };
  const borders = Array.from({ length: GROUPS - 1 }, (_, k) =>
    quantile(
      places.map(({ coarse }) => coarse),
      (k + 1) / GROUPS,
    ),
  );
  for (let group = 0; group < GROUPS; group++) {
    const own = places.filter(({ coarse }) => borders.filter((border) => coarse > border).length === group);
    const changed = own.filter(({ isChanged }) => isChanged);
    const others = own.filter(({ isChanged }) => !isChanged);
    if (changed.length < LEAST_CHANGED || others.length < LEAST_OTHERS) continue;
    const sum = (some: readonly Place[], value: (place: Place) => number) =>
      some.reduce((total, place) => total + value(place), 0);
    const mean = sum(others, (place) => rough(matched, place)) / others.length;
    const usual = changed.length * mean;
    const was = Math.abs(sum(changed, (place) => rough(matched, place)) - usual);
    const is = Math.abs(sum(changed, (place) => rough(after.data, place)) - usual);
    const taken = sum(changed, removed);
    sums.ratio.add(plane, was - is, taken);
    sums.usual += usual;
    sums.removed += taken;
    if (!(mean > 0)) continue;
    for (const place of own) {
      const over = rough(matched, place) / mean;
      addTo(sums.lines[0], place.at % columns, place.isChanged, over);
      addTo(sums.lines[1], Math.floor((place.at % area) / columns), place.isChanged, over);
    }
  }
}

/** Difference from the mean of the four pixels around. */
function roughness(data: Float32Array, at: number, columns: number): number {
  return Math.abs(data[at] - (data[at - 1] + data[at + 1] + data[at - columns] + data[at + columns]) / 4);
}

function placesOf(
  { before, after, tissue }: Compared,
  plane: number,
  powers: Float32Array,
  limit: number,
): Place[] {
  const { columns, rows } = before;
  const start = plane * columns * rows;
  const places: Place[] = [];
  for (let y = BORDER; y < rows - BORDER; y++)
    for (let x = BORDER; x < columns - BORDER; x++) {
      const i = y * columns + x;
      const at = start + i;
      const isChanged = powers[i] > limit;
      if ((!isChanged && powers[i] > UNCHANGED ** 2 * limit) || tissue[at] === 0) continue;
      if (
        tissue[at - 1] === 0 ||
        tissue[at + 1] === 0 ||
        tissue[at - columns] === 0 ||
        tissue[at + columns] === 0
      )
        continue;
      const { data } = after;
      const coarse = Math.hypot(
        data[at + COARSE] - data[at - COARSE],
        data[at + COARSE * columns] - data[at - COARSE * columns],
      );
      places.push({ at, coarse, isChanged });
    }
  return places;
}
