/**
 * Places to look at: spots and thin lines in what was removed that noise does not explain. Statistics of the whole
 * residual do not see them, since a small vessel or an aqueduct is a few voxels of a million. All answers of all
 * detectors to all voxels are held against one limit, which noise alone passes in one volume of twenty.
 */
import type { PlaceReport, PlacesReport } from '../../contract/trust.js';
import type { Volume } from '../../imaging/volume.js';
import { tissueThreshold } from '../../noise/foreground.js';
import { samplePlanes } from '../../noise/planes.js';
import { type DetectorBank, detectorBank, type Spots } from './detectors.js';
import { foregroundThreshold } from './foreground.js';
import { noiseModel } from './noise-model.js';
import {
  LEAST_SPREAD,
  type Removed,
  type RemovedPlane,
  removedPlane,
  type Window,
  windowOf,
} from './removed.js';
import type { ResidualOptions } from './residual.js';
import { MOST, Sizes } from './sums.js';

/** Volumes of noise alone in which a place is found. */
const FAMILY_ERROR = 0.05;
/**
 * Answers a voxel that count as independent. There are 20 detectors at two depths; more than these, because levels and
 * spreads are measured in the residual itself, in correlated noise by few independent values: so many that at most one
 * in twenty volumes of simulated noise of each correlation passes the limit (test/trust/tests/places.test.ts).
 */
const ANSWERS_A_VOXEL = 200;
/** Slices so many times farther apart than pixels do not share small things. */
const CLOSE = 2.5;
/** Planes that tell how the answers to this residual spread. */
const SAMPLE_PLANES = 9;
/** No place stands out less than this, whatever the volume. */
const LEAST_LIMIT = 4.5;
/** Peaks that are compared at most, and places that are listed. */
const MOST_PEAKS = 20_000;
const LISTED = 50;
/** Two places are farther apart than this, pixels, or so many slices. */
const APART_PIXELS = 3;
const APART_SLICES = 2;
/** Who looks at a place sees what is no farther away. */
const SIGHT_PIXELS = 32;
const SIGHT_SLICES = 4;

/**
 * @param before, after volumes of the same size, in the same units; all values finite
 * @returns null where the level of the noise is not known, or without tissue
 */
export function placesOf(before: Volume, after: Volume, options: ResidualOptions): PlacesReport | null {
  const scan = newScan(before, after, options);
  if (scan === null) return null;
  const { limit, peaks } = standing(scan, spreadOf(scan), ANSWERS_A_VOXEL);
  return {
    count: peaks.length,
    limit,
    places: peaks.slice(0, LISTED).map((peak) => placeAt(peak, scan)),
  };
}

/** What stands out of noise, one of what belongs together, largest first, and how far anything must for that. */
export function standing(
  scan: Scan,
  spread: readonly (readonly number[])[],
  answersAVoxel: number,
): { readonly limit: number; readonly peaks: readonly Peak[] } {
  const { peaks, voxels } = peaksOf(scan, spread);
  const limit = limitOf(voxels, answersAVoxel);
  return {
    limit,
    peaks: joinedPeaks(
      peaks.filter(({ size }) => size >= limit),
      scan,
    ),
  };
}

export interface Scan extends Removed {
  readonly window: Window;
  readonly bank: DetectorBank;
  /** How often each slice is looked at: in every frame, or in every difference between frames. */
  readonly looks: number;
  /** All looks at a slice follow one another; else all slices of a look. */
  readonly sliceBySlice: boolean;
  /** look * slices + slice */
  readonly planeAt: (plane: number) => SeenPlane;
  /** Planes that are looked at together: one, and where slices are close also three. */
  readonly depths: readonly Depth[];
}

interface Depth {
  readonly planes: 1 | 3;
  /** Standard deviation of the mean of the planes in noise, over that of one. */
  readonly deviation: number;
}

