import * as fs from 'node:fs/promises';
import { sha256 } from '../base/files.js';
import { LimpidError } from '../contract/errors.js';
import type { Decode } from '../dicom/codec/decode.js';
import { type ElementFile, findElement, walkElements } from '../dicom/elements/elements.js';
import { transferSyntax } from '../dicom/elements/transfer-syntax.js';
import type { Instance } from '../dicom/read/instance.js';
import type { InstancePlanes, PlanesOfFile } from '../dicom/series/volume.js';
import { deriveFrames, type FramesDerivation } from '../dicom/write/derive-frames.js';
import type { FrameReference } from '../dicom/write/derive-parts.js';
import { encodePixels, type PixelFormat, pixelFormatOf } from '../dicom/write/derive-pixels.js';
import { toLittleEndian } from '../dicom/write/transcode.js';
import { verifyFrames } from '../dicom/write/verify.js';
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
  throw new LimpidError(
    'E_EXISTS',
    'The file that these frames belong to was finished by an earlier run, with these frames as they were.',
    'Choose a new output folder to have all of its frames processed.',
  );
}

/** Native little endian pixels of all frames of the file. */
async function pixelsOf({ request, file, bytes, decode, earlier }: FramesToWrite) {
  const source = walkElements(bytes);
  const format: PixelFormat = { ...pixelFormatOf(toLittleEndian(source)), frames: 1 };
  const [{ instance }] = file.planes;
  const { of } = partOf(instance);
  const size = (format.rows * format.columns * format.bitsAllocated) / 8;
  const pixels = new Uint8Array(size * of);
  const ours = new Map(file.planes.map((plane) => [partOf(plane.instance).index, plane]));
  const known = earlier === null ? nativeFrames(source, size) : nativeFrames(walkElements(earlier), size);
  let clamped = 0;
  for (let index = 0; index < of; index++) {
    const plane = ours.get(index);
    if (plane === undefined) {
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
  if (part === null) throw new LimpidError('E_INTERNAL', 'The image is not one of many.', 'Report this.');
  return part;
}

/** One reference a frame: readers of several frame numbers in one are few. */
function references(sources: readonly Instance[]): FrameReference[] {
  return sources.map(({ sopClassUid, sopInstanceUid, part }) => ({
    sopClassUid,
    sopInstanceUid,
    ...(part === null ? {} : { frame: part.index + 1 }),
  }));
}
