import { fault } from '../contract/errors.js';
import type { Processed } from '../denoise/processor.js';
import type { StoredPixels as Decoded } from '../dicom/codec/decode.js';
import { toStored } from '../dicom/codec/stored.js';
import { HOUNSFIELD_UNIT } from '../dicom/elements/codes.js';
import { deriveUid } from '../dicom/elements/uid.js';
import type { Instance } from '../dicom/read/instance.js';
import type { InstancePlanes } from '../dicom/series/volume.js';
import { type Derivation, deriveInstance, SMOOTHING } from '../dicom/write/derive.js';
import type { FileDerivation } from '../dicom/write/derive-parts.js';
import { EQUIPMENT } from '../dicom/write/equipment.js';
import { placedFrame, voxelOf } from '../dicom/write/multiframe.js';
import { parametricMap } from '../dicom/write/parametric-map.js';
import { verifyWritten } from '../dicom/write/verify.js';
import { sliceView, type Volume } from '../imaging/volume.js';
import type { VoxelMapRequest, WriteRequest } from './input.js';

/** Upper end of the window that error maps open with, in noise levels. */
const MAP_WINDOW = 5;

interface Place {
  readonly request: WriteRequest;
  /** Of all instances of the stack. */
  readonly planes: readonly InstancePlanes[];
  readonly sopInstanceUid: string;
}

/** One derived image, checked against its source. */
export function writeInstance(
  what: Place & {
    readonly place: InstancePlanes;
    /** Slice of the stack that the volumes of the request begin with. */
    readonly from: number;
    readonly bytes: Uint8Array;
    readonly stored: Decoded;
  },
): { readonly bytes: Uint8Array; readonly clamped: number } {
  const { request, place, bytes, stored } = what;
  const { stored: pixels, clamped } = derivedValues(
    request,
    { ...place, slice: place.slice - what.from },
    stored,
  );
  const derivation = derivationOf(what, place);
  const written = deriveInstance(bytes, derivation, pixels, stored.beside);
  verifyWritten(bytes, written, derivation);
  return { bytes: written, clamped };
}

/** What an image becomes, as stored values in the format and on the scale of its source. */
export function derivedValues(
  { processed, loaded }: WriteRequest,
  place: InstancePlanes,
  source: Decoded,
): ReturnType<typeof toStored> {
  const { instance } = place;
  const { bitsAllocated, bitsStored, pixelRepresentation, padding } = instance;
  return toStored(planesOf(processed.volume, place), source.values, measuredOf(loaded.volume, place), {
    ...rescaleOf(instance, loaded.turnedAt ?? null),
    bitsAllocated,
    bitsStored,
    pixelRepresentation,
    ...(padding === null ? {} : { padding: [padding.low, padding.high] }),
  });
}

/** From stored values to those of the volume, which may be turned. */
function rescaleOf({ slope, intercept }: Instance, turnedAt: number | null) {
  return turnedAt === null ? { slope, intercept } : { slope: -slope, intercept: turnedAt - intercept };
}

function derivationOf(what: Place, place: InstancePlanes): Derivation {
  const sources = sourcesOf(what.planes, place, what.request.processed);
  return {
    ...fileDerivation(what, place.instance.lossy),
    sources: sources.map(({ sopClassUid, sopInstanceUid }) => ({ sopClassUid, sopInstanceUid })),
    imageTypeValue2: 'SECONDARY',
  };
}

/** @param lossySource whether pixels of the file were compressed with loss */
export function fileDerivation(
  { request, sopInstanceUid }: Pick<Place, 'request' | 'sopInstanceUid'>,
  lossySource: boolean,
): FileDerivation {
  const { derived } = request.unit;
  if (derived === null) throw fault('E_INTERNAL/no-uid');
  return {
    seriesInstanceUid: derived.uid,
    sopInstanceUid,
    seriesNumber: derived.number,
    seriesDescriptionSuffix: request.suffix,
    description: request.processed.description,
    codes: request.suffix === 'DENOISED' ? [SMOOTHING] : [],
    equipment: EQUIPMENT,
    now: request.now,
    dropPrivate: false,
    lossySource,
  };
}

/** The image's own source, then the neighbouring slices of the same frames, and frames of the same slice, that went into it. */
export function sourcesOf(
  planes: readonly InstancePlanes[],
  own: InstancePlanes,
  { context, contextFrames = 0 }: Pick<Processed, 'context' | 'contextFrames'>,
): Instance[] {
  const near = planes.filter(({ slice, frames }) => {
    const [apart, later] = [Math.abs(slice - own.slice), Math.abs(frames[0] - own.frames[0])];
    return (
      (apart > 0 && apart <= context && later === 0) || (apart === 0 && later > 0 && later <= contextFrames)
    );
  });
  return [own, ...near].flatMap(({ instance, partner }) =>
    partner === undefined ? [instance] : [instance, partner],
  );
}

/** The processed values of an instance, frame after frame as in its file. */
function planesOf(volume: Volume, { slice, frames }: InstancePlanes): Float32Array {
  if (frames.length === 1) return sliceView(volume, slice, frames[0]);
  const area = volume.rows * volume.columns;
  const out = new Float32Array(area * frames.length);
  for (const [i, frame] of frames.entries()) out.set(sliceView(volume, slice, frame), i * area);
  return out;
}

