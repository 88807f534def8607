import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { sha256, writeFileAtomic } from '../base/files.js';
import type { Problem } from '../contract/errors.js';
import type { DecodePool } from '../dicom/codec/decode.js';
import { weakestCalibration } from '../dicom/elements/calibration.js';
import { deriveUid, newUid } from '../dicom/elements/uid.js';
import { attributeValues } from '../dicom/read/keywords.js';
import { isReadInParts, loadPart } from '../dicom/series/part.js';
import type { Series } from '../dicom/series/series.js';
import { byFile, instancePlanes, loadVolume, sourceFiles } from '../dicom/series/volume.js';
import { runsOf } from '../filters/slab.js';
import { writeDicomMaps } from './anomaly-output.js';
import { type MapName, writeInstance, writeMap } from './dicom-output.js';
import { earlierFile, writeFrames, writeTiles } from './frames-output.js';
import type {
  Maps,
  PartsRequest,
  StackInput,
  UnitInput,
  VolumeSize,
  WriteRequest,
  WrittenFile,
  WrittenStack,
} from './input.js';
import { putModel } from './model-output.js';
import { freeSeriesNumber } from './series-number.js';
import { changedSource } from './stack-record.js';

/** Units of the series of a source, one a Series Instance UID, with new UIDs and numbers proposed for each. */
export function dicomUnits(
  series: readonly Series[],
  pool: DecodePool,
  wants: Maps,
): { readonly units: readonly UnitInput[]; readonly leftOut: readonly StackInput[] } {
  const groups = groupBySeries(series);
  const usable = groups.filter((stacks) => stacks.some(({ eligible }) => eligible));
  const leftOut = groups.filter((stacks) => !usable.includes(stacks)).flat();
  const taken = numbersByStudy(series);
  return {
    units: usable.map((stacks, i) => proposeUnit(stacks, i, taken, pool, wants)),
    leftOut: leftOut.map((one) => stackInput(one, pool, { first: 0, numbers: new Map() })),
  };
}

