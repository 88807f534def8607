import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { sha256, writeFileAtomic } from '../base/files.js';
import { makeFolder } from '../base/make-folder.js';
import { readRegular } from '../base/reading.js';
import { VERSION } from '../base/version.js';
import { fault, LimpidError, type Problem, problemOf } from '../contract/errors.js';
import type { Emit } from '../contract/events.js';
import { magnitudeOf } from '../imaging/complex.js';
import { type NiftiImage, readNifti, writeComplexNifti, writeNifti } from '../imaging/nifti.js';
import { readNiftiFacts } from '../imaging/nifti-start.js';
import { quantile } from '../noise/robust.js';
import type {
  Entry,
  EntryName,
  InputSet,
  LoadedStack,
  StackInput,
  UnitInput,
  Wants,
  WriteRequest,
  WrittenFile,
  WrittenStack,
} from './input.js';
import { writeNiftiMaps, writeNiftiSegments } from './maps-output.js';
import { putModel } from './model-output.js';
import { contentOf, type NiftiContent } from './nifti/computed.js';
import {
  type FoundNifti,
  type NiftiFiles,
  nearestSidecar,
  niftiStem,
  SIDECAR_KINDS,
  type Sidecar,
} from './nifti/finder.js';
import { BIDS_FOLDER, bidsStem, type OutputName, outputNames } from './nifti/names.js';
import { changedSource } from './stack-record.js';

/** A NIfTI file that was named, as an input of one unit; it is read when the unit is. */
export async function openNiftiInput(file: string, emit: Emit, wants: Wants): Promise<InputSet> {
  const found = await namedNifti(file);
  emit({ type: 'scan', files: 1, series: 1, refused: 0, others: 0 });
  const name = { folder: '', stem: niftiStem(found.relative) };
  const content = await contentOf(found, wants.named?.includes(found.id) === true);
  return {
    kind: 'nifti',
    units: content.why === null ? [niftiUnit(found, name, 'image', wants, content)] : [],
    leftOut: content.why === null ? [] : [stackInput(found, wants, content)],
    problems: [],
    filesSeen: 1,
    close: async () => {},
  };
}

/** An image, or a pair by either of its names, outside of any tree. @throws LimpidError as `loadNifti` */
export async function namedNifti(file: string): Promise<FoundNifti> {
  const read = () => readFiles(file);
  const { header } = await read();
  return {
    // A fixed id: a name, even hashed, would not survive a move of the input.
    id: 'nifti',
    relative: path.basename(file),
    place: file,
    facts: placed(file, () => readNiftiFacts(header)),
    sidecars: await sidecarsOf(file),
    inherited: [],
    read,
  };
}

/**
 * A unit for each image that was found in a tree, and stacks of what was computed of images.
 *
 * @param taken names at the top of the output folder that are others'
 */
export async function niftiUnits(
  images: readonly FoundNifti[],
  taken: readonly string[],
  wants: Wants,
): Promise<{ readonly units: readonly UnitInput[]; readonly leftOut: readonly StackInput[] }> {
  const names = outputNames(
    images.map(({ relative }) => relative),
    taken,
  );
  const units: UnitInput[] = [];
  const leftOut: StackInput[] = [];
  for (const [i, found] of images.entries()) {
    const content = await contentOf(found, wants.named?.includes(found.id) === true);
    if (content.why === null) units.push(niftiUnit(found, names[i], found.id, wants, content));
    else leftOut.push(stackInput(found, wants, content));
  }
  return { units, leftOut };
}

