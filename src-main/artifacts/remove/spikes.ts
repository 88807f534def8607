/**
 * Stripes of outliers in k-space. A spike of amplitude A adds a plane wave to the complex image, of which the magnitude is
 * kept: |t + S|, with t the tissue and S the sum of the waves. In tissue that is stripes, in air a constant. Where S is
 * known, t is known: t = -Re S +- sqrt(m^2 - (Im S)^2). Each wave is found where k-space stands out of its surroundings,
 * and has the amplitude and phase that leave the image of least total variation; one that leaves no less is none.
 */
import { type ComplexImage, fft2, frequencyOf } from '../../base/fft.js';
import { median, quantile } from '../../noise/robust.js';

/** A plane of magnitudes, x fastest. */
export interface Magnitudes {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** With 1 where a value is surely more than noise of air. */
interface Plane extends Magnitudes {
  readonly tissue: Uint8Array;
}

/** Of the brightness: more than this is tissue, or waves over air. */
const TISSUE = 0.2;
/** More than so many times what air shows is tissue too, and so much of the brightness anyway. */
const [OVER_AIR, MOST_TISSUE] = [2, 0.5];

interface Wave {
  readonly kx: number;
  readonly ky: number;
}

/** A wave with its complex amplitude, and of which sign its frequency is: of one alone that makes no difference. */
interface Fitted {
  readonly wave: Wave;
  readonly waveform: Waveform;
  readonly c: number;
  readonly s: number;
  readonly sign: number;
}

/** The sum of waves, and the tissue that it leaves. */
interface State {
  readonly variation: number;
  readonly re: Float32Array;
  readonly im: Float32Array;
  readonly tissue: Float32Array;
  readonly waves: readonly Fitted[];
}

export interface Despiked {
  readonly values: Float32Array;
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

/** @param leastGain total variation that must go with a wave, over what there is */
export function despiked(given: Magnitudes, leastGain: number): Despiked {
  const bright = quantile(given.values, 0.99);
  const air = airLevel(given);
  const threshold = Math.min(MOST_TISSUE * bright, Math.max(TISSUE * bright, OVER_AIR * air));
  const tissue = Uint8Array.from(given.values, (value) => (value > threshold ? 1 : 0));
  const plane: Plane = { ...given, tissue };
  const none = new Float32Array(plane.values.length);
  const before = variationOf(plane.values, plane);
  let state: State = { variation: before, re: none, im: none, tissue: plane.values, waves: [] };
  while (state.waves.length < MOST_WAVES) {
    const next = withNext(plane, state, air);
    if (next.variation >= state.variation - leastGain * before) break;
    state = next;
  }
  if (state.waves.length > 1) for (let k = 0; k < state.waves.length; k++) state = refitted(plane, state, k);
  if (fillsAir(plane, state)) return { values: given.values, waves: [] };
  return { values: state.tissue, waves: state.waves.map(({ wave }) => wave) };
}

/** Of the power of waves: what makes air so much brighter by going cannot have been there. */
const LEFT_IN_AIR = 0.1;

/**
 * Whether air is brighter without the waves than with them. It shows them as a constant, which goes with them: waves
 * that are not seen in it are none, but stripes of anatomy, as gyri in a coarse matrix are.
 */
function fillsAir({ values, tissue }: Plane, state: State): boolean {
  const power = state.waves.reduce((sum, { c, s }) => sum + c ** 2 + s ** 2, 0);
  let [more, count] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    if (tissue[i] === 1) continue;
    more += state.tissue[i] ** 2 - values[i] ** 2;
    count++;
  }
  return more > LEFT_IN_AIR * power * count;
}

/** The best of the frequencies that stand out: beats of two waves in air stand out too, and take less with them. */
function withNext(plane: Plane, state: State, air: number): State {
  const known = state.waves.map(({ wave }) => wave);
  const candidates = outliers(plane, state.tissue)
    .filter((one) => !known.some((other) => one.kx === other.kx && one.ky === other.ky))
    .slice(0, TRIES);
  let best = state;
  for (const wave of candidates) {
    const tried = firstFit(plane, state, wave, air);
    if (tried.variation < best.variation) best = tried;
  }
  return best === state ? state : refined(plane, state, best, STEPS);
}

/** Root mean square where it is darkest. */
function airLevel({ values, ...size }: Magnitudes): number {
  const squares = boxMeans(
    values.map((value) => value * value),
    size,
    AIR_REACH,
  );
  return Math.sqrt(Math.max(0, quantile(squares, AIR_SHARE)));
}

/** A wave once more, beside the others as they are now; gone where it takes nothing with it any more. */
function refitted(plane: Plane, state: State, k: number): State {
  const others = combined(plane, state.waves.toSpliced(k, 1));
  const own = withWave(plane, others, state.waves[k]);
  return refined(plane, others, own.variation < others.variation ? own : others, LAST_STEPS);
}

function combined(plane: Plane, waves: readonly Fitted[]): State {
  const none = new Float32Array(plane.values.length);
  const empty: State = {
    variation: variationOf(plane.values, plane),
    re: none,
    im: none,
    tissue: plane.values,
    waves: [],
  };
  return waves.reduce((state, one) => withWave(plane, state, one), empty);
}

/**
 * Frequencies of half of k-space that stand out, the strongest first. Of tissue alone: where there is none, magnitudes of
 * some waves show what these have between them, which stands out more than the waves do.
 */
function outliers({ tissue, rows, columns }: Plane, values: Float32Array): Wave[] {
  const image: ComplexImage = {
    re: Float64Array.from(values, (value, i) => value * tissue[i]),
    im: new Float64Array(values.length),
    rows,
    columns,
  };
  fft2(image);
  const logs = Float32Array.from(image.re, (re, i) => 0.5 * Math.log(re * re + image.im[i] ** 2 + 1e-12));
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

/** A wave of the amplitude that leaves least variation, of those that are tried. */
function firstFit(plane: Plane, state: State, wave: Wave, air: number): State {
  const known = state.waves.reduce((sum, one) => sum + one.c ** 2 + one.s ** 2, 0);
  const rest = Math.sqrt(Math.max(0, air ** 2 - known));
  const waveform = waveOf(wave, plane);
  let best = state;
  for (const sign of state.waves.length > 0 ? [1, -1] : [1]) {
    const [c, s] = amplitudeOf(state.tissue, waveform, sign);
    const most = rest / Math.max(Math.hypot(c, s), Number.MIN_VALUE);
    for (const times of [...AMPLITUDES, ...OF_AIR.map((share) => share * most)]) {
      const tried = withWave(plane, state, { wave, waveform, c: times * c, s: times * s, sign });
      if (tried.variation < best.variation) best = tried;
    }
  }
  return best;
}

/** The last wave with the amplitude and phase around that leave least variation. @param base without it */
function refined(plane: Plane, base: State, state: State, steps: readonly number[]): State {
  return steps.reduce((best, step) => {
    let next = best;
    for (let pass = 0; pass < PASSES; pass++) {
      const better = stepped(plane, base, next, step);
      if (better === next) break;
      next = better;
    }
    return next;
  }, state);
}

/** Each way of the last wave in turn; the very same state where none leaves less. */
function stepped(plane: Plane, base: State, state: State, step: number): State {
  let best = state;
  for (const [re, im] of [
    [1 + step, 0],
    [1 - step, 0],
    [Math.cos(step), Math.sin(step)],
    [Math.cos(step), -Math.sin(step)],
  ]) {
    const last = best.waves.at(-1);
    if (last === undefined || best.waves.length === base.waves.length) return best;
    const { c, s } = last;
    const tried = withWave(plane, base, { ...last, c: c * re - s * im, s: s * re + c * im });
    if (tried.variation < best.variation) best = tried;
  }
  return best;
}

interface Waveform {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

function waveOf({ kx, ky }: Wave, { rows, columns }: Size): Waveform {
  const cos = new Float32Array(rows * columns);
  const sin = new Float32Array(rows * columns);
  for (let y = 0, i = 0; y < rows; y++)
    for (let x = 0; x < columns; x++, i++) {
      const angle = 2 * Math.PI * (((kx * x) / columns + (ky * y) / rows) % 1);
      cos[i] = Math.cos(angle);
      sin[i] = Math.sin(angle);
    }
  return { cos, sin };
}

/** Complex amplitude of a wave in an image: twice its mean product with the conjugate wave. */
function amplitudeOf(values: Float32Array, { cos, sin }: Waveform, sign: number): [number, number] {
  let [c, s] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    c += values[i] * cos[i];
    s -= sign * values[i] * sin[i];
  }
  return [(2 * c) / values.length, (2 * s) / values.length];
}

/** One wave more. */
function withWave(plane: Plane, state: State, one: Fitted): State {
  const { c, s, sign, wave, waveform } = one;
  const { cos, sin } = waveform;
  const re = state.re.map((value, i) => value + c * cos[i] - s * sign * sin[i]);
  const im = state.im.map((value, i) => value + s * cos[i] + c * sign * sin[i]);
  const waves = [...state.waves, one];
  const period = 1 / Math.hypot(wave.kx / plane.columns, wave.ky / plane.rows);
  const reach = Math.min(MOST_REACH, Math.max(2, Math.round(period / 2)));
  const tissue = solved(plane, re, im, reach);
  return { variation: variationOf(tissue, plane), re, im, tissue, waves };
}

/** A solution may be below zero by this share of the waves, as far as these are not known to the last. */
const SLACK = 0.5;
/** Half side of the squares that tell which solution is meant, at most. */
const MOST_REACH = 12;

/**
 * The tissue t of m = |t + S|. Where Re S is not below zero there is one; elsewhere there may be two, of which the one
 * nearer to the places around with one is taken: half a period away there are some.
 */
function solved(
  { values, rows, columns }: Magnitudes,
  re: Float32Array,
  im: Float32Array,
  reach: number,
): Float32Array {
  const out = new Float32Array(values.length);
  const single = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const root = Math.sqrt(Math.max(0, values[i] * values[i] - im[i] * im[i]));
    out[i] = Math.max(0, root - re[i]);
    single[i] = re[i] >= 0 ? 1 : 0;
  }
  // What is brighter than any two solutions is clipped: beside bright tissue air is told from it.
  const most = 2 * re.reduce((greatest, value) => Math.max(greatest, -value), 0);
  const sums = boxMeans(
    out.map((value, i) => Math.min(most, value) * single[i]),
    { rows, columns },
    reach,
  );
  const shares = boxMeans(single, { rows, columns }, reach);
  for (let i = 0; i < values.length; i++) {
    if (single[i] === 1) continue;
    const around = sums[i] / Math.max(shares[i], 1e-6);
    const lower = -2 * re[i] - out[i];
    // Far below zero it is none: what is much brighter than the waves has one solution.
    if (lower < SLACK * re[i]) continue;
    if (Math.abs(lower - around) < Math.abs(out[i] - around)) out[i] = Math.max(0, lower);
  }
  return out;
}

/** Total variation over pairs of neighbours that are tissue: in air a wave that is none makes noise less, too. */
function variationOf(values: Float32Array, { rows, columns, tissue }: Plane): number {
  let sum = 0;
  for (let y = 0, i = 0; y < rows; y++)
    for (let x = 0; x < columns; x++, i++) {
      if (tissue[i] === 0) continue;
      if (x + 1 < columns && tissue[i + 1] === 1) sum += Math.abs(values[i + 1] - values[i]);
      if (y + 1 < rows && tissue[i + columns] === 1) sum += Math.abs(values[i + columns] - values[i]);
    }
  return sum;
}

/** Means over squares of 2 reach + 1, around the border to the other side. */
function boxMeans(values: Float32Array, { rows, columns }: Size, reach: number): Float32Array {
  const across = new Float32Array(values.length);
  for (let y = 0; y < rows; y++) slide(values, across, y * columns, 1, columns, reach);
  const out = new Float32Array(values.length);
  for (let x = 0; x < columns; x++) slide(across, out, x, columns, rows, reach);
  return out;
}

function slide(
  from: Float32Array,
  to: Float32Array,
  start: number,
  step: number,
  length: number,
  reach: number,
): void {
  const at = (i: number) => from[start + (((i % length) + length) % length) * step];
  let sum = 0;
  for (let i = -reach; i <= reach; i++) sum += at(i);
  for (let i = 0; i < length; i++) {
    to[start + i * step] = sum / (2 * reach + 1);
    sum += at(i + reach + 1) - at(i - reach);
  }
}
