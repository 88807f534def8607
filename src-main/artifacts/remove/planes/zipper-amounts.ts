/** What a zipper (zippers.ts) adds to each place, told by its profile and by total variation, and a plane without it. */
import { median } from '../../../noise/robust.js';
import {
  AIR,
  beside,
  type Columns,
  DETAIL,
  detailOf,
  FURTHEST,
  inAir,
  isTissue,
  LEAST_ROWS,
  NEAREST,
  type Zipper,
} from './zipper-places.js';

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

export function withoutLine(plane: Columns, kinds: readonly Uint8Array[], zipper: Zipper): Float32Array[] {
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