function niftiUnit(
  found: FoundNifti,
  { folder, stem }: OutputName,
  key: string,
  wants: Wants,
  content: NiftiContent,
): UnitInput {
  const stack = stackInput(found, wants, content);
  const entry = (name: EntryName, what: string, ending = 'nii.gz'): Entry => ({
    name,
    ...(wants.bids === true
      ? {
          visible: `${BIDS_FOLDER}/${folder}${bidsStem(stem, what.replace('-', ''))}.${ending}`,
          reported: `${BIDS_FOLDER}/*_desc-*${what.replace('-', '')}_*.${ending}`,
        }
      : { visible: `${folder}${stem}_${what}.${ending}`, reported: `*_${what}.${ending}` }),
  });
  const kept = keptBeside(found, wants);
  const kinds = SIDECAR_KINDS.filter(
    (kind) => (kind === 'json' && wants.bids === true) || kept.some((one) => one.kind === kind),
  );
  return {
    unit: { key, namespace: stack.id, stacks: [stack.id], derived: null, errorMap: null, uncertainty: null },
    stacks: [stack],
    entries: [
      ...(wants.errorMap ? [entry('error-map', 'error-map')] : []),
      ...(wants.uncertainty ? [entry('uncertainty', 'uncertainty')] : []),
      entry('model', 'model', 'onnx'),
      ...kinds.map((kind) => entry(kind, wants.suffix, kind)),
      // The image last: where it is, the run was not interrupted in between.
      entry('image', wants.suffix),
    ],
  };
}

/**
 * What is copied beside the output of an image. A data set of derivatives has none of the folders above the image, so
 * there it gets what it inherits from them too.
 */
function keptBeside(found: FoundNifti, { bids }: Pick<Wants, 'bids'>): readonly Sidecar[] {
  if (bids !== true) return found.sidecars;
  return SIDECAR_KINDS.flatMap((kind) => nearestSidecar(found, kind) ?? []);
}

/** Reads a NIfTI file, or a pair by either of its names. @throws LimpidError E_NOT_FOUND, E_IO, E_NIFTI, E_BOMB */
export async function loadNifti(file: string): Promise<{ image: NiftiImage; sha256: string }> {
  return load(file, await readFiles(file));
}

/** Whether Limpid wrote an image. */
export function isOwnNifti({ facts }: FoundNifti): boolean {
  return DERIVED.test(facts.description);
}

/** Reads an image of a tree. @throws LimpidError as `loadNifti`, and those of archives */
export async function loadFoundNifti(found: FoundNifti): Promise<NiftiImage> {
  return load(found.place, await found.read()).image;
}

function load(place: string, files: NiftiFiles): { image: NiftiImage; sha256: string } {
  return { image: placed(place, () => readNifti(files.header, files.pixels)), sha256: hashOf(files) };
}

function placed<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof LimpidError ? error.at(place) : error;
  }
}

function hashOf({ header, pixels }: NiftiFiles): string {
  return sha256(pixels === undefined ? header : Buffer.concat([header, pixels]));
}

const PAIR = /\.(hdr|img)(\.gz)?$/i;

async function readFiles(file: string): Promise<NiftiFiles> {
  if (!PAIR.test(file)) return { header: await readRegular(file) };
  const [header, pixels] = await Promise.all([partOf(file, 'hdr'), partOf(file, 'img')]);
  return { header: await readRegular(header), pixels: await readRegular(pixels) };
}

/** The header or the pixels of a pair, compressed or not. */
async function partOf(file: string, ending: 'hdr' | 'img'): Promise<string> {
  const plain = file.replace(PAIR, `.${ending}`);
  const packed = `${plain}.gz`;
  const isThere = (one: string) =>
    fs.access(one).then(
      () => true,
      () => false,
    );
  return !(await isThere(plain)) && (await isThere(packed)) ? packed : plain;
}

/** Files of the same name beside an image that was named. */
async function sidecarsOf(file: string): Promise<Sidecar[]> {
  const sidecars: Sidecar[] = [];
  for (const kind of SIDECAR_KINDS) {
    for (const ending of [kind, `${kind}s`]) {
      const beside = `${niftiStem(file)}.${ending}`;
      // A sidecar that is not there is none.
      const stat = await fs.stat(beside).catch(() => null);
      if (!stat?.isFile()) continue;
      sidecars.push({ kind, size: stat.size, read: () => readRegular(beside) });
      break;
    }
  }
  return sidecars;
}

