import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { sha256, writeFileAtomic } from '../base/files.js';
import type { Problem } from '../contract/errors.js';
import type { DecodePool } from '../dicom/codec/decode.js';
import { weakestCalibration } from '../dicom/elements/calibration.js';
import { deriveUid, newUid } from '../dicom/elements/uid.js';
import type { Series } from '../dicom/series/series.js';
import { instancePlanes, loadVolume } from '../dicom/series/volume.js';
import { writeDicomMaps } from './anomaly-output.js';
import { type MapName, writeInstance, writeMap } from './dicom-output.js';
import type {
  Maps,
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
    leftOut: leftOut.map((one) => stackInput(one, pool, 0)),
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
  const inputs = stacks.map((series) => {
    const input = stackInput(series, pool, first);
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

/** @param first instances of the same derived series before this stack: its files are counted from there */
function stackInput(series: Series, pool: DecodePool, first: number): StackInput {
  return {
    id: series.id,
    group: series.instances[0]?.patientKey ?? '',
    modality: series.modality,
    instances: series.instances.length,
    calibration: weakestCalibration(series.instances.map(({ pixelSize }) => pixelSize)),
    size: sizeOf(series),
    transferSyntaxes: [...new Set(series.instances.map(({ transferSyntax }) => transferSyntax))].sort(),
    why: series.why,
    warnings: series.warnings,
    only2d: series.only2d,
    derivedByLimpid: series.instances.some(({ derivedByLimpid }) => derivedByLimpid),
    async hashes() {
      const hashes: string[] = [];
      for (const { file } of series.instances) hashes.push(sha256(await file.read()));
      return hashes;
    },
    async load(onProgress) {
      const { volume, hashes, turnedAt } = await loadVolume(series, pool.decode, { onProgress });
      return { volume, sha256: hashes, turnedAt };
    },
    write: (request, onProgress) => writeStack(series, pool, first, request, onProgress),
    writeUnlike: (request) => writeDicomMaps(series, first, request),
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
  first: number,
  request: WriteRequest,
  onProgress: (done: number) => void,
): Promise<WrittenStack> {
  const files: WrittenFile[] = [];
  let clamped = 0;
  await fs.mkdir(path.join(request.folder, 'image'), { recursive: true });
  const planes = instancePlanes(series);
  for (const [i, place] of planes.entries()) {
    const { instance } = place;
    const bytes = await instance.file.read();
    if (sha256(bytes) !== request.loaded.sha256[i]) throw changedSource();
    const stored = await pool.decode(instance, bytes);
    const sopInstanceUid = derivedUid(request, instance.sopInstanceUid);
    const written = writeInstance({ request, planes, place, bytes, stored, sopInstanceUid });
    clamped += written.clamped;
    files.push(await put(request, 'image', first + i + 1, written.bytes, sopInstanceUid));
    onProgress(i + 1);
  }
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
): Promise<WrittenFile> {
  const name = `${String(number).padStart(5, '0')}.dcm`;
  await writeFileAtomic(path.join(request.folder, entry, name), bytes, { replace: true });
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

function clampedWarning(count: number): Problem {
  return {
    code: 'W_CLAMPED',
    message: `${count} pixels did not fit into the bits of the source and were set to the nearest value that does.`,
    remedy: 'Nothing to do unless they are many: compare before and after in the report.',
  };
}
