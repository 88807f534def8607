import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { sha256, writeFileAtomic } from '../base/files.js';
import { VERSION } from '../base/version.js';
import { fault } from '../contract/errors.js';
import { deriveUid } from '../dicom/elements/uid.js';
import type { Series } from '../dicom/series/series.js';
import { byFile, type InstancePlanes, instancePlanes } from '../dicom/series/volume.js';
import { EQUIPMENT } from '../dicom/write/equipment.js';
import { placedFrame, voxelOf } from '../dicom/write/multiframe.js';
import { parametricMap } from '../dicom/write/parametric-map.js';
import { segmentation } from '../dicom/write/segmentation.js';
import { type NiftiImage, writeNifti } from '../imaging/nifti.js';
import type { UnlikeMaps } from './input.js';
import { changedSource } from './stack-record.js';

export const ERROR_MAP = 'error-map';
export const MASK = 'mask';
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
      seriesDescriptionSuffix: 'ERROR MAP',
      label: 'ERROR OVER LIMIT',
      explanation: 'Rebuild error over its normal limit; not a lesion map',
      quantity: { value: 'ERRLIMIT', scheme: '99LIMPID', meaning: 'Rebuild error over its normal limit' },
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
      segment: 'Unlike the training images; not a lesion',
      algorithm: `Limpid ${VERSION} ${request.family} autoencoder`,
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
    description: 'Limpid rebuild error / normal limit; not a lesion map',
  });
  await put(folder, ERROR_MAP, map);
  const marks = writeNifti(image, Float32Array.from(mask), {
    gzip: true,
    datatype: 'uint8',
    description: 'Limpid unlike the training images; not a lesion map',
  });
  await put(folder, MASK, marks);
}

/** The bytes of an image, which must be those that were looked at. */
async function unchanged(
  member: InstancePlanes,
  planes: readonly InstancePlanes[],
  { loaded }: UnlikeMaps,
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
  await fs.mkdir(folder, { recursive: true });
  await writeFileAtomic(path.join(folder, name), bytes, { replace: true });
}
