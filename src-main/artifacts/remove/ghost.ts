/**
 * The N/2 ghost of echo-planar images: lines of alternating polarity differ in phase, so that the image is
 * m^2 = (t cos p)^2 + (s sin p)^2, where s is the tissue half a field of view away along the phase-encoding axis, and p
 * goes linearly along the read-out (Reeder et al, Magn Reson Med 41:87, 1999). With the same of the place half a field of
 * view away these are two equations for t and s. The phase is told where one of the two is air: there m is tan p times
 * the other, whatever the tissue.
 */
import type { Axis } from '../../base/fft.js';
import { type Volume, withData } from '../../imaging/volume.js';
import { median } from '../../noise/robust.js';
import { brightOf, requireMr } from './images.js';
import { type About, type Look, nothing, type Remover } from './remover.js';

export const ghostRemover: Remover = { name: 'ghost', when: 'before', look };

/** Correlation of the power of ghosts with that of their parents from which on they are there for certain, or may be. */
const [CERTAIN, POSSIBLE] = [0.9, 0.75];
/** Least ghost over its parent. */
const LEAST = 0.03;
/** Darker than this share of the parent a place may be air with a ghost; a parent is brighter than this share of the bright. */
const [GHOST, PARENT] = [0.5, 0.3];
/** Parts of the read-out that are fitted by a line. */
const PARTS = 8;
const LEAST_PAIRS = 40;
const LEAST_SIDE = 16;
/** Planes that are looked at. */
const SAMPLE = 12;

interface Phase {
  readonly axis: Axis;
  /** Phase at the middle of the read-out, and how it changes over its length; radians. */
  readonly middle: number;
  readonly slope: number;
  /** Correlation of the power of dark places with that half a field of view away. */
  readonly alike: number;
}

function look(volume: Volume, about: About): Look {
  requireMr(volume, about, 'ghost');
  const bright = brightOf(volume);
  const none = { ...nothing('%'), remove: () => volume };
  if (!(bright > 0) || Math.min(volume.rows, volume.columns) < LEAST_SIDE) return none;
  if (volume.data.some((value) => value < 0)) return none;
  const planes = sampled(volume);
  const axes: readonly Axis[] = about.phase === null ? ['y', 'x'] : [about.phase];
  const found = axes.flatMap((axis) => phaseOf(volume, planes, axis, bright) ?? []);
  const [best] = found.sort((a, b) => b.alike - a.alike);
  if (best === undefined || best.alike < POSSIBLE || Math.tan(best.middle) < LEAST)
    return { ...none, facts: { alike: best?.alike ?? 0 } };
  return {
    sure: best.alike >= CERTAIN ? 0.9 : 0.35,
    amount: 100 * Math.tan(best.middle),
    unit: '% of the parent',
    facts: { alike: best.alike, slope: best.slope },
    words: `N/2 ghost of ${(100 * Math.tan(best.middle)).toFixed(1)} % along ${best.axis === 'y' ? 'columns' : 'rows'}`,
    remove: (onProgress) => {
      const data = new Float32Array(volume.data.length);
      const count = volume.slices * volume.frames;
      for (let plane = 0; plane < count; plane++) {
        const own = phaseOf(volume, [plane], best.axis, bright);
        // A plane that tells little has the phase of all.
        const phase = own !== null && own.alike >= CERTAIN ? { ...best, middle: own.middle } : best;
        removeFrom(volume, plane, phase, data);
        onProgress?.(plane + 1, count);
      }
      const { measured } = volume;
      for (let i = 0; i < data.length; i++)
        if (measured !== null && measured[i % measured.length] === 0) data[i] = volume.data[i];
      return withData(volume, data);
    },
    left: (after) => {
      const again = phaseOf(after, sampled(after), best.axis, bright);
      return again === null || again.alike < POSSIBLE ? 0 : 100 * Math.tan(again.middle);
    },
  };
}

function sampled({ slices, frames }: Volume): number[] {
  const count = slices * frames;
  const step = Math.max(1, Math.floor(count / SAMPLE));
  return Array.from({ length: Math.floor(count / step) }, (_, k) => k * step);
}

/** Dark places and what is half a field of view away, by the part of the read-out. */
interface Pairs {
  readonly ghosts: number[];
  readonly parents: number[];
  readonly parts: number[];
  /** Power where both are dark: noise. */
  readonly airs: number[];
}

/** null: too few dark places with something bright half a field of view away. */
function phaseOf(volume: Volume, planes: readonly number[], axis: Axis, bright: number): Phase | null {
  const pairs: Pairs = { ghosts: [], parents: [], parts: [], airs: [] };
  for (const plane of planes) addPairs(volume, plane, axis, bright, pairs);
  const { ghosts, parents, parts, airs } = pairs;
  if (ghosts.length < LEAST_PAIRS) return null;
  const floor = airs.length > 0 ? median(airs) : 0;
  const alike = alikeness(ghosts, parents);
  const ratios = ghosts.map((ghost, i) => (ghost * ghost - floor) / (parents[i] * parents[i]));
  const points = Array.from({ length: PARTS }, (_, part) => ratios.filter((_, i) => parts[i] === part))
    .map((some, part) => ({
      at: (part + 0.5) / PARTS - 0.5,
      weight: some.length,
      angle: some.length > 0 ? Math.atan(Math.sqrt(Math.max(0, median(some)))) : 0,
    }))
    .filter(({ weight }) => weight >= LEAST_PAIRS / PARTS);
  const { middle, slope } = lineThrough(points);
  return { axis, middle: Math.max(0, middle), slope, alike };
}

