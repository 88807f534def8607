/**
 * Zippers: lines along the phase encoding, which interference of one frequency draws at one place of the read-out. To
 * each place of phase encoding it adds a complex number of its own, spread over the read-out by one profile, and the
 * magnitude is kept. Air shows it as power that places beside do not have; tissue, as values that differ from those
 * around by the profile times one number for each place of phase encoding. Those numbers are taken away that leave the
 * image of least total variation, held to how strong the line is: where it is weak, little is taken.
 */
import { median, quantile } from '../../../noise/robust.js';

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

/** Lines of a plane at most. */
const MOST_LINES = 8;
/** The nearest columns that are compared with a line, since nearer ones may be of it, and the furthest. */
const [NEAREST, FURTHEST] = [3, 12];
/** A place is air or tissue by so many columns on each side, over so many rows to both sides. */
const [BOX, BOX_ROWS] = [5, 2];
/** Of what is bright: darker is air; over what air shows; and so much at most. */
const [DARK, OVER_AIR, MOST_DARK] = [0.1, 2, 0.4];
/** Share of places that are air for certain. */
const AIR_SHARE = 0.05;
/** Rows that tell of a line. */
const LEAST_ROWS = 16;
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
/** Median of the square of a complex number by chance, of power 1. */
const MEDIAN_IN_AIR = Math.LN2;
/** Median of the square of a number by chance, of variance 1. */
const MEDIAN_POWER = 0.4549;
/** Power of details over that of values without relation. */
const DETAIL = 1.5;
/** Columns on each side over which the total variation is made least, and passes of reweighted least squares. */
const [WINGS, PASSES] = [8, 15];
/** Differences under this share of the usual count as that. */
const LEAST_STEP = 0.05;
/** Errors from which on parts of a line far from its middle are told. */
const TOLD = 2;
/** Turns in which what goes along and across the phase of the tissue are told, and power across at most, over the usual. */
const [TURNS, MOST_ACROSS] = [4, 4];
/** Columns from the middle of a profile to its first zero that are tried, and steps in which its middle is told. */
const [WIDTHS, OFF_STEP] = [[1, 1.1, 1.2, 1.35, 1.5, 1.75, 2, 2.5, 3, 4], 0.02];

const [AIR, TISSUE, BORDER] = [0, 1, 2];

