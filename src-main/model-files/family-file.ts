import { gunzipSync, gzipSync } from 'node:zlib';
import { sha256 } from '../base/files.js';
import { fault, LimpidError } from '../contract/errors.js';
import type { FamilyCard } from '../contract/models.js';
import { emitInference, emitPortable } from '../graph/emit/trace.js';
import { decodeMetadata } from '../graph/onnx.js';
import { withMetadata } from '../graph/onnx-metadata.js';
import type { InferenceDefinition, NamedArrays, NamedShapes } from '../graph/types.js';
import { type CodePrior, priorBytes, readPrior } from '../models/code-prior.js';
import type { Autoencoder, Coder } from '../models/family.js';
import { parameterCount, rank4 } from '../models/network.js';
import { loadApart } from '../runtime/apart.js';
import type { LoadedModel, Runtime } from '../runtime/types.js';
import type { TrainedFamily } from '../training/family.js';
import { SCALE_PERCENTILES } from '../training/samples/corpus.js';
import { removesNoise } from '../training/samples/pairs.js';
import { restingPass } from '../training/step.js';
import { weightsHash } from '../training/train.js';
import { decodeWeights, encodeWeights } from '../training/weights.js';
import { CARD_KEY, isFamilyCard } from './family-card.js';
import { foreignPorts } from './foreign-ports.js';
import { runForeign, tryForeign } from './foreign-run.js';
import { runWindows } from './windows.js';

/** Keys of the ONNX metadata besides the card: the decoder as a whole ONNX model in base64. */
export const DECODER_KEY = 'limpid.decoder';
/** The weights by name, as safetensors in base64: a graph does not keep names. Training can go on from them. */
const WEIGHTS_KEY = 'limpid.weights';
/** How codes lie beside one another in the training planes, gzip in base64; of vector-quantised models. */
const PRIOR_KEY = 'limpid.prior';
/** SHA-256 of all that stands before it: the last entry of the file. */
const HASH_KEY = 'limpid.sha256';
const MOST_PRIOR_BYTES = 1 << 28;

/** At least this long are the two sizes at which a graph is traced, to see that it holds no length. */
const TRACED = 64;

export interface FamilyFacts {
  readonly version: string;
  readonly device: string;
  readonly data: FamilyCard['data'];
}

export function familyCard(trained: TrainedFamily, facts: FamilyFacts, planeSide: number | null): FamilyCard {
  const { model, plan, result, kept } = trained;
  const denoises = removesNoise(plan.objective);
  const tasks = model.tasks.filter((task) => task !== 'denoise');
  return {
    format: 'limpid-autoencoder-1',
    version: facts.version,
    family: model.family,
    settings: model.settings,
    tasks: denoises ? [...tasks, 'denoise'] : tasks,
    objective: plan.objective,
    losses: plan.losses,
    input: {
      channels: model.channels,
      context: model.context,
      ...(model.folded === true ? { folded: true as const } : {}),
      ...(model.along === undefined ? {} : { along: model.along }),
      multiple: model.multiple,
      radius: model.radius,
      percentiles: SCALE_PERCENTILES,
      planeSide,
      ...(model.fixedSide === undefined ? {} : { fixedSide: model.fixedSide }),
    },
    latent:
      model.coder === null
        ? null
        : {
            cell: model.coder.cell,
            channels: model.coder.channels,
            codebook: model.coder.codebook ?? null,
          },
    data: facts.data,
    training: {
      device: facts.device,
      seed: plan.seed,
      steps: result.stepsDone,
      bestStep: result.bestStep,
      patchSize: plan.size,
      batchSize: plan.batchSize,
      optimiser: plan.optimiser.weightDecay > 0 ? 'adamw' : 'adam',
      peakRate: plan.peakRate,
      parameters: parameterCount(model),
      curve: result.curve,
      ...(plan.from === undefined ? {} : { from: plan.from }),
    },
    weightsSha256: weightsHash(kept),
    intendedUse: `${denoises ? 'Taking noise away from' : 'Rebuilding'} images like those it was trained on. Research. Not for diagnostic use.`,
  };
}

/**
 * A trained family as one portable ONNX file. Input `image` [1, rows, columns, channels], scaled as the card says;
 * outputs `reconstruction` [1, rows, columns, 1] and, where there is a latent, `latent`
 * [1, rows / cell, columns / cell, channels] and what else the encoder gives. The decoder (`latent` in,
 * `reconstruction` out) is a second ONNX model in the metadata.
 */