/** Groups of pairs by the brightness of the parent. */
const GROUPS = 10;

/**
 * How the power of dark places follows that of their parents: correlation of medians of groups, so that neither noise
 * nor tissue among the dark places counts. 0 where it does not grow.
 */
function alikeness(ghosts: readonly number[], parents: readonly number[]): number {
  const order = parents.map((_, i) => i).sort((a, b) => parents[a] - parents[b]);
  const size = Math.ceil(order.length / GROUPS);
  const groups = Array.from({ length: GROUPS }, (_, k) => order.slice(k * size, (k + 1) * size)).filter(
    (group) => group.length > 0,
  );
  const powers = groups.map((group) => median(group.map((i) => parents[i] ** 2)));
  const dark = groups.map((group) => median(group.map((i) => ghosts[i] ** 2)));
  return Math.max(0, correlation(dark, powers));
}

function addPairs(volume: Volume, plane: number, axis: Axis, bright: number, pairs: Pairs): void {
  const { rows, columns } = volume;
  const [length, along] = axis === 'y' ? [rows, columns] : [columns, rows];
  for (let line = 0; line < along; line++)
    for (let at = 0; at < length; at++) {
      const parent = halfAway(volume, plane, axis, line, at);
      const ghost = volume.data[indexOf(volume, plane, axis, line, at)];
      if (parent < AIR * bright && ghost < AIR * bright && (line + at) % AIR_STEP === 0)
        pairs.airs.push(ghost * ghost);
      if (parent < PARENT * bright) continue;
      // Around the rim of the tissue nothing is air.
      if (ghost > GHOST * parent || ghost > PARENT * bright || isRim(volume, plane, axis, line, at, bright))
        continue;
      pairs.ghosts.push(ghost);
      pairs.parents.push(parent);
      pairs.parts.push(Math.min(PARTS - 1, Math.floor((PARTS * line) / along)));
    }
}

/** Both darker than this share of the bright are air; so many of them are enough. */
const [AIR, AIR_STEP] = [0.12, 5];
const RIM = 3;

function isRim(volume: Volume, plane: number, axis: Axis, line: number, at: number, bright: number): boolean {
  const length = axis === 'y' ? volume.rows : volume.columns;
  for (const step of [-RIM, RIM]) {
    const other = (at + step + length) % length;
    if (volume.data[indexOf(volume, plane, axis, line, other)] > PARENT * bright) return true;
  }
  return false;
}

function indexOf({ rows, columns }: Volume, plane: number, axis: Axis, line: number, at: number): number {
  return plane * rows * columns + (axis === 'y' ? at * columns + line : line * columns + at);
}

/** The value half a field of view away; between two of an odd number. */
function halfAway(volume: Volume, plane: number, axis: Axis, line: number, at: number): number {
  const length = axis === 'y' ? volume.rows : volume.columns;
  const value = (place: number) => volume.data[indexOf(volume, plane, axis, line, place % length)];
  const half = length >> 1;
  if (length % 2 === 0) return value(at + half);
  return Math.sqrt((value(at + half) ** 2 + value(at + half + 1) ** 2) / 2);
}

function lineThrough(points: readonly { at: number; weight: number; angle: number }[]): {
  middle: number;
  slope: number;
} {
  let [w, x, y, xx, xy] = [0, 0, 0, 0, 0];
  for (const { at, weight, angle } of points) {
    w += weight;
    x += weight * at;
    y += weight * angle;
    xx += weight * at * at;
    xy += weight * at * angle;
  }
  if (w === 0) return { middle: 0, slope: 0 };
  const spread = xx - (x * x) / w;
  const slope = points.length > 2 && spread > 0 ? (xy - (x * y) / w) / spread : 0;
  return { middle: (y - slope * x) / w, slope };
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) ** 2;
    bb += (b[i] - mb) ** 2;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}

function removeFrom(volume: Volume, plane: number, { axis, middle, slope }: Phase, data: Float32Array): void {
  const { rows, columns } = volume;
  const [length, along] = axis === 'y' ? [rows, columns] : [columns, rows];
  for (let line = 0; line < along; line++) {
    const share = Math.sin(middle + slope * (line / along - 0.5)) ** 2;
    for (let at = 0; at < length; at++) {
      const i = indexOf(volume, plane, axis, line, at);
      const other = halfAway(volume, plane, axis, line, at);
      const square = ((1 - share) * volume.data[i] ** 2 - share * other ** 2) / (1 - 2 * share);
      data[i] = Math.sqrt(Math.max(0, square));
    }
  }
}