export function newScan(before: Volume, after: Volume, options: ResidualOptions): Scan | null {
  const model = noiseModel(options.sigma, options.distribution);
  if (!(model.typical > 0)) return null;
  const threshold = tissueAbove(after, model.typical, options.distribution === 'rician');
  const removed = { before, after, model, threshold };
  const window = windowOf(removed);
  if (window === null) return null;
  const noise = options.noiseCorrelation ?? { x: 0, y: 0, z: 0 };
  const bank = detectorBank(window.columns, window.rows, noise);
  const planeAt = planesOf(removed, window, bank);
  return {
    ...removed,
    window,
    bank,
    looks: before.frames,
    sliceBySlice: false,
    planeAt,
    depths: depthsOf(before, noise.z),
  };
}

/** The valley between air with its ghosts and tissue counts up to this many times the threshold of foreground. */
const MOST_ABOVE = 2.5;

/** The value above which there is tissue: ghosts in dark air are brighter than a tenth of it. */
function tissueAbove(after: Volume, sigma: number, rician: boolean): number {
  const threshold = foregroundThreshold(after, sigma, rician);
  if (!rician) return threshold;
  const { level, air } = tissueThreshold(samplePlanes(after));
  return air ? Math.max(threshold, Math.min(level, MOST_ABOVE * threshold)) : threshold;
}

function depthsOf({ spacing: [x, y, z], slices }: Volume, correlation: number): Depth[] {
  const one: Depth = { planes: 1, deviation: 1 };
  if (slices < 3 || z > CLOSE * Math.min(x, y)) return [one];
  const rho = Math.max(0, correlation);
  return [one, { planes: 3, deviation: Math.sqrt((3 + 4 * rho + 2 * rho * rho) / 9) }];
}

export interface SeenPlane extends RemovedPlane {
  readonly spots: Spots;
}

/** Bytes that planes are kept in: those of the sample are looked at again, and each beside its neighbours. */
const MOST_HELD = 64 * 1024 ** 2;
/** A pixel of a plane and its spots with their rims. */
const BYTES_A_PIXEL = 40;
const LEAST_HELD = 4;

/** Makes planes as they are asked for, and keeps as many as there is room for: what came first goes first. */
function planesOf(removed: Removed, window: Window, bank: DetectorBank): (plane: number) => SeenPlane {
  const held = new Map<number, SeenPlane>();
  const room = MOST_HELD / (BYTES_A_PIXEL * window.columns * window.rows);
  return (plane) => {
    const known = held.get(plane);
    if (known !== undefined) return known;
    const made = removedPlane(removed, window, plane);
    const seen = { ...made, spots: bank.spots(made.residual) };
    const [first] = held.keys();
    if (first !== undefined && held.size >= Math.max(LEAST_HELD, room)) held.delete(first);
    held.set(plane, seen);
    return seen;
  };
}

/** Visits planes in order, or some of them, with the spots of those that each depth looks at together. */
function eachPlane(
  { before, looks, sliceBySlice, depths, planeAt }: Scan,
  wanted: (plane: number) => boolean,
  visit: (plane: number, removed: RemovedPlane, seen: readonly (readonly Spots[])[]) => void,
): void {
  const { slices } = before;
  for (let n = 0; n < slices * looks; n++) {
    const plane = sliceBySlice ? (n % looks) * slices + Math.floor(n / looks) : n;
    if (!wanted(plane)) continue;
    const removed = planeAt(plane);
    if (!removed.tissue.includes(1)) continue;
    const slice = plane % slices;
    const seen = depths.flatMap(({ planes }) => {
      if (planes === 1) return [[removed.spots]];
      if (slice === 0 || slice === slices - 1) return [];
      return [[planeAt(plane - 1).spots, removed.spots, planeAt(plane + 1).spots]];
    });
    visit(plane, removed, seen);
  }
}

/**
 * Standard deviation of the answers of each detector, depth by depth: that of the noise times what all but the largest
 * answers to this residual show of it. A denoiser leaves coarse noise, so that less of it is removed than of fine noise.
 */
