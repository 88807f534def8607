import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { sha256, writeFileAtomic } from '../base/files.js';
import { makeFolder } from '../base/make-folder.js';
import { type Problem, problemOf } from '../contract/errors.js';
import type { DecodePool } from '../dicom/codec/decode.js';
import { deriveUid } from '../dicom/elements/uid.js';
import type { Series } from '../dicom/series/series.js';
import { byFile, type InstancePlanes, instancePlanes } from '../dicom/series/volume.js';
import { runsOf } from '../filters/slab.js';
import { type MapName, writeInstance, writeMap } from './dicom-output.js';
import { earlierFile, writeFrames, writeTiles } from './frames-output.js';
import type { PartsRequest, WriteRequest, WrittenFile, WrittenStack } from './input.js';
import { putModel } from './model-output.js';
import { changedSource } from './stack-record.js';

/** How the files of a stack are called. */
export interface Naming {
  /** Images of the same derived series before this stack: its maps are counted from there. */
  readonly first: number;
  /** Of each source file of the unit, by SOP Instance UID: stacks may share files. */
  readonly numbers: ReadonlyMap<string, number>;
  /** What of the unit its files go into: the other half of a complex image may have a derived series of its own. */
  readonly entry: 'image' | 'partner';
  /** The other half of a complex image, of which each image was made too. */
  readonly partner: Series | null;
}

/** The planes of a series with those of the other half. */
function planesOf(series: Series, partner: Series | null): InstancePlanes[] {
  const planes = instancePlanes(series);
  if (partner === null) return planes;
  return planes.map((plane, i) => ({ ...plane, partner: partner.instances[i] }));
}

/** Derived files, one a source file, and maps. @throws LimpidError E_SOURCE_CHANGED, E_IO */

export async function writeStack(
  series: Series,
  pool: DecodePool,
  { first, numbers, entry, partner }: Naming,
  request: WriteRequest,
  onProgress: (done: number) => void,
): Promise<WrittenStack> {
  const files: WrittenFile[] = [];
  const shared: string[] = [];
  let clamped = 0;
  for (const folder of [entry, NEXT]) await makeFolder(path.join(request.folder, folder));
  const planes = planesOf(series, partner);
  for (const [i, file] of byFile(planes).entries()) {
    const bytes = await file.file.read();
    if (sha256(bytes) !== request.loaded.sha256[i]) throw changedSource();
    const [place] = file.planes;
    const { instance } = place;
    const sopInstanceUid = derivedUid(request, instance.sopInstanceUid);
    const number = numbers.get(instance.sopInstanceUid) ?? 0;
    const earlier = await earlierFile(
      path.join(request.folder, entry, fileName(number)),
      finishedFile(request, entry, number),
    );
    const frames = { request, planes, file, bytes, decode: pool.decode, sopInstanceUid, earlier };
    const written =
      instance.part === null
        ? writeInstance({
            request,
            planes,
            place,
            from: 0,
            bytes,
            stored: await pool.decode(instance, bytes),
            sopInstanceUid,
          })
        : await (instance.part.tile === null ? writeFrames(frames) : writeTiles(frames));
    clamped += written.clamped;
    const isShared = finishedFile(request, entry, number) !== undefined;
    const folder = isShared ? NEXT : entry;
    files.push(await put(request, entry, number, written.bytes, sopInstanceUid, folder));
    if (isShared) shared.push(fileName(number));
    onProgress(i + 1);
  }
  // All or none: what another stack has finished is not left half with our frames and half without.
  for (const name of shared)
    await fs.rename(path.join(request.folder, NEXT, name), path.join(request.folder, entry, name));
  const maps = mapsOf(request);
  const unplaced = maps.length > 0 && series.geometry.unplaced;
  for (const map of unplaced ? [] : maps)
    for (let frame = 0; frame < series.frames; frame++) {
      await makeFolder(path.join(request.folder, map));
      const sopInstanceUid = derivedUid(request, `${map.replace('-', ' ')} ${series.id} ${frame}`);
      const bytes = await writeMap({ request, planes, frame, sopInstanceUid, map });
      files.push(await put(request, map, first + frame + 1, bytes, sopInstanceUid));
    }
  if (request.processed.model !== null)
    files.push(await putModel(request, `${series.id}.onnx`, request.processed.model));
  return {
    files,
    warnings: [...(clamped === 0 ? [] : [clampedWarning(clamped)]), ...(unplaced ? [NO_MAP] : [])],
  };
}

