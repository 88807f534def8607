/**
 * Zippers: lines along the phase encoding, which interference of one frequency draws at one place of the read-out. To
 * each place of phase encoding it adds a complex number of its own, spread over the read-out by one profile, and the
 * magnitude is kept. Air shows it as power that places beside do not have; tissue, as values that differ from those
 * around by the profile times one number for each place of phase encoding. Those numbers are taken away that leave the
 * image of least total variation, held to how strong the line is: where it is weak, little is taken.
 */
import { median } from '../../../noise/robust.js';
import { withoutLine } from './zipper-amounts.js';
import {
  AIR,
  BOX,
  beside,
  type Columns,
  type InAir,
  type InTissue,
  inAir,
  inTissue,
  kindsOf,
  LEAST_ROWS,
  NEAREST,
  type Zipper,
} from './zipper-places.js';

/** Lines of a plane at most. */
const MOST_LINES = 8;
/** Of what is bright: what is so weak is no line, but what rounding makes of it. */
const TINY = 0.015;
/** Share of rows in which a line is brighter than the columns beside. */
const BRIGHTER = 0.7;
/** A line changes from row to row: correlation of its values in air from which on it is something else. */
const MOST_ALIKE = 0.5;
/** A line is narrow: columns a little beside have less than this share of its power. */
const OF_BESIDE = 0.25;
/** A line goes all along: so many parts of the air of a column, of so many rows at least, have each such a share of its power. */
const [MOST_PARTS, LEAST_OF_PART, OF_PART] = [4, 6, 0.2];
/** Of the power that air shows of a line, so much is seen in tissue, where so much could be seen. */
const IN_TISSUE = 0.25;
/** Power in tissue over that of columns beside, of a line that other planes have there. */
const KNOWN_IN_TISSUE = 4;

/** What else is known of the lines of a plane. */
export interface Known {
  /** Power of a column in air over that of those beside, in deviations of these, from which on some of a line is removed, and all. */
  readonly standsOut: readonly [number, number];
  /** Power in tissue over that of columns beside from which on there is a line of which air tells nothing. */
  readonly inTissue: number;
  /** Columns in which the planes together have a line, and the share of it that is removed. */
  readonly columns: ReadonlyMap<number, number>;
  /** Columns that enough planes share, and how much of their lines is removed; null: any column, and all. */
  readonly steady: ReadonlyMap<number, number> | null;
}

/** Whether air shows a line all along: each part of it has its share of the power. */
function isAllAlong(
  plane: Columns,
  kinds: readonly Uint8Array[],
  x: number,
  { rows, power, around }: InAir,
): boolean {
  const parts = Math.min(MOST_PARTS, Math.floor(rows / LEAST_OF_PART));
  let [from, count, part] = [0, 0, 0];
  for (let y = 0; y < kinds[x].length; y++) {
    if (kinds[x][y] === AIR) count++;
    if (count < ((part + 1) * rows) / parts) continue;
    const own = inAir(plane, kinds, x, [from, y + 1]);
    if (own.power - own.around < OF_PART * (power - around)) return false;
    [from, part] = [y + 1, part + 1];
    if (part === parts) break;
  }
  return true;
}

/** Whether a line is narrow: columns a little beside have but a share of its power. */
function isNarrow(
  plane: Columns,
  kinds: readonly Uint8Array[],
  x: number,
  { power, around }: InAir,
): boolean {
  return beside(plane, x)
    .filter((at) => Math.abs(at - x) < NEAREST + BOX)
    .every((at) => inAir(plane, kinds, at).power - around < OF_BESIDE * (power - around));
}
/** A plane in which lines are looked for. */
interface Looked {
  readonly plane: Columns;
  readonly kinds: readonly Uint8Array[];
  readonly tissue: readonly InTissue[];
  readonly bright: number;
  readonly known: Known;
}

/** The line that is surest, and the strongest of these; null where there is none. */
function strongest(looked: Looked): Zipper | null {
  const found = looked.plane.flatMap((_, x) => lineAt(looked, x) ?? []);
  return found.sort((a, b) => Number(b.isCertain) - Number(a.isCertain) || b.power - a.power).at(0) ?? null;
}

