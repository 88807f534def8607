import { Random } from '../base/random.js';
import { fault, type LimpidError, type Problem, problemOf } from '../contract/errors.js';
import type { NamedArrays } from '../graph/types.js';
import type { Runtime, StepProgram } from '../runtime/types.js';
import type { CurvePoint } from './checkpoint.js';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.js';
import { HeldOutJudge } from './judge.js';
import { drawAll, type Learner } from './learner.js';
import type { AdamSettings } from './optimiser.js';
import type { BatchSource } from './samples/batches.js';
import { learningRate } from './schedule.js';
import { initialLearnerState, judged, learnerStep } from './step.js';

/** How a learner is trained, besides what it is and what it sees. */
export interface LoopSettings {
  readonly steps: number;
  readonly peakRate: number;
  readonly warmupSteps: number;
  readonly optimiser: AdamSettings;
  readonly seed: number;
  /** Steps between two measurements of the held-out loss. */
  readonly evaluateEvery: number;
  /** Stop after this many measurements without a better held-out loss. */
  readonly patience: number;
}

interface TrainingProgress {
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
    /** Told when a run goes on that another device had begun. */
    readonly moved?: (problem: Problem) => void;
  };
  /** Least time between two checkpoints; they are written right after a held-out measurement, on a pause and at the end. */
  readonly checkpointSeconds?: number;
  /** Awaited after each held-out measurement; a resumed run begins with all that was measured before. */
  readonly onMeasured?: (measured: Measured) => Promise<void>;
  /** Asked after each step. */
  readonly wish?: () => Wish | null;
}

/** How a run is to end early: with the best weights so far, or with a checkpoint to go on from. */
type Wish = 'finish' | 'pause';

export interface Measured {
  readonly step: number;
  /** Since the last time. */
  readonly points: readonly CurvePoint[];
  readonly best: Checkpoint['best'];
  /** Averaged weights, and buffers, at this step. */
  readonly kept: NamedArrays;
  /** Whether the run ends here. */
  readonly last: boolean;
}

export interface TrainingResult {
  /** The averaged weights, and buffers where there are any, of the best held-out measurement. */
  readonly parameters: NamedArrays;
  readonly curve: readonly CurvePoint[];
  readonly bestStep: number;
  readonly stepsDone: number;
}

const RATE_FLOOR = 0.01;
const SECONDS_BETWEEN_CHECKPOINTS = 20;

/**
 * Minimises a learner's loss on batches of `source`. Each step draws from its own generator, forked from the seed,
 * so a run that was stopped and resumed gives the weights of an unbroken one; on another device they differ by
 * rounding, and `moved` is told.
 *
 * @throws LimpidError E_TRAINING when the loss is no longer a number; E_RESUME when the checkpoint is of another
 * run, as its fingerprint tells; E_CANCELLED when it was paused, once its checkpoint is written
 */
export async function trainLearner(
  runtime: Runtime,
  learner: Learner,
  settings: LoopSettings,
  fingerprint: string,
  source: BatchSource,
  hooks: TrainingHooks = {},
): Promise<TrainingResult> {
  const { device } = runtime.choice;
  const start = await startingPoint(learner, settings, { fingerprint, device }, hooks);
  const program = await runtime.compileStep(learnerStep(learner, settings.optimiser), start.state);
  const judge = await HeldOutJudge.create(runtime, learner, settings.seed, source);
  try {
    return await run({ learner, settings, fingerprint, device, source, hooks, program, judge }, start);
  } finally {
    await judge.close();
    await program.close();
  }
}

interface Run {
  readonly learner: Learner;
  readonly settings: LoopSettings;
  readonly fingerprint: string;
  readonly device: string;
  readonly source: BatchSource;
  readonly hooks: TrainingHooks;
  readonly program: StepProgram;
  readonly judge: HeldOutJudge;
}

