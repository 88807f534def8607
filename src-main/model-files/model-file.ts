import { gunzipSync, gzipSync } from 'node:zlib';
import { sha256 } from '../base/files.js';
import { fault, type LimpidError } from '../contract/errors.js';
import type { ModelCard } from '../contract/models.js';
import { emitInference, emitPortable } from '../graph/emit/trace.js';
import { decodeMetadata } from '../graph/onnx.js';
import { withMetadata } from '../graph/onnx-metadata.js';
import type { InferenceDefinition, NamedArray, NamedArrays, NamedShapes } from '../graph/types.js';
import { type CodePrior, priorBytes, readPrior } from '../models/code-prior.js';
import type { Autoencoder, TwoWayCoder } from '../models/family.js';
import { rank4 } from '../models/parameters.js';
import { type PlanePrior, planePriorBytes, readPlanePrior } from '../models/plane-prior.js';
import { loadApart } from '../runtime/apart.js';
import type { LoadedModel, Runtime } from '../runtime/types.js';
import { restingPass } from '../training/step.js';
import { type Model, weightsHash } from '../training/train.js';
import { decodeWeights, encodeWeights } from '../training/weights.js';
import { placesBytes, readPlaces, type UsualPlaces } from '../trust/usual-places.js';
import { encoderModel } from './encoder.js';
import { foreignPorts } from './foreign-ports.js';
import { runForeign, tryForeign } from './foreign-run.js';
import { CARD_KEY, readCard } from './model-card.js';
import { encodeWindows, runWindows } from './windows.js';

/** Keys of the ONNX metadata besides the card: the decoder as a whole ONNX model in base64. */
export const DECODER_KEY = 'limpid.decoder';
/** The weights by name, as safetensors in base64: a graph does not keep names. Training can go on from them. */
const WEIGHTS_KEY = 'limpid.weights';
/** How codes lie beside one another in the training planes, gzip in base64; of vector-quantised models. */
const PRIOR_KEY = 'limpid.prior';
/** SHA-256 of all that stands before it: the last entry of the file. */
const HASH_KEY = 'limpid.sha256';
const MOST_PRIOR_BYTES = 1 << 28;
/** How whole planes of codes vary, gzip in base64; of vector-quantised models. */
const PLANES_KEY = 'limpid.planes';
/** What is usual at each place of the planes that it learnt from, gzip in base64. */
const PLACES_KEY = 'limpid.places';
const MOST_PLACES_BYTES = 1 << 22;

/** At least this long are the two sizes at which a graph is traced, to see that it holds no length. */
const TRACED = 64;

/** What a file keeps of the images that its model learnt from. */
interface LearntImages {
  readonly prior?: CodePrior | null;
  readonly planes?: PlanePrior | null;
  readonly places?: UsualPlaces | null;
}

/**
 * A model as one portable ONNX file. Input `image` [1, rows, columns, channels], scaled as the card says;
 * outputs `reconstruction` [1, rows, columns, 1] and, where it is rebuilt from a latent, `latent`
 * [1, rows / cell, columns / cell, channels] and what else the encoder gives. The decoder (`latent` in,
 * `reconstruction` out) is a second ONNX model in the metadata. An encoder that nothing is rebuilt from is made of the
 * weights in the metadata when it is asked (`OpenModel.encode`): in the graph it would cost all who only rebuild.
 */
export function exportModel(
  { model, kept }: Model,
  card: ModelCard,
  { prior = null, planes = null, places = null }: LearntImages = {},
): Uint8Array {
  const decoder = exportDecoder(model, kept);
  const metadata = {
    [CARD_KEY]: JSON.stringify(card),
    [WEIGHTS_KEY]: Buffer.from(encodeWeights(kept)).toString('base64'),
    ...(decoder === null ? {} : { [DECODER_KEY]: Buffer.from(decoder).toString('base64') }),
    ...(prior === null ? {} : { [PRIOR_KEY]: gzipSync(priorBytes(prior)).toString('base64') }),
    ...(planes === null ? {} : { [PLANES_KEY]: gzipSync(planePriorBytes(planes)).toString('base64') }),
    ...(places === null ? {} : { [PLACES_KEY]: gzipSync(placesBytes(places)).toString('base64') }),
  };
  if (model.fixedSide !== undefined) {
    const image = [1, model.fixedSide, model.fixedSide, model.channels];
    return withHash(emitInference(inferenceDefinition(model, kept, { image }), 'cpu', metadata));
  }
  const definition = inferenceDefinition(model, kept, imageShape(model, 1));
  return withHash(emitPortable(definition, imageShape(model, 2), axesOf(model), metadata));
}

