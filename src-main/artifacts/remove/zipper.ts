import type { Axis } from '../../base/fft.js';
import { planeLength, type Volume, withData } from '../../imaging/volume.js';
import { quantile } from '../../noise/robust.js';
import { brightOf, leastOf, requireMr } from './images.js';
import type { Columns, Zipper } from './planes/zipper-places.js';
import { type Known, ratiosInTissue, shareOf, withoutZippers } from './planes/zippers.js';
import { type About, type Look, nothing, type Progress, type Remover, SURE } from './remover.js';

/** Lines along the phase encoding, of interference of one frequency (zippers). */
export const zipperRemover: Remover = { name: 'zipper', when: 'before', look };

/** How sure a line is that air shows, and one of which tissue alone tells. */
const [CERTAIN, POSSIBLE] = [0.9, 0.35];
/** How far a line stands out in air to be removed in part, and as a whole; deviations of the columns beside. */
const [STANDS_OUT, STANDS_OUT_ASKED] = [
  [8, 16],
  [6, 12],
] as const;
/** Times the usual power in tissue from which on there may be a line: columns of anatomy reach 80 in coarse matrices. */
const IN_TISSUE = 100;
const LEAST_SIDE = 48;
/**
 * The same in three of four planes, from which on the planes together tell of a line, and of all of it: interference
 * keeps its frequency, anatomy does not stay in a column. Of 25 series without lines the most was 4; so many planes must tell.
 */
const [TOGETHER, OF_PLANES, LEAST_PLANES] = [[12, 24], 0.25, 12] as const;
/**
 * Share of the planes that has a line up to which it is none, and from which on all of it is removed. Interference goes on
 * from plane to plane; what stands out of one tenth of the planes of an EPI are ghosts and flow.
 */
const STEADY = [1 / 3, 1 / 2] as const;

/** Planes that have lines, by their place. */
interface Found {
  readonly axis: Axis;
  readonly planes: ReadonlyMap<number, Zippers>;
}

interface Zippers {
  readonly zippers: readonly Zipper[];
  /** Without them; x fastest. */
  readonly values: Float32Array;
}

function look(volume: Volume, about: About, onProgress?: Progress): Look {
  requireMr(volume, about, 'zipper');
  const bright = brightOf(volume);
  const none = { ...nothing('%', { planes: 0 }), remove: () => volume };
  // What has a sign is no magnitude, of which air shows power alone.
  if (!(bright > 0) || Math.min(volume.rows, volume.columns) < LEAST_SIDE || leastOf(volume.data) < 0)
    return none;
  const known: Known = {
    standsOut: about.asked === true ? STANDS_OUT_ASKED : STANDS_OUT,
    inTissue: IN_TISSUE,
    columns: new Map(),
    steady: null,
  };
  const axes: readonly Axis[] = about.phase === null ? ['y', 'x'] : [about.phase];
  const found = axes.map((axis) => linesAlong(volume, axis, bright, known, onProgress));
  const [best] = found.sort((a, b) => certainty(b) - certainty(a) || b.planes.size - a.planes.size);
  const sure = certainty(best);
  if (sure === 0) return none;
  // Lines of which tissue alone tells are removed only where they are asked for.
  const planes = sure < SURE || about.asked === true ? best.planes : certainOf(best.planes);
  return {
    sure,
    amount: Math.max(
      ...[...planes.values()].flatMap(({ zippers }) => zippers.map((one) => strength(one, bright))),
    ),
    unit: '% of the brightness',
    facts: { planes: planes.size, lines: columnsOf(planes).size },
    words: `zippers along ${best.axis === 'y' ? 'columns' : 'rows'} in ${planes.size} planes removed`,
    remove: (onProgress) => removed(volume, planes, onProgress),
    left: (after) => {
      const again = linesAlong(after, best.axis, bright, known);
      const lines = [...certainOf(again.planes).values()].flatMap(({ zippers }) => zippers);
      return Math.max(0, ...lines.map((one) => strength(one, bright)));
    },
  };
}

function certainty({ planes }: Found): number {
  if (planes.size === 0) return 0;
  return certainOf(planes).size > 0 ? CERTAIN : POSSIBLE;
}

/** Planes whose lines are certain. */
function certainOf(planes: Found['planes']): Found['planes'] {
  return new Map([...planes].filter(([, { zippers }]) => zippers.every(({ isCertain }) => isCertain)));
}

function columnsOf(planes: Found['planes']): Set<number> {
  return new Set([...planes.values()].flatMap(({ zippers }) => zippers.map(({ column }) => column)));
}

/** What a line adds where it is strongest; root of the power, over the brightness, %. */
function strength({ power }: Zipper, bright: number): number {
  return (100 * Math.sqrt(power)) / bright;
}

