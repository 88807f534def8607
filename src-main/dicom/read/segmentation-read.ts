import { fault } from '../../contract/errors.js';
import { type Attributes, readAttributes } from '../elements/attributes.js';
import { SEGMENTATION_STORAGE } from '../elements/codes.js';
import { asciiValue, type ElementFile, findElement, walkElements } from '../elements/elements.js';
import type { CodedConcept } from '../elements/encode.js';
import { transferSyntax } from '../elements/transfer-syntax.js';

/** A segment of a Segmentation, as it says of itself. */
interface ReadSegment {
  readonly number: number;
  readonly label: string;
  /** null where the file does not say. */
  readonly category: CodedConcept | null;
  readonly type: CodedConcept | null;
}

/** One frame: a slice of one segment. */
export interface ReadSegmentFrame {
  readonly segment: number;
  /** mm, of the centre of the first pixel; null where the file does not say. */
  readonly position: readonly number[] | null;
  /** Directions of a row and of a column. */
  readonly orientation: readonly number[] | null;
  /** rows * columns: 1 inside. */
  readonly plane: Uint8Array;
}

export interface ReadSegmentation {
  readonly rows: number;
  readonly columns: number;
  /** mm: between rows, between columns; null where the file does not say. */
  readonly pixelSpacing: readonly number[] | null;
  readonly segments: readonly ReadSegment[];
  readonly frames: readonly ReadSegmentFrame[];
}

const MAX_VALUES = 2 ** 30;

/** True for a Segmentation. @throws LimpidError those of `walkElements` */
export function isSegmentation(bytes: Uint8Array): boolean {
  // Cheap first: the class stands in the meta header, near the start.
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 4096));
  if (!head.includes(SEGMENTATION_STORAGE)) return false;
  const { elements, bytes: data } = walkElements(bytes);
  return asciiValue(data, findElement(elements, 0x00080016)) === SEGMENTATION_STORAGE;
}

/**
 * Reads a Segmentation (PS3.3 section A.51): binary, or fractional, of which a pixel is inside from half of the largest
 * fraction on.
 *
 * @throws LimpidError those of `walkElements` and `readAttributes`; E_ELEMENT, E_PIXEL_LENGTH, E_BOMB, E_TS_UNSUPPORTED
 */
export function readSegmentation(bytes: Uint8Array): ReadSegmentation {
  const walked = walkElements(bytes);
  const attributes = readAttributes(bytes, walked);
  const rows = required(attributes.uint16('x00280010'), 'Rows');
  const columns = required(attributes.uint16('x00280011'), 'Columns');
  const count = required(attributes.decimal('x00280008'), 'Number of Frames');
  const bits = required(attributes.uint16('x00280100'), 'Bits Allocated');
  if (!Number.isInteger(count) || count < 1)
    throw fault('E_ELEMENT/segmentation', { name: 'Number of Frames' });
  if (rows * columns * count > MAX_VALUES) throw fault('E_BOMB/map-pixels');
  const values = pixelsOf(walked, rows * columns * count, bits);
  const half = bits === 1 ? 1 : (attributes.uint16('x0062000e') ?? 255) / 2;
  const shared = attributes.items('x52009229').at(0);
  const perFrame = attributes.items('x52009230');
  if (perFrame.length !== count)
    throw fault('E_ELEMENT/segmentation', { name: 'Per-frame Functional Groups Sequence' });
  const area = rows * columns;
  return {
    rows,
    columns,
    pixelSpacing: of(shared, perFrame[0], 'x00289110')?.decimals('x00280030', 2) ?? null,
    segments: attributes.items('x00620002').flatMap((item) => segmentOf(item) ?? []),
    frames: perFrame.map((group, f) => ({
      segment: of(shared, group, 'x0062000a')?.uint16('x0062000b') ?? 1,
      position: of(shared, group, 'x00209113')?.decimals('x00200032', 3) ?? null,
      orientation: of(shared, group, 'x00209116')?.decimals('x00200037', 6) ?? null,
      plane: values(f * area, area, half),
    })),
  };
}

function segmentOf(item: Attributes): ReadSegment | null {
  const number = item.uint16('x00620004');
  if (number === undefined) return null;
  return {
    number,
    label: item.label('x00620005') ?? `Segment ${number}`,
    category: concept(item.items('x00620003').at(0)),
    type: concept(item.items('x0062000f').at(0)),
  };
}

function concept(item: Attributes | undefined): CodedConcept | null {
  const [value, scheme, meaning] = [
    item?.text('x00080100'),
    item?.text('x00080102'),
    item?.text('x00080104'),
  ];
  return value === undefined || scheme === undefined || meaning === undefined
    ? null
    : { value, scheme, meaning };
}

/** The one item of a functional group macro: that of the frame, else that of all. */
function of(
  shared: Attributes | undefined,
  frame: Attributes | undefined,
  tag: string,
): Attributes | undefined {
  return frame?.items(tag).at(0) ?? shared?.items(tag).at(0);
}

/** @returns pixels from one on, 1 where they are inside */
function pixelsOf(
  walked: ElementFile,
  count: number,
  bits: number,
): (from: number, length: number, half: number) => Uint8Array {
  if (transferSyntax(walked.transferSyntax).encapsulated || !walked.littleEndian)
    throw fault('E_TS_UNSUPPORTED/segmentation');
  const pixels = findElement(walked.elements, 0x7fe00010);
  if (pixels === undefined || ![1, 8].includes(bits) || 8 * (pixels.end - pixels.valueStart) < count * bits)
    throw fault('E_PIXEL_LENGTH/segmentation');
  const { bytes } = walked;
  const start = pixels.valueStart;
  return (from, length, half) => {
    const out = new Uint8Array(length);
    for (let i = 0; i < length; i++) {
      const at = from + i;
      const inside = bits === 1 ? (bytes[start + (at >>> 3)] >>> (at & 7)) & 1 : bytes[start + at] >= half;
      out[i] = inside ? 1 : 0;
    }
    return out;
  };
}

function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw fault('E_ELEMENT/segmentation', { name });
  return value;
}