async function run(on: Run, start: Checkpoint): Promise<TrainingResult> {
  const { settings, fingerprint, device, hooks, program, judge } = on;
  const { steps, evaluateEvery } = settings;
  const curve = [...start.curve];
  let { best, bestWeights, step } = start;
  let { sum, count } = start.running;
  let savedAt = performance.now();
  const between = 1000 * (hooks.checkpointSeconds ?? SECONDS_BETWEEN_CHECKPOINTS);
  const pace = new Pace();
  const save = async (finished: boolean): Promise<void> => {
    const state = await program.readState();
    const running = { sum, count };
    const at = { plan: fingerprint, device, steps, step, finished };
    const whole = { ...at, curve, best, running, state, bestWeights };
    await hooks.checkpoint?.save(encodeCheckpoint(whole));
    savedAt = performance.now();
  };
  const measure = async (last: boolean): Promise<void> => {
    const kept = judged(await program.readState());
    const { heldOut, measures } = await judge.loss(kept);
    const watched = Object.keys(measures).length > 0 ? { measures } : {};
    const point = { step, loss: sum / count, heldOut, ...watched };
    curve.push(point);
    [sum, count] = [0, 0];
    if (best === null || heldOut < best.heldOut) {
      best = { step, heldOut };
      bestWeights = kept;
    }
    await hooks.onMeasured?.({ step, points: [point], best, kept, last });
  };
  if (curve.length > 0)
    await hooks.onMeasured?.({ step, points: start.curve, best, kept: judged(start.state), last: false });
  while (!start.finished && step < steps && !outOfPatience(settings, curve, best)) {
    const loss = await oneStep(on, step);
    sum += loss;
    count++;
    step++;
    const wish = hooks.wish === undefined ? null : await wishAfter(hooks.wish);
    const last = step === steps || wish === 'finish';
    if (step % evaluateEvery === 0 || last) {
      await measure(last);
      // What follows the training may fail, and must not take it along.
      const finished = last || outOfPatience(settings, curve, best);
      if (hooks.checkpoint && (finished || performance.now() - savedAt >= between)) await save(finished);
    }
    const rate = pace.tick();
    hooks.onProgress?.({
      step,
      steps,
      loss,
      heldOut: curve.at(-1)?.heldOut ?? null,
      rate,
      secondsLeft: (steps - step) / rate,
    });
    if (wish === 'finish') break;
    if (wish === 'pause') {
      await save(false);
      throw paused();
    }
  }
  return { parameters: bestWeights, curve, bestStep: best?.step ?? step, stepsDone: step };
}

/** What is wished for by now: messages only arrive when the event loop turns, which not every device lets it. */
async function wishAfter(wish: () => Wish | null): Promise<Wish | null> {
  await new Promise((resolve) => setImmediate(resolve));
  return wish();
}

function paused(): LimpidError {
  return fault('E_CANCELLED/paused');
}

async function oneStep({ learner, settings, source, program }: Run, step: number): Promise<number> {
  const random = new Random(settings.seed).fork(`step ${step}`);
  const batch = source.batch(random, 'training', step);
  const schedule = {
    peak: settings.peakRate,
    warmupSteps: settings.warmupSteps,
    totalSteps: settings.steps,
    floor: RATE_FLOOR,
  };
  const { loss } = await program.run({
    ...batch,
    ...drawAll(learner, random, 'training'),
    ...(learner.ramp > 0 ? { ramp: Float32Array.of(Math.min(1, step / learner.ramp)) } : {}),
    learningRate: Float32Array.of(learningRate(schedule, step)),
  });
  if (!Number.isFinite(loss[0])) throw fault('E_TRAINING/loss', { step });
  return loss[0];
}

async function startingPoint(
  learner: Learner,
  settings: LoopSettings,
  { fingerprint, device }: { readonly fingerprint: string; readonly device: string },
  hooks: TrainingHooks,
): Promise<Checkpoint> {
  const saved = await hooks.checkpoint?.load();
  if (saved) {
    const checkpoint = decodeCheckpoint(saved);
    if (checkpoint.plan === fingerprint) {
      if (checkpoint.device !== device && !checkpoint.finished)
        hooks.checkpoint?.moved?.(moved(checkpoint, device));
      return checkpoint;
    }
    throw fault('E_RESUME/other-training');
  }
  const state = initialLearnerState(learner, new Random(settings.seed).fork('weights'));
  return {
    plan: fingerprint,
    device,
    steps: settings.steps,
    step: 0,
    finished: false,
    curve: [],
    best: null,
    running: { sum: 0, count: 0 },
    state,
    bestWeights: judged(state),
  };
}

function moved({ device, step }: Checkpoint, now: string): Problem {
  return problemOf('W_DEVICE_CHANGED/training', { earlier: device, step, now });
}

function outOfPatience(
  settings: LoopSettings,
  curve: readonly CurvePoint[],
  best: Checkpoint['best'],
): boolean {
  if (best === null || curve.length === 0) return false;
  const since = curve[curve.length - 1].step - best.step;
  return since >= settings.patience * settings.evaluateEvery;
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
