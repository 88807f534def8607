import * as path from 'node:path';
import { codebookOf, codeGrid, latentOfCodes } from '../../analysis/code-prior.js';
import {
  type Coding,
  type CompressedHeader,
  damaged,
  packCompressed,
  unpackCompressed,
} from '../../analysis/compressed.js';
import { decodeRounded, encodeRounded, roundedLatent, stepWithin } from '../../analysis/rounded-codes.js';
import { exists, isInside, writeFileAtomic } from '../../base/files.js';
import { startMeter } from '../../base/progress.js';
import { readRegular } from '../../base/reading.js';
import { VERSION } from '../../base/version.js';
import { errorFrom, fault, type Problem } from '../../contract/errors.js';
import type { Emit } from '../../contract/events.js';
import { EXIT } from '../../contract/exit.js';
import type { CompressResult, DecompressResult } from '../../contract/model-results.js';
import { NOTICE } from '../../contract/report-version.js';
import type { CompressRequest, DecompressRequest } from '../../contract/requests/requests.js';
import type { NamedArray } from '../../graph/types.js';
import { decodeCodes, encodeCodes } from '../../imaging/code-stream.js';
import { writeNiftiFromVolume } from '../../imaging/nifti.js';
import type { OpenModel } from '../../model-files/model-file.js';
import { spread } from '../../noise/planes.js';
import { decodeLatent, encodePlane, type ScaledStack, scaledStack } from '../../restore/apply.js';
import { type ModelSource, openModelSource } from '../../store/model-source.js';
import { readModel } from '../../store/model-store.js';
import { readAll, type SeriesRead } from '../train/train-input.js';

/**
 * Writes one series as the codes of a model, entropy-coded: lossy. Codes are those of a codebook, or latents rounded so
 * that this costs `request.rounding` dB at most. Padding is not kept apart.
 *
 * @throws LimpidError E_MODEL (another family), E_NOTHING, E_USAGE (more than one series), E_EXISTS, E_INSIDE_SOURCE,
 * E_DEVICE; as reading
 */
export async function runCompress(request: CompressRequest, emit: Emit): Promise<CompressResult> {
  await refuseFile(request.output, request.input);
  const source = await openModelSource(request.model, request.device, emit);
  try {
    const codebook = codebookFor(source, await readModel(request.model));
    const { volume } = await readOne(request, emit);
    const stack = scaledStack(volume);
    const { rows, columns, slices, frames, scale } = stack;
    const latents = await latentsOf(source.model, stack, emit);
    const coded =
      codebook === null
        ? await codedRounded(source.model, stack, latents, request.rounding ?? USUAL_ROUNDING)
        : codedNames(latents, codebook);
    const header: CompressedHeader = {
      format: 'limpid-compressed-3',
      lossy: true,
      notice: NOTICE,
      version: VERSION,
      model: source.sha256,
      coding: coded.coding,
      cells: { rows: latents[0].shape[1], columns: latents[0].shape[2] },
      columns,
      rows,
      slices,
      frames,
      spacing: volume.spacing,
      affine: volume.affine,
      units: volume.units,
      scale,
    };
    const bytes = packCompressed(header, coded.payload);
    const error = await errorOf(source.model, stack, coded.latents);
    await writeFileAtomic(path.resolve(request.output), bytes);
    const pixels = rows * columns * slices * frames;
    return {
      type: 'result',
      command: 'compress',
      exitCode: EXIT.done,
      bytes: bytes.length,
      pixels,
      bitsPerPixel: (8 * bytes.length) / pixels,
      psnr: error > 0 ? -10 * Math.log10(error) : null,
      forPerson: { file: request.output },
    };
  } finally {
    await source.close();
  }
}

/** dB that rounding may cost. */
const USUAL_ROUNDING = 0.3;
/** Planes on which a step is tried. */
const TRIED_PLANES = 8;

interface Coded {
  readonly coding: Coding;
  readonly payload: Uint8Array;
  /** As they come back. */
  readonly latents: readonly NamedArray[];
}

async function latentsOf(model: OpenModel, stack: ScaledStack, emit: Emit): Promise<NamedArray[]> {
  const planes = stack.slices * stack.frames;
  const meter = startMeter(emit, { series: null, stage: 'apply', unit: 'slices', total: planes });
  const latents: NamedArray[] = [];
  for (let plane = 0; plane < planes; plane++) {
    latents.push((await encodePlane(model, stack, plane)).latent);
    meter.at(plane + 1);
  }
  return latents;
}

function codedNames(latents: readonly NamedArray[], codebook: NamedArray): Coded {
  const [, rows, columns] = latents[0].shape;
  const grids = latents.map((latent) => codeGrid({ latent }, codebook));
  const indices = new Uint16Array(grids.length * rows * columns);
  grids.forEach((grid, plane) => {
    indices.set(grid.indices, plane * rows * columns);
  });
  const codes = codebook.shape[0];
  return {
    coding: { kind: 'codebook', codes },
    payload: encodeCodes(indices),
    latents: grids.map((grid) => latentOfCodes(codebook, grid)),
  };
}

