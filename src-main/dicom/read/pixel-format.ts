import { LimpidError } from '../../contract/errors.js';

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
  return new LimpidError(
    'E_PIXEL_LENGTH',
    `The pixel data has ${length} bytes where its dimensions ask for ${expected}.`,
    'Copy or export the file again.',
  );
}