/** What Limpid writes into the headers of images that it denoised, and of maps; not of those that it simulated. */
const DERIVED =
  /^Limpid (DENOISED|\|input - output\||standard deviation|rebuild error|unlike the training|segments)/;

function stackInput(found: FoundNifti, wants: Wants, content: NiftiContent): StackInput {
  const { facts } = found;
  const area = facts.columns * facts.rows;
  const parts = facts.isComplex && wants.complex === 'parts' ? 2 : 1;
  let read: NiftiImage | null = null;
  const taken = async (hash: string): Promise<NiftiImage> => {
    if (read === null) throw fault('E_INTERNAL/not-loaded');
    const image = read;
    read = null;
    if (hashOf(await found.read()) !== hash) throw changedSource();
    return image;
  };
  return {
    id: found.id,
    group: groupOf(found),
    modality: 'NIFTI',
    instances: 1,
    seriesInstanceUid: null,
    grid: { columns: facts.columns, rows: facts.rows, slices: facts.slices, frames: facts.frames },
    forPerson: { description: found.relative, places: [found.place] },
    calibration: 'patient',
    size: { area, values: area * facts.slices * facts.frames * parts },
    transferSyntaxes: [],
    why: content.why,
    warnings: content.warnings,
    only2d: false,
    derivedByLimpid: isOwnNifti(found),
    attributes: async () => () => [],
    hashes: async () => [hashOf(await found.read())],
    async load(onProgress) {
      const loaded = load(found.place, await found.read());
      read = loaded.image;
      onProgress(1);
      return loadedStack(loaded.image, loaded.sha256, wants, content.computed !== null);
    },
    async write(request, onProgress) {
      const image = await taken(request.loaded.sha256[0]);
      const written = await writeImages(image, found, wants, request);
      onProgress(1);
      return written;
    },
    parts: null,
    writeUnlike: async (request) => writeNiftiMaps(await taken(request.loaded.sha256[0]), request),
    writeSegments: async (request) => writeNiftiSegments(await taken(request.loaded.sha256[0]), request),
  };
}

/** Subjects of the Brain Imaging Data Structure; of other files nothing tells whose they are. */
function groupOf({ relative }: FoundNifti): string {
  const subject = /(?:^|\/)(sub-[^/_]+)/.exec(relative)?.[1];
  return subject === undefined ? '' : sha256(subject);
}

/** Complex values as they are denoised: two real images with the same noise, whose level their magnitudes tell. */
function loadedStack(
  { volume, parts }: NiftiImage,
  hash: string,
  { complex }: Wants,
  isSigned: boolean,
): LoadedStack {
  if (parts === null || complex !== 'parts') {
    if (isSigned) return { volume: { ...volume, signed: true }, sha256: [hash] };
    if (!isNegated(volume)) return { volume, sha256: [hash] };
    return { volume: { ...volume, data: negated(volume.data) }, sha256: [hash], turnedAt: 0 };
  }
  const { measured } = volume;
  const twice = measured === null ? null : Uint8Array.from([...measured, ...measured]);
  return {
    volume: { ...volume, data: parts, measured: twice, frames: 2 * volume.frames, quantum: 0 },
    magnitude: volume,
    sha256: [hash],
  };
}

/** Share of the range of the values within which the greatest of negated magnitudes reach 0. */
const REACHES_ZERO = 0.1;
const ENOUGH_VALUES = 100_000;

/**
 * Whether values are magnitudes times -1: none is above 0, most below, and the greatest reach it, as the air of
 * magnitudes does, which most are of: what lies far below 0 has an offset, and CT of air and lung has its air at the least.
 */
function isNegated({ data }: NiftiImage['volume']): boolean {
  for (const value of data) if (value > 0) return false;
  const step = Math.max(1, Math.floor(data.length / ENOUGH_VALUES));
  const sample = Float32Array.from({ length: Math.floor(data.length / step) }, (_, i) => data[i * step]);
  const [least, most] = [quantile(sample, 0.01), quantile(sample, 0.99)];
  const isDark = quantile(sample, 0.5) > (least + most) / 2;
  return least < most && isDark && -most <= REACHES_ZERO * (most - least);
}