function lineAt({ plane, kinds, tissue, bright, known }: Looked, x: number): Zipper | null {
  const told = tissue[x];
  const steady = known.steady === null ? 1 : (known.steady.get(x) ?? 0);
  if (steady === 0) return null;
  const usual = usualBeside(plane, tissue, x);
  const extra = Math.max(0, told.power - usual);
  const air = inAir(plane, kinds, x);
  const power = air.power - air.around;
  const [some, all] = known.standsOut.map(
    (times) => times * Math.max(air.spread, air.around / Math.sqrt(air.rows)) + (TINY * bright) ** 2,
  );
  const isSeen = told.rows < LEAST_ROWS || extra > (IN_TISSUE * power) / 2 - usual;
  if (isSeen && air.rows >= LEAST_ROWS && power > some && isLine(plane, kinds, x, air))
    return { column: x, power, share: steady * shareOf(power, some, all), isCertain: true };
  const shared = Math.max(...[x - 1, x, x + 1].map((column) => known.columns.get(column) ?? 0));
  const least = (shared > 0 ? KNOWN_IN_TISSUE : known.inTissue) * usual;
  if (told.rows < LEAST_ROWS || !(least > 0) || told.power < least) return null;
  const share = steady * (shared > 0 ? shared : 1) * shareOf(told.power, least, 2 * least);
  return { column: x, power: 2 * extra, share, isCertain: shared > 0 };
}

/** Power of each column in tissue over that of columns beside; 0 where too little tells. */
export function ratiosInTissue(plane: Columns, bright: number): number[] {
  const kinds = kindsOf(plane, bright);
  const tissue = plane.map((_, x) => inTissue(plane, kinds, x));
  return tissue.map(({ rows, power }, x) => {
    const usual = usualBeside(plane, tissue, x);
    return rows >= LEAST_ROWS && usual > 0 ? power / usual : 0;
  });
}

/** Median power in tissue of columns beside; 0 where too little tells. */
function usualBeside(plane: Columns, tissue: readonly InTissue[], x: number): number {
  const others = beside(plane, x)
    .map((at) => tissue[at])
    .filter(({ rows }) => rows >= LEAST_ROWS)
    .map(({ power }) => power);
  return others.length === 0 ? 0 : median(others);
}

export function shareOf(power: number, some: number, all: number): number {
  return Math.max(0, Math.min(1, (power - some) / Math.max(all - some, Number.MIN_VALUE)));
}

/** Whether what stands out in the air of a column is a line: nothing else is so narrow, all along, and different from row to row. */
function isLine(plane: Columns, kinds: readonly Uint8Array[], x: number, air: InAir): boolean {
  return (
    isBrighter(plane, kinds, x) &&
    alikeInAir(plane, kinds, x) <= MOST_ALIKE &&
    isNarrow(plane, kinds, x, air) &&
    isAllAlong(plane, kinds, x, air)
  );
}

/** Whether in most rows of air a column is brighter than the columns beside. */
function isBrighter(plane: Columns, kinds: readonly Uint8Array[], x: number): boolean {
  let [count, brighter] = [0, 0];
  for (let y = 0; y < kinds[x].length; y++) {
    if (kinds[x][y] !== AIR) continue;
    const values = beside(plane, x).map((at) => plane[at][y]);
    count++;
    if (plane[x][y] > median(values)) brighter++;
  }
  return brighter >= BRIGHTER * count;
}

/** Correlation of the air of a column with the next row's. */
function alikeInAir(plane: Columns, kinds: readonly Uint8Array[], x: number): number {
  const values: [number, number][] = [];
  for (let y = 0; y + 1 < kinds[x].length; y++)
    if (kinds[x][y] === AIR && kinds[x][y + 1] === AIR) values.push([plane[x][y], plane[x][y + 1]]);
  if (values.length < LEAST_ROWS / 2) return 0;
  const mean = values.reduce((sum, [a, b]) => sum + (a + b) / 2, 0) / values.length;
  let [product, square] = [0, 0];
  for (const [a, b] of values) {
    product += (a - mean) * (b - mean);
    square += ((a - mean) ** 2 + (b - mean) ** 2) / 2;
  }
  return square > 0 ? product / square : 0;
}

/**
 * Takes the lines of a plane away, the surest first.
 *
 * @param bright a bright value of the images
 */
export function withoutZippers(
  plane: Columns,
  bright: number,
  known: Known,
): { readonly plane: Columns; readonly zippers: readonly Zipper[] } {
  const zippers: Zipper[] = [];
  let left = plane;
  while (zippers.length < MOST_LINES) {
    const kinds = kindsOf(left, bright);
    const tissue = left.map((_, x) => inTissue(left, kinds, x));
    const zipper = strongest({ plane: left, kinds, tissue, bright, known });
    if (zipper === null || zippers.some(({ column }) => column === zipper.column)) break;
    // Beside lines that are there for certain, what may be one is left.
    if (zippers.some(({ isCertain }) => isCertain) && !zipper.isCertain) break;
    left = withoutLine(left, kinds, zipper);
    zippers.push(zipper);
  }
  return { plane: left, zippers };
}
