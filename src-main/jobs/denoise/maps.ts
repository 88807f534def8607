import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { exists, isInside, isSamePlace, writeFileAtomic } from '../../base/files.js';
import { makeFolder } from '../../base/make-folder.js';
import { VERSION } from '../../base/version.js';
import { fault, problemOf } from '../../contract/errors.js';
import type { DenoiseRequest } from '../../contract/requests/requests.js';
import { writeNiftiFromVolume } from '../../imaging/nifti.js';
import type { InputSet, MapKind, UnitInput } from '../../series/input.js';
import { guardedPath } from '../../series/open-input.js';
import { hasRun, ownFolder, refuseInside } from '../../series/output-folder.js';
import { REPORT_FILES } from '../../series/publication.js';
import type { MapTarget } from './job.js';
import type { Made, StackJob } from './stack-job.js';

const FILE = /\.(nii|nii\.gz|dcm)$/i;
const DICOM_FILE = /\.dcm$/i;

/** Where the maps of a request go; absent: not asked for. */
interface MapTargets {
  readonly noiseMap?: MapTarget;
  readonly fieldMap?: MapTarget;
}

/**
 * Where the maps of a request go.
 *
 * @throws LimpidError E_USAGE for a file where there are several series, or of a kind that they have not, for one that
 *   is another output too, and for a map of a field that is not looked for; E_EXISTS for what is there and is not of the
 *   run that is resumed; E_INSIDE_SOURCE
 */
export async function openMaps(request: DenoiseRequest, input: InputSet): Promise<MapTargets> {
  const { noiseMap, fieldMap, clean } = request;
  if (fieldMap !== undefined && clean !== 'auto' && clean?.includes('bias') !== true)
    throw fault('E_USAGE/field-map');
  const targets: MapTargets = {
    ...(noiseMap === undefined ? {} : { noiseMap: await openMap(noiseMap, request, input) }),
    ...(fieldMap === undefined ? {} : { fieldMap: await openMap(fieldMap, request, input) }),
  };
  await refuseTwice(targets, request.output, input);
  return targets;
}

/** What one output wrote would be gone with the next of the same name. A folder holds maps of both kinds. */
async function refuseTwice(
  { noiseMap, fieldMap }: MapTargets,
  output: string,
  { units }: InputSet,
): Promise<void> {
  const own = [
    REPORT_FILES.json,
    REPORT_FILES.html,
    ...units.flatMap(({ entries }) => entries.map(({ visible }) => visible)),
  ];
  for (const target of [noiseMap, fieldMap]) {
    if (target === undefined) continue;
    const isTwice =
      (await isInside(target.path, ownFolder(output))) ||
      (target.isFile && (await isSamePlace(target.path, output))) ||
      (await some(own, (name) => isInside(target.path, path.join(output, name))));
    if (isTwice) throw fault('E_USAGE/one-output', {}, target.path);
  }
  if (noiseMap === undefined || fieldMap === undefined) return;
  const isOfFile = noiseMap.isFile || fieldMap.isFile;
  if (isOfFile && (await isSamePlace(noiseMap.path, fieldMap.path)))
    throw fault('E_USAGE/one-output', {}, fieldMap.path);
}

async function some<T>(all: readonly T[], is: (one: T) => Promise<boolean>): Promise<boolean> {
  for (const one of all) if (await is(one)) return true;
  return false;
}

async function openMap(
  wanted: string,
  { input: source, more, output }: DenoiseRequest,
  input: InputSet,
): Promise<MapTarget> {
  const target: MapTarget = { path: path.resolve(wanted), isFile: FILE.test(wanted) };
  const stacks = input.units.flatMap((unit) => unit.stacks).filter(({ why }) => why === null);
  if (target.isFile && stacks.length > 1) throw fault('E_USAGE/one-map');
  if (DICOM_FILE.test(wanted) && stacks.some(({ modality }) => modality === 'NIFTI'))
    throw fault('E_USAGE/map-kind');
  for (const one of [source, ...(more ?? [])])
    if (!target.isFile || !(await isFile(one))) await refuseInside(target.path, guardedPath(one));
  if (!(await hasRun(output)) && (await isTaken(target))) throw fault('E_EXISTS/map', {}, target.path);
  return target;
}