export function exportFamily(
  trained: TrainedFamily,
  card: FamilyCard,
  prior: CodePrior | null = null,
): Uint8Array {
  const { model, kept } = trained;
  const decoder = model.coder === null ? null : exportDecoder(model, model.coder, kept);
  const metadata = {
    [CARD_KEY]: JSON.stringify(card),
    [WEIGHTS_KEY]: Buffer.from(encodeWeights(kept)).toString('base64'),
    ...(decoder === null ? {} : { [DECODER_KEY]: Buffer.from(decoder).toString('base64') }),
    ...(prior === null ? {} : { [PRIOR_KEY]: gzipSync(priorBytes(prior)).toString('base64') }),
  };
  if (model.fixedSide !== undefined) {
    const image = [1, model.fixedSide, model.fixedSide, model.channels];
    return withHash(emitInference(encoderDefinition(model, kept, { image }), 'cpu', metadata));
  }
  const definition = encoderDefinition(model, kept, imageShape(model, 1));
  return withHash(emitPortable(definition, imageShape(model, 2), axesOf(model), metadata));
}

function withHash(bytes: Uint8Array): Uint8Array {
  return withMetadata(bytes, HASH_KEY, sha256(bytes));
}

/** @throws LimpidError E_MODEL where a file holds a hash of itself, or of what was adopted, that does not fit */
function refuseDamaged(bytes: Uint8Array): void {
  const metadata = metadataOf(bytes);
  const foreign = readFamilyCard(metadata)?.foreign !== undefined;
  const key = foreign ? CARD_KEY : HASH_KEY;
  const text = metadata[key];
  if (text === undefined) return;
  const expected = foreign ? readFamilyCard(metadata)?.weightsSha256 : text;
  const last = withMetadata(new Uint8Array(0), key, text);
  if (sha256(bytes.subarray(0, bytes.length - last.length)) === expected) return;
  throw fault('E_MODEL/damaged');
}

/** The card of a family's model file, which is not loaded; it may be damaged elsewhere. */
export function familyCardOf(bytes: Uint8Array): FamilyCard | null {
  return readFamilyCard(metadataOf(bytes));
}

/** Whether a file has the card of a family's model; it may be damaged elsewhere. */
export function isFamilyFile(bytes: Uint8Array): boolean {
  return readFamilyCard(metadataOf(bytes)) !== null;
}

const IMAGE_AXES = [null, 'rows', 'columns', null];
const LATENT_AXES = [null, 'latent_rows', 'latent_columns', null];

function axesOf(model: Autoencoder): Record<string, readonly (string | null)[]> {
  const axes: Record<string, readonly (string | null)[]> = { image: IMAGE_AXES, reconstruction: IMAGE_AXES };
  for (const name of model.coder?.outputs ?? []) axes[name] = LATENT_AXES;
  return axes;
}

function imageShape(model: Autoencoder, factor: number): { image: number[] } {
  const side = factor * model.multiple * Math.ceil(TRACED / model.multiple);
  return { image: [1, side, side, model.channels] };
}

/** Image in; reconstruction and codes out. */
export function encoderDefinition(
  model: Autoencoder,
  kept: NamedArrays,
  inputs: NamedShapes,
): InferenceDefinition {
  return {
    parameters: kept,
    inputs,
    apply(parameters, { image }) {
      const pass = restingPass(parameters);
      if (model.coder === null)
        return { reconstruction: model.head.image(model.forward(pass, rank4(image)).raw) };
      const codes = model.coder.encode(pass, rank4(image));
      return { ...codes, reconstruction: model.head.image(model.coder.decode(pass, codes.latent)) };
    },
  };
}

