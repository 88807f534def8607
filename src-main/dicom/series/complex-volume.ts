import { type Problem, problemOf } from '../../contract/errors.js';
import { cartesianOf, polarOf } from '../../imaging/complex.js';
import { shotPhaseOf, turnedBy } from '../../imaging/phase.js';
import type { Volume } from '../../imaging/volume.js';
import type { Decode } from '../codec/decode.js';
import { storedRange } from '../codec/stored.js';
import type { ComplexPair } from './complex.js';
import { loadVolume } from './volume.js';

export interface LoadedComplex {
  /** The real parts of all frames, then the imaginary ones of all, of many volumes whose phases differ less the smooth phase of each plane. */
  readonly parts: Volume;
  /** Of the complex image; half as many frames. */
  readonly magnitude: Volume;
  /** SHA-256 of the files of each half, as `loadVolume` gives them. */
  readonly hashes: readonly [readonly string[], readonly string[]];
  /** Two halves in the units of their own files. @param parts as long as those that were loaded */
  halves(parts: Float32Array): readonly [Float32Array, Float32Array];
}

/** What is loaded where the phase is not on a scale that is known: the magnitudes alone. */
export interface LoadedMagnitude {
  readonly parts: null;
  readonly magnitude: Volume;
  readonly hashes: LoadedComplex['hashes'];
  readonly problem: Problem;
}

/**
 * Reads both halves of a complex image.
 *
 * @throws LimpidError as `loadVolume`
 */
export async function loadComplex(
  { kind, first, second }: ComplexPair,
  decode: Decode,
  onProgress: (done: number) => void = () => {},
): Promise<LoadedComplex | LoadedMagnitude> {
  const a = await loadVolume(first, decode, { onProgress });
  const files = a.hashes.length;
  const b = await loadVolume(second, decode, { onProgress: (done) => onProgress(files + done) });
  const hashes = [a.hashes, b.hashes] as const;
  const measured = both(a.volume.measured, b.volume.measured);
  const [x, y] = [a.volume.data, b.volume.data];
  const count = x.length;
  const period = kind === 'polar' ? periodOf(b.volume, scalesOf(second)) : 1;
  if (period === null)
    return {
      parts: null,
      magnitude: a.volume,
      hashes,
      problem: NO_SCALE,
    };
  const data = new Float32Array(2 * count);
  if (kind === 'polar') cartesianOf(x, y, period, data);
  else {
    data.set(x);
    data.set(y, count);
  }
  const { rows, columns } = a.volume;
  const { frames } = a.volume;
  const smooth = frames >= MANY_VOLUMES ? shotPhaseOf({ parts: data, rows, columns }, frames) : null;
  const common = { ...a.volume, measured, quantum: 0 };
  const twice = measured === null ? null : Uint8Array.from([...measured, ...measured]);
  const magnitude = kind === 'polar' ? x : x.map((value, i) => Math.hypot(value, y[i]));
  return {
    parts: {
      ...common,
      data: smooth === null ? data : turnedBy(data, smooth, -1),
      measured: twice,
      frames: 2 * common.frames,
    },
    magnitude: { ...common, data: magnitude },
    hashes,
    halves: (parts) => {
      const back = smooth === null ? parts : turnedBy(parts, smooth, 1);
      return kind === 'cartesian'
        ? [back.subarray(0, count), back.subarray(count)]
        : polarOf(back, x, y, period);
    },
  };
}

/** So many are denoised by what they have in common; of fewer, the parts as they are were denoised better. */
const MANY_VOLUMES = 5;

/** Measured in both halves. */
function both(a: Uint8Array | null, b: Uint8Array | null): Uint8Array | null {
  if (a === null || b === null) return a ?? b;
  return a.map((value, i) => value & b[i]);
}

/** How far values of the whole stored range are apart, where a scale puts a turn into it: by 4096 at Siemens. */
function scalesOf({ instances: [first] }: ComplexPair['second']): number[] {
  const [low, high] = storedRange(first);
  return [2 ** 12, high - low + 1].map((steps) => steps * Math.abs(first.slope));
}

/** Radians, thousandths of these (GE, Philips), degrees. */
const TURNS = [2 * Math.PI, 2000 * Math.PI, 360];
/** The phases of noise take all values: those that were measured reach so near to a whole turn, or over it by rounding. */
const [LEAST_SHARE, MOST_SHARE] = [0.97, 1.002];

/** What a whole turn is in units of the phase image; null where its values fill none that is known. */
function periodOf({ data, measured }: Volume, scales: readonly number[]): number | null {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < data.length; i++) {
    if (measured?.[i] === 0) continue;
    if (data[i] < least) least = data[i];
    if (data[i] > most) most = data[i];
  }
  const fits = (turn: number) => {
    const share = (most - least) / turn;
    return share >= LEAST_SHARE && share <= MOST_SHARE;
  };
  return [...TURNS, ...scales].find(fits) ?? null;
}

const NO_SCALE: Problem = problemOf('W_PHASE/scale');
