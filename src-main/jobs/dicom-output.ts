import { LimpidError } from '../contract/errors.js';
import type { StoredPixels as Decoded } from '../dicom/decode.js';
import { type Derivation, deriveInstance, type InstanceReference, SMOOTHING } from '../dicom/derive.js';
import { parametricMap } from '../dicom/parametric-map.js';
import { toStored } from '../dicom/stored.js';
import { verifyWritten } from '../dicom/verify.js';
import type { InstancePlanes } from '../dicom/volume.js';
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
      slope: instance.slope,
      intercept: instance.intercept,
      bitsAllocated: instance.bitsAllocated,
      bitsStored: instance.bitsStored,
      pixelRepresentation: instance.pixelRepresentation,
      ...(instance.padding === null ? {} : { padding: [instance.padding.low, instance.padding.high] }),
    },
  );
  const derivation = derivationOf(what, place);
  const written = deriveInstance(bytes, derivation, pixels);
  verifyWritten(bytes, written, derivation);
  return { bytes: written, clamped };
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
    sources: sourcesOf(planes, place, request.processed.context),
    equipment: EQUIPMENT,
    now: request.now,
    imageTypeValue2: 'SECONDARY',
    dropPrivate: false,
    lossySource: place.instance.lossy,
  };
}

/** The image's own source, then the neighbouring slices of the same frames that went into it. */
function sourcesOf(
  planes: readonly InstancePlanes[],
  own: InstancePlanes,
  context: number,
): InstanceReference[] {
  const near = planes.filter(
    ({ slice, frames }) =>
      slice !== own.slice && Math.abs(slice - own.slice) <= context && frames[0] === own.frames[0],
  );
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

/** One time point's error map as a multi-frame Parametric Map. */
export async function writeErrorMap(what: Place & { readonly frame: number }): Promise<Uint8Array> {
  const { request, planes, frame, sopInstanceUid } = what;
  const { errorMap } = request.unit;
  const values = request.processed.errorMap;
  if (errorMap === null || values === null)
    throw new LimpidError('E_INTERNAL', 'There is no error map to write.', 'Report this.');
  const map: Volume = { ...request.processed.volume, data: values };
  const members = planes.filter(({ frames }) => frames.includes(frame));
  return parametricMap({
    template: await members[0].instance.file.read(),
    frames: members.map(({ instance, slice }) => ({
      source: { sopClassUid: instance.sopClassUid, sopInstanceUid: instance.sopInstanceUid },
      position: instance.imagePosition ?? [0, 0, 0],
      plane: sliceView(map, slice, frame),
    })),
    seriesInstanceUid: errorMap.uid,
    sopInstanceUid,
    seriesNumber: errorMap.number,
    seriesDescriptionSuffix: 'ERROR MAP',
    label: 'ERROR OVER NOISE',
    explanation: '|input - output| over the noise level; not a lesion map',
    description: request.processed.description,
    quantity: { value: 'ERRNOISE', scheme: '99LIMPID', meaning: 'Residual over noise level' },
    window: [0, MAP_WINDOW],
    equipment: EQUIPMENT,
    now: request.now,
  });
}
