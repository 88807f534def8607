import * as path from 'node:path';
import { sha256, writeFileAtomic } from '../base/files.js';
import { makeFolder } from '../base/make-folder.js';
import { VERSION } from '../base/version.js';
import { fault } from '../contract/errors.js';
import type { AnomalyScore } from '../contract/requests/choices.js';
import { SPATIAL_CONCEPT, UNLIKE_TRAINING } from '../dicom/elements/codes.js';
import { asciiText } from '../dicom/elements/encode.js';
import { deriveUid } from '../dicom/elements/uid.js';
import type { Series } from '../dicom/series/series.js';
import { byFile, type InstancePlanes, instancePlanes } from '../dicom/series/volume.js';
import { EQUIPMENT } from '../dicom/write/equipment.js';
import { placedFrame, voxelOf } from '../dicom/write/multiframe.js';
import { parametricMap } from '../dicom/write/parametric-map.js';
import { type Segment, segmentation } from '../dicom/write/segmentation.js';
import { type NiftiImage, writeNifti, writeNiftiFromVolume } from '../imaging/nifti.js';
import { segmentLab } from '../imaging/segment-colours.js';
import { withData } from '../imaging/volume.js';
import type { SegmentMap, UnlikeMaps } from './input.js';
import { changedSource } from './stack-record.js';

export const ERROR_MAP = 'error-map';
export const MASK = 'mask';
export const SEGMENTS = 'segments';
const NOT_A_LESION = 'Unlike the training images; not a lesion';
/** How maps are called in DICOM, by what they show. */
const SAID: Readonly<Record<AnomalyScore, MapWords>> = {
  residual: {
    suffix: 'ERROR MAP',
    label: 'ERROR OVER LIMIT',
    code: 'ERRLIMIT',
    meaning: 'Rebuild error over its normal limit',
    by: null,
  },
  features: {
    suffix: 'UNUSUAL MAP',
    label: 'FEATURE DISTANCE',
    code: 'FEATLIMIT',
    meaning: 'Feature distance over its normal limit',
    by: 'features by place',
  },
};

interface MapWords {
  readonly suffix: string;
  /** At most 16 characters; the meaning at most 64. */
  readonly label: string;
  /** Of our own scheme. */
  readonly code: string;
  readonly meaning: string;
  /** What found the mask; null: the autoencoder. */
  readonly by: string | null;
}

/** Error over limit: twice the limit is white. */
const WINDOW = [0, 2] as const;

/**
 * A Parametric Map and a binary Segmentation for every time point of a stack.
 *
 * @param first instances of the same series before this stack: files are counted from there
 * @throws LimpidError E_SOURCE_CHANGED, E_IO; as `parametricMap` and `segmentation`
 */
export async function writeDicomMaps(series: Series, first: number, request: UnlikeMaps): Promise<void> {
  const { unit, folder } = request;
  const { derived, errorMap } = unit;
  if (derived === null || errorMap === null) throw fault('E_INTERNAL/no-uid');
  const said = SAID[request.score];
  const planes = instancePlanes(series);
  for (let frame = 0; frame < series.frames; frame++) {
    const members = planes.filter(({ frames }) => frames.includes(frame));
    const template = await unchanged(members[0], planes, request);
    const common = {
      template,
      ...voxelOf(members[0].instance),
      equipment: EQUIPMENT,
      now: request.now,
      description: request.description,
    };
    const name = `${String(first + frame + 1).padStart(5, '0')}.dcm`;
    const map = parametricMap({
      ...common,
      frames: members.map((member) => ({
        ...placedFrame(member.instance),
        plane: request.errorMap.subarray(...rangeOf(request, member, frame)),
      })),
      seriesInstanceUid: errorMap.uid,
      sopInstanceUid: deriveUid(request.unit.namespace, `error map ${series.id} ${frame}`),
      seriesNumber: errorMap.number,
      seriesDescriptionSuffix: said.suffix,
      label: said.label,
      explanation: `${said.meaning}; not a lesion map`,
      quantity: { value: said.code, scheme: '99LIMPID', meaning: said.meaning },
      window: WINDOW,
    });
    await put(path.join(folder, ERROR_MAP), name, map);
    const mask = segmentation({
      ...common,
      frames: members.map((member) => ({
        ...placedFrame(member.instance),
        plane: request.mask.subarray(...rangeOf(request, member, frame)),
      })),
      seriesInstanceUid: derived.uid,
      sopInstanceUid: deriveUid(request.unit.namespace, `mask ${series.id} ${frame}`),
      seriesNumber: derived.number,
      seriesDescriptionSuffix: 'UNLIKE TRAINING',
      label: 'UNLIKE TRAINING',
      explanation: NOT_A_LESION,
      segments: [{ label: NOT_A_LESION, category: SPATIAL_CONCEPT, type: UNLIKE_TRAINING }],
      algorithm: `Limpid ${VERSION} ${said.by ?? `${request.family} autoencoder`}`,
    });
    await put(path.join(folder, MASK), name, mask);
  }
}

