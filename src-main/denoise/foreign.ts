import { sha256 } from '../base/files.js';
import { VERSION } from '../base/version.js';
import { LimpidError } from '../contract/errors.js';
import type { FamilyCard } from '../contract/models.js';
import type { ForeignModel } from '../contract/requests.js';
import { withMetadata } from '../graph/onnx-metadata.js';
import type { LoadedModel, NamedArrays } from '../runtime/types.js';
import { SCALE_PERCENTILES } from '../training/corpus.js';

/**
 * Denoisers that others trained: one image in, one of the same size out, both with one channel, such as DnCNN. A
 * card is made of what a person says about them and written into the file's metadata.
 */

/** Rows and columns are made multiples of this: enough for four halvings. */
const MULTIPLE = 16;
/** No one knows how far such a network looks; DnCNN looks 20 pixels. */
const RADIUS = 64;

/** The file with a card. @throws LimpidError E_MODEL when its inputs and outputs do not fit */
export function adoptForeign(
  bytes: Uint8Array,
  model: LoadedModel,
  foreign: ForeignModel,
  key: string,
): { readonly bytes: Uint8Array; readonly card: FamilyCard } {
  const layout = layoutOf(model, foreign);
  const card: FamilyCard = {
    format: 'limpid-autoencoder-1',
    version: VERSION,
    family: 'foreign',
    settings: {},
    tasks: ['denoise'],
    objective: { kind: 'foreign' },
    losses: [],
    input: {
      channels: 1,
      context: 0,
      multiple: MULTIPLE,
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

function layoutOf(model: LoadedModel, { layout }: ForeignModel): 'nchw' | 'nhwc' {
  const [input, ...otherInputs] = Object.values(model.inputShapes);
  const [output, ...otherOutputs] = Object.values(model.outputShapes);
  const fits = (shape: readonly (number | null)[] | undefined, channel: number): boolean =>
    shape !== undefined &&
    shape.length === 4 &&
    shape.every((length, axis) =>
      axis === 0 || axis === channel ? length === 1 || length === null : length === null,
    );
  const choices = layout === 'auto' ? (['nchw', 'nhwc'] as const) : [layout];
  const found = choices.find((one) => {
    const channel = one === 'nchw' ? 1 : 3;
    const told = layout !== 'auto' || input?.[channel] === 1;
    return told && fits(input, channel) && fits(output, channel);
  });
  if (otherInputs.length > 0 || otherOutputs.length > 0 || found === undefined)
    throw new LimpidError(
      'E_MODEL',
      'The model is not one grey image of any size in and one out.',
      'Export it with free rows and columns and one channel, or say --layout nchw or nhwc.',
    );
  return found;
}

/** Runs it on an image scaled to [0, 1]. With one channel the two layouts hold the same values in the same order. */
export async function runForeign(
  model: LoadedModel,
  { layout, gives, white }: ForeignModel,
  image: Float32Array,
  rows: number,
  columns: number,
): Promise<NamedArrays> {
  const [name = ''] = Object.keys(model.inputShapes);
  const shape = layout === 'nhwc' ? [1, rows, columns, 1] : [1, 1, rows, columns];
  const data = image.map((value) => value * white);
  const [output] = Object.values(await model.runShaped({ [name]: { data, shape } }));
  if (output === undefined || output.data.length !== image.length)
    throw new LimpidError(
      'E_MODEL',
      'The model gave an image of another size.',
      'Only models whose output is as large as their input can be used.',
    );
  const restored = output.data.map((value, i) => (gives === 'noise' ? data[i] - value : value) / white);
  return { reconstruction: { data: restored, shape: [1, rows, columns, 1] } };
}
