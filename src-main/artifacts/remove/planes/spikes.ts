/**
 * Stripes of outliers in k-space. A spike of amplitude A adds a plane wave to the complex image, of which the magnitude is
 * kept: |t + S|, with t the tissue and S the sum of the waves. In tissue that is stripes, in air a constant. Where S is
 * known, t is known: t = -Re S +- sqrt(m^2 - (Im S)^2). Each wave is found where k-space stands out of its surroundings,
 * and has the amplitude and phase that leave the image of least total variation; one that leaves no less is none.
 */
import { frequencyOf } from '../../../base/fft.js';
import { median, quantile } from '../../../noise/robust.js';
import { type Fitted, type Magnitudes, type Plane, type Wave, WavePlane } from './waves.js';

/** Of the brightness: more than this is tissue, or waves over air. */
const TISSUE = 0.2;
/** More than so many times what air shows is tissue too, and so much of the brightness anyway. */
const [OVER_AIR, MOST_TISSUE] = [2, 0.5];

/** Waves, and the total variation of the tissue that they leave. */
interface State {
  readonly variation: number;
  readonly waves: readonly Fitted[];
}

export interface Despiked {
  readonly values: Float32Array;
  /** Total variation that goes with the first wave, over what there is: a plane in which it is too little has none. */
  readonly gain: number;
  readonly waves: readonly Wave[];
}

/** Nearer to the centre of k-space, in cycles a pixel, an outlier is shading, which images have by themselves. */
const LEAST_FREQUENCY = 0.05;
/** Log magnitude over its surroundings from which on a frequency is tried; noise alone reaches 1.5. */
const STANDS_OUT = 1.2;
/** Half side of the surroundings, frequencies. */
const REACH = 5;
/** Waves that are looked for in a plane, and frequencies that are tried for each. */
const [MOST_WAVES, TRIES] = [8, 3];
/** Amplitudes that are tried, times that of k-space: air shows none of the wave. */
const AMPLITUDES = [1, 1.5, 2.2, 3.3, 5];
/** Amplitudes that are tried, as shares of what air shows: there the waves are all that there is. */
const OF_AIR = [1, 0.6];
/** Half side of squares over which air is averaged, and the share of them that are air for certain. */
const [AIR_REACH, AIR_SHARE] = [8, 0.15];
/** Times that a step is taken at most. */
const PASSES = 4;
/** Steps in which amplitude and phase are made better, and in which all waves are once more in the end. */
const [STEPS, LAST_STEPS] = [
  [0.25, 0.125, 0.06, 0.03, 0.015],
  [0.06, 0.02],
];

/**
 * @param leastGain total variation that must go with a wave, over what there is
 * @throws LimpidError E_INTERNAL where there is not enough memory
 */
export function despiked(given: Magnitudes, leastGain: number): Despiked {
  const air = airLevel(given);
  const plane = { ...given, tissue: tissueOf(given, air) };
  const work: Work = { plane, left: new WavePlane(plane, MOST_WAVES + TRIES), air };
  const before = variationOf(plane);
  let state: State = { variation: before, waves: [] };
  let tissue = given.values;
  let gain = 0;
  while (state.waves.length < MOST_WAVES) {
    const next = withNext(work, state, tissue);
    if (state.waves.length === 0) gain = before > 0 ? 1 - next.variation / before : 0;
    if (next.variation >= state.variation - leastGain * before) break;
    state = next;
    tissue = leftBy(work, state);
  }
  const none = { values: given.values, gain, waves: [] };
  if (state.waves.length > 1) {
    for (let k = 0; k < state.waves.length; k++) state = refitted(work, before, state, k);
    if (state.waves.length > 0) tissue = leftBy(work, state);
  }
  if (state.waves.length === 0 || fillsAir(plane, state, tissue)) return none;
  return { values: tissue, gain, waves: state.waves.map(({ wave }) => wave) };
}

/** 1 where a value is surely more than noise of air, or what air shows of waves. */
function tissueOf({ values }: Magnitudes, air: number): Uint8Array {
  const bright = quantile(values, 0.99);
  const threshold = Math.min(MOST_TISSUE * bright, Math.max(TISSUE * bright, OVER_AIR * air));
  const tissue = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) tissue[i] = values[i] > threshold ? 1 : 0;
  return tissue;
}

/** A plane, the same in the kernel, and what air shows. */
interface Work {
  readonly plane: Plane;
  readonly left: WavePlane;
  readonly air: number;
}

function leftBy({ left }: Work, { waves }: State): Float32Array {
  left.suppose(waves.slice(0, -1));
  left.without(waves[waves.length - 1]);
  return left.tissue();
}

