import { sha256 } from '../base/files.js';
import { fault } from '../contract/errors.js';
import type { LearningPoint, ModelDetails, ModelEntry } from '../contract/models.js';
import { decodeMetadata } from '../graph/onnx.js';
import { CARD_KEY } from '../model-files/model-card.js';
import { decodeWeights } from '../training/weights.js';
import { readGeneralFile } from './general-file.js';
import { findModel, heldOutOf, ID_LENGTH, listModels, readKept } from './model-store.js';

/** What models say of themselves, read without a runtime: fit for the process of the app. */

let shipped: Promise<ModelDetails> | null = null;

/** The shipped model, then those that are kept, oldest first. @throws LimpidError E_IO */
export async function listAllModels(): Promise<ModelEntry[]> {
  const kept = await listModels();
  // An installation without it still lists the others.
  const general = await shippedModel().catch(() => null);
  return general === null ? kept : [general.entry, ...kept];
}

/** @throws LimpidError E_NOT_FOUND, E_IO; E_MODEL for a file that is not what was kept */
export async function modelDetails(id: string): Promise<ModelDetails> {
  const general = await shippedModel().catch(() => null);
  if (general !== null && general.entry.id === id) return general;
  const entry = await findModel(id);
  return { entry, card: cardIn(await readKept(entry)) };
}

/** @throws LimpidError E_MODEL */
function cardIn(onnx: Uint8Array): object {
  try {
    const card: unknown = JSON.parse(decodeMetadata(onnx)[CARD_KEY] ?? '');
    if (typeof card === 'object' && card !== null) return card;
  } catch {
    // Told below.
  }
  throw fault('E_MODEL/no-card');
}

/** @throws LimpidError E_MODEL when the installation lacks it or it is damaged */
function shippedModel(): Promise<ModelDetails> {
  shipped ??= readShipped();
  return shipped;
}

/** As training/general.ts writes it. */
interface GeneralCard {
  readonly family: string;
  readonly training: { readonly bestStep: number; readonly curve: readonly LearningPoint[] };
}

async function readShipped(): Promise<ModelDetails> {
  const bytes = await readGeneralFile();
  const card: GeneralCard = JSON.parse(decodeWeights(bytes).metadata.limpid ?? '');
  const hash = sha256(bytes);
  return {
    entry: {
      id: hash.slice(0, ID_LENGTH),
      name: 'general',
      bytes: bytes.length,
      sha256: hash,
      addedAt: null,
      origin: 'shipped',
      family: card.family,
      tasks: ['denoise'],
      objective: 'clean',
      heldOut: heldOutOf(card.training),
      data: null,
    },
    card,
  };
}
