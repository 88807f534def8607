import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { asFileError, exists, hasCode, sha256, writeFileAtomic } from '../base/files.js';
import { homeFolder } from '../base/home.js';
import { makeFolder } from '../base/make-folder.js';
import { closeOwnFolder } from '../base/own-folder.js';
import { readRegular } from '../base/reading.js';
import { fault } from '../contract/errors.js';
import { type LearningPoint, ModelEntry } from '../contract/models.js';
import { filled, object, optional, readText } from '../contract/schema/schema.js';
import { isModel } from '../graph/onnx.js';
import { withWeightsInside } from './model-weights.js';

/** Models that a person keeps: ID.onnx and what is known of it, ID.json, in the folder `models` of the data folder. */

export const ID_LENGTH = 12;

/** Of the kept weights; null: unknown. */
export function heldOutOf(training: {
  readonly bestStep: number;
  readonly curve: readonly LearningPoint[];
}): number | null {
  return training.curve.find(({ step }) => step === training.bestStep)?.heldOut ?? null;
}

function storeFolder(): string {
  return path.join(homeFolder(), 'models');
}

/** Oldest first; what is no whole entry is left out. @throws LimpidError E_IO */
export async function listModels(): Promise<ModelEntry[]> {
  const folder = storeFolder();
  let names: string[];
  try {
    names = await fs.readdir(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw asFileError(error, folder);
  }
  const entries: ModelEntry[] = [];
  for (const name of names.filter((one) => one.endsWith('.json')).sort()) {
    const entry = await readEntry(path.join(folder, name));
    if (entry !== null && (await exists(modelFile(entry)))) entries.push(entry);
  }
  return entries.sort((a, b) => (a.addedAt ?? '').localeCompare(b.addedAt ?? ''));
}

/** By id, the start of an id, or name. @throws LimpidError E_NOT_FOUND */
export async function findModel(wanted: string): Promise<ModelEntry> {
  const entries = await listModels();
  const exact = entries.filter(({ id, name }) => id === wanted || name === wanted);
  const found = exact.length > 0 ? exact : entries.filter(({ id }) => wanted !== '' && id.startsWith(wanted));
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only;
  throw fault(found.length === 0 ? 'E_NOT_FOUND/model' : 'E_NOT_FOUND/models', {}, wanted);
}

/** Keeps a model. The same file twice is one model. @throws LimpidError E_EXISTS for a name that another has; E_IO */
export async function keepModel(
  bytes: Uint8Array,
  known: Omit<ModelEntry, 'id' | 'bytes' | 'sha256' | 'addedAt' | 'name'> & { readonly name: string | null },
): Promise<ModelEntry> {
  const hash = sha256(bytes);
  const id = hash.slice(0, ID_LENGTH);
  const entries = await listModels();
  const same = entries.find((one) => one.id === id);
  const name = known.name ?? same?.name ?? `${known.family}-${id.slice(0, 4)}`;
  if (entries.some((one) => one.name === name && one.id !== id)) throw fault('E_EXISTS/model-name', {}, name);
  const entry: ModelEntry = {
    ...known,
    id,
    name,
    bytes: bytes.length,
    sha256: hash,
    addedAt: same?.addedAt ?? new Date().toISOString(),
  };
  try {
    await closeOwnFolder(homeFolder());
    await makeFolder(storeFolder(), 0o700);
  } catch (error) {
    throw asFileError(error, storeFolder());
  }
  // The entry last: where it is, the model is whole.
  await writeFileAtomic(modelFile(entry), bytes, { replace: true });
  await writeFileAtomic(entryFile(entry), `${JSON.stringify(entry)}\n`, { replace: true });
  return entry;
}

/** @throws LimpidError E_IO */
export async function deleteModel(entry: ModelEntry): Promise<void> {
  try {
    await fs.rm(entryFile(entry), { force: true });
    await fs.rm(modelFile(entry), { force: true });
  } catch (error) {
    throw asFileError(error, entryFile(entry));
  }
}

/** The bytes of a kept model. @throws LimpidError E_MODEL when the file is not what was kept; E_IO */
export async function readKept(entry: ModelEntry): Promise<Uint8Array> {
  const bytes = await readFile(modelFile(entry));
  if (sha256(bytes) === entry.sha256) return bytes;
  throw fault('E_MODEL/damaged-in-library', {}, modelFile(entry));
}

/**
 * A model by the path of a file, with weights that lie beside it inside, or by id or name from the library.
 *
 * @throws LimpidError E_NOT_FOUND, E_IO, E_MODEL
 */
export async function readModel(given: string): Promise<Uint8Array> {
  if (!(await isFile(given))) return readKept(await findModel(given));
  const bytes = await readFile(given);
  if (!isModel(bytes)) throw fault('E_MODEL/no-model', {}, given);
  return withWeightsInside(given, bytes);
}

/** The same without reading it: whether there is such a model. @throws LimpidError E_NOT_FOUND, E_IO */
export async function requireModel(given: string): Promise<void> {
  if (!(await isFile(given))) return void (await findModel(given));
  try {
    await fs.access(given);
  } catch (error) {
    throw asFileError(error, given);
  }
}

/** Whether it means a file, there or not, and no model that is kept. */
export async function isFile(given: string): Promise<boolean> {
  return (await exists(given)) || /[\\/]|\.onnx$/i.test(given);
}

async function readFile(file: string): Promise<Uint8Array> {
  return readRegular(file);
}

function modelFile({ id }: Pick<ModelEntry, 'id'>): string {
  return path.join(storeFolder(), `${id}.onnx`);
}

function entryFile({ id }: Pick<ModelEntry, 'id'>): string {
  return path.join(storeFolder(), `${id}.json`);
}

async function readEntry(file: string): Promise<ModelEntry | null> {
  // A model without a readable entry is not listed; its file stays, and adding it again writes the entry.
  const text = await fs.readFile(file, 'utf8').catch(() => null);
  const entry = text === null ? null : readText(KeptEntry, text);
  if (entry === null || !entry.fits) return null;
  return path.basename(file) === `${entry.value.id}.json` ? withMaskedLatent(entry.value) : null;
}

/** Masked models were not asked for latents by earlier versions, and give them all the same. */
function withMaskedLatent(entry: ModelEntry): ModelEntry {
  const { family, tasks } = entry;
  return family !== 'masked' || tasks.includes('latent') ? entry : { ...entry, tasks: [...tasks, 'latent'] };
}

/** Older versions did not say what a model was trained on; a kept model was added once. */
const KeptEntry = object({
  ...ModelEntry.entries,
  addedAt: filled,
  data: optional(ModelEntry.entries.data, null),
});