/** Of the power of waves: what makes air so much brighter by going cannot have been there. */
const LEFT_IN_AIR = 0.1;

/**
 * Whether air is brighter without the waves than with them. It shows them as a constant, which goes with them: waves
 * that are not seen in it are none, but stripes of anatomy, as gyri in a coarse matrix are.
 */
function fillsAir({ values, tissue }: Plane, { waves }: State, left: Float32Array): boolean {
  const power = waves.reduce((sum, { c, s }) => sum + c ** 2 + s ** 2, 0);
  let [more, count] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    if (tissue[i] === 1) continue;
    more += left[i] ** 2 - values[i] ** 2;
    count++;
  }
  return more > LEFT_IN_AIR * power * count;
}

/** The best of the frequencies that stand out: beats of two waves in air stand out too, and take less with them. */
function withNext(work: Work, state: State, tissue: Float32Array): State {
  const known = state.waves.map(({ wave }) => wave);
  const candidates = outliers(work, tissue)
    .filter((one) => !known.some((other) => one.kx === other.kx && one.ky === other.ky))
    .slice(0, TRIES);
  work.left.suppose(state.waves);
  let best = state;
  for (const [k, wave] of candidates.entries()) {
    const tried = firstFit(
      work,
      { ...state, variation: best.variation },
      { wave, slot: MOST_WAVES + k },
      tissue,
    );
    if (tried !== null) best = tried;
  }
  const found = best.waves.at(-1);
  if (best === state || found === undefined) return state;
  const slot = freeSlot(state);
  work.left.copy(found.slot, slot);
  return refined(work, state.waves, { ...found, slot }, best.variation, STEPS);
}

function freeSlot({ waves }: State): number {
  return (
    Array.from({ length: MOST_WAVES }, (_, slot) => slot).find((slot) =>
      waves.every((one) => one.slot !== slot),
    ) ?? 0
  );
}

/** Root mean square where it is darkest. */
function airLevel({ values, ...size }: Magnitudes): number {
  const squares = new Float32Array(values.length);
  for (let i = 0; i < squares.length; i++) squares[i] = values[i] * values[i];
  return Math.sqrt(Math.max(0, quantile(boxMeans(squares, size, AIR_REACH), AIR_SHARE)));
}

/**
 * A wave once more, beside the others as they are now; gone where it takes nothing with it any more.
 *
 * @param none variation with no wave
 */
function refitted(work: Work, none: number, state: State, k: number): State {
  const others = state.waves.toSpliced(k, 1);
  const variation = variationWith(work, none, others);
  work.left.suppose(others);
  const own = work.left.without(state.waves[k]);
  if (own >= variation) return { variation, waves: others };
  return refined(work, others, state.waves[k], own, LAST_STEPS);
}

function variationWith({ left }: Work, none: number, waves: readonly Fitted[]): number {
  const last = waves.at(-1);
  if (last === undefined) return none;
  left.suppose(waves.slice(0, -1));
  return left.without(last);
}

/**
 * Frequencies of half of k-space that stand out, the strongest first. Of tissue alone: where there is none, magnitudes of
 * some waves show what these have between them, which stands out more than the waves do.
 */
function outliers({ plane: { rows, columns }, left }: Work, tissue: Float32Array): Wave[] {
  const logs = left.logSpectrum(tissue);
  const found: (Wave & { readonly out: number })[] = [];
  const rough = STANDS_OUT * 0.7;
  const size = { rows, columns };
  const means = boxMeans(logs, size, REACH);
  for (let y = 0, i = 0; y < rows; y++) {
    const ky = frequencyOf(y, rows);
    for (let x = 0; x < columns; x++, i++) {
      const kx = frequencyOf(x, columns);
      if (ky < 0 || (ky === 0 && kx <= 0) || logs[i] - means[i] < rough || !isPeak(logs, x, y, size))
        continue;
      if (Math.hypot(kx / columns, ky / rows) < LEAST_FREQUENCY) continue;
      const out = logs[i] - surroundings(logs, x, y, size);
      if (out >= STANDS_OUT) found.push({ kx, ky, out: logs[i] });
    }
  }
  return found.sort((a, b) => b.out - a.out);
}

type Size = Pick<Magnitudes, 'rows' | 'columns'>;

/** Whether no frequency beside is stronger: the borders of tissue spread a wave over those around. */
function isPeak(logs: Float32Array, x: number, y: number, { rows, columns }: Size): boolean {
  const own = logs[y * columns + x];
  for (let dy = -1; dy <= 1; dy++)
    for (let dx = -1; dx <= 1; dx++)
      if (logs[((y + dy + rows) % rows) * columns + ((x + dx + columns) % columns)] > own) return false;
  return true;
}

