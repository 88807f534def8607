import * as fs from 'node:fs/promises';
import { sha256 } from '../base/files.js';
import { fault } from '../contract/errors.js';
import { cropped, type Decode, type StoredPixels, wholeImage } from '../dicom/codec/decode.js';
import { type ElementFile, findElement, walkElements } from '../dicom/elements/elements.js';
import { transferSyntax } from '../dicom/elements/transfer-syntax.js';
import type { Instance, Tile } from '../dicom/read/instance.js';
import type { InstancePlanes, PlanesOfFile } from '../dicom/series/volume.js';
import { type Derivation, deriveInstance } from '../dicom/write/derive.js';
import { deriveFrames, type FramesDerivation } from '../dicom/write/derive-frames.js';
import type { FrameReference, InstanceReference } from '../dicom/write/derive-parts.js';
import { encodePixels, type PixelFormat, pixelFormatOf } from '../dicom/write/derive-pixels.js';
import { toLittleEndian } from '../dicom/write/transcode.js';
import { verifyFrames, verifyWritten } from '../dicom/write/verify.js';
import { derivedValues, fileDerivation, sourcesOf } from './dicom-output.js';
import type { WriteRequest, WrittenFile } from './input.js';

const PIXEL_DATA = 0x7fe00010;

export interface FramesToWrite {
  readonly request: WriteRequest;
  /** Of all instances of the stack. */
  readonly planes: readonly InstancePlanes[];
  /** The frames of the stack that are in this file. */
  readonly file: PlanesOfFile;
  readonly bytes: Uint8Array;
  readonly decode: Decode;
  readonly sopInstanceUid: string;
  /** What another stack of the series, with other frames, made of the same file. */
  readonly earlier: Uint8Array | null;
}

/**
 * One derived image of many frames, checked against its source. Frames that are of other stacks are as these left them,
 * or as they were.
 */
export async function writeFrames(
  what: FramesToWrite,
): Promise<{ readonly bytes: Uint8Array; readonly clamped: number }> {
  const { request, planes, file, bytes, earlier } = what;
  const { pixels, clamped } = await pixelsOf(what);
  const [{ instance }] = file.planes;
  const frames = new Map(
    file.planes.map((plane) => [
      partOf(plane.instance).index,
      references(sourcesOf(planes, plane, request.processed)),
    ]),
  );
  const derivation: FramesDerivation = { ...fileDerivation(what, instance.lossy), frames };
  const written = deriveFrames(bytes, derivation, pixels, earlier);
  verifyFrames(bytes, written, derivation);
  return { bytes: written, clamped };
}

/**
 * What another stack of this unit, which is finished, made of a file of the same name.
 *
 * @throws LimpidError E_EXISTS where it is visible already: a file that people have is not changed
 */
export async function earlierFile(file: string, known: WrittenFile | undefined): Promise<Uint8Array | null> {
  if (known === undefined) return null;
  try {
    const bytes = await fs.readFile(file);
    if (sha256(bytes) === known.sha256) return bytes;
  } catch {
    // Said below.
  }
  throw fault('E_EXISTS/finished-frames');
}

/** Native little endian pixels of all frames of the file. */
async function pixelsOf({ request, file, bytes, decode, earlier }: FramesToWrite) {
  const source = walkElements(bytes);
  const format: PixelFormat = { ...pixelFormatOf(toLittleEndian(source)), frames: 1 };
  const [{ instance }] = file.planes;
  const { of, damaged = [] } = partOf(instance);
  const size = (format.rows * format.columns * format.bitsAllocated) / 8;
  const pixels = new Uint8Array(size * of);
  const ours = new Map(file.planes.map((plane) => [partOf(plane.instance).index, plane]));
  const known = earlier === null ? nativeFrames(source, size) : nativeFrames(walkElements(earlier), size);
  let clamped = 0;
  for (let index = 0; index < of; index++) {
    const plane = ours.get(index);
    if (plane === undefined) {
      // What cannot be decoded is blank, and told of when it is read.
      if (damaged.includes(index)) continue;
      const kept = known?.(index) ?? encoded(await decode(ofFrame(instance, index), bytes), format);
      pixels.set(kept, size * index);
      continue;
    }
    const stored = await decode(plane.instance, bytes);
    const derived = derivedValues(request, plane, stored);
    clamped += derived.clamped;
    pixels.set(encodePixels(derived.stored, format, stored.beside).bytes, size * index);
  }
  return { pixels, clamped };
}

