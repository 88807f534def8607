/** What air and tissue show of the columns of a plane, of which some may be zippers (zippers.ts). */
import { median, quantile } from '../../../noise/robust.js';

/** The nearest columns that are compared with a line, since nearer ones may be of it, and the furthest. */
export const [NEAREST, FURTHEST] = [3, 12];
/** A place is air or tissue by so many columns on each side. */
export const BOX = 5;
/** And over so many rows to both sides. */
const BOX_ROWS = 2;
/** Of what is bright: darker is air; over what air shows; and so much at most. */
const [DARK, OVER_AIR, MOST_DARK] = [0.1, 2, 0.4];
/** Share of places that are air for certain. */
const AIR_SHARE = 0.05;
/** Rows that tell of a line. */
export const LEAST_ROWS = 16;
/** Median of the square of a complex number by chance, of power 1. */
const MEDIAN_IN_AIR = Math.LN2;
/** Median of the square of a number by chance, of variance 1. */
const MEDIAN_POWER = 0.4549;
/** Power of details over that of values without relation. */
export const DETAIL = 1.5;
export const AIR = 0;
const [TISSUE, BORDER] = [1, 2];

/** A plane as its columns, one for each place of the read-out; each goes along the phase encoding. */
export type Columns = readonly Float32Array[];

/** A zipper that was found. */
export interface Zipper {
  /** Place of the read-out where it is strongest. */
  readonly column: number;
  /** Power that it adds there; square of the unit of values. */
  readonly power: number;
  /** Share of it that is removed: it grows with how far it stands out. */
  readonly share: number;
  /** Whether air shows it, or other planes have it; else tissue of this plane alone tells of it. */
  readonly isCertain: boolean;
}

/** What each place is, told by the columns beside, which a narrow line does not reach. */
export function kindsOf(plane: Columns, bright: number): Uint8Array[] {
  const boxes = boxesOf(plane);
  const level = quantile(
    boxes.flatMap((box) => [...box]),
    AIR_SHARE,
  );
  const dark = Math.min(MOST_DARK * bright, Math.max(DARK * bright, OVER_AIR * level));
  return plane.map((column, x) => {
    const [left, right] = [boxes[x - NEAREST - BOX + 1], boxes[x + NEAREST]];
    return Uint8Array.from(column, (_, y) => {
      const sides = [left, right].flatMap((box) => (box === undefined ? [] : box[y]));
      if (Math.max(...sides) < dark) return AIR;
      return Math.min(...sides) >= dark ? TISSUE : BORDER;
    });
  });
}

/** Median of the row of a box; written out, since it is taken at each place. */
function middleOf(plane: Columns, x: number, y: number): number {
  const [a, b, c, d, e] = [plane[x][y], plane[x + 1][y], plane[x + 2][y], plane[x + 3][y], plane[x + 4][y]];
  // Of the two pairs' lesser and greater values neither the least nor the greatest is the median of five.
  const low = Math.max(Math.min(a, b), Math.min(c, d));
  const high = Math.min(Math.max(a, b), Math.max(c, d));
  return Math.max(Math.min(low, high), Math.min(Math.max(low, high), e));
}

/** Medians of `BOX` columns from each on, which a line does not reach, averaged over the rows around. */
function boxesOf(plane: Columns): Float32Array[] {
  const rows = plane[0].length;
  return Array.from({ length: Math.max(0, plane.length - BOX + 1) }, (_, x) => {
    const across = Float32Array.from({ length: rows }, (_, y) => middleOf(plane, x, y));
    return across.map((_, y) => {
      const around = across.subarray(Math.max(0, y - BOX_ROWS), y + BOX_ROWS + 1);
      return around.reduce((sum, value) => sum + value, 0) / around.length;
    });
  });
}

/** Columns beside one that are there. */
export function beside(plane: Columns, x: number): number[] {
  const found: number[] = [];
  for (let k = NEAREST; k <= FURTHEST; k++)
    for (const at of [x - k, x + k]) if (at >= 0 && at < plane.length) found.push(at);
  return found;
}

/** What air tells of a column: rows that are air, its power, that of columns beside, and by how much these differ. */
export interface InAir {
  readonly rows: number;
  readonly power: number;
  readonly around: number;
  readonly spread: number;
}

/** @param within rows that are looked at; left out: all */
export function inAir(
  plane: Columns,
  kinds: readonly Uint8Array[],
  x: number,
  within = [0, plane[0].length],
): InAir {
  const powerOf = (at: number) => {
    const powers: number[] = [];
    for (let y = within[0]; y < within[1]; y++)
      if (kinds[x][y] === AIR && kinds[at][y] === AIR) powers.push(plane[at][y] ** 2);
    return { power: powers.length === 0 ? 0 : median(powers) / MEDIAN_IN_AIR, count: powers.length };
  };
  const { power, count: rows } = powerOf(x);
  const others = beside(plane, x)
    .map(powerOf)
    .filter(({ count }) => count >= rows / 2)
    .map((other) => other.power);
  if (others.length < BOX) return { rows: 0, power: 0, around: 0, spread: 0 };
  const around = median(others);
  return { rows, power, around, spread: 1.4826 * median(others.map((other) => Math.abs(other - around))) };
}
/** Differences of a column from the mean of the rows before and after: what goes on from row to row is none of a line. */
export function detailOf(column: Float32Array): Float32Array {
  return column.map((value, y) =>
    y === 0 || y === column.length - 1 ? 0 : value - (column[y - 1] + column[y + 1]) / 2,
  );
}
/** Median power of what differs from columns beside and rows around, in tissue; and how many rows tell. */
export interface InTissue {
  readonly power: number;
  readonly rows: number;
}

export function inTissue(plane: Columns, kinds: readonly Uint8Array[], x: number): InTissue {
  if (x < NEAREST || x + NEAREST >= plane.length) return { power: 0, rows: 0 };
  const [left, right] = [plane[x - NEAREST], plane[x + NEAREST]];
  const [one, other] = [left, right].map((side) => detailOf(plane[x].map((value, y) => value - side[y])));
  const rows = [...one.keys()].filter((y) => isTissue(kinds[x], y));
  // The lesser of both: a line a little beside is none here.
  const powers = rows.map((y) => Math.min(one[y] ** 2, other[y] ** 2));
  return { power: powers.length === 0 ? 0 : median(powers) / MEDIAN_POWER / DETAIL, rows: rows.length };
}

export function isTissue(kinds: Uint8Array, y: number): boolean {
  return kinds[y] === TISSUE && kinds[y - 1] === TISSUE && kinds[y + 1] === TISSUE;
}
