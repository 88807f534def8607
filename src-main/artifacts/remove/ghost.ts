/**
 * The N/2 ghost of echo-planar images: lines of alternating polarity differ in phase, so that the image is
 * m^2 = (t cos p)^2 + (s sin p)^2, where s is the tissue half a field of view away along the phase-encoding axis, and p
 * goes linearly along the read-out (Reeder et al, Magn Reson Med 41:87, 1999). With the same of the place half a field of
 * view away these are two equations for t and s. The phase is told where one of the two is air: there m is tan p times
 * the other, whatever the tissue.
 */
import type { Axis } from '../../base/fft.js';
import { Pair } from '../../base/linear/pair.js';
import { planeLength, type Volume, withData } from '../../imaging/volume.js';
import { ramp } from '../../noise/levels.js';
import { interquartileMean, median } from '../../noise/robust.js';
import { brightOf, leastOf, requireMr } from './images.js';
import { addContrasts, type Contrast, halfAway as halvesOf, powerShare } from './planes/half-away.js';
import { type About, type Look, nothing, type Remover } from './remover.js';

export const ghostRemover: Remover = { name: 'ghost', when: 'before', look };

/** Correlation of the power of ghosts with that of their parents from which on they are there for certain, or may be. */
const [CERTAIN, POSSIBLE] = [0.9, 0.75];
/** Ghost over its parent from which on some of it is removed, and all: between, the share grows. */
const [SOME, ALL] = [0.02, 0.03];
/** The same where it was asked for by name. */
const [SOME_ASKED, ALL_ASKED] = [0.01, 0.02];
/** A parent is brighter than this share of the bright. */
const PARENT = 0.3;
/**
 * Up to this share of its parent a place may be air with a ghost. Weak ghosts are told among places that are darker than
 * any parent; strong ones are not, so they must keep to one share of their parents, as dark tissue does not.
 */
const SHARE = { weak: 0.5, strong: 0.75 } as const;
type Strength = keyof typeof SHARE;
/** A strong ghost is at least so much of the parent. */
const LEAST_STRONG = 0.2;
/**
 * So many of the places must be as dark as the phase says: to a share of that, and to the deviation of the noise or a share
 * of the bright. Dark tissue is not.
 */
const NEAR = { places: 0.6, share: 0.15, least: 0.01 } as const;
/**
 * Spread of the places of a part of the read-out that is not held against it: half of what passes for as dark as the phase
 * says, as a share of the angle, and radians. So parts that tell of nothing but the ghost have a say by their number.
 */
const SPREAD = { share: 0.075, least: 0.01 } as const;
/** Noise alone is darker than so many deviations; nothing that it makes may be cut off. */
const NOISE_REACH = 3.5;
/** Median of the square of magnitudes that are noise alone, in variances. */
const MEDIAN_POWER = 2 * Math.LN2;
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
  /** Power of dark places that no ghost makes. */
  readonly floor: number;
  /** Correlation of the power of dark places with that half a field of view away. */
  readonly alike: number;
}