function encoded({ values, beside }: Awaited<ReturnType<Decode>>, format: PixelFormat): Uint8Array {
  return encodePixels(values, format, beside).bytes;
}

/** Frames as they lie in a file, where that is as they are written. */
function nativeFrames(file: ElementFile, size: number): ((index: number) => Uint8Array) | null {
  const pixels = findElement(file.elements, PIXEL_DATA);
  if (pixels === undefined || transferSyntax(file.transferSyntax).encapsulated || !file.littleEndian)
    return null;
  return (index) =>
    file.bytes.subarray(pixels.valueStart + size * index, pixels.valueStart + size * (index + 1));
}

function ofFrame(instance: Instance, index: number): Instance {
  return { ...instance, part: { ...partOf(instance), index } };
}

function partOf({ part }: Instance) {
  if (part === null) throw fault('E_INTERNAL/one-of-many');
  return part;
}

/** One reference a frame: readers of several frame numbers in one are few. */
function references(sources: readonly Instance[]): FrameReference[] {
  return sources.map(({ sopClassUid, sopInstanceUid, seriesInstanceUid, part }) => ({
    sopClassUid,
    sopInstanceUid,
    seriesInstanceUid,
    ...(part === null ? {} : { frame: part.index + 1 }),
  }));
}

/**
 * One derived image that holds slices side by side, checked against its source: the slices of the stack in their
 * places, all else, empty tiles too, as it was, or as another stack left it.
 */
export async function writeTiles(
  what: FramesToWrite,
): Promise<{ readonly bytes: Uint8Array; readonly clamped: number }> {
  const { request, planes, file, bytes, decode, earlier } = what;
  const image = wholeImage(file.planes[0].instance);
  const source = await decode(image, bytes);
  const pixels = (
    earlier === null ? source : await decode(asWritten(image, earlier), earlier)
  ).values.slice();
  let clamped = 0;
  for (const plane of file.planes) {
    const tile = tileOf(plane.instance);
    const derived = derivedValues(request, plane, cropped(source, plane.instance, tile));
    clamped += derived.clamped;
    paste(pixels, image.columns, plane.instance, tile, derived.stored);
  }
  const derivation: Derivation = {
    ...fileDerivation(what, image.lossy),
    sources: imagesOf(planes, file.planes, request.processed),
    imageTypeValue2: 'SECONDARY',
  };
  const written = deriveInstance(bytes, derivation, pixels, source.beside);
  verifyWritten(bytes, written, derivation);
  return { bytes: written, clamped };
}

/** The same image in the transfer syntax in which it was written. */
function asWritten(image: Instance, written: Uint8Array): Instance {
  return { ...image, transferSyntax: walkElements(written).transferSyntax };
}

function paste(
  pixels: StoredPixels['values'],
  across: number,
  { rows, columns }: Instance,
  { top, left }: Tile,
  values: ArrayLike<number>,
): void {
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      pixels[(top + row) * across + left + column] = values[row * columns + column];
}

/** Every image of which slices went into those of this one, once: its own source first. */
function imagesOf(
  planes: readonly InstancePlanes[],
  own: readonly InstancePlanes[],
  processed: FramesToWrite['request']['processed'],
): InstanceReference[] {
  const sources = own.flatMap((plane) => sourcesOf(planes, plane, processed));
  return [...new Map(sources.map((one) => [one.sopInstanceUid, one])).values()].map(
    ({ sopClassUid, sopInstanceUid }) => ({ sopClassUid, sopInstanceUid }),
  );
}

function tileOf({ part }: Instance): Tile {
  if (part === null || part.tile === null) throw fault('E_INTERNAL/tile');
  return part.tile;
}
