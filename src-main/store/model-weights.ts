import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { hasCode } from '../base/files.js';
import { asReadError, readRegular } from '../base/reading.js';
import { fault } from '../contract/errors.js';
import { type ExternalPart, externalParts, withExternalInside } from '../graph/onnx-external.js';

/** A protobuf message, which a model is, holds no more. */
const MOST_BYTES = 2 ** 31 - 1;

/**
 * A model whose weights lie in files beside it (`model.onnx.data`), as one with its weights inside; another model as
 * it is. Such a file is read from the folder of the model and from nowhere else.
 *
 * @param file where the model was read
 * @throws LimpidError E_NOT_FOUND where a file of weights is missing; E_MODEL where it lies elsewhere or is too short;
 * E_IO
 */
export async function withWeightsInside(file: string, model: Uint8Array): Promise<Uint8Array> {
  const parts = partsOf(model);
  if (parts.length === 0) return model;
  const files = new Map<string, Uint8Array>();
  let total = model.length;
  for (const { location } of parts) {
    if (files.has(location)) continue;
    const beside = await pathBeside(file, location);
    total += await sizeOf(beside);
    if (total > MOST_BYTES) throw fault('E_MODEL/over-2gb', {}, beside);
    files.set(location, await readRegular(beside));
  }
  // Many tensors may name the same bytes.
  const inside = parts.reduce(
    (sum, { location, offset, length }) => sum + (length ?? (files.get(location)?.length ?? 0) - offset),
    model.length,
  );
  if (inside > MOST_BYTES) throw fault('E_MODEL/over-2gb', {}, file);
  return withExternalInside(model, (part) => cut(part, files.get(part.location), file));
}

/** None for bytes that are no model: whoever loads them says so. */
function partsOf(model: Uint8Array): ExternalPart[] {
  try {
    return externalParts(model);
  } catch {
    // Bytes that are no model have no parts beside them: loading them tells the reason.
    return [];
  }
}

async function pathBeside(file: string, location: string): Promise<string> {
  const folder = path.dirname(path.resolve(file));
  const plain = location !== '' && location !== '..' && !/[\\/:\0]/.test(location.replace(/^\.\//, ''));
  if (!plain) throw fault('E_MODEL/weights-elsewhere', {}, file);
  const wanted = path.join(folder, location);
  try {
    const [real, home] = await Promise.all([fs.realpath(wanted), fs.realpath(folder)]);
    if (path.dirname(real) === home) return real;
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw asReadError(error, wanted);
    throw fault('E_NOT_FOUND/weights', {}, wanted, error);
  }
  throw fault('E_MODEL/weights-link', {}, wanted);
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await fs.stat(file)).size;
  } catch (error) {
    throw asReadError(error, file);
  }
}

function cut({ offset, length }: ExternalPart, data: Uint8Array | undefined, file: string): Uint8Array {
  const end = length === null ? (data?.length ?? 0) : offset + length;
  if (data === undefined || offset > end || end > data.length) throw fault('E_MODEL/weights-short', {}, file);
  return data.subarray(offset, end);
}
