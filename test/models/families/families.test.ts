import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../../src-main/base/random.js';
import { convolutional } from '../../../src-main/models/families/convolutional.js';
import { denoising } from '../../../src-main/models/families/denoising.js';
import { FAMILIES } from '../../../src-main/models/families/families.js';
import { sparse } from '../../../src-main/models/families/sparse.js';
import { video } from '../../../src-main/models/families/video.js';
import type { Family, FamilySettings } from '../../../src-main/models/family.js';
import { headOf, LOSS_NAMES, type LossName } from '../../../src-main/models/losses.js';
import { openRuntime } from '../../../src-main/runtime/device.js';
import type { Runtime } from '../../../src-main/runtime/types.js';
import { autoencoderLearner } from '../../../src-main/training/learner.js';
import { trainLearner } from '../../../src-main/training/loop.js';
import { ADAM } from '../../../src-main/training/optimiser.js';
import { splitBuffers } from '../../../src-main/training/step.js';
import { BATCH, SIZE, scenes, small } from '../scenes.js';

async function learn(
  runtime: Runtime,
  family: Family,
  settings: FamilySettings,
  loss: LossName,
  steps: number,
) {
  const model = family.build(settings, { head: headOf(loss), size: SIZE });
  const examples = { data: scenes(new Random(5)).input, shape: [BATCH, SIZE, SIZE, 1] };
  const learner = autoencoderLearner(
    model,
    [{ name: loss, weight: 1 }],
    { size: SIZE, batchSize: BATCH },
    examples,
  );
  const loop = {
    steps,
    peakRate: 2e-3,
    warmupSteps: 5,
    optimiser: { ...ADAM, averageDecay: 0.9 },
    seed: 3,
    evaluateEvery: 20,
    patience: 1000,
  };
  return trainLearner(runtime, learner, loop, 'test', { batch: (random) => scenes(random, model.channels) });
}

describe('every family', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openRuntime('cpu', { threads: 2 });
  });
  afterAll(() => runtime.close());

  it.each(FAMILIES.map((family) => [family.name, family] as const))(
    '%s learns to rebuild scenes under noise',
    async (_, family) => {
      const { curve } = await learn(
        runtime,
        family,
        small(family),
        'mse',
        family.name === 'masked' ? 600 : 60,
      );
      const errors = curve.map(({ measures }) => measures?.error ?? Number.NaN);
      expect(errors[errors.length - 1]).toBeLessThan(0.95 * errors[0]);
      expect(errors[errors.length - 1]).toBeLessThan(VARIANCE);
    },
  );

  it('sparse units start as signed principal components, at their target rate', async () => {
    const { curve } = await learn(runtime, sparse, { base: 8, rate: 0.1 }, 'mse', 1);
    const { error = 1, activation = 0 } = curve[0].measures ?? {};
    // all components of a cell: little more than the noise comes back changed
    expect(error).toBeLessThan(0.02);
    expect(activation).toBeGreaterThan(0.08);
    expect(activation).toBeLessThan(0.12);
  });

  it.each(LOSS_NAMES)('the loss %s falls', async (loss) => {
    const { curve } = await learn(runtime, convolutional, { base: 8 }, loss, 40);
    expect(curve[curve.length - 1].loss).toBeLessThan(curve[0].loss);
  });

  it.each(
    [convolutional, denoising, video].flatMap((family) =>
      ['group', 'batch'].map((norm) => [family.name, norm, family] as const),
    ),
  )('%s trains with %s norm and dropout', async (_, norm, family) => {
    const settings = { base: 8, norm, dropout: 0.1 };
    const { curve, parameters } = await learn(runtime, family, settings, 'mse', 60);
    expect(curve[curve.length - 1].heldOut).toBeLessThan(curve[0].heldOut ?? 0);
    const { buffers } = splitBuffers(parameters);
    expect(Object.keys(buffers).length > 0).toBe(norm === 'batch');
    for (const [name, { data }] of Object.entries(buffers))
      expect(data.some((value) => value !== (name.endsWith('variance') ? 1 : 0))).toBe(true);
  });

  it.each([
    { latent: 0 },
    { latent: 2.5 },
    { latent: Number.NaN },
    { depth: 3 },
    { norm: 'layer' },
    { base: '8' },
  ])('refuses the settings %j', (settings) => {
    const build = () => convolutional.build(settings, { head: headOf('mse'), size: SIZE });
    expect(build).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
  });
});

/** Of the clean scenes: what a constant image would leave. */
const VARIANCE = 0.1;
