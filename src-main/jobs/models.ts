import * as path from 'node:path';
import { sha256, writeFileAtomic } from '../base/files.js';
import { fault } from '../contract/errors.js';
import { EXIT } from '../contract/exit.js';
import type { ModelsResult } from '../contract/model-results.js';
import type { ModelEntry } from '../contract/models.js';
import type { ForeignModel, ModelPart } from '../contract/requests/choices.js';
import type { ModelsRequest } from '../contract/requests/requests.js';
import { adoptForeign } from '../model-files/foreign.js';
import { foreignPorts } from '../model-files/foreign-ports.js';
import { tryForeign } from '../model-files/foreign-run.js';
import { CARD_KEY } from '../model-files/model-card.js';
import { cardIn, DECODER_KEY, encoderOf, loadForeign, openModelFile } from '../model-files/model-file.js';
import { openRuntime } from '../runtime/device.js';
import type { LoadedModel, Runtime } from '../runtime/types.js';
import { factsOf } from '../store/model-facts.js';
import {
  deleteModel,
  findModel,
  ID_LENGTH,
  isFile,
  keepModel,
  listModels,
  readKept,
  readModel,
} from '../store/model-store.js';

/** Lists, shows, takes in, gives out and deletes the models of the library. @throws LimpidError as model-store.ts */
export async function runModels(request: ModelsRequest): Promise<ModelsResult> {
  const result = (models: readonly ModelEntry[], card: object | null = null): ModelsResult => ({
    type: 'result',
    command: 'models',
    exitCode: EXIT.done,
    action: request.action,
    models,
    card,
  });
  switch (request.action) {
    case 'list':
      return result(await listModels());
    case 'show': {
      const { entry, bytes } = await openNamed(request.model);
      return result([entry], await withLoaded(bytes, async (model) => cardOf(model)));
    }
    case 'import':
      return result([await importModel(request.path, request.name, request.foreign)]);
    case 'export': {
      const { entry, bytes } = await openNamed(request.model);
      await writeFileAtomic(path.resolve(request.path), await partOf(bytes, request.part));
      return { ...result([entry]), forPerson: { file: request.path } };
    }
    case 'delete': {
      const entry = await findModel(request.model);
      await deleteModel(entry);
      return result([entry]);
    }
  }
}

/** A model that is kept, or a file of one as other commands take it. @throws LimpidError as `readModel`; E_MODEL for one of others that is not kept */
async function openNamed(given: string): Promise<{ readonly entry: ModelEntry; readonly bytes: Uint8Array }> {
  if (!(await isFile(given))) {
    const entry = await findModel(given);
    return { entry, bytes: await readKept(entry) };
  }
  const bytes = await readModel(given);
  const card = cardIn(bytes);
  if (card === null) throw fault('E_MODEL/unlabelled-file', {}, given);
  const hash = sha256(bytes);
  const facts = factsOf(card);
  const id = hash.slice(0, ID_LENGTH);
  const name = `${facts.family}-${id.slice(0, 4)}`;
  const origin = card.foreign === undefined ? 'imported' : 'foreign';
  return { entry: { ...facts, id, name, origin, bytes: bytes.length, sha256: hash, addedAt: null }, bytes };
}

async function importModel(
  file: string,
  name: string | null,
  foreign: ForeignModel | null,
): Promise<ModelEntry> {
  const bytes = await readModel(file);
  const runtime = await openRuntime('cpu');
  try {
    const card = cardIn(bytes);
    if (card !== null) {
      await (await openModelFile(runtime, bytes)).close();
      return await keepModel(bytes, { name, ...factsOf(card), origin: 'imported' });
    }
    if (foreign === null) throw fault('E_MODEL/unlabelled');
    return await importForeign(runtime, bytes, name, foreign);
  } finally {
    await runtime.close();
  }
}

/** @throws LimpidError E_MODEL for a network that cannot be used, or that takes too much to run */
async function importForeign(
  runtime: Runtime,
  bytes: Uint8Array,
  name: string | null,
  foreign: ForeignModel,
): Promise<ModelEntry> {
  const model = await loadForeign(runtime, bytes);
  try {
    const multiple = await tryForeign(model, foreignPorts(model, foreign), foreign);
    const adopted = adoptForeign(bytes, model, foreign, CARD_KEY, multiple);
    return await keepModel(adopted.bytes, { name, ...factsOf(adopted.card), origin: 'foreign' });
  } finally {
    await model.close();
  }
}

function cardOf(model: LoadedModel): object | null {
  const text = model.metadata[CARD_KEY];
  const value: unknown = text === undefined ? null : JSON.parse(text);
  return typeof value === 'object' ? value : null;
}

async function partOf(bytes: Uint8Array, part: ModelPart): Promise<Uint8Array> {
  switch (part) {
    case 'whole':
      return bytes;
    case 'encoder':
      return encoderOf(bytes);
    case 'decoder':
      return withLoaded(bytes, async (model) => decoderOf(model));
  }
}

function decoderOf(model: LoadedModel): Uint8Array {
  const encoded = model.metadata[DECODER_KEY];
  if (encoded !== undefined) return Buffer.from(encoded, 'base64');
  throw fault('E_MODEL/no-decoder');
}

async function withLoaded<T>(
  bytes: Uint8Array,
  use: (model: LoadedModel, runtime: Runtime) => Promise<T>,
): Promise<T> {
  const runtime = await openRuntime('cpu');
  try {
    return await use(await runtime.loadModel(bytes), runtime);
  } finally {
    await runtime.close();
  }
}
