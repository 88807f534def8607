import type { LatentMap, LatentPoint, LatentTraversal } from '../../../src-main/contract/encoders/latent.js';
import type { LatentRequest } from '../../../src-main/contract/requests/requests.js';
import type { OpenInput, SeriesCard } from '../../../src-main/contract/window/opened.js';
import { isDerived } from '../../state/results.js';
import type { ChosenSeries } from '../jobs/chosen.js';

export type ColourBy = 'series' | 'cluster';

/** Whether this is a map of a version that the window can draw. */
export function isLatentMap(value: unknown): value is LatentMap {
  if (typeof value !== 'object' || value === null) return false;
  const list = (key: string) => Array.isArray(Reflect.get(value, key));
  return Reflect.get(value, 'format') === 'limpid-latent-1' && ['series', 'points', 'clusters'].every(list);
}

/** One input a series, so that a map knows which of its series is which. */
export function latentRequest(
  model: string,
  chosen: readonly ChosenSeries[],
  rest: Pick<LatentRequest, 'output' | 'clusters' | 'traverse' | 'seed' | 'device'>,
): LatentRequest {
  return {
    type: 'latent',
    model,
    inputs: chosen.map(({ path }) => path),
    only: chosen.map(({ card }) => card.id),
    nearest: null,
    // Who chose a derived series by name means it.
    force: chosen.some(({ card }) => isDerived(card)),
    ...rest,
  };
}

/**
 * The open series of each series of a map, null where it is not open. The inputs of the request are walked along with
 * the map: all NIfTI files have the same id, and series that could not be read are left out of the map.
 */
export function cardsOf(
  map: LatentMap,
  { inputs: paths, only = [] }: Pick<LatentRequest, 'inputs' | 'only'>,
  open: readonly OpenInput[],
): (SeriesCard | null)[] {
  let at = 0;
  return map.series.map(({ id }) => {
    while (at < paths.length && (only[at] ?? id) !== id) at++;
    const path = paths[at];
    if (path === undefined) return null;
    if ((only[at] ?? null) !== null) at++;
    const cards = open.filter((input) => input.paths.includes(path)).flatMap(({ series }) => series);
    return cards.find((card) => card.id === id) ?? null;
  });
}

/** Index of a plane as resources count it. */
export function planeOf({ slice, frame }: Pick<LatentPoint, 'slice' | 'frame'>, slices: number): number {
  return frame * slices + slice;
}

/** Where pictures of a traversal lie on its sheet, in its pixels. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The whole sheet. */
export function sheetOf({ side, gap, steps, axes }: LatentTraversal): Rectangle {
  const long = (count: number) => count * (side + gap) + gap;
  return { left: 0, top: 0, width: long(steps.length), height: long(axes.length) };
}

/** One axis in all of its steps, with the gaps around; both count from 0. */
export function rowOf({ side, gap, steps }: LatentTraversal, axis: number): Rectangle {
  const width = steps.length * (side + gap) + gap;
  return { left: 0, top: axis * (side + gap), width, height: side + 2 * gap };
}

/** One step of an axis. */
export function tileOf({ side, gap }: LatentTraversal, axis: number, step: number): Rectangle {
  const at = (count: number) => gap + count * (side + gap);
  return { left: at(step), top: at(axis), width: side, height: side };
}

/** Row vectors of a NumPy file. */
export interface Vectors {
  readonly data: Float32Array;
  readonly length: number;
  readonly count: number;
}

/** vectors.npy as `limpid latent` writes it: format 1.0, '<f4', rows. null: it is something else. */
export function readNpy(bytes: ArrayBuffer): Vectors | null {
  const view = new DataView(bytes);
  const text = (from: number, to: number) => String.fromCharCode(...new Uint8Array(bytes.slice(from, to)));
  if (bytes.byteLength < 10 || text(0, 8) !== '\x93NUMPY\x01\x00') return null;
  const start = 10 + view.getUint16(8, true);
  if (start > bytes.byteLength) return null;
  const header = text(10, start);
  const shape = /'shape': \((\d+), (\d+)\)/.exec(header);
  if (shape === null || !header.includes("'<f4'") || !header.includes("'fortran_order': False")) return null;
  const [count, length] = [Number(shape[1]), Number(shape[2])];
  if (bytes.byteLength - start !== 4 * count * length) return null;
  const data = Float32Array.from({ length: count * length }, (_, i) => view.getFloat32(start + 4 * i, true));
  return { data, length, count };
}

export interface Neighbour {
  readonly point: number;
  /** Euclidean, between vectors. */
  readonly distance: number;
}

/** The points nearest to one, nearest first; `allowed` says which may be found besides itself. */
export function nearestTo(
  { data, length, count }: Vectors,
  point: number,
  most: number,
  allowed: (other: number) => boolean = () => true,
): Neighbour[] {
  const found: Neighbour[] = [];
  for (let other = 0; other < count; other++) {
    if (other === point || !allowed(other)) continue;
    let sum = 0;
    for (let i = 0; i < length; i++) sum += (data[point * length + i] - data[other * length + i]) ** 2;
    const distance = Math.sqrt(sum);
    const place = found.findIndex((one) => distance < one.distance);
    if (place >= 0) found.splice(place, 0, { point: other, distance });
    else if (found.length < most) found.push({ point: other, distance });
    if (found.length > most) found.pop();
  }
  return found;
}

/** Shapes within a circle of radius 1, told apart without colour. */
const SHAPES = [
  'M-1 0A1 1 0 1 0 1 0A1 1 0 1 0-1 0Z',
  'M-.85-.85H.85V.85H-.85Z',
  'M0-1.1 1.05.8H-1.05Z',
  'M0-1.2 1.2 0 0 1.2-1.2 0Z',
  'M-.35-1.1H.35V-.35H1.1V.35H.35V1.1H-.35V.35H-1.1V-.35H-.35Z',
  'M0 1.1 1.05-.8H-1.05Z',
  'M-1.1-.6-.6-1.1 0-.5.6-1.1 1.1-.6.5 0 1.1.6.6 1.1 0 .5-.6 1.1-1.1.6-.5 0Z',
  'M0-1.2.35-.4 1.2-.35.55.2.75 1.1 0 .6-.75 1.1-.55.2-1.2-.35-.35-.4Z',
] as const;
/** Number of --map-N colours of the theme. */
const COLOURS = 8;

export interface Mark {
  /** An SVG path within a circle of radius 1. */
  readonly path: string;
  /** Name of a colour of the theme, without its dashes. */
  readonly colour: string;
}

/** Colour and shape of the series or cluster with this number; they repeat together only after 64. */
export function markOf(index: number): Mark {
  const shape = (index + Math.floor(index / COLOURS)) % SHAPES.length;
  return { path: SHAPES[shape], colour: `map-${index % COLOURS}` };
}