function look(volume: Volume, about: About): Look {
  requireMr(volume, about, 'ghost');
  const bright = brightOf(volume);
  const none = { ...nothing('%'), remove: () => volume };
  if (!(bright > 0) || Math.min(volume.rows, volume.columns) < LEAST_SIDE) return none;
  if (leastOf(volume.data) < 0) return none;
  if (!isOfTissue(volume, bright)) return none;
  const planes = sampled(volume);
  const axes: readonly Axis[] = about.phase === null ? ['y', 'x'] : [about.phase];
  const found = axes.flatMap((axis) => phaseOf(volume, planes, axis, bright) ?? []);
  const [best] = found.sort((a, b) => b.alike - a.alike);
  const [some, all] = about.asked === true ? [SOME_ASKED, ALL_ASKED] : [SOME, ALL];
  if (best === undefined || best.alike < POSSIBLE || Math.tan(best.middle) < some)
    return { ...none, facts: { alike: best?.alike ?? 0 } };
  const share = about.share ?? Math.min(1, (Math.tan(best.middle) - some) / (all - some));
  return {
    share,
    sure: best.alike >= CERTAIN ? 0.9 : 0.35,
    amount: 100 * Math.tan(best.middle),
    unit: '% of the parent',
    facts: { alike: best.alike, slope: best.slope },
    words: `N/2 ghost of ${(100 * Math.tan(share * best.middle)).toFixed(1)} % along ${best.axis === 'y' ? 'columns' : 'rows'} removed`,
    remove: (onProgress) => {
      const data = new Float32Array(volume.data.length);
      const count = volume.slices * volume.frames;
      for (let plane = 0; plane < count; plane++) {
        const own = phaseOf(volume, [plane], best.axis, bright);
        // A plane that tells little has the phase of all.
        const middle = own !== null && own.alike >= CERTAIN ? own.middle : best.middle;
        removeFrom(volume, plane, { ...best, middle: share * middle, slope: share * best.slope }, data);
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

/** Whether what is bright lies side by side, as tissue does: of noise alone a place tells nothing of the next. */
function isOfTissue({ data, columns }: Volume, bright: number): boolean {
  const isBright = (value: number) => value > BRIGHT_SHARE * bright;
  let [count, together] = [0, 0];
  for (let i = 0; i + 1 < data.length; i++) {
    if ((i + 1) % columns === 0 || !isBright(data[i])) continue;
    count++;
    if (isBright(data[i + 1])) together++;
  }
  return together >= TOGETHER * count;
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
}

interface Looking {
  readonly volume: Volume;
  readonly planes: readonly number[];
  readonly axis: Axis;
  readonly bright: number;
  /** Deviation of the noise where nothing else is. */
  readonly sigma: number;
}

/** null: too few dark places with something bright half a field of view away. */
function phaseOf(volume: Volume, planes: readonly number[], axis: Axis, bright: number): Phase | null {
  const looking = { volume, planes, axis, bright, sigma: noiseOf(volume, planes, axis, bright) };
  const strong = fitOf(looking, 'strong');
  const isStrong = strong !== null && strong.alike > 0 && Math.tan(strong.middle) >= LEAST_STRONG;
  return isStrong ? strong : fitOf(looking, 'weak');
}

/** Second differences of a part of the read-out that have as much say as all medians there. */
const AS_MEDIANS = 50;

/**
 * How deep a weak ghost is, by the part of the read-out, from what medians say of it: these take light that tissue spreads
 * over air for ghost as far as it follows the tissue, but tell of it where tissue has no contrast.
 */
function withContrasts(looking: Looking, medians: readonly Point[]): Point[] {
  const { volume, planes, axis, bright, sigma } = looking;
  const contrasts: Contrast[] = [];
  const area = planeLength(volume);
  for (const plane of planes) {
    const values = volume.data.subarray(plane * area, (plane + 1) * area);
    addContrasts(halvesOf(values, volume, axis, PARENT * bright), bright, sigma, contrasts);
  }
  const [, along] = lengthsOf(volume, axis);
  return medians.map((point) => {
    const own = contrasts.filter(({ line }) => placeOf(partOf(line, along)) === point.at);
    const share = powerShare(own);
    const told = Math.sign(share) * Math.atan(Math.sqrt(Math.abs(share)));
    return { ...point, value: (own.length * told + AS_MEDIANS * point.value) / (own.length + AS_MEDIANS) };
  });
}

/** Part of the read-out of a place on it. */
function partOf(line: number, along: number): number {
  return Math.min(PARTS - 1, Math.floor((PARTS * line) / along));
}

/** Middle of a part, from -0.5 to 0.5. */
function placeOf(part: number): number {
  return (part + 0.5) / PARTS - 0.5;
}

/** Deviation of the noise, where a place and that half a field of view away are dark. */
function noiseOf(volume: Volume, planes: readonly number[], axis: Axis, bright: number): number {
  const powers: number[] = [];
  const [length, along] = lengthsOf(volume, axis);
  for (const plane of planes)
    for (let line = 0; line < along; line++)
      for (let at = line % AIR_STEP; at < length; at += AIR_STEP) {
        const value = volume.data[indexOf(volume, plane, axis, line, at)];
        if (Math.max(value, halfAway(volume, plane, axis, line, at)) < PARENT * bright)
          powers.push(value ** 2);
      }
  return powers.length < LEAST_PAIRS ? 0 : Math.sqrt(median(powers) / MEDIAN_POWER);
}

/** A place of this share of a bright value is bright, and so is the next to so many of these at least. */
const [BRIGHT_SHARE, TOGETHER] = [0.5, 0.5];
/** So many places of air are enough: every fifth. */
const AIR_STEP = 5;

function lengthsOf({ rows, columns }: Volume, axis: Axis): [length: number, along: number] {
  return axis === 'y' ? [rows, columns] : [columns, rows];
}

function fitOf(looking: Looking, strength: Strength): Phase | null {
  const pairs: Pairs = { ghosts: [], parents: [], parts: [] };
  for (const plane of looking.planes) addPairs(looking, strength, plane, pairs);
  const { ghosts, parents, parts } = pairs;
  if (ghosts.length < LEAST_PAIRS) return null;
  const noise = MEDIAN_POWER * looking.sigma ** 2;
  // Beside strong ghosts it is next to nothing, and lines through their medians tell less of it.
  const floor = strength === 'weak' ? Math.max(noise, strayOf(pairs)) : noise;
  const angles = ghosts.map((ghost, i) =>
    Math.atan(Math.sqrt(Math.max(0, ghost * ghost - floor)) / parents[i]),
  );
  const points = Array.from({ length: PARTS }, (_, part) =>
    pointOf(
      part,
      angles.filter((_, i) => parts[i] === part),
    ),
  ).filter((point) => point !== null);
  const { middle, slope } = lineThrough(strength === 'weak' ? withContrasts(looking, points) : points);
  const apart = Math.max(looking.sigma, NEAR.least * looking.bright);
  const near = ghosts.filter((ghost, i) => {
    const told = Math.hypot(Math.tan(middle + slope * placeOf(parts[i])) * parents[i], Math.sqrt(floor));
    return Math.abs(ghost - told) <= apart + NEAR.share * told;
  }).length;
  const isNear = near >= NEAR.places * ghosts.length;
  return {
    axis: looking.axis,
    middle: Math.max(0, middle),
    slope,
    floor,
    alike: isNear ? alikeness(ghosts, parents) : 0,
  };
}

/**
 * What a part of the read-out tells of the phase: the median of its places, with the say of their number over the square
 * of their spread. Where the head fills its field of view there is no air half a field of view away from tissue; the dark
 * places are dark tissue of all shades, whose median is far too deep, and differ from one another as a ghost does not.
 *
 * @param angles in radians
 * @returns null of too few
 */
function pointOf(part: number, angles: readonly number[]): Point | null {
  if (angles.length < LEAST_PAIRS / PARTS) return null;
  const value = median(angles);
  const spread = median(angles.map((angle) => Math.abs(angle - value)));
  const variance = spread ** 2 + (SPREAD.share * value) ** 2 + SPREAD.least ** 2;
  return { at: placeOf(part), weight: angles.length / variance, value };
}

/** Groups of the pairs of a part of the read-out. */
const FEW_GROUPS = 5;
/** Pairs of a part of the read-out that tell nothing of stray light, and that tell all of it. */
const TELLING = [20, 60] as const;
/** Parts that must tell of it: up to the first it is none. */
const TOLD = [3, 5] as const;

/**
 * Power of dark places that does not grow with that of their parents: light that lines of tissue spread over air, which
 * would pass for a ghost. Of lines through medians of groups, in each part of the read-out, the middle half at no parent. It
 * counts as far as parts tell of it, so that a pair more or less changes it by little.
 */
function strayOf({ ghosts, parents, parts }: Pairs): number {
  const found: number[] = [];
  const weights: number[] = [];
  for (let part = 0; part < PARTS; part++) {
    const own = parents.flatMap((_, i) => (parts[i] === part ? [i] : []));
    const weight = ramp(own.length, TELLING);
    if (weight === 0) continue;
    const points = groupsOf(own, parents, FEW_GROUPS).map((group) => ({
      at: median(group.map((i) => parents[i] ** 2)),
      weight: 1,
      value: median(group.map((i) => ghosts[i] ** 2)),
    }));
    const { middle, slope } = lineThrough(points);
    const mean = points.reduce((sum, { value }) => sum + value, 0) / points.length;
    found.push(slope > 0 ? middle : mean);
    weights.push(weight);
  }
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const told = ramp(all, TOLD);
  return told === 0 ? 0 : told * interquartileMean(found, weights);
}

/** Parts of about one size, by the brightness of the parent. */
function groupsOf(pairs: number[], parents: readonly number[], count: number): number[][] {
  const order = pairs.sort((a, b) => parents[a] - parents[b]);
  const size = Math.ceil(order.length / count);
  return Array.from({ length: count }, (_, k) => order.slice(k * size, (k + 1) * size)).filter(
    (group) => group.length > 0,
  );
}

/** Groups of pairs by the brightness of the parent. */
const GROUPS = 10;

/**
 * How the power of dark places follows that of their parents: correlation of medians of groups, so that neither noise
 * nor tissue among the dark places counts. 0 where it does not grow.
 */
function alikeness(ghosts: readonly number[], parents: readonly number[]): number {
  const groups = groupsOf(
    parents.map((_, i) => i),
    parents,
    GROUPS,
  );
  const pair = new Pair();
  for (const group of groups)
    pair.add(median(group.map((i) => ghosts[i] ** 2)), median(group.map((i) => parents[i] ** 2)));
  return Math.max(0, pair.correlation() ?? 0);
}

function addPairs(looking: Looking, strength: Strength, plane: number, pairs: Pairs): void {
  const { volume, axis, bright, sigma } = looking;
  const [length, along] = lengthsOf(volume, axis);
  const most = strength === 'weak' ? PARENT * bright : Number.POSITIVE_INFINITY;
  for (let line = 0; line < along; line++)
    for (let at = 0; at < length; at++) {
      const parent = halfAway(volume, plane, axis, line, at);
      if (parent < PARENT * bright) continue;
      const ghost = volume.data[indexOf(volume, plane, axis, line, at)];
      const dark = Math.max(SHARE[strength] * parent, NOISE_REACH * sigma);
      // Around the rim of the tissue nothing is air.
      if (ghost > Math.min(most, dark) || isRim(looking, strength, plane, line, at)) continue;
      pairs.ghosts.push(ghost);
      pairs.parents.push(parent);
      pairs.parts.push(partOf(line, along));
    }
}

const RIM = 3;

/** Whether there is tissue near by: what is bright, and where ghosts are strong no ghost of what is brighter. */
function isRim(
  { volume, axis, bright }: Looking,
  strength: Strength,
  plane: number,
  line: number,
  at: number,
): boolean {
  const [length] = lengthsOf(volume, axis);
  return [-RIM, RIM].some((step) => {
    const other = (at + step + length) % length;
    const value = volume.data[indexOf(volume, plane, axis, line, other)];
    if (value <= PARENT * bright) return false;
    return strength === 'weak' || value > SHARE.strong * halfAway(volume, plane, axis, line, other);
  });
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

interface Point {
  readonly at: number;
  readonly weight: number;
  readonly value: number;
}

function lineThrough(points: readonly Point[]): { middle: number; slope: number } {
  let [w, x, y, xx, xy] = [0, 0, 0, 0, 0];
  for (const { at, weight, value } of points) {
    w += weight;
    x += weight * at;
    y += weight * value;
    xx += weight * at * at;
    xy += weight * at * value;
  }
  if (w === 0) return { middle: 0, slope: 0 };
  const spread = xx - (x * x) / w;
  const slope = points.length > 2 && spread > 0 ? (xy - (x * y) / w) / spread : 0;
  return { middle: (y - slope * x) / w, slope };
}

/** Where a ghost is weaker than the phase says, air keeps what it shows beside it: no holes are cut into it. */
function removeFrom(volume: Volume, plane: number, phase: Phase, data: Float32Array): void {
  const { axis, middle, slope, floor } = phase;
  const { rows, columns } = volume;
  const [length, along] = axis === 'y' ? [rows, columns] : [columns, rows];
  for (let line = 0; line < along; line++) {
    const share = Math.sin(middle + slope * (line / along - 0.5)) ** 2;
    for (let at = 0; at < length; at++) {
      const i = indexOf(volume, plane, axis, line, at);
      const other = halfAway(volume, plane, axis, line, at);
      const before = volume.data[i] ** 2;
      const square = ((1 - share) * before - share * other ** 2) / (1 - 2 * share);
      data[i] = Math.sqrt(Math.max(square, Math.min(before, floor)));
    }
  }
}
