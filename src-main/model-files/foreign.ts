import { sha256 } from '../base/files.js';
import { VERSION } from '../base/version.js';
import type { ModelCard } from '../contract/models.js';
import type { ForeignModel } from '../contract/requests/choices.js';
import { withMetadata } from '../graph/onnx-metadata.js';
import type { LoadedModel } from '../runtime/types.js';
import { SCALE_PERCENTILES } from '../training/samples/corpus.js';
import { foreignPorts } from './foreign-ports.js';

/**
 * Denoisers that others trained: one grey image in, one of the same size out, such as DnCNN; with the level of the
 * noise besides, such as FFDNet and DRUNet; of any size or of one. A card is made of what a person says about them and written into the file's metadata.
 */

/** Rows and columns are made multiples of this where nothing else is known: enough for four halvings. */
const MULTIPLE = 16;
/** No one knows how far such a network looks; DnCNN looks 20 pixels. */
const RADIUS = 64;

/** The file with a card. @throws LimpidError E_MODEL when its inputs and outputs do not fit */
export function adoptForeign(
  bytes: Uint8Array,
  model: LoadedModel,
  foreign: ForeignModel,
  key: string,
  multiple: number = MULTIPLE,
): { readonly bytes: Uint8Array; readonly card: ModelCard } {
  const { layout } = foreignPorts(model, foreign);
  const card: ModelCard = {
    format: 'limpid-model-2',
    version: VERSION,
    family: 'foreign',
    settings: {},
    tasks: ['denoise'],
    objective: { kind: 'foreign' },
    losses: [],
    input: {
      channels: 1,
      context: 0,
      multiple,
      radius: RADIUS,
      percentiles: SCALE_PERCENTILES,
      planeSide: null,
    },
    latent: null,
    data: { series: 0, trainingPlanes: 0, heldOutPlanes: 0, modalities: [], noise: null },
    training: {
      device: 'unknown',
      seed: 0,
      steps: 0,
      bestStep: 0,
      patchSize: 0,
      batchSize: 0,
      optimiser: 'adam',
      peakRate: 0,
      parameters: 0,
      curve: [],
    },
    weightsSha256: sha256(bytes),
    intendedUse: 'Trained by others, on what is not known here. Research. Not for diagnostic use.',
    foreign: { ...foreign, layout },
  };
  return { bytes: withMetadata(bytes, key, JSON.stringify(card)), card };
}
