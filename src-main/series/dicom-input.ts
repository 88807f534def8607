import { sha256 } from '../base/files.js';
import type { SeriesNumbers } from '../contract/plan-file.js';
import type { DecodePool } from '../dicom/codec/decode.js';
import { weakestCalibration } from '../dicom/elements/calibration.js';
import { deriveUid } from '../dicom/elements/uid.js';
import { attributeValues } from '../dicom/read/keywords.js';
import { type ComplexPair, usedPairs } from '../dicom/series/complex.js';
import { isReadInParts, loadPart } from '../dicom/series/part.js';
import { type Series, takenAsNamed } from '../dicom/series/series.js';
import { freeSeriesNumber } from '../dicom/series/series-number.js';
import { instancePlanes, loadVolume, sourceFiles } from '../dicom/series/volume.js';
import { complexInput } from './complex-input.js';
import { writeVoxelMap } from './dicom-output.js';
import { type Naming, writeParts, writeStack } from './dicom-write.js';
import {
  derivedSeriesUid,
  type StackInput,
  seriesKey,
  type UnitInput,
  unitOf,
  type VolumeSize,
  type Wants,
} from './input.js';
import { writeDicomMaps, writeDicomSegments } from './maps-output.js';

/** What is denoised together: a series, or the two that are one complex image. */
interface Member {
  readonly series: Series;
  readonly pair: ComplexPair | null;
}

/** Units of the series of a source, one a Series Instance UID, with new UIDs and numbers proposed for each. */
export function dicomUnits(
  series: readonly Series[],
  pool: DecodePool,
  wants: Pick<Wants, 'errorMap' | 'uncertainty' | 'complex' | 'known' | 'named'>,
): { readonly units: readonly UnitInput[]; readonly leftOut: readonly StackInput[] } {
  const named = new Set(wants.named);
  const taken = series.map((one) => takenAsNamed(one, named));
  const groups = groupByUnit(membersOf(taken, wants.complex === 'parts'));
  const usable = groups.filter((members) => members.some((one) => one.series.eligible));
  const leftOut = groups.filter((members) => !usable.includes(members)).flat();
  const numbers = numbersByStudy(series, wants.known?.numbers);
  return {
    units: usable.map((members, i) => proposeUnit(members, i, numbers, pool, wants)),
    leftOut: leftOut.map((one) =>
      stackInput(one.series, pool, { first: 0, numbers: new Map(), entry: 'image', partner: null }),
    ),
  };
}

function membersOf(series: readonly Series[], complex: boolean): Member[] {
  const used = complex ? usedPairs(series) : [];
  const seconds = new Set(used.map(({ second }) => second.id));
  return series
    .filter(({ id }) => !seconds.has(id))
    .map((one) => ({ series: one, pair: used.find(({ first }) => first === one) ?? null }));
}

/** Both halves, where there are two. */
function halvesOf({ series, pair }: Member): Series[] {
  return pair === null ? [series] : [series, pair.second];
}

function groupByUnit(members: readonly Member[]): Member[][] {
  const groups = new Map<string, Member[]>();
  for (const member of members) {
    const unit = unitOf(member.series.seriesInstanceUid, member.series.modality);
    const group = groups.get(unit);
    if (group === undefined) groups.set(unit, [member]);
    else group.push(member);
  }
  return [...groups.values()];
}

/** Those of the series, and of what is planned to be made of the study, whichever share of a plan this is. */
function numbersByStudy(
  series: readonly Series[],
  planned: ReadonlyMap<string, readonly number[]> = new Map(),
): Map<string, Set<number>> {
  const taken = new Map([...planned].map(([study, numbers]) => [study, new Set(numbers)]));
  for (const { studyInstanceUid, seriesNumber } of series) {
    const numbers = taken.get(studyInstanceUid) ?? new Set<number>();
    if (seriesNumber !== null) numbers.add(seriesNumber);
    taken.set(studyInstanceUid, numbers);
  }
  return taken;
}