function measuredOf(volume: Volume, { slice, frames }: InstancePlanes): Uint8Array | null {
  const { measured, rows, columns, slices } = volume;
  if (measured === null) return null;
  const area = rows * columns;
  const out = new Uint8Array(area * frames.length);
  for (const [i, frame] of frames.entries()) {
    const start = (frame * slices + slice) * area;
    out.set(measured.subarray(start, start + area), i * area);
  }
  return out;
}

export type MapName = 'error-map' | 'uncertainty';

/** One time point's map as a multi-frame Parametric Map. */
export async function writeMap(
  what: Place & { readonly frame: number; readonly map: MapName },
): Promise<Uint8Array> {
  const { request, planes, frame, sopInstanceUid } = what;
  const { series, values, ...about } = aboutMap(request, what.map);
  if (series === null || values == null) throw fault('E_INTERNAL/no-map');
  const map: Volume = { ...request.processed.volume, data: values };
  const members = planes.filter(({ frames }) => frames.includes(frame));
  return parametricMap({
    template: await members[0].instance.file.read(),
    frames: members.map(({ instance, slice }) => ({
      ...placedFrame(instance),
      plane: sliceView(map, slice, frame),
    })),
    ...voxelOf(members[0].instance),
    seriesInstanceUid: series.uid,
    sopInstanceUid,
    seriesNumber: series.number,
    description: request.processed.description,
    equipment: EQUIPMENT,
    now: request.now,
    ...about,
  });
}

/** A map of all frames of a stack, as one Parametric Map with a UID of its own. */
export async function writeVoxelMap(
  planes: readonly InstancePlanes[],
  stack: string,
  request: VoxelMapRequest,
): Promise<Uint8Array> {
  const { kind, values, shape, unit, now, description } = request;
  const map: Volume = { ...shape, frames: 1, data: values, measured: null };
  const name = kind === 'noise' ? 'noise level' : 'bias field';
  const members = planes.filter(({ frames }) => frames.includes(0));
  return parametricMap({
    template: await members[0].instance.file.read(),
    frames: members.map(({ instance, slice }) => ({
      ...placedFrame(instance),
      plane: sliceView(map, slice, 0),
    })),
    ...voxelOf(members[0].instance),
    seriesInstanceUid: deriveUid(unit.namespace, name),
    sopInstanceUid: deriveUid(unit.namespace, `${name} of ${stack}`),
    seriesNumber: unit.derived?.number ?? 1,
    seriesDescriptionSuffix: name.toUpperCase(),
    label: name.toUpperCase(),
    ...aboutVoxelMap(request),
    description,
    equipment: EQUIPMENT,
    now,
  });
}

function aboutVoxelMap({ kind, values, shape }: VoxelMapRequest) {
  if (kind === 'field')
    return {
      explanation: 'Field of the coil by which the image was divided',
      derivation: { value: 'BIASEST', scheme: '99LIMPID', meaning: 'Estimation of the bias field' },
      quantity: { value: 'BIASFIELD', scheme: '99LIMPID', meaning: 'Bias field' },
      window: [0, upperEnd(values)] as const,
    };
  return {
    explanation: 'Standard deviation of the noise, in units of the image',
    derivation: { value: 'NOISEEST', scheme: '99LIMPID', meaning: 'Estimation of the noise' },
    quantity: { value: 'NOISESD', scheme: '99LIMPID', meaning: 'Standard deviation of the noise' },
    window: [0, upperEnd(values)] as const,
    ...(shape.units === 'HU' ? { units: HOUNSFIELD_UNIT } : {}),
  };
}

function aboutMap({ unit, processed }: WriteRequest, map: MapName) {
  return map === 'error-map'
    ? {
        series: unit.errorMap,
        values: processed.errorMap,
        seriesDescriptionSuffix: 'ERROR MAP',
        label: 'ERROR OVER NOISE',
        explanation: '|input - output| over the noise level; not a lesion map',
        quantity: { value: 'ERRNOISE', scheme: '99LIMPID', meaning: 'Residual over noise level' },
        window: [0, MAP_WINDOW] as const,
      }
    : {
        series: unit.uncertainty,
        values: processed.uncertainty,
        seriesDescriptionSuffix: 'UNCERTAINTY',
        label: 'UNCERTAINTY',
        explanation: 'Standard deviation of the error, in units of the image',
        derivation: { value: 'ERREST', scheme: '99LIMPID', meaning: 'Estimation of the error' },
        quantity: { value: 'ERRSD', scheme: '99LIMPID', meaning: 'Standard deviation of the error' },
        window: [0, upperEnd(processed.uncertainty ?? null)] as const,
        ...(processed.volume.units === 'HU' ? { units: HOUNSFIELD_UNIT } : {}),
      };
}

/** Twice the mean of what is tissue: the display window of an uncertainty map. */
function upperEnd(values: Float32Array | null): number {
  let sum = 0;
  let count = 0;
  for (const value of values ?? [])
    if (value > 0) {
      sum += value;
      count++;
    }
  return count > 0 ? (2 * sum) / count : 1;
}
