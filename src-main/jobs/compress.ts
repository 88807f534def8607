import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { asFileError, exists, isInside, writeFileAtomic } from '../base/files.js';
import { VERSION } from '../base/version.js';
import { errorFrom, LimpidError, type Problem } from '../contract/errors.js';
import type { Emit } from '../contract/events.js';
import { NOTICE } from '../contract/report.js';
import type { CompressRequest, DecompressRequest } from '../contract/requests.js';
import { type CompressResult, type DecompressResult, EXIT } from '../contract/results.js';
import { applyToPlane, decodeLatent, scaledStack } from '../denoise/family-apply.js';
import { decodeCodes, encodeCodes } from '../imaging/code-stream.js';
import { writeNiftiFromVolume } from '../imaging/nifti.js';
import { codebookOf, codeGrid, latentOfCodes } from './code-prior.js';
import { type CompressedHeader, packCompressed, unpackCompressed } from './compressed.js';
import { type FamilySource, openFamilySource } from './family-source.js';
import { readModel } from './model-store.js';
import { startMeter } from './progress.js';
import { readAll, type SeriesRead } from './train-input.js';

/**
 * Writes one series as the codes of a vector-quantised model, entropy-coded: lossy. Padding is not kept apart.
 *
 * @throws LimpidError E_MODEL (another family), E_NOTHING, E_USAGE (more than one series), E_EXISTS, E_INSIDE_SOURCE,
 * E_DEVICE; as reading
 */
export async function runCompress(request: CompressRequest, emit: Emit): Promise<CompressResult> {
  await refuseFile(request.output, request.input);
  const source = await openFamilySource(request.model, request.device, emit);
  try {
    const codes = codesOf(source);
    const codebook = codebookOf(await readModel(request.model));
    const { volume } = await readOne(request, emit);
    const stack = scaledStack(volume);
    const { rows, columns, slices, frames, scale } = stack;
    const planes = slices * frames;
    const meter = startMeter(emit, { series: null, stage: 'apply', unit: 'slices', total: planes });
    const grids: Uint16Array[] = [];
    let cells = { rows: 0, columns: 0 };
    let squares = 0;
    for (let plane = 0; plane < planes; plane++) {
      const applied = await applyToPlane(source.model, stack, plane);
      const grid = codeGrid(applied.codes, codebook);
      grids.push(grid.indices);
      cells = { rows: grid.rows, columns: grid.columns };
      applied.reconstruction.forEach((value, i) => {
        squares += (value - stack.values[plane * rows * columns + i]) ** 2;
      });
      meter.at(plane + 1);
    }
    const indices = new Uint16Array(planes * cells.rows * cells.columns);
    grids.forEach((grid, plane) => {
      indices.set(grid, plane * cells.rows * cells.columns);
    });
    const header: CompressedHeader = {
      format: 'limpid-compressed-1',
      lossy: true,
      notice: NOTICE,
      version: VERSION,
      model: source.sha256,
      codes,
      cells,
      columns,
      rows,
      slices,
      frames,
      spacing: volume.spacing,
      affine: volume.affine,
      units: volume.units,
      scale,
    };
    const bytes = packCompressed(header, encodeCodes({ indices, planes, ...cells, codes }));
    await writeFileAtomic(path.resolve(request.output), bytes);
    const pixels = planes * rows * columns;
    return {
      type: 'result',
      command: 'compress',
      exitCode: EXIT.done,
      bytes: bytes.length,
      pixels,
      bitsPerPixel: (8 * bytes.length) / pixels,
      psnr: squares > 0 ? -10 * Math.log10(squares / pixels) : null,
    };
  } finally {
    await source.close();
  }
}

/**
 * Writes what `compress` made of a series as NIfTI (float32, real-world units).
 *
 * @throws LimpidError E_COMPRESSED, E_MODEL (not the model that it was compressed with), E_USAGE, E_EXISTS,
 * E_NOT_FOUND, E_DEVICE, E_IO
 */