/** Zero stays zero, without a sign. */
function negated(values: Float32Array): Float32Array {
  return values.map((value) => 0 - value);
}

async function writeImages(
  image: NiftiImage,
  found: FoundNifti,
  wants: Wants,
  request: WriteRequest,
): Promise<WrittenStack> {
  const { processed, loaded } = request;
  const files: WrittenFile[] = [];
  const keep = async (entry: EntryName, role: WrittenFile['role'], bytes: Uint8Array) => {
    await makeFolder(request.folder);
    await writeFileAtomic(path.join(request.folder, entry), bytes, { replace: true });
    const { length } = bytes;
    const uids = { seriesInstanceUid: null, sopInstanceUid: null };
    files.push({ role, entry, name: '', bytes: length, sha256: sha256(bytes), ...uids });
  };
  const isComplex = loaded.magnitude !== undefined;
  const map = (values: Float32Array, description: string) =>
    writeNifti(image, isComplex ? magnitudeOf(values) : values, {
      gzip: true,
      datatype: 'float32',
      description,
    });
  const description = `Limpid ${request.suffix}; not for diagnostic use`;
  const { volume } = processed;
  const data = loaded.turnedAt === 0 ? negated(volume.data) : volume.data;
  const denoised = isComplex
    ? writeComplexNifti(image, data, { gzip: true, description })
    : writeNifti(image, data, { gzip: true, datatype: 'float32', description, restore: true });
  await keep('image', 'denoised', denoised);
  if (processed.errorMap !== null)
    await keep('error-map', 'error-map', map(processed.errorMap, 'Limpid |input - output| / noise level'));
  if (processed.uncertainty != null)
    await keep(
      'uncertainty',
      'uncertainty',
      map(processed.uncertainty, 'Limpid standard deviation of the error'),
    );
  if (processed.model !== null) files.push(await putModel(request, '', processed.model));
  let lost = 0;
  for (const sidecar of keptBeside(found, wants)) {
    if (sidecar.kind === 'json' && wants.bids === true) continue;
    // Sidecars that could not be read are counted, and told by one warning.
    const bytes = await sidecar.read().catch(() => null);
    if (bytes === null) lost++;
    else await keep(sidecar.kind, 'sidecar', bytes);
  }
  if (wants.bids === true) {
    const { facts: known, unread } = await sourceFacts(found);
    lost += unread;
    const facts = { ...known, ...factsOfDerivative(found.relative, request) };
    await keep('json', 'sidecar', Buffer.from(`${JSON.stringify(facts, null, 2)}\n`));
  }
  return { files, warnings: lost === 0 ? [] : [notCopied(lost)] };
}

/** What stands beside the source and above it, the nearest last, and how many files of these could not be read. */
async function sourceFacts({ sidecars, inherited }: FoundNifti): Promise<{ facts: object; unread: number }> {
  let facts = {};
  let unread = 0;
  for (const sidecar of [...inherited, ...sidecars].filter(({ kind }) => kind === 'json'))
    try {
      const more: unknown = JSON.parse(Buffer.from(await sidecar.read()).toString('utf8'));
      if (typeof more === 'object' && more !== null && !Array.isArray(more)) facts = { ...facts, ...more };
      else unread++;
    } catch {
      // What could not be read, or is no JSON, is counted as lost and told by a warning.
      unread++;
    }
  return { facts, unread };
}

/** What BIDS asks of a derivative, and what was done. */
function factsOfDerivative(relative: string, { processed, suffix }: WriteRequest): object {
  return {
    Sources: [`bids:raw:${relative}`],
    Description: `${suffix.toLowerCase()} by Limpid; not for diagnostic use`,
    Limpid: { Version: VERSION, Processing: processed.description },
  };
}

function notCopied(count: number): Problem {
  return problemOf('W_UNREADABLE/beside', { files: count });
}
