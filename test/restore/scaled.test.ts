import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { simulateArtifact } from '../../src-main/artifacts/artifacts.js';
import { Random } from '../../src-main/base/random.js';
import { cutBox } from '../../src-main/imaging/box.js';
import { psnr } from '../../src-main/imaging/metrics.js';
import { sliceView, type Volume, withData } from '../../src-main/imaging/volume.js';
import { exportModel, openModelFile } from '../../src-main/model-files/model-file.js';
import { modelCard } from '../../src-main/model-files/trained-card.js';
import { restoreScaled } from '../../src-main/restore/scaled.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import type { Runtime } from '../../src-main/runtime/types.js';
import { type FamilyPlan, trainFamily } from '../../src-main/training/family.js';
import { ADAM } from '../../src-main/training/optimiser.js';
import { artifactObjective } from '../../src-main/training/samples/artifact-pairs.js';
import { corpusSeries, intensityScale, splitCorpus } from '../../src-main/training/samples/corpus.js';
import { brain } from '../artifacts/support.js';
import { CH2, fileLacks } from '../imaging/support.js';

const lacks = fileLacks(CH2, 'mricron-data');
const FACTS = {
  version: '0',
  device: 'cpu',
  data: { series: 1, trainingPlanes: 1, heldOutPlanes: 1, modalities: ['MR'], noise: null },
};

const PLAN: FamilyPlan = {
  family: 'denoising',
  settings: { base: 8 },
  losses: [{ name: 'mse', weight: 1 }],
  objective: artifactObjective('spike', null),
  augmentation: { flips: true, turns: true, intensity: 0, elastic: 0 },
  size: 64,
  batchSize: 4,
  steps: 120,
  peakRate: 3e-3,
  warmupSteps: 10,
  optimiser: ADAM,
  seed: 1,
  evaluateEvery: 40,
  patience: 10,
};

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime('cpu');
});
afterAll(() => runtime.close());

/** The middle of some slices of a brain: k-space of 128 x 128 takes a seventh of the time of 181 x 217. */
function middle(first: number, count: number): Volume {
  return cutBox(brain(first, count), {
    column: 26,
    row: 44,
    slice: 0,
    columns: 128,
    rows: 128,
    slices: count,
  });
}

async function trained(plan: FamilyPlan, slices: Volume = middle(70, 12)) {
  const corpus = splitCorpus([corpusSeries(slices, 'one', null)], 0.2, new Random(1));
  const family = await trainFamily(runtime, corpus, plan);
  return openModelFile(runtime, exportModel(family, modelCard(family, FACTS, null)));
}

describe('restoreScaled', () => {
  it.skipIf(lacks !== '').each([
    { artifact: 'spike', severity: 10, settings: { base: 8 } },
    // from half the plane away: only a folded network sees where a ghost comes from
    { artifact: 'ghost', severity: 20, settings: { base: 8, folded: true } },
  ] as const)('takes a $artifact away from slices that no step has seen', async (one) => {
    const { artifact, severity, settings } = one;
    const model = await trained({ ...PLAN, settings, objective: artifactObjective(artifact, null) });
    expect(model.card.objective).toMatchObject({ kind: 'artifact', artifact });
    const clean = middle(100, 2);
    const harmed = simulateArtifact(clean, { artifact, severity, seed: 8 });
    const before = harmed.data.slice();
    const restored = await restoreScaled(model, harmed, intensityScale(harmed));
    expect(harmed.data).toEqual(before);
    for (const slice of [0, 1]) {
      const reference = sliceView(clean, slice);
      const score = (volume: typeof clean) => psnr(reference, sliceView(volume, slice), null, 255);
      expect(score(restored)).toBeGreaterThan(score(harmed) + 2);
    }
    const measured = new Uint8Array(clean.data.length).fill(1);
    measured[3] = 0;
    const padded = { ...withData(harmed, harmed.data.slice()), measured };
    padded.data[3] = -5000;
    expect((await restoreScaled(model, padded, intensityScale(padded))).data[3]).toBe(-5000);
    await model.close();
  });

  it.skipIf(lacks !== '')(
    'evens out the field of a coil by a smooth factor',
    async () => {
      const objective = artifactObjective('bias', null);
      const more = {
        settings: { base: 8, field: true },
        size: 96,
        batchSize: 8,
        steps: 300,
        patience: 30,
        objective,
      };
      const model = await trained({ ...PLAN, ...more }, brain(70, 12));
      const clean = brain(100, 2);
      const harmed = simulateArtifact(clean, { artifact: 'bias', severity: 60, seed: 8 });
      const restored = await restoreScaled(model, harmed, intensityScale(harmed));
      // what a field is multiplied by as a whole cannot be known
      const score = (volume: typeof clean) => psnr(clean.data, fitted(volume.data, clean.data), null, 255);
      expect(score(restored)).toBeGreaterThan(score(harmed) + 1);
      const { columns } = clean;
      for (let i = 0; i < restored.data.length - 1; i++) {
        if (i % columns === columns - 1 || harmed.data[i] < 20 || harmed.data[i + 1] < 20) continue;
        const factor = (at: number): number => restored.data[at] / harmed.data[at];
        expect(Math.abs(factor(i + 1) - factor(i))).toBeLessThan(0.05);
      }
      await model.close();
    },
    300_000,
  );

  it.skipIf(lacks !== '')('folds for artifacts only', async () => {
    const plan = { ...PLAN, settings: { folded: true }, objective: { kind: 'reconstruct' } } as const;
    await expect(trained(plan)).rejects.toMatchObject({ code: 'E_USAGE' });
  });

  it.skipIf(lacks !== '')('refuses a model that only rebuilds', async () => {
    const model = await trained({
      ...PLAN,
      family: 'plain',
      settings: {},
      objective: { kind: 'reconstruct' },
      steps: 2,
    });
    const clean = middle(100, 1);
    await expect(restoreScaled(model, clean, intensityScale(clean))).rejects.toMatchObject({
      code: 'E_MODEL',
    });
    await model.close();
  });
});

/** Times the factor that brings it nearest to the truth. */
function fitted(values: Float32Array, truth: Float32Array): Float32Array {
  let [product, square] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    product += values[i] * truth[i];
    square += values[i] ** 2;
  }
  return values.map((value) => (value * product) / square);
}