function withHash(bytes: Uint8Array): Uint8Array {
  return withMetadata(bytes, HASH_KEY, sha256(bytes));
}

/** @throws LimpidError E_MODEL where a file holds a hash of itself, or of what was adopted, that does not fit */
function refuseDamaged(bytes: Uint8Array): void {
  const metadata = metadataOf(bytes);
  const foreign = readCard(metadata)?.foreign !== undefined;
  const key = foreign ? CARD_KEY : HASH_KEY;
  const text = metadata[key];
  if (text === undefined) return;
  const expected = foreign ? readCard(metadata)?.weightsSha256 : text;
  const last = withMetadata(new Uint8Array(0), key, text);
  if (sha256(bytes.subarray(0, bytes.length - last.length)) === expected) return;
  throw fault('E_MODEL/damaged');
}

/** The card in a model file, which is not loaded; it may be damaged elsewhere. Null: there is none. */
export function cardIn(bytes: Uint8Array): ModelCard | null {
  return readCard(metadataOf(bytes));
}

const IMAGE_AXES = [null, 'rows', 'columns', null];
const LATENT_AXES = [null, 'latent_rows', 'latent_columns', null];

function axesOf(model: Autoencoder): Record<string, readonly (string | null)[]> {
  const axes: Record<string, readonly (string | null)[]> = { image: IMAGE_AXES, reconstruction: IMAGE_AXES };
  for (const name of twoWay(model)?.outputs ?? []) axes[name] = LATENT_AXES;
  return axes;
}

function imageShape(model: Autoencoder, factor: number): { image: number[] } {
  const side = factor * model.multiple * Math.ceil(TRACED / model.multiple);
  return { image: [1, side, side, model.channels] };
}

/** The coder of a model whose latent tells all that is rebuilt; null: it has none. */
function twoWay({ coder }: Autoencoder): TwoWayCoder | null {
  return coder !== null && coder.decode !== null ? { ...coder, decode: coder.decode } : null;
}

/** Image in; reconstruction, and codes where it is rebuilt from these, out. */
export function inferenceDefinition(
  model: Autoencoder,
  kept: NamedArrays,
  inputs: NamedShapes,
): InferenceDefinition {
  const coder = twoWay(model);
  return {
    parameters: kept,
    inputs,
    apply(parameters, { image }) {
      const pass = restingPass(parameters);
      if (coder === null) return { reconstruction: model.head.image(model.forward(pass, rank4(image)).raw) };
      const codes = coder.encode(pass, rank4(image));
      return { ...codes, reconstruction: model.head.image(coder.decode(pass, codes.latent)) };
    },
  };
}

/** Null: nothing is rebuilt from a latent. */
function exportDecoder(model: Autoencoder, kept: NamedArrays): Uint8Array | null {
  const coder = twoWay(model);
  if (coder === null) return null;
  const shape = (factor: number): number[] => {
    const side = factor * Math.max(1, Math.ceil(TRACED / coder.cell));
    return [1, side, side, coder.channels];
  };
  return emitPortable(
    {
      parameters: kept,
      inputs: { latent: shape(1) },
      apply: (parameters, { latent }) => ({
        reconstruction: model.head.image(coder.decode(restingPass(parameters), rank4(latent))),
      }),
    },
    { latent: shape(2) },
    { latent: LATENT_AXES, reconstruction: IMAGE_AXES },
  );
}

/** What training can go on from. */
export interface ModelWeights {
  readonly card: ModelCard;
  readonly weights: NamedArrays;
}

/**
 * Card and weights of a model file, which is not run.
 *
 * @throws LimpidError E_MODEL for bytes that are no model of ours, or one without its weights by name
 */
export function readModelWeights(bytes: Uint8Array): ModelWeights {
  return weightsIn(metadataOf(bytes));
}

