import * as tf from '@tensorflow/tfjs-core';
import { sha256 } from '../base/files.js';
import { Random } from '../base/random.js';
import { LimpidError } from '../contract/errors.js';
import type { NamedArrays, NamedShapes, NamedTensors, StepDefinition } from '../graph/types.js';
import { channelsOf, initialParameters, type Network, rank4 } from '../models/network.js';
import type { Runtime, StepProgram } from '../runtime/types.js';
import type { BatchSource, FedBatch } from './batches.js';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.js';
import { ADAM, adamUpdate, averages, initialState, stateShapes, weights } from './optimiser.js';
import { learningRate } from './schedule.js';

/** Everything that decides the result of a training run, besides the images. */
export interface TrainingPlan {
  readonly network: Network;
  /** What the network learns, as plain data: only for the fingerprint. The source of batches acts on it. */
  readonly objective: object;
  readonly patchSize: number;
  readonly batchSize: number;
  readonly steps: number;
  readonly peakRate: number;
  readonly seed: number;
  /** Steps between two measurements of the held-out loss. */
  readonly evaluateEvery: number;
  /** Stop after this many measurements without a better held-out loss. */
  readonly patience: number;
  /** Fingerprint of the training images. */
  readonly images: string;
}

/** One point of the learning curve. Losses are mean squared errors in units of the noise variance. */
export interface CurvePoint {
  readonly step: number;
  readonly loss: number;
  readonly heldOut: number | null;
}

export interface TrainingProgress {
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly heldOut: number | null;
  /** Steps a second, over the last ones. */
  readonly rate: number;
  readonly secondsLeft: number;
}

export interface TrainingHooks {
  readonly onProgress?: (progress: TrainingProgress) => void;
  /** Where checkpoints survive; without it a run cannot be resumed. */
  readonly checkpoint?: {
    readonly load: () => Promise<Uint8Array | null>;
    readonly save: (bytes: Uint8Array) => Promise<void>;
  };
  /** Least time between two checkpoints; they are only written right after a held-out measurement. */
  readonly checkpointSeconds?: number;
}

export interface TrainingResult {
  /** The averaged weights of the best held-out measurement. */
  readonly parameters: NamedArrays;
  readonly curve: readonly CurvePoint[];
  readonly bestStep: number;
  readonly stepsDone: number;
}

const WARMUP_STEPS = 50;
const RATE_FLOOR = 0.01;
const HELD_OUT_BATCHES = 4;
const SECONDS_BETWEEN_CHECKPOINTS = 20;

/**
 * Trains a network on batches of `source`. The same plan, images and device give the same weights, whether or not
 * the run was stopped and resumed in between: each step draws from its own generator, forked from the seed.
 *
 * @throws LimpidError E_TRAINING when the loss is no longer a number; E_RESUME when the checkpoint is of another plan
 */
export async function train(
  runtime: Runtime,
  plan: TrainingPlan,
  source: BatchSource,
  hooks: TrainingHooks = {},
): Promise<TrainingResult> {
  const fingerprint = planFingerprint(plan, runtime.choice.device);
  const start = await startingPoint(plan, fingerprint, hooks);
  const program = await runtime.compileStep(trainingStep(plan), start.state);
  const judge = await HeldOutJudge.create(runtime, plan, source);
  try {
    return await run(plan, fingerprint, start, program, judge, source, hooks);
  } finally {
    await judge.close();
    await program.close();
  }
}

async function run(
  plan: TrainingPlan,
  fingerprint: string,
  start: Checkpoint,
  program: StepProgram,
  judge: HeldOutJudge,
  source: BatchSource,
  hooks: TrainingHooks,
): Promise<TrainingResult> {
  const curve = [...start.curve];
  let { best, bestWeights, step } = start;
  let lossSum = 0;
  let lossCount = 0;
  let savedAt = performance.now();
  const pause = 1000 * (hooks.checkpointSeconds ?? SECONDS_BETWEEN_CHECKPOINTS);
  const pace = new Pace();
  while (step < plan.steps && !outOfPatience(plan, curve, best)) {
    const loss = await oneStep(plan, program, source, step);
    lossSum += loss;
    lossCount++;
    step++;
    if (step % plan.evaluateEvery === 0 || step === plan.steps) {
      const candidate = averages(await program.readState());
      const heldOut = await judge.loss(candidate);
      curve.push({ step, loss: lossSum / lossCount, heldOut });
      lossSum = 0;
      lossCount = 0;
      if (best === null || heldOut < best.heldOut) {
        best = { step, heldOut };
        bestWeights = candidate;
      }
      // Only between measurements: the running mean of the loss is then empty, so a resumed curve is the same.
      if (hooks.checkpoint && performance.now() - savedAt >= pause) {
        const state = await program.readState();
        await hooks.checkpoint.save(
          encodeCheckpoint({ plan: fingerprint, step, curve, best, state, bestWeights }),
        );
        savedAt = performance.now();
      }
    }
    const rate = pace.tick();
    hooks.onProgress?.({
      step,
      steps: plan.steps,
      loss,
      heldOut: curve.at(-1)?.heldOut ?? null,
      rate,
      secondsLeft: (plan.steps - step) / rate,
    });
  }
  return { parameters: bestWeights, curve, bestStep: best?.step ?? step, stepsDone: step };
}