/** @param axis of phase encoding, along which lines go */
function linesAlong(volume: Volume, axis: Axis, bright: number, known: Known, onProgress?: Progress): Found {
  const count = volume.slices * volume.frames;
  const planes = new Map<number, Zippers>();
  const lookAt = (plane: number, its: Known) => {
    const { plane: left, zippers } = withoutZippers(columnsAlong(volume, plane, axis), bright, its);
    if (zippers.length > 0) planes.set(plane, { zippers, values: valuesOf(left, volume, axis) });
    else planes.delete(plane);
  };
  const columns = together(volume, axis, bright);
  for (let plane = 0; plane < count; plane++) {
    lookAt(plane, { ...known, columns });
    onProgress?.(plane + 1, count);
  }
  const steady = steadyIn(planes, count);
  for (const [plane, { zippers }] of [...planes])
    if (zippers.some(({ column }) => steady.get(column) !== 1)) lookAt(plane, { ...known, columns, steady });
  // A line that some planes show for certain need be told by less in the others.
  for (const column of columnsOf(certainOf(planes))) columns.set(column, 1);
  for (let plane = 0; plane < count; plane++)
    if (lacksSome(columns, planes.get(plane)?.zippers ?? [])) lookAt(plane, { ...known, columns, steady });
  return { axis, planes };
}

/** Columns that have lines in enough of the planes, there or a column beside, and how much of these is removed. */
function steadyIn(planes: Found['planes'], count: number): Map<number, number> {
  const own = [...planes.values()].map(({ zippers }) => new Set(zippers.map(({ column }) => column)));
  const columns = new Set(own.flatMap((some) => [...some]));
  const steady = new Map<number, number>();
  for (const column of columns) {
    const near = own.filter((some) => some.has(column - 1) || some.has(column) || some.has(column + 1));
    const share = shareOf(near.length / count, ...STEADY);
    for (const at of [column - 1, column, column + 1])
      if (share > 0) steady.set(at, Math.max(share, steady.get(at) ?? 0));
  }
  return steady;
}

/** Whether lines of some of the columns were not found. */
function lacksSome(columns: ReadonlyMap<number, number>, zippers: readonly Zipper[]): boolean {
  return [...columns.keys()].some((column) => zippers.every((one) => Math.abs(one.column - column) > 1));
}

/** Columns in which the planes together tell of a line, and of how much of it. */
function together(volume: Volume, axis: Axis, bright: number): Map<number, number> {
  const count = volume.slices * volume.frames;
  const step = Math.max(1, Math.floor(count / MOST_PLANES));
  const ratios: number[][] = [];
  for (let plane = 0; plane < count; plane += step)
    ratios.push(ratiosInTissue(columnsAlong(volume, plane, axis), bright));
  const [some, all] = TOGETHER;
  const columns = new Map<number, number>();
  for (let column = 0; column < ratios[0].length; column++) {
    const told = ratios.flatMap((own) => (own[column] > 0 ? own[column] : []));
    const share = told.length < LEAST_PLANES ? 0 : shareOf(quantile(told, OF_PLANES), some, all);
    if (share > 0) columns.set(column, share);
  }
  return columns;
}

/** Planes that are looked at together, at most about. */
const MOST_PLANES = 40;

/** Columns of a plane along the phase encoding. */
function columnsAlong(volume: Volume, plane: number, axis: Axis): Columns {
  const { rows, columns, data } = volume;
  const start = plane * planeLength(volume);
  const [count, length, across, along] =
    axis === 'y' ? [columns, rows, 1, columns] : [rows, columns, columns, 1];
  return Array.from({ length: count }, (_, k) =>
    Float32Array.from({ length }, (_, i) => data[start + k * across + i * along]),
  );
}

function valuesOf(plane: Columns, { rows, columns }: Volume, axis: Axis): Float32Array {
  const values = new Float32Array(rows * columns);
  const [across, along] = axis === 'y' ? [1, columns] : [columns, 1];
  for (const [k, column] of plane.entries())
    for (let i = 0; i < column.length; i++) values[k * across + i * along] = column[i];
  return values;
}

function removed(volume: Volume, planes: Found['planes'], onProgress?: Progress): Volume {
  const data = volume.data.slice();
  const { measured } = volume;
  for (const [plane, { values }] of planes) data.set(values, plane * planeLength(volume));
  for (let i = 0; i < data.length; i++)
    if (measured !== null && measured[i % measured.length] === 0) data[i] = volume.data[i];
  onProgress?.(volume.slices * volume.frames, volume.slices * volume.frames);
  return withData(volume, data);
}