function weightsIn(metadata: LoadedModel['metadata']): ModelWeights {
  const card = readCard(metadata);
  const encoded = metadata[WEIGHTS_KEY];
  if (card === null || encoded === undefined) throw fault('E_MODEL/no-weights');
  const { weights } = decodeWeights(Buffer.from(encoded, 'base64'));
  if (weightsHash(weights) !== card.weightsSha256) throw fault('E_MODEL/damaged-weights');
  return { card, weights };
}

/**
 * The encoder as a whole ONNX model, `image` in, `latent` out, of a file whose own graph does not give the latent.
 *
 * @throws LimpidError E_MODEL for any other file, and as `readModelWeights`
 */
export function encoderOf(bytes: Uint8Array): Uint8Array {
  const { card, weights } = readModelWeights(bytes);
  if (card.latent === null) throw fault('E_MODEL/no-features', { family: card.family });
  if (card.input.fixedSide === undefined) throw fault('E_MODEL/no-encoder');
  return encoderModel(card, weights);
}

/** The prior over the codes that a model file holds; null where there is none, or a damaged one. */
export function priorIn(bytes: Uint8Array): CodePrior | null {
  const encoded = metadataOf(bytes)[PRIOR_KEY];
  if (encoded === undefined) return null;
  try {
    return readPrior(gunzipSync(Buffer.from(encoded, 'base64'), { maxOutputLength: MOST_PRIOR_BYTES }));
  } catch {
    // A damaged prior counts as none: who wants to draw from it is told so.
    return null;
  }
}

/** How whole planes of codes vary, of a model file; null where it does not tell, or is damaged. */
export function planePriorIn(bytes: Uint8Array): PlanePrior | null {
  const encoded = metadataOf(bytes)[PLANES_KEY];
  if (encoded === undefined) return null;
  try {
    return readPlanePrior(gunzipSync(Buffer.from(encoded, 'base64'), { maxOutputLength: MOST_PRIOR_BYTES }));
  } catch {
    // A damaged prior counts as none: the other one is drawn from.
    return null;
  }
}

/** What is usual at places, of a model file; null where it does not tell, or is damaged. */
export function placesIn(bytes: Uint8Array): UsualPlaces | null {
  const encoded = metadataOf(bytes)[PLACES_KEY];
  if (encoded === undefined) return null;
  try {
    return readPlaces(gunzipSync(Buffer.from(encoded, 'base64'), { maxOutputLength: MOST_PLACES_BYTES }));
  } catch {
    // Damaged places count as none: who wants to score by them is told so.
    return null;
  }
}

function metadataOf(bytes: Uint8Array): Readonly<Record<string, string>> {
  try {
    return decodeMetadata(bytes);
  } catch {
    // Bytes that are no model have no metadata: whoever loads them says so.
    return {};
  }
}

/** A model that is ready to run, of a file or as it was trained. Close it. */
export interface RunnableModel {
  readonly input: ModelCard['input'];
  /**
   * Runs the whole model on one image.
   *
   * @param image rows * columns * input.channels, channel fastest; rows and columns multiples of input.multiple
   * @param sigma standard deviation of the noise, scaled like the image; only models of others ask for it
   * @returns `reconstruction` and, where there is a latent, `latent` and what else the encoder gives
   */
  readonly run: (image: Float32Array, rows: number, columns: number, sigma?: number) => Promise<NamedArrays>;
  readonly close: () => Promise<void>;
}

/** A model file. Images are scaled as the card says (see `training/samples/corpus.ts`, `intensityScale`). */
export interface OpenModel extends RunnableModel {
  readonly card: ModelCard;
  /** Set where planes go in whole: the model cuts them into windows of its own. */
  readonly whole?: true;
  /**
   * What the encoder alone makes of one image.
   *
   * @param image as `run` takes it; where that takes windows of one side only, rows and columns are multiples of the
   * latent's cell
   * @returns `latent` [1, rows / cell, columns / cell, channels] and what else the encoder gives
   * @throws LimpidError E_MODEL for a model without latent
   */
  readonly encode: (image: Float32Array, rows: number, columns: number) => Promise<NamedArrays>;
  /** Whether `decode` has what it needs. */
  readonly decodes: boolean;
  /** Latent [1, rows / cell, columns / cell, channels] to image [1, rows, columns, 1]. @throws E_MODEL without one */
  readonly decode: (latent: NamedArrays[string]) => Promise<NamedArrays[string]>;
}

