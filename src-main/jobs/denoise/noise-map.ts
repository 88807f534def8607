import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { exists, writeFileAtomic } from '../../base/files.js';
import { VERSION } from '../../base/version.js';
import { fault, problemOf } from '../../contract/errors.js';
import type { DenoiseRequest } from '../../contract/requests/requests.js';
import { writeNiftiFromVolume } from '../../imaging/nifti.js';
import type { InputSet, UnitInput } from '../../series/input.js';
import { guardedPath } from '../../series/open-input.js';
import { hasRun, refuseInside } from '../../series/output-folder.js';
import type { NoiseMapTarget } from './job.js';
import type { Made, StackJob } from './stack-job.js';

const FILE = /\.(nii|nii\.gz|dcm)$/i;
const DICOM_FILE = /\.dcm$/i;

/**
 * Where the maps of a request go.
 *
 * @throws LimpidError E_USAGE for a file where there are several series, or of a kind that they have not; E_EXISTS
 *   for what is there and is not of the run that is resumed; E_INSIDE_SOURCE
 */
export async function openNoiseMap(
  wanted: string,
  { input: source, more, output }: DenoiseRequest,
  input: InputSet,
): Promise<NoiseMapTarget> {
  const target: NoiseMapTarget = { path: path.resolve(wanted), isFile: FILE.test(wanted) };
  const stacks = input.units.flatMap((unit) => unit.stacks).filter(({ why }) => why === null);
  if (target.isFile && stacks.length > 1) throw fault('E_USAGE/one-noise-map');
  if (DICOM_FILE.test(wanted) && stacks.some(({ modality }) => modality === 'NIFTI'))
    throw fault('E_USAGE/noise-map-kind');
  for (const one of [source, ...(more ?? [])])
    if (!target.isFile || !(await isFile(one))) await refuseInside(target.path, guardedPath(one));
  if (!(await hasRun(output)) && (await isTaken(target))) throw fault('E_EXISTS/noise-map', {}, target.path);
  return target;
}

async function isFile(file: string): Promise<boolean> {
  // What is not there is no file.
  const stat = await fs.stat(file).catch(() => null);
  return stat?.isFile() === true;
}

async function isTaken(target: NoiseMapTarget): Promise<boolean> {
  if (!(await exists(target.path))) return false;
  if (target.isFile) return true;
  // What cannot be listed counts as taken: nothing is written over it.
  const names = await fs.readdir(target.path).catch(() => ['not a folder']);
  return names.length > 0;
}

/** Writes the level that was used for a stack, whole or not at all. @throws LimpidError E_IO */
export async function writeNoiseMap(target: NoiseMapTarget, job: StackJob, made: Made): Promise<void> {
  const { stack, unitInput, journal } = job;
  const { shape, noise } = made;
  const length = shape.columns * shape.rows * shape.slices;
  const levels = noise.map ?? new Float32Array(length).fill(noise.sigma);
  const isNifti = target.isFile ? !DICOM_FILE.test(target.path) : stack.levelMap === undefined;
  const bytes = isNifti
    ? writeNiftiFromVolume(
        { ...shape, frames: 1, data: levels, measured: null },
        { gzip: !/\.nii$/i.test(target.path), description: 'Limpid noise level' },
      )
    : await stack.levelMap?.({
        levels,
        shape,
        unit: unitInput.unit,
        now: journal.createdAt,
        description: `Noise level at each voxel, by Limpid ${VERSION}; not for diagnostic use`,
      });
  if (bytes === null || bytes === undefined) {
    job.emit({ type: 'warning', series: stack.id, problem: problemOf('W_GEOMETRY/no-noise-map') });
    return;
  }
  const file = target.isFile ? target.path : path.join(target.path, nameOf(unitInput, stack.id, isNifti));
  await fs.mkdir(path.dirname(file), { recursive: true });
  await writeFileAtomic(file, bytes, { replace: true });
}

/** As the derived images of the stack are called. */
function nameOf({ entries, stacks, unit }: UnitInput, stack: string, isNifti: boolean): string {
  const image = entries.find(({ name }) => name === 'image')?.visible ?? unit.key;
  const nifti = /^(.*?)(_[^_/]*)?\.nii\.gz$/.exec(image);
  if (nifti !== null) return `${nifti[1]}_noise-level.nii.gz`;
  const number = stacks.length > 1 ? `-${stacks.findIndex(({ id }) => id === stack) + 1}` : '';
  return `${image}-noise-level${number}${isNifti ? '.nii.gz' : '.dcm'}`;
}
