import { LimpidError } from '../contract/errors.js';
import type { Processed } from '../denoise/processor.js';
import type { StoredPixels as Decoded } from '../dicom/codec/decode.js';
import { toStored } from '../dicom/codec/stored.js';
import { HOUNSFIELD_UNIT } from '../dicom/elements/codes.js';
import type { Instance } from '../dicom/read/instance.js';
import type { InstancePlanes } from '../dicom/series/volume.js';
import { type Derivation, deriveInstance, type InstanceReference, SMOOTHING } from '../dicom/write/derive.js';
import { parametricMap } from '../dicom/write/parametric-map.js';
import { verifyWritten } from '../dicom/write/verify.js';
import { sliceView, type Volume } from '../imaging/volume.js';
import { EQUIPMENT } from './equipment.js';
import type { WriteRequest } from './input.js';

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
  what: Place & { readonly place: InstancePlanes; readonly bytes: Uint8Array; readonly stored: Decoded },
): { readonly bytes: Uint8Array; readonly clamped: number } {
  const { request, place, bytes, stored } = what;
  const { instance } = place;
  const { volume } = request.processed;
  const { stored: pixels, clamped } = toStored(
    planesOf(volume, place),
    stored.values,
    measuredOf(request.loaded.volume, place),
    {
      ...rescaleOf(instance, request.loaded.turnedAt ?? null),
      bitsAllocated: instance.bitsAllocated,
      bitsStored: instance.bitsStored,
      pixelRepresentation: instance.pixelRepresentation,
      ...(instance.padding === null ? {} : { padding: [instance.padding.low, instance.padding.high] }),
    },
  );
  const derivation = derivationOf(what, place);
  const written = deriveInstance(bytes, derivation, pixels, stored.beside);
  verifyWritten(bytes, written, derivation);
  return { bytes: written, clamped };
}

/** From stored values to those of the volume, which may be turned. */
function rescaleOf({ slope, intercept }: Instance, turnedAt: number | null) {
  return turnedAt === null ? { slope, intercept } : { slope: -slope, intercept: turnedAt - intercept };
}

function derivationOf({ request, planes, sopInstanceUid }: Place, place: InstancePlanes): Derivation {
  const { derived } = request.unit;
  if (derived === null) throw new LimpidError('E_INTERNAL', 'The unit has no series UID.', 'Report this.');
  return {
    seriesInstanceUid: derived.uid,
    sopInstanceUid,
    seriesNumber: derived.number,
    seriesDescriptionSuffix: request.suffix,
    description: request.processed.description,
    codes: request.suffix === 'DENOISED' ? [SMOOTHING] : [],
    sources: sourcesOf(planes, place, request.processed),
    equipment: EQUIPMENT,
    now: request.now,
    imageTypeValue2: 'SECONDARY',
    dropPrivate: false,
    lossySource: place.instance.lossy,
  };
}

/** The image's own source, then the neighbouring slices of the same frames, and frames of the same slice, that went into it. */
function sourcesOf(
  planes: readonly InstancePlanes[],
  own: InstancePlanes,
  { context, contextFrames = 0 }: Pick<Processed, 'context' | 'contextFrames'>,
): InstanceReference[] {
  const near = planes.filter(({ slice, frames }) => {
    const [apart, later] = [Math.abs(slice - own.slice), Math.abs(frames[0] - own.frames[0])];
    return (
      (apart > 0 && apart <= context && later === 0) || (apart === 0 && later > 0 && later <= contextFrames)
    );
  });
  return [own, ...near].map(({ instance: { sopClassUid, sopInstanceUid } }) => ({
    sopClassUid,
    sopInstanceUid,
  }));
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
  if (series === null || values == null)
    throw new LimpidError('E_INTERNAL', 'There is no map to write.', 'Report this.');
  const map: Volume = { ...request.processed.volume, data: values };
  const members = planes.filter(({ frames }) => frames.includes(frame));
  return parametricMap({
    template: await members[0].instance.file.read(),
    frames: members.map(({ instance, slice }) => ({
      source: { sopClassUid: instance.sopClassUid, sopInstanceUid: instance.sopInstanceUid },
      position: instance.imagePosition ?? [0, 0, 0],
      orientation: instance.imageOrientation,
      plane: sliceView(map, slice, frame),
    })),
    seriesInstanceUid: series.uid,
    sopInstanceUid,
    seriesNumber: series.number,
    description: request.processed.description,
    equipment: EQUIPMENT,
    now: request.now,
    ...about,
  });
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