/** As `writeStack`, some slices at a time, of a series whose images have a file each. */
export async function writeParts(
  series: Series,
  pool: DecodePool,
  { numbers }: Naming,
  { part, sha256: hashes, processed, ...about }: PartsRequest,
  onProgress: (done: number) => void,
): Promise<WrittenStack> {
  const planes = instancePlanes(series);
  const { slices, columns, rows } = series.geometry;
  const files: WrittenFile[] = [];
  let clamped = 0;
  await makeFolder(path.join(about.folder, 'image'));
  for (const { from, to } of runsOf(slices, columns * rows * series.frames)) {
    const { before, after } = await part({ from, to });
    const request: WriteRequest = {
      ...about,
      loaded: { volume: before, sha256: hashes },
      processed: { ...processed, volume: after },
    };
    for (const [i, place] of planes.entries()) {
      if (place.slice < from || place.slice >= to) continue;
      const { instance } = place;
      const bytes = await instance.file.read();
      if (sha256(bytes) !== hashes[i]) throw changedSource();
      const stored = await pool.decode(instance, bytes);
      const sopInstanceUid = derivedUid(request, instance.sopInstanceUid);
      const written = writeInstance({ request, planes, place, from, bytes, stored, sopInstanceUid });
      clamped += written.clamped;
      const number = numbers.get(instance.sopInstanceUid) ?? 0;
      files.push(await put(request, 'image', number, written.bytes, sopInstanceUid));
      onProgress(files.length);
    }
  }
  if (processed.model !== null) files.push(await putModel(about, `${series.id}.onnx`, processed.model));
  return { files, warnings: clamped === 0 ? [] : [clampedWarning(clamped)] };
}

const NO_MAP: Problem = problemOf('W_GEOMETRY/no-map');

function mapsOf({ unit, processed }: WriteRequest): MapName[] {
  const maps: MapName[] = [];
  if (unit.errorMap !== null && processed.errorMap !== null) maps.push('error-map');
  if (unit.uncertainty !== null && processed.uncertainty != null) maps.push('uncertainty');
  return maps;
}

/** The same wherever the same images are derived with the same settings, so that nothing is stored twice. */
function derivedUid(request: WriteRequest, name: string): string {
  return deriveUid(request.unit.namespace, name);
}

async function put(
  request: WriteRequest,
  entry: 'image' | 'partner' | MapName,
  number: number,
  bytes: Uint8Array,
  sopInstanceUid: string,
  folder: string = entry,
): Promise<WrittenFile> {
  const name = fileName(number);
  await writeFileAtomic(path.join(request.folder, folder, name), bytes, { replace: true });
  const { derived, errorMap, uncertainty } = request.unit;
  const place = { image: derived, partner: derived, 'error-map': errorMap, uncertainty }[entry];
  return {
    role: entry === 'image' ? 'denoised' : entry,
    entry,
    name,
    bytes: bytes.length,
    sha256: sha256(bytes),
    seriesInstanceUid: place?.uid ?? null,
    sopInstanceUid,
  };
}

/** Where files wait that take the place of what another stack of the unit wrote. */
const NEXT = 'next';

/** What another stack of the unit made of the same file. */
function finishedFile(
  { finished }: WriteRequest,
  entry: Naming['entry'],
  number: number,
): WrittenFile | undefined {
  return finished?.find((file) => file.entry === entry && file.name === fileName(number));
}

function fileName(number: number): string {
  return `${String(number).padStart(5, '0')}.dcm`;
}

function clampedWarning(count: number): Problem {
  return problemOf('W_CLAMPED/pixels', { pixels: count });
}