function groupBySeries(series: readonly Series[]): Series[][] {
  const groups = new Map<string, Series[]>();
  for (const one of series) {
    const group = groups.get(one.seriesInstanceUid);
    if (group === undefined) groups.set(one.seriesInstanceUid, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

function numbersByStudy(series: readonly Series[]): Map<string, Set<number>> {
  const taken = new Map<string, Set<number>>();
  for (const { studyInstanceUid, seriesNumber } of series) {
    const numbers = taken.get(studyInstanceUid) ?? new Set<number>();
    if (seriesNumber !== null) numbers.add(seriesNumber);
    taken.set(studyInstanceUid, numbers);
  }
  return taken;
}

function proposeUnit(
  stacks: readonly Series[],
  index: number,
  taken: Map<string, Set<number>>,
  pool: DecodePool,
  wants: Maps,
): UnitInput {
  const { seriesNumber, studyInstanceUid } = stacks[0];
  const numbers = taken.get(studyInstanceUid) ?? new Set<number>();
  const key = `series-${String(index + 1).padStart(3, '0')}`;
  let first = 0;
  const fileNames = fileNumbers(stacks);
  const inputs = stacks.map((series) => {
    const input = {
      ...stackInput(series, pool, { first, numbers: fileNames }),
      kept: isKept(series, stacks),
    };
    first += series.instances.length;
    return input;
  });
  const map = (name: 'error-map' | 'uncertainty', wanted: boolean) =>
    wanted ? [{ name, visible: `${key}-${name}`, reported: `${key}-${name}` }] : [];
  const place = () => ({ uid: newUid(), number: freeSeriesNumber(seriesNumber, numbers) });
  return {
    unit: {
      key,
      stacks: stacks.map(({ id }) => id),
      derived: place(),
      errorMap: wants.errorMap ? place() : null,
      uncertainty: wants.uncertainty === true ? place() : null,
    },
    stacks: inputs,
    // The images last: where they are, the run was not interrupted in between.
    entries: [
      ...map('error-map', wants.errorMap),
      ...map('uncertainty', wants.uncertainty === true),
      { name: 'model', visible: `${key}-model`, reported: `${key}-model` },
      { name: 'image', visible: key, reported: key },
    ],
  };
}

/** How the files of a stack are called. */
interface Naming {
  /** Images of the same derived series before this stack: its maps are counted from there. */
  readonly first: number;
  /** Of each source file of the unit, by SOP Instance UID: stacks may share files. */
  readonly numbers: ReadonlyMap<string, number>;
}

/** Whether every image of a stack is in a file that an eligible stack has images in too. */
function isKept(series: Series, stacks: readonly Series[]): boolean {
  const others = stacks.filter((one) => one !== series && one.eligible);
  const written = new Set(others.flatMap(({ instances }) => instances.map((one) => one.sopInstanceUid)));
  return series.instances.every(({ part, sopInstanceUid }) => part !== null && written.has(sopInstanceUid));
}

/** Source files of a unit counted from 1, in the order in which its stacks come to them. */
function fileNumbers(stacks: readonly Series[]): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const { sopInstanceUid } of stacks.flatMap(({ instances }) => instances))
    if (!numbers.has(sopInstanceUid)) numbers.set(sopInstanceUid, numbers.size + 1);
  return numbers;
}

function stackInput(series: Series, pool: DecodePool, naming: Naming): StackInput {
  return {
    id: series.id,
    group: series.instances[0]?.patientKey ?? '',
    modality: series.modality,
    instances: sourceFiles(series).length,
    seriesInstanceUid: series.seriesInstanceUid,
    grid: {
      columns: series.instances[0].columns,
      rows: series.instances[0].rows,
      slices: series.geometry.slices,
      frames: series.frames,
    },
    forPerson: { description: series.description },
    calibration: weakestCalibration(series.instances.map(({ pixelSize }) => pixelSize)),
    size: sizeOf(series),
    transferSyntaxes: [...new Set(series.instances.map(({ transferSyntax }) => transferSyntax))].sort(),
    why: series.why,
    warnings: series.warnings,
    only2d: series.only2d,
    derivedByLimpid: series.instances.some(({ derivedByLimpid }) => derivedByLimpid),
    attributes: () => attributeValues(series.instances[0].file),
    async hashes() {
      const hashes: string[] = [];
      for (const file of sourceFiles(series)) hashes.push(sha256(await file.read()));
      return hashes;
    },
    async load(onProgress) {
      const { volume, hashes, turnedAt } = await loadVolume(series, pool.decode, { onProgress });
      return { volume, sha256: hashes, turnedAt };
    },
    parts: isReadInParts(series)
      ? {
          slices: series.geometry.slices,
          frames: series.frames,
          load: (slices) => loadPart(series, pool.decode, slices),
          write: (request, onProgress) => writeParts(series, pool, naming, request, onProgress),
        }
      : null,
    write: (request, onProgress) => writeStack(series, pool, naming, request, onProgress),
    writeUnlike: (request) => writeDicomMaps(series, naming.first, request),
  };
}

function sizeOf({ geometry, frames }: Series): VolumeSize | null {
  if (geometry === null) return null;
  const area = geometry.columns * geometry.rows;
  return { area, values: area * geometry.slices * frames };
}

async function writeStack(
  series: Series,
  pool: DecodePool,
  { first, numbers }: Naming,
  request: WriteRequest,
  onProgress: (done: number) => void,
): Promise<WrittenStack> {
  const files: WrittenFile[] = [];
  const shared: string[] = [];
  let clamped = 0;
  for (const folder of ['image', NEXT])
    await fs.mkdir(path.join(request.folder, folder), { recursive: true });
  const planes = instancePlanes(series);
  for (const [i, file] of byFile(planes).entries()) {
    const bytes = await file.file.read();
    if (sha256(bytes) !== request.loaded.sha256[i]) throw changedSource();
    const [place] = file.planes;
    const { instance } = place;
    const sopInstanceUid = derivedUid(request, instance.sopInstanceUid);
    const number = numbers.get(instance.sopInstanceUid) ?? 0;
    const earlier = await earlierFile(
      path.join(request.folder, 'image', fileName(number)),
      finishedFile(request, number),
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
    const isShared = finishedFile(request, number) !== undefined;
    const folder = isShared ? NEXT : 'image';
    files.push(await put(request, 'image', number, written.bytes, sopInstanceUid, folder));
    if (isShared) shared.push(fileName(number));
    onProgress(i + 1);
  }
  // All or none: what another stack has finished is not left half with our frames and half without.
  for (const name of shared)
    await fs.rename(path.join(request.folder, NEXT, name), path.join(request.folder, 'image', name));
  const maps = mapsOf(request);
  const unplaced = maps.length > 0 && series.geometry.unplaced;
  for (const map of unplaced ? [] : maps)
    for (let frame = 0; frame < series.frames; frame++) {
      await fs.mkdir(path.join(request.folder, map), { recursive: true });
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
async function writeParts(
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
  await fs.mkdir(path.join(about.folder, 'image'), { recursive: true });
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

const NO_MAP: Problem = {
  code: 'W_GEOMETRY',
  message: 'No map was written: a Parametric Map needs the position of its images, and these have none.',
  remedy: 'Export the series again, with its geometry.',
};

function mapsOf({ unit, processed }: WriteRequest): MapName[] {
  const maps: MapName[] = [];
  if (unit.errorMap !== null && processed.errorMap !== null) maps.push('error-map');
  if (unit.uncertainty !== null && processed.uncertainty != null) maps.push('uncertainty');
  return maps;
}

/** The same in a resumed run: the namespace is in the journal. */
function derivedUid(request: WriteRequest, name: string): string {
  return deriveUid(request.namespace, name);
}

async function put(
  request: WriteRequest,
  entry: 'image' | MapName,
  number: number,
  bytes: Uint8Array,
  sopInstanceUid: string,
  folder: string = entry,
): Promise<WrittenFile> {
  const name = fileName(number);
  await writeFileAtomic(path.join(request.folder, folder, name), bytes, { replace: true });
  const { derived, errorMap, uncertainty } = request.unit;
  const place = { image: derived, 'error-map': errorMap, uncertainty }[entry];
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
function finishedFile({ finished }: WriteRequest, number: number): WrittenFile | undefined {
  return finished?.find(({ entry, name }) => entry === 'image' && name === fileName(number));
}

function fileName(number: number): string {
  return `${String(number).padStart(5, '0')}.dcm`;
}

function clampedWarning(count: number): Problem {
  return {
    code: 'W_CLAMPED',
    message: `${count} pixels did not fit into the bits of the source and were set to the nearest value that does.`,
    remedy: 'Nothing to do unless they are many: compare before and after in the report.',
  };
}
