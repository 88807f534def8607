import { fault } from '../contract/errors.js';
import { emitPortable } from '../graph/emit/trace.js';
import { decodeMetadata } from '../graph/onnx.js';
import { channelsOf } from '../models/network.js';
import { CONDITIONS } from '../models/unet.js';
import type { Runtime } from '../runtime/types.js';
import type { CleanObjective, Objective } from '../training/samples/objective.js';
import { inferenceDefinition, type TrainedModel } from '../training/self.js';
import type { Restorer } from './restorer.js';

/** The model card in the ONNX metadata: how the network is to be fed, and how it came to be. No patient data. */
export interface ModelCard {
  readonly format: typeof FORMAT;
  readonly version: string;
  readonly family: string;
  readonly settings: Readonly<Record<string, number | boolean>>;
  readonly context: number;
  /** Planes after the slices that tell about the image: names, in order. Empty where there are none. */
  readonly conditions: readonly string[];
  readonly multiple: number;
  readonly radius: number;
  readonly objective: Objective | CleanObjective;
  /** What training found the estimated noise level of its series to be worth; 1 where the estimate was certain. */
  readonly levelFactor: number;
  readonly training: {
    readonly seed: number;
    readonly steps: number;
    readonly bestStep: number;
    readonly patchSize: number;
    readonly batchSize: number;
    readonly curve: TrainedModel['result']['curve'];
  };
  readonly input: string;
  readonly intendedUse: string;
}

const FORMAT = 'limpid-model-1';
const CARD_KEY = 'limpid';
/** Two sizes at which the graph is traced, to see that it holds no length. */
const SMALL = 64;
const LARGE = 96;

/** Writes a trained model as a portable ONNX file: `image` [1, rows, columns, channels] in, `restored` out. */
export function exportModel(model: TrainedModel, version: string, levelFactor = 1): Uint8Array {
  const { network, result } = model;
  const channels = channelsOf(network);
  const card: ModelCard = {
    format: FORMAT,
    version,
    family: network.family,
    settings: network.settings,
    context: network.context,
    conditions: network.conditions > 0 ? CONDITIONS : [],
    multiple: network.multiple,
    radius: network.radius,
    objective: model.objective,
    levelFactor,
    training: {
      seed: model.seed,
      steps: result.stepsDone,
      bestStep: result.bestStep,
      patchSize: model.patchSize,
      batchSize: model.batchSize,
      curve: result.curve,
    },
    input: 'Values whose noise has standard deviation 1: stabilised magnitudes (Foi 2011) or value / sigma.',
    intendedUse: 'Denoising of series like the one it was trained on. Research. Not for diagnostic use.',
  };
  const axes = [null, 'rows', 'columns', null];
  return emitPortable(
    inferenceDefinition(model, [1, SMALL, SMALL, channels]),
    { image: [1, LARGE, LARGE, channels] },
    { image: axes, restored: axes },
    { [CARD_KEY]: JSON.stringify(card) },
  );
}

/**
 * Opens a model file that Limpid wrote.
 *
 * @throws LimpidError E_MODEL when the bytes are no ONNX model, or one without our card
 */
export async function openModelFile(
  runtime: Runtime,
  bytes: Uint8Array,
): Promise<{ restorer: Restorer; card: ModelCard }> {
  const card = readCard(bytes);
  // What others made is not even loaded: that alone can take all memory.
  if (card === null) throw fault('E_MODEL/unlabelled-file');
  const model = await runtime.loadModel(bytes);
  const channels = channelsOf({ context: card.context, conditions: card.conditions.length });
  const restorer: Restorer = {
    context: card.context,
    conditions: card.conditions.length,
    multiple: card.multiple,
    radius: card.radius,
    objective: card.objective,
    restore: async (window, rows, columns) => {
      const { restored } = await model.runShaped({
        image: { data: window, shape: [1, rows, columns, channels] },
      });
      return restored.data;
    },
    close: () => model.close(),
  };
  return { restorer, card };
}

function readCard(bytes: Uint8Array): ModelCard | null {
  try {
    const text = decodeMetadata(bytes)[CARD_KEY];
    if (text === undefined) return null;
    const value: unknown = JSON.parse(text);
    return isCard(value) ? value : null;
  } catch {
    return null;
  }
}

function isCard(value: unknown): value is ModelCard {
  if (typeof value !== 'object' || value === null) return false;
  const whole = (key: string, least: number): boolean => {
    const item: unknown = Reflect.get(value, key);
    return Number.isInteger(item) && Number(item) >= least && Number(item) <= 4096;
  };
  return (
    Reflect.get(value, 'format') === FORMAT &&
    whole('context', 0) &&
    whole('multiple', 1) &&
    whole('radius', 0) &&
    isConditions(Reflect.get(value, 'conditions')) &&
    isFactor(Reflect.get(value, 'levelFactor')) &&
    isObjective(Reflect.get(value, 'objective'))
  );
}

/** None, or exactly those that this version knows how to fill. */
function isConditions(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  return value.length === 0 || JSON.stringify(value) === JSON.stringify(CONDITIONS);
}

function isFactor(value: unknown): boolean {
  return typeof value === 'number' && value > 0 && value <= 1;
}

function isObjective(value: unknown): value is Objective | CleanObjective {
  if (typeof value !== 'object' || value === null) return false;
  const pair = (key: string): boolean => {
    const item: unknown = Reflect.get(value, key);
    return Array.isArray(item) && item.length === 2 && item.every((entry) => Number.isFinite(entry));
  };
  switch (Reflect.get(value, 'kind')) {
    case 'recorrupted':
      return Number.isFinite(Reflect.get(value, 'alpha')) && pair('correlation');
    case 'clean':
      return true;
    case 'masked':
      return Number.isInteger(Reflect.get(value, 'cell')) && pair('span');
    default:
      return false;
  }
}