async function codedRounded(
  model: OpenModel,
  stack: ScaledStack,
  latents: readonly NamedArray[],
  allowed: number,
): Promise<Coded> {
  const tried = spread(latents.length, TRIED_PLANES);
  const step = await stepWithin(
    tried.map((plane) => latents[plane]),
    allowed,
    (some) => errorOf(model, stack, some, tried),
  );
  return {
    ...encodeRounded(latents, step),
    latents: latents.map((latent) => roundedLatent(latent, step)),
  };
}

/** Mean squared error of what latents decode to. @param planes those of the latents; absent: all, in order */
async function errorOf(
  model: OpenModel,
  { values, rows, columns }: ScaledStack,
  latents: readonly NamedArray[],
  planes: readonly number[] = [...latents.keys()],
): Promise<number> {
  let squares = 0;
  for (const [i, plane] of planes.entries()) {
    const image = await decodeLatent(model, latents[i]);
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++)
        squares += (image.values[y * image.columns + x] - values[(plane * rows + y) * columns + x]) ** 2;
  }
  return squares / (planes.length * rows * columns);
}

/**
 * Writes what `compress` made of a series as NIfTI (float32, real-world units).
 *
 * @throws LimpidError E_COMPRESSED, E_MODEL (not the model that it was compressed with), E_USAGE, E_EXISTS,
 * E_NOT_FOUND, E_DEVICE, E_IO
 */
export async function runDecompress(request: DecompressRequest, emit: Emit): Promise<DecompressResult> {
  const output = path.resolve(request.output);
  if (!/\.nii(\.gz)?$/i.test(output)) throw fault('E_USAGE/nifti-name', {}, output);
  await refuseFile(request.output, request.input);
  const { header, payload } = unpackCompressed(await contentOf(request.input));
  const { rows, columns, slices, frames, scale } = header;
  const source = await openModelSource(request.model, request.device, emit);
  try {
    const codebook = codebookFor(source, await readModel(request.model));
    if (source.sha256 !== header.model || !isCodingOf(header.coding, codebook))
      throw fault('E_MODEL/compressed-with', { start: header.model.slice(0, 12).replace(/[^0-9a-f]/g, '?') });
    const latents = decodedLatents(header, payload, codebook);
    const planes = slices * frames;
    const data = new Float32Array(planes * rows * columns);
    const meter = startMeter(emit, { series: null, stage: 'apply', unit: 'slices', total: planes });
    for (const [plane, latent] of latents.entries()) {
      const image = await decodeLatent(source.model, latent);
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
      forPerson: { file: request.output },
    };
  } finally {
    await source.close();
  }
}

function decodedLatents(
  { coding, slices, frames, cells }: CompressedHeader,
  payload: Uint8Array,
  codebook: NamedArray | null,
): NamedArray[] {
  const planes = slices * frames;
  if (coding.kind === 'rounded') {
    const latents = decodeRounded(payload, coding, planes, cells);
    if (latents === null) throw damaged();
    return latents;
  }
  const area = cells.rows * cells.columns;
  const indices = decodeCodes(payload, planes * area);
  if (indices === null || indices.some((code) => code >= coding.codes)) throw damaged();
  return Array.from({ length: planes }, (_, plane) => {
    const part = indices.subarray(plane * area, (plane + 1) * area);
    if (codebook === null) throw new RangeError('codes without their codebook');
    return latentOfCodes(codebook, { indices: part, ...cells });
  });
}

function isCodingOf(coding: Coding, codebook: NamedArray | null): boolean {
  return coding.kind === 'codebook' ? codebook?.shape[0] === coding.codes : codebook === null;
}

/** The codebook of a model that can compress; null where its latents are to be rounded. @throws LimpidError E_MODEL */
function codebookFor({ model: { card } }: ModelSource, bytes: Uint8Array): NamedArray | null {
  if (card.latent === null || card.input.planeSide !== null || !card.tasks.includes('compress'))
    throw fault('E_MODEL/no-codes', { family: card.family });
  return card.latent.codebook === null ? null : codebookOf(bytes);
}

async function readOne({ input, force }: CompressRequest, emit: Emit): Promise<SeriesRead> {
  const problems: Problem[] = [];
  const reads = await readAll([input], force, emit, (_, problem) => {
    problems.push(problem);
  });
  if (reads.length === 1) return reads[0];
  if (reads.length === 0 && problems.length > 0) throw errorFrom(problems[0]);
  throw reads.length === 0
    ? fault('E_NOTHING/no-series')
    : fault('E_USAGE/one-series', { found: reads.length });
}

async function refuseFile(output: string, input: string): Promise<void> {
  const file = path.resolve(output);
  if (await exists(file)) throw fault('E_EXISTS/file', {}, file);
  if (await isInside(file, input)) throw fault('E_INSIDE_SOURCE/output-file', {}, file);
}

async function contentOf(file: string): Promise<Uint8Array> {
  return readRegular(file);
}