function proposeUnit(
  members: readonly Member[],
  index: number,
  taken: Map<string, Set<number>>,
  pool: DecodePool,
  wants: Pick<Wants, 'errorMap' | 'uncertainty' | 'known'>,
): UnitInput {
  const { seriesNumber, studyInstanceUid, seriesInstanceUid, modality } = members[0].series;
  const numbers = taken.get(studyInstanceUid) ?? new Set<number>();
  const known = wants.known?.units.get(unitOf(seriesInstanceUid, modality));
  const key = known?.key ?? seriesKey(index + 1);
  const namespace = namespaceOf(seriesInstanceUid, members);
  const place = (holding: keyof SeriesNumbers, source: number | null) => ({
    uid: derivedSeriesUid(namespace, holding),
    number: known?.numbers?.[holding] ?? freeSeriesNumber(source, numbers),
  });
  const isHere = (series: Series) => series.seriesInstanceUid === seriesInstanceUid;
  const elsewhere = members.find(({ pair }) => pair !== null && !isHere(pair.second))?.pair ?? null;
  const all = members.flatMap(halvesOf);
  // Parametric Maps say that nothing is burned into them, which text of the images would be in a map too.
  const hasText = all.some(({ instances }) => instances.some(({ burnedIn }) => burnedIn));
  const maps = { error: wants.errorMap && !hasText, uncertainty: wants.uncertainty === true && !hasText };
  const own: ReadonlyMap<string, number> = fileNumbers(all.filter(isHere));
  const others = fileNumbers(all.filter((one) => !isHere(one)));
  let first = 0;
  const stacks = members.map((member) => {
    const { series, pair } = member;
    const naming: Naming = { first, numbers: own, entry: 'image', partner: pair?.second ?? null };
    first += series.instances.length;
    const stack = { ...stackInput(series, pool, naming), kept: isKept(series, members) };
    if (pair === null) return stack;
    const second: Naming = isHere(pair.second)
      ? { ...naming, partner: series }
      : { first: 0, numbers: others, entry: 'partner', partner: series };
    return complexInput(stack, stackInput(pair.second, pool, second), pair, pool, [naming, second]);
  });
  const entry = (name: 'error-map' | 'uncertainty' | 'partner' | 'model', called: string = name) => {
    const visible = `${key}-${called}`;
    return { name, visible, reported: visible };
  };
  return {
    unit: {
      key,
      stacks: stacks.map(({ id }) => id),
      namespace,
      derived: place('derived', seriesNumber),
      errorMap: maps.error ? place('errorMap', seriesNumber) : null,
      uncertainty: maps.uncertainty ? place('uncertainty', seriesNumber) : null,
      ...(elsewhere === null ? {} : { partner: place('partner', elsewhere.second.seriesNumber) }),
    },
    stacks,
    // The images last: where they are, the run was not interrupted in between.
    entries: [
      ...(maps.error ? [entry('error-map')] : []),
      ...(maps.uncertainty ? [entry('uncertainty')] : []),
      entry('model'),
      ...(elsewhere === null ? [] : [entry('partner', elsewhere.kind === 'polar' ? 'phase' : 'imaginary')]),
      { name: 'image', visible: key, reported: key },
    ],
  };
}

/**
 * Of the images of a series, wherever they lie: others of the same series that came later make it another one, for
 * an archive drops what it has the UID of.
 */
function namespaceOf(seriesInstanceUid: string, members: readonly Member[]): string {
  const images = members.flatMap(halvesOf).flatMap(({ instances }) => instances);
  const uids = new Set(images.map(({ sopInstanceUid }) => sopInstanceUid));
  return deriveUid('limpid', seriesInstanceUid, ...[...uids].sort());
}

/** Whether every image of a stack is in a file that an eligible stack has images in too. */
function isKept(series: Series, members: readonly Member[]): boolean {
  const others = members.filter((one) => one.series !== series && one.series.eligible).flatMap(halvesOf);
  const written = new Set(others.flatMap(({ instances }) => instances.map((one) => one.sopInstanceUid)));
  return series.instances.every(({ part, sopInstanceUid }) => part !== null && written.has(sopInstanceUid));
}

/** Source files of a derived series counted from 1, in the order in which its stacks come to them. */
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
    ...(series.studyInstanceUid === '' ? {} : { studyInstanceUid: series.studyInstanceUid }),
    grid: {
      columns: series.instances[0].columns,
      rows: series.instances[0].rows,
      slices: series.geometry.slices,
      frames: series.frames,
    },
    forPerson: {
      description: series.description,
      places: sourceFiles(series).map(({ place }) => place),
    },
    ...positionsOf(series),
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
    voxelMap: async (request) =>
      series.geometry.unplaced ? null : writeVoxelMap(instancePlanes(series), series.id, request),
    writeUnlike: (request) => writeDicomMaps(series, naming.first, request),
    writeSegments: (request) => writeDicomSegments(series, naming.first, request),
  };
}

/** Slices at uneven distances, or with a tilted gantry, do not lie where an affine says. */
/** Where the first pixel of each slice lies, where all of them say so. */
export function positionsOf(series: Series): Pick<StackInput, 'slicePositions'> {
  const positions: (readonly number[] | undefined)[] = new Array(series.geometry.slices).fill(undefined);
  for (const { instance, slice } of instancePlanes(series))
    positions[slice] ??= instance.imagePosition ?? undefined;
  // Of a slice that is missing nothing is known, and nothing is marked: it lies nowhere.
  const isKnown = positions.some((one) => one !== undefined);
  const nowhere = [Number.NaN, Number.NaN, Number.NaN];
  return isKnown ? { slicePositions: positions.map((one) => one ?? nowhere) } : {};
}

function sizeOf({ geometry, frames }: Series): VolumeSize | null {
  if (geometry === null) return null;
  const area = geometry.columns * geometry.rows;
  return { area, values: area * geometry.slices * frames };
}
