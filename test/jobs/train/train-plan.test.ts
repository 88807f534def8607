import { describe, expect, it } from 'vitest';
import type { TrainRequest } from '../../../src-main/contract/requests/training.js';
import { planOf } from '../../../src-main/jobs/train/train-plan.js';
import { FAMILIES } from '../../../src-main/models/families/families.js';
import { LOSS_NAMES } from '../../../src-main/models/losses.js';
import { modelOf } from '../../../src-main/training/family.js';
import { ADAM } from '../../../src-main/training/optimiser.js';
import { corpusSeries } from '../../../src-main/training/samples/corpus.js';
import { volumeOf } from '../../imaging/support.js';
import { trainRequest } from '../train-request.js';

const corpus = [
  corpusSeries(
    volumeOf(
      Float32Array.from({ length: 50 * 44 * 6 }, (_, i) => i % 97),
      [50, 44, 6],
    ),
    'one',
    null,
  ),
];
const plan = (more: Partial<TrainRequest>) =>
  planOf(trainRequest('in', 'out.onnx', { settings: {}, ...more }), corpus, null);

describe('the plan of a training', () => {
  it('takes the optimiser as asked, and the usual one else', () => {
    expect(plan({}).optimiser).toEqual(ADAM);
    expect(plan({ optimiser: 'adamw' }).optimiser.weightDecay).toBe(0.05);
    const tuning = { weightDecay: 0.2, warmup: 7, clip: 1, average: 0.9 };
    const tuned = plan({ optimiser: 'adamw', tuning });
    expect(tuned.optimiser).toEqual({ ...ADAM, weightDecay: 0.2, clipNorm: 1, averageDecay: 0.9 });
    expect(tuned.warmupSteps).toBe(7);
    expect(() => plan({ tuning: { weightDecay: 0.2 } })).toThrow(
      expect.objectContaining({ code: 'E_USAGE' }),
    );
  });

  it('counts passes over the images in steps, and fits the patches into the planes', () => {
    const passes = plan({ budget: { unit: 'epochs', value: 10 }, batchSize: 4, patchSize: null });
    expect(passes.size).toBe(40);
    expect(passes.steps).toBe(Math.ceil((10 * 50 * 44 * 6) / (4 * 40 * 40)));
  });

  it.each(FAMILIES.map(({ name }) => [name]))('builds %s under every loss', (family) => {
    for (const name of LOSS_NAMES) {
      const objective = family === 'video' ? 'frames' : 'reconstruct';
      const made = plan({ family, objective, losses: [{ name, weight: 0.5 }] });
      expect(made.losses).toEqual([{ name, weight: 0.5 }]);
      expect(modelOf(made).head.channels).toBe(name === 'categorical' ? 32 : 1);
    }
    expect(() => modelOf(plan({ family, settings: { nonsense: 1 } }))).toThrow(
      expect.objectContaining({ code: 'E_USAGE' }),
    );
  });

  it('asks of a family what its objective needs', () => {
    expect(plan({ family: 'denoising', objective: 'blind-spot' }).settings).toMatchObject({ topSkip: false });
    expect(plan({ family: 'masked', objective: 'rician' }).settings).toEqual({ hidden: 0 });
    const ghost = { name: 'ghost', severity: null } as const;
    expect(plan({ family: 'denoising', objective: 'artifact', artifact: ghost }).settings).toEqual({
      folded: true,
      field: false,
    });
    const bias = plan({
      family: 'denoising',
      objective: 'artifact',
      artifact: { name: 'bias', severity: null },
      patchSize: null,
    });
    expect(bias).toMatchObject({ settings: { folded: false, field: true }, size: 32 });
    expect(() => plan({ objective: 'artifact' })).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
  });
});