export function spreadOf(scan: Scan): number[][] {
  const { before, bank, depths, looks } = scan;
  const step = Math.max(1, Math.floor((before.slices * looks) / SAMPLE_PLANES));
  const sizes = depths.map(() => bank.detectors.map(() => new Sizes()));
  eachPlane(
    scan,
    (plane) => plane % step === step >> 1,
    (_, { changed }, seen) => {
      for (const [depth, planes] of seen.entries())
        bank.answers(planes, (answers, detector) => {
          const scale = 1 / (depths[depth].deviation * bank.detectors[detector].deviation);
          sizes[depth][detector].addWhere(answers, changed, scale);
        });
    },
  );
  return depths.map(({ deviation }, depth) =>
    bank.detectors.map((detector, k) => {
      const shown = Math.max(LEAST_SPREAD, sizes[depth][k].deviation(MOST));
      return deviation * detector.deviation * shown;
    }),
  );
}

export interface Peak {
  /** In the window. */
  readonly column: number;
  readonly row: number;
  readonly slice: number;
  readonly frame: number;
  readonly detector: number;
  /** Amplitude of what was removed, in sigma of the noise; positive where the source is brighter. */
  readonly amplitude: number;
  /** The answer over its standard deviation. */
  readonly size: number;
}

function peaksOf(scan: Scan, spread: readonly (readonly number[])[]): { peaks: Peak[]; voxels: number } {
  const { before, bank, window } = scan;
  const { columns, rows } = window;
  let peaks: Peak[] = [];
  let voxels = 0;
  eachPlane(
    scan,
    () => true,
    (plane, { tissue, residual, shown, level }, seen) => {
      const best = bank.strongest(seen, spread, shown);
      const slice = plane % before.slices;
      const frame = (plane - slice) / before.slices;
      for (let i = 0; i < tissue.length; i++) {
        if (tissue[i] === 0) continue;
        voxels++;
        if (best.sizes[i] < LEAST_LIMIT || !isPeak(best.sizes, columns, rows, i)) continue;
        if (around(residual, columns, rows, i) * best.amplitudes[i] <= 0) continue;
        peaks.push({
          column: i % columns,
          row: Math.floor(i / columns),
          slice,
          frame,
          detector: best.detectors[i],
          amplitude: level[i] * best.amplitudes[i],
          size: best.sizes[i],
        });
      }
      if (peaks.length > 2 * MOST_PEAKS) peaks = largest(peaks);
    },
  );
  return { peaks: largest(peaks), voxels };
}

function isPeak(sizes: Float32Array, columns: number, rows: number, i: number): boolean {
  const x = i % columns;
  const y = (i - x) / columns;
  for (let row = Math.max(0, y - 1); row <= Math.min(rows - 1, y + 1); row++)
    for (let column = Math.max(0, x - 1); column <= Math.min(columns - 1, x + 1); column++)
      if (sizes[row * columns + column] > sizes[i]) return false;
  return true;
}

/** Sum of a pixel and those around it: beside a bright band it has not the sign of what stands out of the band. */
function around(values: Float32Array, columns: number, rows: number, i: number): number {
  const x = i % columns;
  const y = (i - x) / columns;
  let sum = 0;
  for (let row = Math.max(0, y - 1); row <= Math.min(rows - 1, y + 1); row++)
    for (let column = Math.max(0, x - 1); column <= Math.min(columns - 1, x + 1); column++)
      sum += values[row * columns + column];
  return sum;
}

function largest(peaks: Peak[]): Peak[] {
  return peaks.sort((a, b) => b.size - a.size).slice(0, MOST_PEAKS);
}

