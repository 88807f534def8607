import { fault, type LimpidError } from '../../contract/errors.js';
import type { Attributes } from '../elements/attributes.js';
import { transferSyntax } from '../elements/transfer-syntax.js';

/** How the stored values of an image are encoded (PS3.3 C.7.6.3). */
export interface PixelFormat {
  readonly rows: number;
  readonly columns: number;
  readonly numberOfFrames: number;
  readonly samplesPerPixel: number;
  readonly photometric: string;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  /** 0 unsigned, 1 two's complement. */
  readonly pixelRepresentation: 0 | 1;
  readonly transferSyntax: string;
}

/** Bytes that the values of an image take. */
export function nativeLength(format: PixelFormat): number {
  const { rows, columns, numberOfFrames, samplesPerPixel, bitsAllocated } = format;
  return (rows * columns * numberOfFrames * samplesPerPixel * bitsAllocated) / 8;
}

/**
 * Whether pixel data of this length may hold the image: whole, and with less than a frame of padding after it.
 *
 * @throws LimpidError E_PIXEL_LENGTH
 */
export function requireNativeLength(length: number, format: PixelFormat): void {
  const expected = nativeLength(format);
  const surplus = length - expected;
  if (surplus < 0 || (surplus > 1 && surplus >= expected / format.numberOfFrames))
    throw otherLength(length, expected);
}

export function otherLength(length: number, expected: number): LimpidError {
  return fault('E_PIXEL_LENGTH/length', { found: length, expected });
}

/** What an attacker can make a decoder allocate: 2^26 values, 8192 x 8192, a frame; 1 GiB of 16 bits a file. */
const MAX_FRAME_VALUES = 2 ** 26;
const MAX_FILE_VALUES = 2 ** 29;

/** @throws LimpidError E_ELEMENT (absent or impossible), E_BOMB (more pixels than any image has) */
export function readFormat(attributes: Attributes, transferSyntax: string): PixelFormat {
  const rows = required(attributes.uint16('x00280010'), 'Rows');
  const columns = required(attributes.uint16('x00280011'), 'Columns');
  const bitsAllocated = required(attributes.uint16('x00280100'), 'Bits Allocated');
  const bitsStored = attributes.uint16('x00280101') ?? bitsAllocated;
  const highBit = attributes.uint16('x00280102') ?? bitsStored - 1;
  const samplesPerPixel = attributes.uint16('x00280002') ?? 1;
  const framesText = attributes.text('x00280008');
  const statedFrames = framesText === undefined ? 1 : attributes.decimal('x00280008');
  // Some who write one frame state none; whether the pixels are one frame is held against their length.
  const numberOfFrames = statedFrames === 0 ? 1 : statedFrames;
  const representation = attributes.uint16('x00280103') ?? 0;
  if (rows === 0 || columns === 0) throw impossible('Rows', 'Columns');
  if (numberOfFrames === undefined || !Number.isInteger(numberOfFrames) || numberOfFrames < 1)
    throw impossible('Number of Frames');
  if (bitsStored < 1 || bitsStored > bitsAllocated || highBit >= bitsAllocated || highBit < bitsStored - 1)
    throw impossible('Bits Stored', 'High Bit');
  if (samplesPerPixel === 0) throw impossible('Samples per Pixel');
  if (representation !== 0 && representation !== 1) throw impossible('Pixel Representation');
  const frameValues = rows * columns * samplesPerPixel;
  if (frameValues > MAX_FRAME_VALUES || frameValues * numberOfFrames > MAX_FILE_VALUES)
    throw fault('E_BOMB/pixels');
  return {
    rows,
    columns,
    numberOfFrames,
    samplesPerPixel,
    photometric: attributes.text('x00280004') ?? '',
    bitsAllocated,
    bitsStored,
    highBit,
    pixelRepresentation: representation,
    transferSyntax,
  };
}

/** Native pixels that can be decoded: of others, the length is nobody's business. */
export function isNativeImage(format: PixelFormat): boolean {
  return (
    !transferSyntax(format.transferSyntax).encapsulated &&
    format.samplesPerPixel === 1 &&
    [8, 16, 32].includes(format.bitsAllocated)
  );
}

function required(value: number | undefined, name: string): number {
  if (value === undefined) throw fault('E_ELEMENT/image-lacks', { name });
  return value;
}

function impossible(...names: string[]): LimpidError {
  return fault('E_ELEMENT/impossible', { names });
}