/** What each place is, told by the columns beside, which a narrow line does not reach. */
function kindsOf(plane: Columns, bright: number): Uint8Array[] {
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
function beside(plane: Columns, x: number): number[] {
  const found: number[] = [];
  for (let k = NEAREST; k <= FURTHEST; k++)
    for (const at of [x - k, x + k]) if (at >= 0 && at < plane.length) found.push(at);
  return found;
}

/** What air tells of a column: rows that are air, its power, that of columns beside, and by how much these differ. */
interface InAir {
  readonly rows: number;
  readonly power: number;
  readonly around: number;
  readonly spread: number;
}

/** @param within rows that are looked at; left out: all */
function inAir(
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
/** Differences of a column from the mean of the rows before and after: what goes on from row to row is none of a line. */
function detailOf(column: Float32Array): Float32Array {
  return column.map((value, y) =>
    y === 0 || y === column.length - 1 ? 0 : value - (column[y - 1] + column[y + 1]) / 2,
  );
}
/** Median power of what differs from columns beside and rows around, in tissue; and how many rows tell. */
interface InTissue {
  readonly power: number;
  readonly rows: number;
}

function inTissue(plane: Columns, kinds: readonly Uint8Array[], x: number): InTissue {
  if (x < NEAREST || x + NEAREST >= plane.length) return { power: 0, rows: 0 };
  const [left, right] = [plane[x - NEAREST], plane[x + NEAREST]];
  const [one, other] = [left, right].map((side) => detailOf(plane[x].map((value, y) => value - side[y])));
  const rows = [...one.keys()].filter((y) => isTissue(kinds[x], y));
  // The lesser of both: a line a little beside is none here.
  const powers = rows.map((y) => Math.min(one[y] ** 2, other[y] ** 2));
  return { power: powers.length === 0 ? 0 : median(powers) / MEDIAN_POWER / DETAIL, rows: rows.length };
}

function isTissue(kinds: Uint8Array, y: number): boolean {
  return kinds[y] === TISSUE && kinds[y - 1] === TISSUE && kinds[y + 1] === TISSUE;
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

/** How a line spreads over the read-out: the spectrum of a wave over the samples that were acquired. */
interface Profile {
  /** Distance of its middle from the column where it is strongest, columns. */
  readonly off: number;
  /** Columns from its middle to its first zero: 1 on the acquired grid, more where k-space was filled with zeros. */
  readonly width: number;
  /** Factor by which what is beyond the first zeros is weaker than that: k-space may have been filtered. */
  readonly far: number;
}

function partOf({ off, width, far }: Profile, distance: number): number {
  const at = Math.abs(distance - off) / width;
  return (at > 1 ? far : 1) * (at < 1e-9 ? 1 : Math.sin(Math.PI * at) / (Math.PI * at));
}

/** Profiles that are near to what air, or else tissue, shows around the strongest column. */
function profilesOf(plane: Columns, kinds: readonly Uint8Array[], zipper: Zipper): Profile[] {
  const seen = seenAround(plane, kinds, zipper);
  // Tissue tells too little of columns further away.
  if (!seen[0].isPower) return [{ off: 0, width: 1, far: 1 }, nearest(seen, 1)];
  const wider = WIDTHS.map((width) => nearest(seen, width)).sort((a, b) => a.error - b.error)[0];
  return [{ off: 0, width: 1, far: 1 }, nearest(seen, 1), wider];
}

/** The profile of a width that is nearest to what is seen. */
function nearest(seen: readonly Seen[], width: number): Profile & { readonly error: number } {
  let best = { off: 0, width, far: 1, error: Number.POSITIVE_INFINITY };
  for (let off = -0.5; off <= 0.5; off += OFF_STEP) {
    const profile = { off, width, far: 1 };
    const middle = partOf(profile, 0);
    const error = seen.reduce((sum, { distance, part, isPower }) => {
      const told = partOf(profile, distance) / middle;
      return sum + (part - (isPower ? told ** 2 : told)) ** 2;
    }, 0);
    if (error < best.error) best = { ...profile, error };
  }
  return best;
}

/** Part of a line in a column, of 1 in the middle: of its power, of which air tells, or of its values, of which tissue does. */
interface Seen {
  readonly distance: number;
  readonly part: number;
  readonly isPower: boolean;
}

function seenAround(plane: Columns, kinds: readonly Uint8Array[], { column, power }: Zipper): Seen[] {
  const isPower = inAir(plane, kinds, column).rows >= LEAST_ROWS;
  const reach = isPower ? 4 : 2;
  const around: Seen[] = [];
  for (let distance = -reach; distance <= reach; distance++) {
    const x = column + distance;
    if (x < 0 || x >= plane.length) continue;
    const air = inAir(plane, kinds, x);
    const part = isPower
      ? (air.power - air.around) / power
      : seenInTissue(plane, kinds, column, distance) / (power / 2);
    around.push({ distance, part: distance === 0 ? 1 : Math.max(-1, Math.min(1, part)), isPower });
  }
  return around;
}

/** Product of the details of a column with those of another, beyond what columns so far apart have in common anyway. */
function seenInTissue(
  plane: Columns,
  kinds: readonly Uint8Array[],
  column: number,
  distance: number,
): number {
  const product = (at: number) => {
    const [first, second] = [detailOf(plane[at]), detailOf(plane[at + distance])];
    const rows = [...first.keys()].filter((y) => isTissue(kinds[column], y));
    return rows.reduce((sum, y) => sum + first[y] * second[y], 0) / Math.max(1, rows.length);
  };
  const usual = beside(plane, column)
    .filter((at) => at + distance >= 0 && at + distance < plane.length)
    .filter((at) => Math.abs(at + distance - column) >= NEAREST)
    .map(product);
  return (product(column) - (usual.length === 0 ? 0 : median(usual))) / DETAIL;
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

function withoutLine(plane: Columns, kinds: readonly Uint8Array[], zipper: Zipper): Float32Array[] {
  const [{ near, parts }] = profilesOf(plane, kinds, zipper)
    .map((near) => ({ near, parts: amountsOf(plane, kinds, zipper, near) }))
    .sort((a, b) => a.parts.variation - b.parts.variation);
  const profile = { ...near, far: farOf(plane, kinds, zipper, near, parts.along) };
  const { around } = inAir(plane, kinds, zipper.column);
  const whole = zipper.power / partOf(profile, 0) ** 2;
  return plane.map((column, x) => {
    const part = partOf(profile, x - zipper.column);
    const darker = Math.sqrt(around / Math.max(around + part ** 2 * whole, Number.MIN_VALUE));
    return column.map((value, y) => {
      const without =
        kinds[x][y] === AIR ? value * darker : leftOf(value, part, parts.along[y], parts.across[y]);
      return value + zipper.share * (without - value);
    });
  });
}

/** Tissue where a line was added: `along` its phase, and power `across` it. */
function leftOf(value: number, part: number, along: number, across: number): number {
  return Math.max(0, Math.sqrt(Math.max(0, value ** 2 - part ** 2 * across)) - part * along);
}

/** How much of what the profile says is seen far from the line: columns there follow what was found near it. */
function farOf(
  plane: Columns,
  kinds: readonly Uint8Array[],
  { column }: Zipper,
  profile: Profile,
  amounts: Float64Array,
): number {
  const detail = detailOf(Float32Array.from(amounts));
  let [product, square, rest, count] = [0, 0, 0, 0];
  for (const [x, values] of plane.entries()) {
    const distance = x - column;
    if (Math.abs(distance - profile.off) <= profile.width || Math.abs(distance) > 2 * FURTHEST) continue;
    const part = partOf(profile, distance);
    const own = detailOf(values);
    for (let y = 1; y + 1 < values.length; y++) {
      if (!isTissue(kinds[column], y) || !isTissue(kinds[x], y)) continue;
      product += part * detail[y] * own[y];
      square += (part * detail[y]) ** 2;
      rest += own[y] ** 2;
      count++;
    }
  }
  if (square === 0) return 0;
  const error = Math.sqrt(rest / count / square);
  return Math.max(0, Math.min(1, (product / square - TOLD * error) / (1 - Math.min(0.99, TOLD * error))));
}

/** What a line adds to each row of what is no air, in the middle of its profile. */
interface Amounts {
  /** Along the phase of the tissue. */
  readonly along: Float64Array;
  /** Power across that phase, of which magnitudes show less. */
  readonly across: Float64Array;
  /** Total variation that is left of the columns around. */
  readonly variation: number;
}

function amountsOf(
  plane: Columns,
  kinds: readonly Uint8Array[],
  { column, power }: Zipper,
  profile: Profile,
): Amounts {
  const rows = plane[0].length;
  const first = Math.max(0, column - WINGS);
  const window = plane.slice(first, column + WINGS + 1);
  const parts = window.map((_, k) => partOf(profile, first + k - column));
  const whole = power / partOf(profile, 0) ** 2;
  const places = {
    isOf: Array.from({ length: rows }, (_, y) => kinds[column][y] !== AIR),
    step: stepOf(plane, kinds, column),
  };
  const along = new Float64Array(rows);
  const across = new Float64Array(rows);
  const shownBy = (k: number) =>
    window[k].map((value, y) => Math.sqrt(Math.max(0, value ** 2 - parts[k] ** 2 * across[y])));
  for (let turn = 0; turn < TURNS; turn++) {
    const shown = window.map((_, k) => shownBy(k));
    along.set(
      smoothest(
        shown,
        window.map((_, k) => new Float64Array(rows).fill(parts[k])),
        2 / whole,
        places,
      ),
    );
    if (turn + 1 === TURNS) break;
    const left = window.map((column, k) =>
      column.map((value, y) => leftOf(value, parts[k], along[y], across[y])),
    );
    const slopes = window.map((_, k) =>
      Float64Array.from(
        { length: rows },
        (_, y) =>
          (parts[k] ** 2 * whole) / (2 * Math.max(shown[k][y], Math.sqrt(whole) * Math.abs(parts[k]), 1e-6)),
      ),
    );
    const more = smoothest(left, slopes, 2, places);
    for (let y = 0; y < rows; y++)
      across[y] = Math.max(0, Math.min(MOST_ACROSS * whole, across[y] + whole * more[y]));
  }
  const left = window.map((column, k) =>
    column.map((value, y) => leftOf(value, parts[k], along[y], across[y])),
  );
  return { along, across, variation: variationOf(left, places) };
}

/** Total variation of columns, over rows in which numbers were looked for. */
function variationOf(columns: Columns, { isOf }: Places): number {
  let sum = 0;
  for (const [x, column] of columns.entries())
    for (let y = 0; y < column.length; y++) {
      if (!isOf[y]) continue;
      if (x + 1 < columns.length) sum += Math.abs(columns[x + 1][y] - column[y]);
      if (y + 1 < column.length && isOf[y + 1]) sum += Math.abs(column[y + 1] - column[y]);
    }
  return sum;
}

/** Where numbers are looked for, and the usual difference of neighbours. */
interface Places {
  readonly isOf: readonly boolean[];
  readonly step: number;
}

/**
 * Of all numbers, one for each row, times which `parts` are taken from columns, those that leave least total variation.
 *
 * @param held weight of the squares of the numbers
 */
function smoothest(
  columns: readonly Float32Array[],
  parts: readonly Float64Array[],
  held: number,
  { isOf, step }: Places,
): Float64Array {
  const rows = isOf.length;
  const amounts = new Float64Array(rows);
  for (let pass = 0; pass < PASSES; pass++) {
    const diagonal = new Float64Array(rows).fill(held);
    const below = new Float64Array(rows);
    const right = new Float64Array(rows);
    const weightOf = (rest: number) => 1 / (step * Math.max(Math.abs(rest), LEAST_STEP * step));
    for (let x = 0; x < columns.length; x++)
      for (let y = 0; y < rows; y++) {
        if (!isOf[y]) continue;
        const own = parts[x][y];
        if (x + 1 < columns.length) {
          const slope = parts[x + 1][y] - own;
          const change = columns[x + 1][y] - columns[x][y];
          const weight = weightOf(change - slope * amounts[y]);
          diagonal[y] += weight * slope ** 2;
          right[y] += weight * slope * change;
        }
        if (y + 1 >= rows || !isOf[y + 1]) continue;
        const next = parts[x][y + 1];
        const change = columns[x][y + 1] - columns[x][y];
        const weight = weightOf(change - next * amounts[y + 1] + own * amounts[y]);
        diagonal[y] += weight * own ** 2;
        diagonal[y + 1] += weight * next ** 2;
        below[y] -= weight * own * next;
        right[y] -= weight * own * change;
        right[y + 1] += weight * next * change;
      }
    amounts.set(solved(diagonal, below, right));
  }
  return amounts;
}

/** Mean difference of neighbours along the read-out in columns beside, where they are tissue. */
function stepOf(plane: Columns, kinds: readonly Uint8Array[], column: number): number {
  const steps = beside(plane, column).flatMap((x) =>
    x + 1 >= plane.length || x + 1 === column
      ? []
      : [...plane[x]].flatMap((value, y) => (kinds[x][y] === AIR ? [] : Math.abs(plane[x + 1][y] - value))),
  );
  const mean = steps.reduce((sum, step) => sum + step, 0) / Math.max(1, steps.length);
  return Math.max(mean, Number.MIN_VALUE);
}

/** A symmetric system of three diagonals. @param below coefficient of each row and the next */
function solved(diagonal: Float64Array, below: Float64Array, right: Float64Array): Float64Array {
  const [d, r] = [diagonal.slice(), right.slice()];
  for (let y = 1; y < d.length; y++) {
    const factor = below[y - 1] / d[y - 1];
    d[y] -= factor * below[y - 1];
    r[y] -= factor * r[y - 1];
  }
  for (let y = d.length - 1; y >= 0; y--) r[y] = (r[y] - (y + 1 < d.length ? below[y] * r[y + 1] : 0)) / d[y];
  return r;
}