/** The greatest of the medians around a frequency, along its row and along its column: ridges of k-space are none. */
function surroundings(logs: Float32Array, x: number, y: number, { rows, columns }: Size): number {
  const at = (dx: number, dy: number) =>
    logs[((y + dy + rows) % rows) * columns + ((x + dx + columns) % columns)];
  const square: number[] = [];
  const row: number[] = [];
  const column: number[] = [];
  for (let a = -REACH; a <= REACH; a++) {
    for (let b = -REACH; b <= REACH; b++) square.push(at(b, a));
    row.push(at(a, 0));
    column.push(at(0, a));
  }
  return Math.max(median(square), median(row), median(column));
}

/**
 * A wave of the amplitude that leaves least variation, of those that are tried; null where none leaves less than there is.
 *
 * @param tissue what the waves so far leave
 */
function firstFit(
  { left, air }: Work,
  { waves, variation }: State,
  { wave, slot }: Pick<Fitted, 'wave' | 'slot'>,
  tissue: Float32Array,
): State | null {
  const known = waves.reduce((sum, one) => sum + one.c ** 2 + one.s ** 2, 0);
  const rest = Math.sqrt(Math.max(0, air ** 2 - known));
  left.place(wave, slot);
  let best: State | null = null;
  for (const sign of waves.length > 0 ? [1, -1] : [1]) {
    const [c, s] = left.amplitude(tissue, slot, sign);
    const most = rest / Math.max(Math.hypot(c, s), Number.MIN_VALUE);
    for (const times of [...AMPLITUDES, ...OF_AIR.map((share) => share * most)]) {
      const tried = { wave, slot, c: times * c, s: times * s, sign };
      const its = left.without(tried);
      if (its < (best?.variation ?? variation)) best = { variation: its, waves: [...waves, tried] };
    }
  }
  return best;
}

/** The wave with the amplitude and phase around that leave least variation, beside others that are supposed. */
function refined(
  { left }: Work,
  others: readonly Fitted[],
  wave: Fitted,
  variation: number,
  steps: readonly number[],
): State {
  let [best, least] = [wave, variation];
  for (const step of steps)
    for (let pass = 0; pass < PASSES; pass++) {
      const before = least;
      for (const [re, im] of waysOf(step)) {
        const tried = { ...best, c: best.c * re - best.s * im, s: best.s * re + best.c * im };
        const its = left.without(tried);
        if (its < least) [best, least] = [tried, its];
      }
      if (least === before) break;
    }
  return { variation: least, waves: [...others, best] };
}

/** Factors of a complex amplitude: stronger, weaker, and turned either way. */
function waysOf(step: number): [number, number][] {
  return [
    [1 + step, 0],
    [1 - step, 0],
    [Math.cos(step), Math.sin(step)],
    [Math.cos(step), -Math.sin(step)],
  ];
}

/** Total variation over pairs of neighbours that are tissue. */
function variationOf({ values, rows, columns, tissue }: Plane): number {
  let sum = 0;
  for (let y = 0, i = 0; y < rows; y++)
    for (let x = 0; x < columns; x++, i++) {
      if (tissue[i] === 0) continue;
      if (x + 1 < columns && tissue[i + 1] === 1) sum += Math.abs(values[i + 1] - values[i]);
      if (y + 1 < rows && tissue[i + columns] === 1) sum += Math.abs(values[i + columns] - values[i]);
    }
  return sum;
}

/** Means over squares of 2 reach + 1, around the border to the other side; no side is shorter than the reach. */
function boxMeans(values: Float32Array, { rows, columns }: Size, reach: number): Float32Array {
  const out = new Float32Array(values.length);
  const sums = new Float64Array(columns);
  const add = (y: number, sign: number) => {
    const row = ((y + rows) % rows) * columns;
    for (let x = 0; x < columns; x++) sums[x] += sign * values[row + x];
  };
  for (let y = -reach; y < reach; y++) add(y, 1);
  for (let y = 0; y < rows; y++) {
    add(y + reach, 1);
    slide(sums, reach, out.subarray(y * columns, (y + 1) * columns));
    add(y - reach, -1);
  }
  return out;
}

/** Means along a row of sums of columns. */
function slide(sums: Float64Array, reach: number, out: Float32Array): void {
  const { length } = sums;
  const count = (2 * reach + 1) ** 2;
  let sum = 0;
  for (let x = -reach; x < reach; x++) sum += sums[(x + length) % length];
  for (let x = 0; x < length; x++) {
    sum += sums[x + reach < length ? x + reach : x + reach - length];
    out[x] = sum / count;
    sum -= sums[x - reach < 0 ? x - reach + length : x - reach];
  }
}
