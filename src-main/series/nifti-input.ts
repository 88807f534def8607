import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { sha256, writeFileAtomic } from '../base/files.js';
import { readRegular } from '../base/reading.js';
import { LimpidError } from '../contract/errors.js';
import type { Emit } from '../contract/events.js';
import { type NiftiImage, readNifti, writeNifti } from '../imaging/nifti.js';
import { writeNiftiMaps } from './anomaly-output.js';
import type {
  EntryName,
  InputSet,
  Maps,
  StackInput,
  WriteRequest,
  WrittenFile,
  WrittenStack,
} from './input.js';
import { putModel } from './model-output.js';
import { changedSource } from './stack-record.js';

const NIFTI_NAME = /\.(nii|nii\.gz|hdr|img)$/i;
const PAIR = /\.(hdr|img)$/i;

/** NIfTI files are told by their names: their content has no mark at its start. */
export function isNiftiName(file: string): boolean {
  return NIFTI_NAME.test(file);
}

/** A NIfTI file as an input of one unit; it is read when the unit is. */
export async function openNiftiInput(
  file: string,
  emit: Emit,
  wants: Maps & { readonly suffix: string },
): Promise<InputSet> {
  await readFiles(file);
  emit({ type: 'scan', files: 1, series: 1, refused: 0, others: 0 });
  const name = path.basename(file).replace(NIFTI_NAME, '');
  const stack = stackInput(file);
  const entry = (entryName: EntryName, suffix: string) => ({
    name: entryName,
    visible: `${name}_${suffix}.nii.gz`,
    reported: `*_${suffix}.nii.gz`,
  });
  return {
    kind: 'nifti',
    units: [
      {
        unit: { key: 'image', stacks: [stack.id], derived: null, errorMap: null, uncertainty: null },
        stacks: [stack],
        entries: [
          ...(wants.errorMap ? [entry('error-map', 'error-map')] : []),
          ...(wants.uncertainty ? [entry('uncertainty', 'uncertainty')] : []),
          { name: 'model', visible: `${name}_model.onnx`, reported: '*_model.onnx' },
          entry('image', wants.suffix),
        ],
      },
    ],
    leftOut: [],
    problems: [],
    filesSeen: 1,
    close: async () => {},
  };
}

/** Reads a NIfTI file, or a pair by either of its names. @throws LimpidError E_NOT_FOUND, E_IO, E_NIFTI, E_BOMB */
export async function loadNifti(file: string): Promise<{ image: NiftiImage; sha256: string }> {
  const files = await readFiles(file);
  try {
    return { image: readNifti(files.header, files.pixels), sha256: hashOf(files) };
  } catch (error) {
    throw error instanceof LimpidError ? error.at(file) : error;
  }
}

interface NiftiFiles {
  readonly header: Uint8Array;
  readonly pixels?: Uint8Array;
}

function hashOf({ header, pixels }: NiftiFiles): string {
  return sha256(pixels === undefined ? header : Buffer.concat([header, pixels]));
}

async function readFiles(file: string): Promise<NiftiFiles> {
  if (!PAIR.test(file)) return { header: await readRegular(file) };
  const header = await readRegular(file.replace(PAIR, '.hdr'));
  return { header, pixels: await readRegular(file.replace(PAIR, '.img')) };
}

function stackInput(file: string): StackInput {
  // A fixed id: a name, even hashed, would not survive a move of the input.
  const id = 'nifti';
  let read: NiftiImage | null = null;
  return {
    id,
    group: '',
    modality: 'NIFTI',
    instances: 1,
    calibration: 'patient',
    size: null,
    transferSyntaxes: [],
    why: null,
    warnings: [],
    only2d: false,
    derivedByLimpid: false,
    hashes: async () => [hashOf(await readFiles(file))],
    async load(onProgress) {
      const loaded = await loadNifti(file);
      read = loaded.image;
      onProgress(1);
      return { volume: loaded.image.volume, sha256: [loaded.sha256] };
    },
    async write(request, onProgress) {
      if (read === null) throw new LimpidError('E_INTERNAL', 'Nothing was loaded.', 'Report this.');
      const image = read;
      read = null;
      if (hashOf(await readFiles(file)) !== request.loaded.sha256[0]) throw changedSource();
      const written = await writeImages(image, request);
      onProgress(1);
      return written;
    },
    async writeUnlike(request) {
      if (read === null) throw new LimpidError('E_INTERNAL', 'Nothing was loaded.', 'Report this.');
      const image = read;
      read = null;
      if (hashOf(await readFiles(file)) !== request.loaded.sha256[0]) throw changedSource();
      await writeNiftiMaps(image, request);
    },
  };
}

async function writeImages(image: NiftiImage, request: WriteRequest): Promise<WrittenStack> {
  const { processed } = request;
  const files: WrittenFile[] = [];
  const put = async (entry: Exclude<EntryName, 'model'>, data: Float32Array, description: string) => {
    const bytes = writeNifti(image, data, {
      gzip: true,
      datatype: 'float32',
      description,
      restore: entry === 'image',
    });
    await fs.mkdir(request.folder, { recursive: true });
    await writeFileAtomic(path.join(request.folder, entry), bytes, { replace: true });
    files.push({
      role: entry === 'image' ? 'denoised' : entry,
      entry,
      name: '',
      bytes: bytes.length,
      sha256: sha256(bytes),
      seriesInstanceUid: null,
      sopInstanceUid: null,
    });
  };
  await put('image', processed.volume.data, `Limpid ${request.suffix}; not for diagnostic use`);
  if (processed.errorMap !== null)
    await put('error-map', processed.errorMap, 'Limpid |input - output| / noise level');
  if (processed.uncertainty != null)
    await put('uncertainty', processed.uncertainty, 'Limpid standard deviation of the error');
  if (processed.model !== null) files.push(await putModel(request, '', processed.model));
  return { files, warnings: [] };
}