/** A step of the optimiser on the weighted squared error of a batch. */
function trainingStep(plan: TrainingPlan): StepDefinition {
  const parameters = parameterShapes(plan.network);
  return {
    state: stateShapes(parameters),
    inputs: { ...batchShapes(plan), learningRate: [] },
    step: (state, inputs) => {
      const current = weights(state);
      const names = Object.keys(current);
      const { value, grads } = tf.valueAndGrads((...values: tf.Tensor[]) =>
        weightedError(plan.network, Object.fromEntries(names.map((name, i) => [name, values[i]])), inputs),
      )(names.map((name) => current[name]));
      const gradients = Object.fromEntries(names.map((name, i) => [name, grads[i]]));
      const update = adamUpdate(ADAM, state, gradients, inputs.learningRate);
      return { state: update.state, outputs: { loss: value } };
    },
  };
}

/** sum(w (f(input) - target)^2) / sum(w), a scalar. */
function weightedError(network: Network, parameters: NamedTensors, inputs: NamedTensors): tf.Scalar {
  const output = network.apply(parameters, rank4(inputs.input));
  const errors = tf.mul(tf.squaredDifference(output, inputs.target), inputs.weight);
  return tf.div(tf.sum(errors), tf.add(tf.sum(inputs.weight), 1e-6));
}

async function oneStep(
  plan: TrainingPlan,
  program: StepProgram,
  source: BatchSource,
  step: number,
): Promise<number> {
  const random = new Random(plan.seed).fork(`step ${step}`);
  const batch = source.batch(random, 'training', step);
  const schedule = {
    peak: plan.peakRate,
    warmupSteps: WARMUP_STEPS,
    totalSteps: plan.steps,
    floor: RATE_FLOOR,
  };
  const rate = Float32Array.of(learningRate(schedule, step));
  const { loss } = await program.run({ ...batch, learningRate: rate });
  if (!Number.isFinite(loss[0]))
    throw new LimpidError(
      'E_TRAINING',
      `The loss is not a number any more at step ${step}.`,
      'Run again with another --seed; if it happens again, inspect the series for odd values.',
    );
  return loss[0];
}

/** Measures the loss of weights on fixed batches of held-out pixels, that no step learns from. */
class HeldOutJudge {
  readonly #program: StepProgram;
  readonly #batches: readonly FedBatch[];

  private constructor(program: StepProgram, batches: readonly FedBatch[]) {
    this.#program = program;
    this.#batches = batches;
  }

  static async create(runtime: Runtime, plan: TrainingPlan, source: BatchSource): Promise<HeldOutJudge> {
    const random = new Random(plan.seed).fork('held out');
    const batches = Array.from({ length: HELD_OUT_BATCHES }, (_, i) => source.batch(random, 'heldOut', i));
    const program = await runtime.compileStep(
      {
        state: parameterShapes(plan.network),
        inputs: batchShapes(plan),
        step: (state, inputs) => ({ state, outputs: { loss: weightedError(plan.network, state, inputs) } }),
      },
      initialParameters(plan.network, random),
    );
    return new HeldOutJudge(program, batches);
  }

  async loss(parameters: NamedArrays): Promise<number> {
    await this.#program.writeState(parameters);
    let sum = 0;
    let count = 0;
    for (const batch of this.#batches) {
      const weight = batch.weight.reduce((total, value) => total + value, 0);
      const { loss } = await this.#program.run(batch);
      sum += loss[0] * weight;
      count += weight;
    }
    return sum / Math.max(1, count);
  }

  close(): Promise<void> {
    return this.#program.close();
  }
}

function parameterShapes(network: Network): NamedShapes {
  return Object.fromEntries(Object.entries(network.parameters).map(([name, { shape }]) => [name, shape]));
}

function batchShapes({ network, patchSize: size, batchSize }: TrainingPlan): NamedShapes {
  return {
    input: [batchSize, size, size, channelsOf(network)],
    target: [batchSize, size, size, 1],
    weight: [batchSize, size, size, 1],
  };
}

async function startingPoint(
  plan: TrainingPlan,
  fingerprint: string,
  hooks: TrainingHooks,
): Promise<Checkpoint> {
  const saved = await hooks.checkpoint?.load();
  if (saved) {
    const checkpoint = decodeCheckpoint(saved);
    if (checkpoint.plan === fingerprint) return checkpoint;
    throw new LimpidError(
      'E_RESUME',
      'The training checkpoint was made with other settings, images or device.',
      'Use the same settings, or a new output folder.',
    );
  }
  const parameters = initialParameters(plan.network, new Random(plan.seed).fork('weights'));
  return {
    plan: fingerprint,
    step: 0,
    curve: [],
    best: null,
    state: initialState(parameters),
    bestWeights: parameters,
  };
}

function planFingerprint(plan: TrainingPlan, device: string): string {
  const { network, ...rest } = plan;
  return sha256(JSON.stringify({ ...rest, device, family: network.family, settings: network.settings }));
}

function outOfPatience(plan: TrainingPlan, curve: readonly CurvePoint[], best: Checkpoint['best']): boolean {
  if (best === null || curve.length === 0) return false;
  const since = curve[curve.length - 1].step - best.step;
  return since >= plan.patience * plan.evaluateEvery;
}

/** Steps a second over a sliding window. */
class Pace {
  readonly #times: number[] = [performance.now()];

  tick(): number {
    this.#times.push(performance.now());
    if (this.#times.length > 32) this.#times.shift();
    const seconds = (this.#times[this.#times.length - 1] - this.#times[0]) / 1000;
    return (this.#times.length - 1) / Math.max(seconds, 1e-6);
  }
}