/** @throws LimpidError E_IO */
export async function writeNiftiMaps(image: NiftiImage, request: UnlikeMaps): Promise<void> {
  const { folder, errorMap, mask } = request;
  const map = writeNifti(image, errorMap, {
    gzip: true,
    datatype: 'float32',
    description: `Limpid ${request.score === 'residual' ? 'rebuild error' : 'feature distance'} / normal limit; not a lesion map`,
  });
  await put(folder, ERROR_MAP, map);
  const marks = writeNifti(image, Float32Array.from(mask), {
    gzip: true,
    datatype: 'uint8',
    description: 'Limpid unlike the training images; not a lesion map',
  });
  await put(folder, MASK, marks);
}

/**
 * A binary Segmentation of one volume of a stack; slices in which a segment has no pixel have no frame of it.
 *
 * @param first instances of the same series before this stack: files are counted from there
 * @throws LimpidError E_SOURCE_CHANGED, E_IO; as `segmentation`
 */
export async function writeDicomSegments(series: Series, first: number, request: SegmentMap): Promise<void> {
  const { unit, folder, frame, labels, classes, loaded } = request;
  if (unit.derived === null) throw fault('E_INTERNAL/no-uid');
  const planes = instancePlanes(series);
  const members = planes.filter(({ frames }) => frames.includes(frame));
  const template = await unchanged(members[0], planes, request);
  const area = loaded.volume.rows * loaded.volume.columns;
  const frames = classes.flatMap(({ label }, segment) =>
    members.flatMap(({ instance, slice }) => {
      const plane = labels.subarray(slice * area, (slice + 1) * area).map((one) => (one === label ? 1 : 0));
      return plane.includes(1) ? [{ ...placedFrame(instance), plane, segment }] : [];
    }),
  );
  // An object has a frame at least.
  const empty = { ...placedFrame(members[0].instance), plane: new Uint8Array(area), segment: 0 };
  const bytes = segmentation({
    template,
    ...voxelOf(members[0].instance),
    equipment: EQUIPMENT,
    now: request.now,
    description: request.description,
    frames: frames.length > 0 ? frames : [empty],
    seriesInstanceUid: unit.derived.uid,
    sopInstanceUid: deriveUid(unit.namespace, `segments ${series.id} ${frame}`),
    seriesNumber: unit.derived.number,
    seriesDescriptionSuffix: 'SEGMENTS',
    label: 'SEGMENTS',
    explanation: 'Segments by pixels; not for diagnostic use',
    segments: classes.map((one, i) => segmentOf(one, i, request.guided)),
    algorithm: request.algorithm,
  });
  await put(path.join(folder, SEGMENTS), `${String(first + frame + 1).padStart(5, '0')}.dcm`, bytes);
}

/** Codes of what was learnt from, else one of our own: a number and a name are no concept of a terminology. */
function segmentOf(
  { label, name, codes }: SegmentMap['classes'][number],
  index: number,
  guided: boolean,
): Segment {
  const own = { value: `SEGMENT${label}`, scheme: '99LIMPID', meaning: asciiText(name, 64) };
  return {
    label: name,
    category: codes?.category ?? SPATIAL_CONCEPT,
    type: codes?.type ?? own,
    guided,
    colour: segmentLab(index),
  };
}

/** Numbers of the classes on the grid of the image. @throws LimpidError E_IO */
export async function writeNiftiSegments(image: NiftiImage, request: SegmentMap): Promise<void> {
  const options = {
    gzip: true,
    datatype: 'uint8',
    description: 'Limpid segments; not for diagnostic use',
  } as const;
  const values = Float32Array.from(request.labels);
  const bytes =
    image.volume.frames === 1
      ? writeNifti(image, values, options)
      : writeNiftiFromVolume({ ...withData(image.volume, values), frames: 1, measured: null }, options);
  await put(request.folder, SEGMENTS, bytes);
}

/** The bytes of an image, which must be those that were looked at. */
async function unchanged(
  member: InstancePlanes,
  planes: readonly InstancePlanes[],
  { loaded }: Pick<UnlikeMaps, 'loaded'>,
): Promise<Uint8Array> {
  const bytes = await member.instance.file.read();
  const at = byFile(planes).findIndex(({ planes: members }) => members.includes(member));
  if (sha256(bytes) !== loaded.sha256[at]) throw changedSource();
  return bytes;
}

/** From and to of a slice in the values of a volume. */
function rangeOf(
  { loaded: { volume } }: UnlikeMaps,
  { slice }: InstancePlanes,
  frame: number,
): [number, number] {
  const area = volume.rows * volume.columns;
  const start = (frame * volume.slices + slice) * area;
  return [start, start + area];
}

async function put(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  await makeFolder(folder);
  await writeFileAtomic(path.join(folder, name), bytes, { replace: true });
}