/** @throws LimpidError E_MODEL when the bytes are no model with our card, or a damaged one */
export async function openModelFile(runtime: Runtime, bytes: Uint8Array): Promise<OpenModel> {
  refuseDamaged(bytes);
  const card = cardIn(bytes);
  // What others made is not even loaded: that alone can take all memory.
  if (card === null) throw fault('E_MODEL/unlabelled-file');
  if (card.foreign !== undefined) return openForeign(runtime, bytes, card, card.foreign);
  return openModel(runtime, await runtime.loadModel(bytes), card);
}

/** Runs in a process of its own, where there can be one, and was tried there before it is given back. */
async function openForeign(
  runtime: Runtime,
  bytes: Uint8Array,
  card: ModelCard,
  foreign: NonNullable<ModelCard['foreign']>,
): Promise<OpenModel> {
  const model = await loadForeign(runtime, bytes);
  try {
    await tryForeign(model, foreignPorts(model, foreign), foreign, card.input.multiple);
    return openModel(runtime, model, card);
  } catch (error) {
    await model.close();
    throw error;
  }
}

/** A network of unknown origin, in a process of its own where there can be one. @throws LimpidError as `loadApart` */
export async function loadForeign(runtime: Runtime, bytes: Uint8Array): Promise<LoadedModel> {
  const { device } = runtime.files;
  return (await loadApart(bytes, device === 'wasm' ? 'cpu' : device)) ?? runtime.loadModel(bytes);
}

function openModel(runtime: Runtime, model: LoadedModel, card: ModelCard): OpenModel {
  let decoder: Promise<LoadedModel> | null = null;
  const openDecoder = (): Promise<LoadedModel> => {
    const encoded = model.metadata[DECODER_KEY];
    if (encoded === undefined) throw withoutDecoder(card);
    decoder ??= runtime.loadModel(Buffer.from(encoded, 'base64'));
    return decoder;
  };
  let encoder: Promise<LoadedModel> | null = null;
  const openEncoder = (): Promise<LoadedModel> => {
    encoder ??= runtime.loadModel(encoderModel(card, weightsIn(model.metadata).weights));
    return encoder;
  };
  const { foreign } = card;
  const ports = foreign === undefined ? null : foreignPorts(model, foreign);
  const { channels, fixedSide } = card.input;
  const run: OpenModel['run'] = (image, rows, columns, sigma = 0) =>
    foreign !== undefined && ports !== null
      ? runForeign(model, ports, foreign, { image, rows, columns, sigma })
      : fixedSide !== undefined
        ? runWindows(model, fixedSide, { values: image, rows, columns, channels })
        : runOnce(model, { data: image, shape: [1, rows, columns, channels] });
  return {
    card,
    input: card.input,
    ...(ports !== null && (ports.rows ?? ports.columns) !== null ? { whole: true as const } : {}),
    run,
    async encode(image, rows, columns) {
      if (card.latent === null) throw fault('E_MODEL/no-features', { family: card.family });
      if (fixedSide !== undefined) {
        const windows = { side: fixedSide, cell: card.latent.cell };
        return encodeWindows(await openEncoder(), windows, { values: image, rows, columns, channels });
      }
      const { reconstruction: _, ...codes } = await run(image, rows, columns);
      if (codes.latent === undefined) throw fault('E_MODEL/no-features', { family: card.family });
      return codes;
    },
    decodes: DECODER_KEY in model.metadata,
    async decode(latent) {
      const { reconstruction } = await (await openDecoder()).runShaped({ latent });
      return reconstruction;
    },
    async close() {
      await (await decoder)?.close();
      await (await encoder)?.close();
      await model.close();
    },
  };
}

function withoutDecoder({ latent, family }: ModelCard): LimpidError {
  return latent === null ? fault('E_MODEL/no-latent') : fault('E_MODEL/encodes-only', { family });
}

async function runOnce(model: LoadedModel, image: NamedArray): Promise<NamedArrays> {
  const { restored, ...given } = await model.runShaped({ image });
  // A denoiser of version 0.1.0 calls it so.
  return restored === undefined ? given : { reconstruction: restored };
}