export async function runDecompress(request: DecompressRequest, emit: Emit): Promise<DecompressResult> {
  const output = path.resolve(request.output);
  if (!/\.nii(\.gz)?$/i.test(output))
    throw new LimpidError('E_USAGE', 'The output must end in .nii or .nii.gz.', 'Give NAME.nii.gz.', output);
  await refuseFile(request.output, request.input);
  const { header, payload } = unpackCompressed(await contentOf(request.input));
  const { rows, columns, slices, frames, scale, cells, codes } = header;
  const source = await openFamilySource(request.model, request.device, emit);
  try {
    if (source.sha256 !== header.model || codesOf(source) !== codes)
      throw new LimpidError(
        'E_MODEL',
        'The file was compressed with another model.',
        `Use the model whose SHA-256 starts with ${header.model.slice(0, 12).replace(/[^0-9a-f]/g, '?')}.`,
      );
    const codebook = codebookOf(await readModel(request.model));
    const planes = slices * frames;
    const indices = decodeCodes(payload, { planes, ...cells, codes });
    const data = new Float32Array(planes * rows * columns);
    const meter = startMeter(emit, { series: null, stage: 'apply', unit: 'slices', total: planes });
    const area = cells.rows * cells.columns;
    for (let plane = 0; plane < planes; plane++) {
      const part = indices.subarray(plane * area, (plane + 1) * area);
      const image = await decodeLatent(source.model, latentOfCodes(codebook, { indices: part, ...cells }));
      for (let y = 0; y < rows; y++)
        for (let x = 0; x < columns; x++)
          data[(plane * rows + y) * columns + x] =
            image.values[y * image.columns + x] * (scale.high - scale.low) + scale.low;
      meter.at(plane + 1);
    }
    const { spacing, affine, units } = header;
    const volume = {
      data,
      columns,
      rows,
      slices,
      frames,
      spacing,
      affine,
      units,
      measured: null,
      quantum: 0,
    };
    const description = `LOSSY: rebuilt from autoencoder codes; Limpid ${VERSION}`;
    await writeFileAtomic(output, writeNiftiFromVolume(volume, { gzip: /\.gz$/i.test(output), description }));
    return {
      type: 'result',
      command: 'decompress',
      exitCode: EXIT.done,
      columns,
      rows,
      slices,
      frames,
    };
  } finally {
    await source.close();
  }
}

/** Size of the codebook. @throws LimpidError E_MODEL */
function codesOf({ model: { card } }: FamilySource): number {
  if (card.latent?.codebook != null && card.input.planeSide === null && card.tasks.includes('compress'))
    return card.latent.codebook;
  throw new LimpidError(
    'E_MODEL',
    `A ${card.family} model has no codes to compress with.`,
    'Use a model of the family vector-quantised.',
  );
}

async function readOne({ input, force }: CompressRequest, emit: Emit): Promise<SeriesRead> {
  const problems: Problem[] = [];
  const reads = await readAll([input], force, emit, (_, problem) => {
    problems.push(problem);
  });
  if (reads.length === 1) return reads[0];
  if (reads.length === 0 && problems.length > 0) throw errorFrom(problems[0]);
  throw reads.length === 0
    ? new LimpidError('E_NOTHING', 'The input holds no series.', 'Run `limpid inspect` on it to see why.')
    : new LimpidError('E_USAGE', `The input holds ${reads.length} series.`, 'Give one series at a time.');
}

async function refuseFile(output: string, input: string): Promise<void> {
  const file = path.resolve(output);
  if (await exists(file))
    throw new LimpidError('E_EXISTS', 'The output exists already.', 'Choose another name.', file);
  if (await isInside(file, input))
    throw new LimpidError('E_INSIDE_SOURCE', 'The output would lie in the input.', 'Choose another.', file);
}

async function contentOf(file: string): Promise<Uint8Array> {
  try {
    return await fs.readFile(file);
  } catch (error) {
    throw asFileError(error, file);
  }
}
