/**
 * How deep an N/2 ghost is, told apart from light that tissue spreads over air. Both are brighter near tissue, and where
 * the tissue half a field of view away begins, so how power follows that tissue tells of both. But spread light changes
 * slowly: of second differences over a few pixels next to nothing is left of it, while a ghost has the borders and the
 * texture of its parent, there as everywhere.
 */

/** Squares of a plane, of what lies half a field of view away, and where there is air for certain. */
export interface HalfAway {
  /** Places along the phase encoding and along the read-out; index = place * lines + line. */
  readonly places: number;
  readonly lines: number;
  readonly own: Float32Array;
  readonly away: Float32Array;
  readonly air: Uint8Array;
}

/** Second differences of air, over those of what is half a field of view away. */
export interface Contrast {
  readonly ratio: number;
  readonly weight: number;
  /** Place on the read-out. */
  readonly line: number;
}

/** Pixels over which second differences are taken. */
const STEP = 2;
/** Pixels around tissue that are no air, along the phase encoding and along the read-out. */
const [RIM, RIM_ACROSS] = [4, 2];
/** Least second difference of the parent's power, over the power of what is bright. */
const LEAST_CONTRAST = 0.02;
/** The same over its own noise, which would make ghosts look weaker: they have none of it. */
const OVER_NOISE = 2;

/**
 * @param values of a plane, x fastest
 * @param axis of phase encoding
 * @param most brighter is tissue
 */
export function halfAway(
  values: Float32Array,
  { rows, columns }: { readonly rows: number; readonly columns: number },
  axis: 'x' | 'y',
  most: number,
): HalfAway {
  const [places, lines] = axis === 'y' ? [rows, columns] : [columns, rows];
  const [down, across] = axis === 'y' ? [columns, 1] : [1, columns];
  const own = new Float32Array(values.length);
  for (let place = 0, i = 0; place < places; place++)
    for (let line = 0; line < lines; line++, i++) own[i] = values[place * down + line * across] ** 2;
  return { places, lines, own, away: shifted(own, places, lines), air: airOf(own, places, lines, most ** 2) };
}

/** What is half a field of view away; of an odd number of places the mean of two. */
function shifted(own: Float32Array, places: number, lines: number): Float32Array {
  const away = new Float32Array(own.length);
  const half = places >> 1;
  const other = places - half;
  for (let place = 0, i = 0; place < places; place++) {
    const [one, two] = [((place + half) % places) * lines, ((place + other) % places) * lines];
    for (let line = 0; line < lines; line++, i++) away[i] = (own[one + line] + own[two + line]) / 2;
  }
  return away;
}

/** 1 where no tissue is near by, around the border along the phase encoding. */
function airOf(own: Float32Array, places: number, lines: number, most: number): Uint8Array {
  const air = new Uint8Array(own.length).fill(1);
  for (let place = 0, i = 0; place < places; place++)
    for (let line = 0; line < lines; line++, i++) {
      if (own[i] <= most) continue;
      const [from, to] = [Math.max(0, line - RIM_ACROSS), Math.min(lines, line + RIM_ACROSS + 1)];
      for (let step = -RIM; step <= RIM; step++) {
        const row = ((place + step + places) % places) * lines;
        air.fill(0, row + from, row + to);
      }
    }
  return air;
}

/**
 * Adds what a plane tells of the ghost. Along the phase encoding only: along the read-out spread light ends with the
 * tissue of its line, as ghosts do.
 *
 * @param bright a bright value of the images
 * @param sigma deviation of the noise where nothing else is
 */
export function addContrasts(plane: HalfAway, bright: number, sigma: number, found: Contrast[]): void {
  const { places, lines, own, away, air } = plane;
  const add = (i: number, before: number, after: number, line: number) => {
    if (air[before] === 0 || air[after] === 0) return;
    const parent = away[i] - (away[before] + away[after]) / 2;
    const weight = Math.abs(parent);
    const noise = 2 * sigma * Math.sqrt(away[i] + (away[before] + away[after]) / 4);
    if (weight < Math.max(LEAST_CONTRAST * bright ** 2, OVER_NOISE * noise)) return;
    found.push({ ratio: (own[i] - (own[before] + own[after]) / 2) / parent, weight, line });
  };
  for (let place = 0, i = 0; place < places; place++)
    for (let line = 0; line < lines; line++, i++) {
      if (air[i] === 1 && place >= STEP && place + STEP < places)
        add(i, i - STEP * lines, i + STEP * lines, line);
    }
}

/**
 * Power of a ghost over that of its parent: the weighted median, so that what lies in air and is no ghost has no say.
 * Below zero where chance has it so.
 */
export function powerShare(contrasts: readonly Contrast[]): number {
  const sorted = [...contrasts].sort((a, b) => a.ratio - b.ratio);
  const half = sorted.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let sum = 0;
  for (const { ratio, weight } of sorted) {
    sum += weight;
    if (sum >= half) return ratio;
  }
  return 0;
}