/** What noise alone passes in one volume of twenty with so many voxels that are looked at. */
function limitOf(voxels: number, answersAVoxel: number): number {
  const share = Math.log(FAMILY_ERROR / (2 * answersAVoxel * Math.max(1, voxels)));
  let [low, high] = [LEAST_LIMIT, 40];
  for (let round = 0; round < 50; round++) {
    const middle = (low + high) / 2;
    if (logTail(middle) > share) low = middle;
    else high = middle;
  }
  return high;
}

/** Logarithm of the part of a normal distribution above u, for u of 4 and more (Abramowitz and Stegun 26.2.12). */
function logTail(u: number): number {
  const v = 1 / (u * u);
  return (-u * u) / 2 - Math.log(u * Math.sqrt(2 * Math.PI)) + Math.log1p(-v * (1 - 3 * v * (1 - 5 * v)));
}

/**
 * Without those that lie on a larger one, and one of those that follow one another and changed alike: a border or a vessel
 * that was erased is one place, at its largest. Slices far apart do not show one thing.
 *
 * @param peaks largest first
 */
function joinedPeaks(peaks: readonly Peak[], { bank, depths }: Scan): Peak[] {
  const followed = depths.length > 1 ? APART_SLICES : 0;
  const follows = (one: Peak, other: Peak): boolean =>
    one.amplitude * other.amplitude > 0 &&
    Math.abs(one.slice - other.slice) <= followed &&
    isNear(one, other, bank);
  const bySlice = new Map<string, Set<Peak>>();
  const keyOf = (frame: number, slice: number): string => `${frame} ${slice}`;
  for (const peak of peaks) {
    const key = keyOf(peak.frame, peak.slice);
    bySlice.set(key, (bySlice.get(key) ?? new Set<Peak>()).add(peak));
  }
  const around = ({ frame, slice }: Peak) =>
    Array.from({ length: 2 * APART_SLICES + 1 }, (_, k) =>
      bySlice.get(keyOf(frame, slice - APART_SLICES + k)),
    ).filter((some) => some !== undefined);
  const kept: Peak[] = [];
  for (const first of peaks) {
    if (!bySlice.get(keyOf(first.frame, first.slice))?.delete(first)) continue;
    kept.push(first);
    const group = [first];
    for (const one of group)
      for (const others of around(one))
        for (const other of others)
          if (one === first ? isNear(one, other, bank) : follows(one, other) && isInSight(first, other)) {
            others.delete(other);
            if (follows(one, other)) group.push(other);
          }
  }
  return kept;
}

/** @param one the larger, or one that is of its group */
function isNear(one: Peak, other: Peak, bank: DetectorBank): boolean {
  const { width, length } = bank.detectors[one.detector];
  const reach = Math.max(APART_PIXELS, 1.5 * width, length / 2 + width);
  return Math.hypot(one.column - other.column, one.row - other.row) <= reach;
}

function isInSight(first: Peak, other: Peak): boolean {
  const far = Math.hypot(first.column - other.column, first.row - other.row);
  return far <= SIGHT_PIXELS && Math.abs(first.slice - other.slice) <= SIGHT_SLICES;
}

export function placeAt(
  peak: Peak,
  { before, bank, window }: Pick<Scan, 'before' | 'bank' | 'window'>,
): PlaceReport {
  const { slice, frame, amplitude, size } = peak;
  const { shape, width, length } = bank.detectors[peak.detector];
  const { affine, spacing } = before;
  const [column, row] = [window.left + peak.column, window.top + peak.row];
  const along = (axis: number): number =>
    [column, row, slice, 1].reduce((sum, index, k) => sum + affine[4 * axis + k] * index, 0);
  return {
    shape,
    change: amplitude > 0 ? 'darker' : 'brighter',
    slice: slice + 1,
    frame: frame + 1,
    lastFrame: null,
    column,
    row,
    position: [along(0), along(1), along(2)],
    size: Math.sqrt(spacing[0] * spacing[1]) * (width + length),
    changeOverSigma: Math.abs(amplitude),
    sigma: size,
  };
}
