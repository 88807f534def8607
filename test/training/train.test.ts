import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { LimpidError } from '../../src-main/contract/errors.js';
import { denoiser } from '../../src-main/models/families/unet.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import type { Runtime } from '../../src-main/runtime/types.js';
import { decodeCheckpoint } from '../../src-main/training/checkpoint.js';
import { type DenoiserPlan, denoiserPlan, trainDenoiser } from '../../src-main/training/denoiser.js';
import type { TrainingHooks } from '../../src-main/training/loop.js';
import { patchBatches } from '../../src-main/training/samples/batches.js';
import type { Objective } from '../../src-main/training/samples/objective.js';
import { PatchSampler } from '../../src-main/training/samples/samples.js';
import { learningRate } from '../../src-main/training/schedule.js';

const SIDE = 64;

/** A smooth scene under unit noise. */
function sampler(seed = 1): PatchSampler {
  const random = new Random(seed);
  const values = Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [y, x] = [Math.floor(i / SIDE), i % SIDE];
    return 20 + 6 * Math.sin(x / 9) * Math.cos(y / 7) + random.normal();
  });
  const image = { values, rows: SIDE, columns: SIDE, slices: 1, frames: 1, usable: null };
  return new PatchSampler(image, { size: 32, context: 0, seed: 1 });
}

const MODEL = denoiser({ base: 4, mean: 20, scale: 4 });

interface Plan extends DenoiserPlan {
  readonly objective: Objective;
}

function plan(steps: number, changes: Partial<Plan> = {}): Plan {
  const objective = { kind: 'recorrupted', alpha: 0.5, correlation: [0, 0] } as const;
  const chosen = {
    objective,
    size: 32,
    batchSize: 2,
    steps,
    peakRate: 2e-3,
    seed: 11,
    evaluateEvery: 10,
    patience: 100,
    images: 'test',
  };
  return { ...denoiserPlan(MODEL, chosen), objective, ...changes };
}

function train(runtime: Runtime, settings: Plan, patches: PatchSampler, hooks: TrainingHooks = {}) {
  return trainDenoiser(runtime, MODEL, settings, patchBatches(settings, patches), null, hooks);
}

describe('training', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openRuntime('cpu', { threads: 2 });
  });
  afterAll(() => runtime.close());

  it('lowers the held-out loss towards that of a perfect denoiser', async () => {
    const { result } = await train(runtime, plan(150), sampler());
    const losses = result.curve.map((point) => point.heldOut ?? Number.NaN);
    // The target's own noise, 1 + 1 / alpha^2 = 5, cannot be learnt; the identity leaves 1 + alpha^2 = 1.25 more,
    // less what input and target share.
    expect(losses[losses.length - 1]).toBeLessThan(losses[0] - 0.3);
    expect(result.bestStep).toBeGreaterThan(50);
  });

  it('gives the same weights for the same seed, and others for another', async () => {
    const [a, b, c] = [
      await train(runtime, plan(12), sampler()),
      await train(runtime, plan(12), sampler()),
      await train(runtime, plan(12, { seed: 12 }), sampler()),
    ];
    expect(b.kept).toEqual(a.kept);
    expect(c.kept['out.filter'].data).not.toEqual(a.kept['out.filter'].data);
  });

  it('goes on from a checkpoint to the same weights and curve as an unbroken run', async () => {
    const whole = await train(runtime, plan(40), sampler());
    let saved: Uint8Array | null = null;
    const store = {
      load: async () => saved,
      save: async (bytes: Uint8Array) => {
        saved = bytes;
      },
    };
    const stop = new Error('stopped');
    const broken = train(runtime, plan(40), sampler(), {
      checkpoint: store,
      checkpointSeconds: 0,
      onProgress: ({ step }) => {
        if (step === 25) throw stop;
      },
    });
    await expect(broken).rejects.toBe(stop);
    expect(decodeCheckpoint(saved!).step).toBe(20);
    const resumed = await train(runtime, plan(40), sampler(), { checkpoint: store });
    expect([resumed.kept, resumed.result]).toEqual([whole.kept, whole.result]);
  });

  it('refuses the checkpoint of another plan, and a damaged one', async () => {
    let saved: Uint8Array | null = null;
    await train(runtime, plan(10), sampler(), {
      checkpointSeconds: 0,
      checkpoint: {
        load: async () => null,
        save: async (bytes) => {
          saved = bytes;
        },
      },
    });
    const from = (bytes: Uint8Array) => ({ checkpoint: { load: async () => bytes, save: async () => {} } });
    const other = train(runtime, plan(10, { seed: 99 }), sampler(), from(saved!));
    await expect(other).rejects.toMatchObject({ code: 'E_RESUME' });
    for (const cut of [0, 3, 50, 2000]) {
      const damaged = train(runtime, plan(10), sampler(), from(saved!.slice(0, cut)));
      await expect(damaged).rejects.toBeInstanceOf(LimpidError);
    }
  });

  it('stops early when the held-out loss gets no better', async () => {
    const { result } = await train(runtime, plan(400, { peakRate: 0, patience: 3 }), sampler());
    expect(result.stepsDone).toBe(40);
  });

  it('says so when the loss is no number any more', async () => {
    const wild = train(runtime, plan(100, { peakRate: 1e30 }), sampler());
    await expect(wild).rejects.toMatchObject({ code: 'E_TRAINING' });
  });
});

describe('the learning rate', () => {
  it('warms up, peaks and falls to its floor', () => {
    const schedule = { peak: 1, warmupSteps: 10, totalSteps: 100, floor: 0.01 };
    expect(learningRate(schedule, 0)).toBeCloseTo(0.1);
    expect(learningRate(schedule, 9)).toBeGreaterThan(0.95);
    expect(learningRate(schedule, 100)).toBeCloseTo(0.01);
  });
});