async function isFile(file: string): Promise<boolean> {
  // What is not there is no file.
  const stat = await fs.stat(file).catch(() => null);
  return stat?.isFile() === true;
}

async function isTaken(target: MapTarget): Promise<boolean> {
  if (!(await exists(target.path))) return false;
  if (target.isFile) return true;
  // What cannot be listed counts as taken: nothing is written over it.
  const names = await fs.readdir(target.path).catch(() => ['not a folder']);
  return names.length > 0;
}

/** What the maps of a kind are called in files and texts: ASCII. */
const NAMES: Readonly<Record<MapKind, { file: string; title: string; description: string }>> = {
  noise: { file: 'noise-level', title: 'Limpid noise level', description: 'Noise level at each voxel' },
  field: {
    file: 'bias-field',
    title: 'Limpid bias field',
    description: 'Bias field by which the images were divided',
  },
};

/** Writes the level that was used for a stack, whole or not at all. @throws LimpidError E_IO */
export function writeNoiseMap(target: MapTarget, job: StackJob, made: Made): Promise<void> {
  const levels = made.noise.map ?? new Float32Array(lengthOf(made)).fill(made.noise.sigma);
  return writeMap(target, job, made, { kind: 'noise', values: levels });
}

/** Writes the field by which a stack was divided, 1 where it was not, whole or not at all. @throws LimpidError E_IO */
export function writeFieldMap(target: MapTarget, job: StackJob, made: Made): Promise<void> {
  const values = made.field ?? new Float32Array(lengthOf(made)).fill(1);
  return writeMap(target, job, made, { kind: 'field', values });
}

function lengthOf({ shape: { columns, rows, slices } }: Made): number {
  return columns * rows * slices;
}

async function writeMap(
  target: MapTarget,
  job: StackJob,
  { shape }: Made,
  { kind, values }: { readonly kind: MapKind; readonly values: Float32Array },
): Promise<void> {
  const { stack, unitInput, journal } = job;
  const isNifti = target.isFile ? !DICOM_FILE.test(target.path) : stack.voxelMap === undefined;
  const bytes = isNifti
    ? writeNiftiFromVolume(
        { ...shape, frames: 1, data: values, measured: null },
        { gzip: !/\.nii$/i.test(target.path), description: NAMES[kind].title },
      )
    : await stack.voxelMap?.({
        kind,
        values,
        shape,
        unit: unitInput.unit,
        now: journal.createdAt,
        description: `${NAMES[kind].description}, by Limpid ${VERSION}; not for diagnostic use`,
      });
  if (bytes === null || bytes === undefined) {
    job.emit({ type: 'warning', series: stack.id, problem: problemOf('W_GEOMETRY/no-voxel-map') });
    return;
  }
  const file = target.isFile
    ? target.path
    : path.join(target.path, nameOf(unitInput, stack.id, kind, isNifti));
  await makeFolder(path.dirname(file));
  await writeFileAtomic(file, bytes, { replace: true });
}

/** As the derived images of the stack are called. */
function nameOf(
  { entries, stacks, unit }: UnitInput,
  stack: string,
  kind: MapKind,
  isNifti: boolean,
): string {
  const { file } = NAMES[kind];
  const image = entries.find(({ name }) => name === 'image')?.visible ?? unit.key;
  const nifti = /^(.*?)(_[^_/]*)?\.nii\.gz$/.exec(image);
  if (nifti !== null) return `${nifti[1]}_${file}.nii.gz`;
  const number = stacks.length > 1 ? `-${stacks.findIndex(({ id }) => id === stack) + 1}` : '';
  return `${image}-${file}${number}${isNifti ? '.nii.gz' : '.dcm'}`;
}