function exportDecoder(model: Autoencoder, coder: Coder, kept: NamedArrays): Uint8Array {
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
export interface FamilyWeights {
  readonly card: FamilyCard;
  readonly weights: NamedArrays;
}

/**
 * Card and weights of a model file, which is not run.
 *
 * @throws LimpidError E_MODEL for bytes that are no model of a family, or one without its weights by name
 */
export function readFamilyWeights(bytes: Uint8Array): FamilyWeights {
  const metadata = metadataOf(bytes);
  const card = readFamilyCard(metadata);
  const encoded = metadata[WEIGHTS_KEY];
  if (card === null || encoded === undefined) throw fault('E_MODEL/no-weights');
  const { weights } = decodeWeights(Buffer.from(encoded, 'base64'));
  if (weightsHash(weights) !== card.weightsSha256) throw fault('E_MODEL/damaged-weights');
  return { card, weights };
}

/** The prior over the codes that a model file holds; null where there is none, or a damaged one. */
export function readFamilyPrior(bytes: Uint8Array): CodePrior | null {
  const encoded = metadataOf(bytes)[PRIOR_KEY];
  if (encoded === undefined) return null;
  try {
    return readPrior(gunzipSync(Buffer.from(encoded, 'base64'), { maxOutputLength: MOST_PRIOR_BYTES }));
  } catch {
    return null;
  }
}

function metadataOf(bytes: Uint8Array): Readonly<Record<string, string>> {
  try {
    return decodeMetadata(bytes);
  } catch {
    return {};
  }
}

/** A family's model file, ready to run. Images are scaled (see `training/samples/corpus.ts`, `intensityScale`). Close it. */
export interface FamilyModel {
  readonly card: FamilyCard;
  /**
   * Runs the whole model on one image.
   *
   * @param image rows * columns * card.input.channels, channel fastest; rows and columns multiples of
   * card.input.multiple
   * @param sigma standard deviation of the noise, scaled like the image; only models of others ask for it
   * @returns `reconstruction` and, where there is a latent, `latent` and what else the encoder gives
   */
  readonly run: (image: Float32Array, rows: number, columns: number, sigma?: number) => Promise<NamedArrays>;
  /** Set where planes go in whole: the model cuts them into windows of its own. */
  readonly whole?: true;
  /** Latent [1, rows / cell, columns / cell, channels] to image [1, rows, columns, 1]. @throws E_MODEL without one */
  readonly decode: (latent: NamedArrays[string]) => Promise<NamedArrays[string]>;
  readonly close: () => Promise<void>;
}

/** @throws LimpidError E_MODEL when the bytes are no model of a family, or a damaged one */
export async function openFamilyFile(runtime: Runtime, bytes: Uint8Array): Promise<FamilyModel> {
  refuseDamaged(bytes);
  const told = familyCardOf(bytes);
  if (told?.foreign !== undefined) return openForeign(runtime, bytes, told, told.foreign);
  const model = await runtime.loadModel(bytes);
  const card = readFamilyCard(model.metadata);
  if (card === null) {
    await model.close();
    throw new LimpidError(
      'E_MODEL',
      'This ONNX file is no autoencoder that `limpid train` wrote.',
      'Give a file that `limpid train` wrote.',
    );
  }
  return familyModel(runtime, model, card);
}

/** Runs in a process of its own, where there can be one, and was tried there before it is given back. */
async function openForeign(
  runtime: Runtime,
  bytes: Uint8Array,
  card: FamilyCard,
  foreign: NonNullable<FamilyCard['foreign']>,
): Promise<FamilyModel> {
  const model = await loadForeign(runtime, bytes);
  try {
    await tryForeign(model, foreignPorts(model, foreign), foreign, card.input.multiple);
    return familyModel(runtime, model, card);
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

/** The card of a family's model file; null when there is none, or a damaged one. */
export function readFamilyCard(metadata: Readonly<Record<string, string>>): FamilyCard | null {
  const text = metadata[CARD_KEY];
  if (text === undefined) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isFamilyCard(value) ? value : null;
  } catch {
    return null;
  }
}

function familyModel(runtime: Runtime, model: LoadedModel, card: FamilyCard): FamilyModel {
  let decoder: Promise<LoadedModel> | null = null;
  const openDecoder = (): Promise<LoadedModel> => {
    const encoded = model.metadata[DECODER_KEY];
    if (encoded === undefined) throw fault('E_MODEL/no-latent');
    decoder ??= runtime.loadModel(Buffer.from(encoded, 'base64'));
    return decoder;
  };
  const { foreign } = card;
  const ports = foreign === undefined ? null : foreignPorts(model, foreign);
  return {
    card,
    ...(ports !== null && (ports.rows ?? ports.columns) !== null ? { whole: true as const } : {}),
    run: (image, rows, columns, sigma = 0) =>
      foreign !== undefined && ports !== null
        ? runForeign(model, ports, foreign, { image, rows, columns, sigma })
        : card.input.fixedSide !== undefined
          ? runWindows(model, card.input.fixedSide, card.input.channels, image, rows, columns)
          : model.runShaped({ image: { data: image, shape: [1, rows, columns, card.input.channels] } }),
    async decode(latent) {
      const { reconstruction } = await (await openDecoder()).runShaped({ latent });
      return reconstruction;
    },
    async close() {
      await (await decoder)?.close();
      await model.close();
    },
  };
}
