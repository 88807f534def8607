import { sha256 } from '../../base/files.js';
import { errorFrom, fault, type LimpidError } from '../../contract/errors.js';
import type { Volume } from '../../imaging/volume.js';
import type { Decode, StoredPixels } from '../codec/decode.js';
import { storedRange } from '../codec/stored.js';
import type { SourceFile } from '../files/source.js';
import type { Instance } from '../read/instance.js';
import type { Series } from './series.js';

/** Where the pixels of one instance lie in the volume of its series. */
export interface InstancePlanes {
  readonly instance: Instance;
  readonly slice: number;
  /** Volume frames, one for each frame of the file. */
  readonly frames: readonly number[];
  /** The same image of the other half of a complex one, which went into its pixels too. */
  readonly partner?: Instance;
}

export interface LoadedVolume {
  readonly volume: Volume;
  /** SHA-256 of the bytes of each file, in the order of `sourceFiles`. */
  readonly hashes: readonly string[];
  /** The volume holds this minus the real-world value of an image that is turned; null where it holds that value. */
  readonly turnedAt: number | null;
}

export interface LoadOptions {
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Files read and decoded at a time, or frames of one file: keeps the threads busy, and bounds memory. */
const CONCURRENT = 4;

/** A file with those of its images that are in a series. */
export interface PlanesOfFile {
  readonly file: SourceFile;
  readonly planes: readonly InstancePlanes[];
}

/** The planes of a series file by file, each file once, in the order in which the series comes to it. */
export function byFile(planes: readonly InstancePlanes[]): PlanesOfFile[] {
  const files = new Map<string, InstancePlanes[]>();
  for (const plane of planes) {
    const known = files.get(plane.instance.sopInstanceUid);
    if (known === undefined) files.set(plane.instance.sopInstanceUid, [plane]);
    else known.push(plane);
  }
  return [...files.values()].map((members) => ({ file: members[0].instance.file, planes: members }));
}

/** The files of a series, each once. */
export function sourceFiles(series: Series): SourceFile[] {
  return byFile(instancePlanes(series)).map(({ file }) => file);
}

/** The planes of every instance, in the order of `series.instances`. */
export function instancePlanes(series: Series): InstancePlanes[] {
  return series.instances.map((instance, i) => {
    const { slice, frame: first } = series.slots[i];
    const frames = Array.from({ length: instance.numberOfFrames }, (_, frame) => first + frame);
    return { instance, slice, frames };
  });
}

/**
 * Reads a series into real-world values (stored * slope + intercept). Padding is masked and carries the smallest
 * measured value of its image, so that it never looks like a signal. An MR image whose air is exactly 0 is measured
 * everywhere. Slices that are missing from an even stack are filled from their neighbours and count as not measured.
 * MR images of MONOCHROME1 (small is bright, PS3.3 C.7.6.3.1.2), or whose slope is below 0, but not of both, are turned,
 * so that air is dark; the values of a CT mean the same however they are shown.
 *
 * @throws LimpidError the series' own refusal when it is not eligible; E_SOURCE_CHANGED, E_CANCELLED, E_BOMB (more
 * voxels than fit); those of reading and decoding.
 */
export async function loadVolume(
  series: Series,
  decode: Decode,
  options: LoadOptions = {},
): Promise<LoadedVolume> {
  if (!series.eligible) throw errorFrom(series.why);
  const { columns, rows, slices, spacing, affine } = series.geometry;
  const planes = instancePlanes(series);
  const first = series.instances[0];
  const data = allocate(columns * rows * slices * series.frames);
  const { missing } = series.geometry;
  const measured =
    missing.length > 0 || series.instances.some((instance) => instance.padding !== null)
      ? new Uint8Array(data.length).fill(1)
      : null;
  const files = byFile(planes);
  const hashes: string[] = new Array(files.length).fill('');
  // A file of many frames is large: one is held at a time, and its frames are decoded side by side.
  const atOnce = files.length === planes.length ? CONCURRENT : 1;
  let done = 0;
  await inParallel(files, atOnce, async ({ file, planes: members }, i) => {
    if (options.signal?.aborted) throw fault('E_CANCELLED/reading');
    const bytes = await file.read();
    if (bytes.length !== file.size) throw changed();
    hashes[i] = sha256(bytes);
    await inParallel(members, CONCURRENT, async (plane) =>
      place(await decode(plane.instance, bytes), plane, slices, data, measured),
    );
    options.onProgress?.(++done, files.length);
  });
  const turnedAt = isTurned(first) ? turn(data, measured, series.instances) : null;
  if (measured !== null) fillMissing(data, measured, series);
  const masked = measured?.includes(0) ? measured : null;
  const volume: Volume = {
    data,
    columns,
    rows,
    slices,
    frames: series.frames,
    spacing,
    affine,
    units: first.units,
    measured: masked,
    quantum: Math.min(...series.instances.map((instance) => Math.abs(instance.slope))),
    ...(isSigned(first) ? { signed: true } : {}),
  };
  return { volume, hashes, turnedAt };
}

function place(
  pixels: StoredPixels,
  { instance, slice, frames }: InstancePlanes,
  slices: number,
  data: Float32Array,
  measured: Uint8Array | null,
): void {
  const length = pixels.rows * pixels.columns;
  for (const [k, frame] of frames.entries()) {
    const to = (frame * slices + slice) * length;
    const stored = pixels.values.subarray(k * length, (k + 1) * length);
    const out = data.subarray(to, to + length);
    for (let i = 0; i < length; i++) out[i] = stored[i] * instance.slope + instance.intercept;
    if (instance.padding !== null && measured !== null)
      maskPadding(stored, instance, out, measured.subarray(to, to + length));
  }
}

/** Whether values below 0 mean as much as others: of parts of the signal, of differences, of quantities. */
function isSigned({ complexPart, computedOf }: Instance): boolean {
  return complexPart === 'R' || complexPart === 'I' || computedOf !== null;
}

/**
 * Whether small real-world values of an image are bright tissue: that of its grey scale, or of a slope below 0. Those of
 * a quantity mean the same however they are shown.
 */
export function isTurned({ photometric, modality, slope, computedOf }: Instance): boolean {
  return modality === 'MR' && computedOf === null && (photometric === 'MONOCHROME1') !== slope < 0;
}

/** Turned values reach so near to the end of the stored range, as a share of theirs, that this is their zero. */
const NEAR_END = 0.02;

/** Turns values in place. What becomes 0 is the end of the stored range where values reach it, else the largest. */
function turn(data: Float32Array, measured: Uint8Array | null, instances: readonly Instance[]): number {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [i, value] of data.entries()) {
    if (measured?.[i] === 0) continue;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  let end = Number.NEGATIVE_INFINITY;
  for (const { slope, intercept, ...format } of instances)
    for (const stored of storedRange(format)) end = Math.max(end, stored * slope + intercept);
  const at = end - most <= NEAR_END * (most - least) ? end : most;
  for (let i = 0; i < data.length; i++) data[i] = measured?.[i] === 0 ? 0 : at - data[i];
  return at;
}

/** Between the nearest slices on both sides, in proportion; every missing slice lies between two. */
function fillMissing(data: Float32Array, measured: Uint8Array, { geometry, frames }: Series): void {
  const { columns, rows, slices, missing } = geometry;
  const area = columns * rows;
  for (const slice of missing) {
    let [below, above] = [slice - 1, slice + 1];
    while (missing.includes(below)) below--;
    while (missing.includes(above)) above++;
    const share = (slice - below) / (above - below);
    for (let frame = 0; frame < frames; frame++) {
      const [at, from, to] = [slice, below, above].map((one) => (frame * slices + one) * area);
      for (let i = 0; i < area; i++) data[at + i] = (1 - share) * data[from + i] + share * data[to + i];
      measured.fill(0, at, at + area);
    }
  }
}

function maskPadding(
  stored: ArrayLike<number>,
  instance: Instance,
  out: Float32Array,
  measured: Uint8Array,
): void {
  const { low, high } = instance.padding ?? { low: Number.NaN, high: Number.NaN };
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < out.length; i++) {
    if (stored[i] >= low && stored[i] <= high) measured[i] = 0;
    else if (out[i] < smallest) smallest = out[i];
  }
  if (!Number.isFinite(smallest)) return;
  for (let i = 0; i < out.length; i++) if (measured[i] === 0) out[i] = smallest;
}

function allocate(length: number): Float32Array {
  try {
    return new Float32Array(length);
  } catch (error) {
    throw fault('E_BOMB/voxels', {}, undefined, error);
  }
}

async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      try {
        await work(items[index], index);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
}

function changed(): LimpidError {
  return fault('E_SOURCE_CHANGED/scanned');
}
