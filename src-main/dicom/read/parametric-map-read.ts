import { fault } from '../../contract/errors.js';
import { type Attributes, readAttributes } from '../elements/attributes.js';
import { PARAMETRIC_MAP_STORAGE } from '../elements/codes.js';
import {
  asciiValue,
  type Element,
  type ElementFile,
  findElement,
  walkElements,
} from '../elements/elements.js';
import { transferSyntax } from '../elements/transfer-syntax.js';
import type { SourceFile } from '../files/source.js';
import { type DisplayWindow, readWindows } from './details.js';

/** One Parametric Map file of 32-bit floats (PS3.3 section A.75), header only; its frames are slices. */
export interface MapInstance {
  readonly file: SourceFile;
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly studyInstanceUid: string;
  readonly modality: string;
  readonly seriesNumber: number | null;
  readonly rows: number;
  readonly columns: number;
  /** Frame numbers from 0, sorted by position along the normal. */
  readonly order: readonly number[];
  /** mm: along a row, along a column, between slices. */
  readonly spacing: readonly [number, number, number];
  /** Row-major 4x4, voxel to LPS mm; null where the file does not say. */
  readonly affine: readonly number[] | null;
  /** Of the values: a UCUM code, '' for a number without a unit. */
  readonly units: string;
  readonly label: string;
  readonly explanation: string;
  readonly windows: readonly DisplayWindow[];
}

const FLOAT_PIXELS = 0x7fe00008;
const MAX_VALUES = 2 ** 28;

/** True for a Parametric Map that `readMapInstance` may read. @throws LimpidError those of `walkElements` */
export function isParametricMap(bytes: Uint8Array): boolean {
  // Cheap first: the class stands in the meta header, near the start.
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 4096));
  if (!head.includes(PARAMETRIC_MAP_STORAGE)) return false;
  const { elements, bytes: data } = walkElements(bytes);
  return (
    asciiValue(data, findElement(elements, 0x00080016)) === PARAMETRIC_MAP_STORAGE &&
    findElement(elements, FLOAT_PIXELS) !== undefined
  );
}

/**
 * Reads the header of a Parametric Map: shared and per-frame functional groups, real-world value mapping.
 *
 * @throws LimpidError those of `walkElements` and `readAttributes`; E_ELEMENT, E_PIXEL_LENGTH, E_BOMB
 */
export function readMapInstance(file: SourceFile, bytes: Uint8Array): MapInstance {
  const walked = walkElements(bytes);
  const attributes = readAttributes(bytes, walked);
  const rows = required(attributes.uint16('x00280010'), 'Rows');
  const columns = required(attributes.uint16('x00280011'), 'Columns');
  const frames = required(attributes.decimal('x00280008'), 'Number of Frames');
  if (!Number.isInteger(frames) || frames < 1) throw fault('E_ELEMENT/map-frames');
  if (rows * columns * frames > MAX_VALUES) throw fault('E_BOMB/map-pixels');
  floatPixels(walked, rows * columns * frames);
  const shared = attributes.items('x52009229').at(0);
  const place = placeOf(shared, attributes.items('x52009230'), frames);
  const mapping = group(shared, 'x00409096');
  const units = group(mapping, 'x004008ea')?.text('x00080100') ?? '';
  const voi = group(shared, 'x00289132');
  return {
    file,
    sopInstanceUid: required(attributes.text('x00080018'), 'SOP Instance UID'),
    seriesInstanceUid: required(attributes.text('x0020000e'), 'Series Instance UID'),
    studyInstanceUid: required(attributes.text('x0020000d'), 'Study Instance UID'),
    modality: attributes.text('x00080060') ?? '',
    seriesNumber: attributes.decimal('x00200011') ?? null,
    rows,
    columns,
    ...place,
    units: units === '1' ? '' : units,
    label: mapping?.text('x00409210') ?? attributes.text('x00700080') ?? '',
    explanation: mapping?.label('x00283003') ?? attributes.label('x00700081') ?? '',
    windows: voi === undefined ? [] : readWindows(voi),
  };
}

/** One frame, counted from 0 as in the file; length rows * columns. @throws LimpidError E_PIXEL_LENGTH, E_NOT_FOUND */
export function readMapFrame(map: MapInstance, bytes: Uint8Array, frame: number): Float32Array {
  const length = map.rows * map.columns;
  const walked = walkElements(bytes);
  const pixels = floatPixels(walked, length * map.order.length);
  if (frame < 0 || frame >= map.order.length) throw fault('E_NOT_FOUND/map-frame');
  const view = new DataView(walked.bytes.buffer, walked.bytes.byteOffset + pixels.valueStart);
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) values[i] = view.getFloat32(4 * (frame * length + i), walked.littleEndian);
  return values;
}

function floatPixels(walked: ElementFile, count: number): Element {
  const pixels = findElement(walked.elements, FLOAT_PIXELS);
  if (
    pixels === undefined ||
    transferSyntax(walked.transferSyntax).encapsulated ||
    pixels.end - pixels.valueStart !== 4 * count
  )
    throw fault('E_PIXEL_LENGTH/map-values');
  return pixels;
}

type Place = Pick<MapInstance, 'order' | 'spacing' | 'affine'>;

function placeOf(shared: Attributes | undefined, perFrame: readonly Attributes[], frames: number): Place {
  const inOrder = Array.from({ length: frames }, (_, i) => i);
  const measures = group(shared, 'x00289110');
  const betweens = measures?.decimals('x00280030', 2);
  const thickness = measures?.decimal('x00180050') ?? 0;
  const cosines = group(shared, 'x00209116')?.decimals('x00200037', 6);
  const positions = perFrame
    .map((one) => group(one, 'x00209113')?.decimals('x00200032', 3))
    .filter((position) => position !== undefined);
  if (betweens === undefined) return { order: inOrder, spacing: [0, 0, 0], affine: null };
  if (cosines === undefined || positions.length !== frames)
    return { order: inOrder, spacing: [betweens[1], betweens[0], thickness], affine: null };
  const row = cosines.slice(0, 3);
  const column = cosines.slice(3);
  const normal = [0, 1, 2].map(
    (i) => row[(i + 1) % 3] * column[(i + 2) % 3] - row[(i + 2) % 3] * column[(i + 1) % 3],
  );
  const along = positions.map((position) => position.reduce((sum, x, i) => sum + x * normal[i], 0));
  const order = inOrder.sort((a, b) => along[a] - along[b]);
  const [first, last] = [positions[order[0]], positions[order[frames - 1]]];
  const step =
    frames > 1 ? first.map((x, i) => (last[i] - x) / (frames - 1)) : normal.map((x) => x * (thickness || 1));
  const affine = [0, 1, 2].flatMap((i) => [row[i] * betweens[1], column[i] * betweens[0], step[i], first[i]]);
  return {
    order,
    spacing: [betweens[1], betweens[0], Math.hypot(...step)],
    affine: [...affine, 0, 0, 0, 1],
  };
}

/** The one item of a functional group macro. */
function group(parent: Attributes | undefined, tag: string): Attributes | undefined {
  return parent?.items(tag).at(0);
}

function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw fault('E_ELEMENT/map-lacks', { name });
  return value;
}
