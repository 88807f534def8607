import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRuntime } from '../../src-main/runtime/device.js';
import type { Runtime } from '../../src-main/runtime/types.js';
import type { TrainingHooks } from '../../src-main/training/loop.js';
import { PRETRAINING, pretrain, pretraining } from '../../src-main/training/pretrain.js';

describe('pretraining', () => {
  it('is that of the shipped model unless another length is asked for, shared out alike', () => {
    const all = PRETRAINING.phases.reduce((sum, { steps }) => sum + steps, 0);
    expect(pretraining(PRETRAINING.seed, null)).toEqual(PRETRAINING);
    expect(pretraining(1, all)).toEqual(PRETRAINING);
    const half = pretraining(7, all / 2);
    expect(half.seed).toBe(7);
    expect(half.phases.map(({ steps }) => 2 * steps)).toEqual(PRETRAINING.phases.map(({ steps }) => steps));
    expect(pretraining(1, 1).phases.map(({ steps }) => steps)).toEqual([1]);
  });

  describe('in phases', () => {
    let runtime: Runtime;
    beforeAll(async () => {
      runtime = await openRuntime('cpu');
    });
    afterAll(() => runtime.close());

    it('goes on from the weights of the phase before, and resumes in the phase where it was stopped', async () => {
      const options = pretraining(3, 3);
      expect(options.phases.map(({ images, steps }) => [images, steps])).toEqual([
        ['leaves', 2],
        ['mixed', 1],
      ]);
      const saved = new Map<number, Uint8Array>();
      const stepsOf = new Map<number, number>();
      const hooks = (phase: number): TrainingHooks => ({
        onProgress: () => stepsOf.set(phase, (stepsOf.get(phase) ?? 0) + 1),
        checkpoint: {
          load: async () => saved.get(phase) ?? null,
          save: async (bytes) => void saved.set(phase, bytes),
        },
      });
      const whole = await pretrain(runtime, options, hooks);
      expect([...stepsOf]).toEqual([
        [0, 2],
        [1, 1],
      ]);
      saved.delete(1);
      stepsOf.clear();
      const resumed = await pretrain(runtime, options, hooks);
      expect([...stepsOf]).toEqual([[1, 1]]);
      const weights = ({ phases }: typeof whole) => phases.map(({ trained }) => trained.kept);
      expect(weights(resumed)).toEqual(weights(whole));
      expect(weights(whole)[1]).not.toEqual(weights(whole)[0]);
    });
  });
});
