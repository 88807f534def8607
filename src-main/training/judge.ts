import { Random } from '../base/random.js';
import type { NamedArrays } from '../graph/types.js';
import type { Feeds, Runtime, StepProgram } from '../runtime/types.js';
import { drawAll, type Learner } from './learner.js';
import type { BatchSource, FedBatch } from './samples/batches.js';
import { initialLearnerState, judged, judgeStep, MEASURE } from './step.js';

const HELD_OUT_BATCHES = 4;

interface Fixed {
  readonly weight: number;
  readonly feeds: Feeds;
}

/** Measures the loss of weights on fixed batches of held-out pixels, that no step learns from. */
export class HeldOutJudge {
  readonly #program: StepProgram;
  readonly #batches: readonly Fixed[];

  private constructor(program: StepProgram, batches: readonly Fixed[]) {
    this.#program = program;
    this.#batches = batches;
  }

  static async create(
    runtime: Runtime,
    learner: Learner,
    seed: number,
    source: BatchSource,
  ): Promise<HeldOutJudge> {
    const random = new Random(seed).fork('held out');
    const batches = Array.from({ length: HELD_OUT_BATCHES }, (_, i): Fixed => {
      const batch: FedBatch = source.batch(random, 'heldOut', i);
      const drawn = drawAll(learner, random, 'heldOut');
      const ramp = learner.ramp > 0 ? { ramp: Float32Array.of(1) } : {};
      const weight = batch.weight.reduce((total, value) => total + value, 0);
      return { weight, feeds: { ...batch, ...drawn, ...ramp } };
    });
    const initial = judged(initialLearnerState(learner, random));
    return new HeldOutJudge(await runtime.compileStep(judgeStep(learner), initial), batches);
  }

  /** @param kept weights and buffers, as `judged` gives them */
  async loss(kept: NamedArrays): Promise<{ heldOut: number; measures: Record<string, number> }> {
    await this.#program.writeState(kept);
    const sums: Record<string, number> = {};
    let count = 0;
    for (const { weight, feeds } of this.#batches) {
      for (const [name, value] of Object.entries(await this.#program.run(feeds)))
        sums[name] = (sums[name] ?? 0) + value[0] * weight;
      count += weight;
    }
    const { loss, ...measures } = sums;
    const mean = (sum: number) => sum / Math.max(1, count);
    return {
      heldOut: mean(loss),
      measures: Object.fromEntries(
        Object.entries(measures).map(([name, sum]) => [name.slice(MEASURE.length), mean(sum)]),
      ),
    };
  }

  close(): Promise<void> {
    return this.#program.close();
  }
}
