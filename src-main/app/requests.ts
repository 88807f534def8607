import {
  ARTIFACT_NAMES,
  DEVICE_NAMES,
  type JobRequest,
  LOSS_CHOICES,
  NOISE_KINDS,
  OBJECTIVE_NAMES,
  PAIR_OBJECTIVE_NAMES,
  type TrainingShape,
  type TrainRequest,
} from '../contract/requests.js';
import { count, isJson, isRecord, record, refuse, text } from './validate.js';

type Check = (value: unknown) => boolean;

const filled: Check = (value) => typeof value === 'string' && value !== '';
const flag: Check = (value) => typeof value === 'boolean';
const whole: Check = (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const part: Check = (value) => typeof value === 'number' && value >= 0 && value <= 1;
const number: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const level: Check = (value) => typeof value === 'number' && value >= 0 && value <= 1000;
const oneOf =
  (choices: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && choices.includes(value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const list: Check = (value) => Array.isArray(value) && value.length > 0 && value.every(filled);
const texts: Check = (value) => Array.isArray(value) && value.every(filled);
const optionalTexts: Check = (value) => Array.isArray(value) && value.every(orNull(filled));
/** A line of text: it is shown, and asked for by commands. */
const modelName: Check = (value) => typeof value === 'string' && /^\S(.{0,78}\S)?$/u.test(value);
const absentOr =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const fields =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isRecord(value) && Object.entries(checks).every(([name, check]) => check(value[name]));
const artifact = fields({ name: oneOf(ARTIFACT_NAMES), severity: orNull(number) });
const foreign = fields({
  layout: oneOf(['auto', 'nchw', 'nhwc']),
  gives: oneOf(['image', 'noise']),
  white: number,
});
const fileOr: Check = (value) =>
  isRecord(value) && filled(value.kind) && (value.kind !== 'file' || filled(value.path));

/** The shipped model is trained from the command line only; the app itself asks about trainings. */
type WindowRequest = Exclude<JobRequest['type'], 'send' | 'pretrain' | 'check-training' | 'families'>;

/** The fields that decide what is read and written, and where: what they must be, by type of request. */
const CHECKS: Readonly<Record<WindowRequest, Readonly<Record<string, Check>>>> = {
  inspect: { paths: list },
  denoise: {
    input: filled,
    output: filled,
    model: fileOr,
    objective: oneOf(OBJECTIVE_NAMES),
    steps: orNull(whole),
    seed: whole,
    strength: part,
    device: oneOf(DEVICE_NAMES),
    errorMap: flag,
    force: flag,
    uncertainty: absentOr(flag),
    refine: absentOr(flag),
    strict: absentOr(flag),
    only: absentOr(list),
    bids: absentOr(flag),
    more: absentOr(list),
    series: absentOr(list),
    where: absentOr(filled),
    dryRun: absentOr(flag),
  },
  evaluate: { reference: filled, test: filled, noisy: orNull(filled), mask: fileOr },
  simulate: {
    input: filled,
    output: filled,
    noise: orNull(oneOf(NOISE_KINDS)),
    level,
    artifact: absentOr(artifact),
    seed: whole,
  },
  train: {
    inputs: list,
    references: texts,
    only: absentOr(optionalTexts),
    onlyReferences: absentOr(optionalTexts),
    output: filled,
    keepAs: absentOr(modelName),
    // Where the app keeps what a window shows of a training is not the window's to say.
    record: (value) => value === undefined,
    family: filled,
    settings: isRecord,
    objective: oneOf(PAIR_OBJECTIVE_NAMES),
    levels: (value) => Array.isArray(value) && value.length === 2 && value.every(level),
    artifact: absentOr(artifact),
    from: absentOr(filled),
    losses: (value) =>
      Array.isArray(value) && value.every(fields({ name: oneOf(LOSS_CHOICES), weight: number })),
    optimiser: oneOf(['adam', 'adamw']),
    rate: orNull(number),
    tuning: absentOr(
      fields({
        weightDecay: absentOr(number),
        warmup: absentOr(whole),
        clip: absentOr(number),
        average: absentOr(part),
      }),
    ),
    budget: orNull(fields({ unit: oneOf(['steps', 'epochs', 'minutes']), value: number })),
    patchSize: orNull(whole),
    batchSize: whole,
    heldOut: part,
    patience: whole,
    augmentation: fields({ flips: flag, intensity: number, elastic: number }),
    seed: whole,
    resume: flag,
    device: oneOf(DEVICE_NAMES),
    force: flag,
  },
  anomaly: {
    model: filled,
    input: filled,
    output: filled,
    normal: texts,
    falsePositiveRate: part,
    lesions: flag,
    seed: whole,
    device: oneOf(DEVICE_NAMES),
    force: flag,
  },
  latent: {
    model: filled,
    inputs: list,
    output: filled,
    clusters: orNull(whole),
    nearest: orNull(filled),
    seed: whole,
    device: oneOf(DEVICE_NAMES),
    force: flag,
    only: absentOr((value) => Array.isArray(value) && value.every(orNull(filled))),
  },
  generate: { model: filled, output: filled, count: whole, seed: whole, device: oneOf(DEVICE_NAMES) },
  compress: {
    input: filled,
    output: filled,
    model: filled,
    rounding: absentOr(number),
    device: oneOf(DEVICE_NAMES),
    force: flag,
  },
  decompress: { input: filled, output: filled, model: filled, device: oneOf(DEVICE_NAMES) },
  models: {
    action: oneOf(['list', 'show', 'import', 'export', 'delete']),
    model: absentOr(filled),
    path: absentOr(filled),
    name: absentOr(orNull(filled)),
    foreign: absentOr(orNull(foreign)),
    decoder: absentOr(flag),
  },
};

/**
 * True for a request that a job may be started with: plain data, a known type, and its fields as they must be. What a
 * field means beyond that (does the path exist, does the model fit) is the job's to say.
 */
export function isJobRequest(value: unknown): value is JobRequest {
  return isJson(value) && wrongField(value) === null;
}

/** @throws LimpidError E_USAGE naming the field */
export function jobRequest(value: unknown): JobRequest {
  if (isJobRequest(value)) return value;
  throw refuse(isJson(value) ? `${wrongField(value)} is not usable` : 'it is not plain data');
}

/** @throws LimpidError E_USAGE naming the field */
export function trainRequest(value: unknown): TrainRequest {
  const request = jobRequest(value);
  if (request.type === 'train') return request;
  throw refuse('it is no training');
}

/** @throws LimpidError E_USAGE */
export function trainingShapes(value: unknown): readonly TrainingShape[] {
  if (!Array.isArray(value) || value.length > MOST_SERIES) throw refuse('the series are no list');
  return value.map((given) => {
    const { rows, columns, slices, frames, group } = record(given, 'a series');
    const [height, width, planes, times] = [rows, columns, slices, frames].map((one) => count(one));
    return { rows: height, columns: width, slices: planes, frames: times, group: text(group) };
  });
}

const MOST_SERIES = 10_000;

function wrongField(value: unknown): string | null {
  if (!isRecord(value)) return 'the request';
  const checks = Object.entries(CHECKS).find(([type]) => type === value.type)?.[1];
  if (checks === undefined) return 'type';
  return Object.entries(checks).find(([field, check]) => !check(value[field]))?.[0] ?? null;
}
