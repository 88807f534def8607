import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { exportModel, type OpenModel, openModelFile } from '../../src-main/model-files/model-file.js';
import { modelCard } from '../../src-main/model-files/trained-card.js';
import { restoreScaled } from '../../src-main/restore/scaled.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import type { Runtime } from '../../src-main/runtime/types.js';
import { type FamilyPlan, trainFamily } from '../../src-main/training/family.js';
import {
  corpusSeries,
  countSlices,
  intensityScale,
  roleOf,
  SLICE_JUDGES,
  SLICE_TRAINS,
  splitCorpus,
} from '../../src-main/training/samples/corpus.js';
import { contextPlanes } from '../../src-main/training/samples/samples.js';
import { CH2, fileLacks, slab, volumeOf } from '../imaging/support.js';
import { planFor } from './brain.js';
import { brainCine } from './cine.js';

const lacking = fileLacks(CH2, 'mricron-data') !== '';
const FACTS = {
  version: '0',
  device: 'cpu',
  data: { series: 1, trainingPlanes: 1, heldOutPlanes: 1, modalities: ['MR'], noise: null },
};
const SETTINGS = { slices: 6, frames: 10, size: 80, motion: 1.5, pulse: 0.05, sigma: 9 };

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime('cpu', { threads: 2 });
});
afterAll(() => runtime.close());

async function learn(volume: Volume, plan: FamilyPlan, reference: Volume | null = null) {
  const corpus = splitCorpus([corpusSeries(volume, 'one', reference)], 0.2, new Random(1));
  const trained = await trainFamily(runtime, corpus, plan);
  const file = exportModel(trained, modelCard(trained, FACTS, null));
  return { corpus, model: await openModelFile(runtime, file) };
}

/** Mean squared error over the slices that only judged. */
async function heldOutError(
  model: OpenModel,
  { clean, noisy }: { readonly clean: Volume; readonly noisy: Volume },
  roles: Uint8Array,
): Promise<number> {
  return meanSquareOf(await restoreScaled(model, noisy, intensityScale(noisy)), clean, roles);
}

function meanSquareOf({ data }: Volume, clean: Volume, roles: Uint8Array): number {
  const area = clean.rows * clean.columns;
  let sum = 0;
  let count = 0;
  for (let i = 0; i < data.length; i++) {
    if (roleOf({ roles }, Math.floor(i / area)) !== SLICE_JUDGES) continue;
    sum += (data[i] - clean.data[i]) ** 2;
    count++;
  }
  return sum / count;
}

describe('the planes around one', () => {
  it('are the same slice at other times, or other slices of the same time', () => {
    const shape = { slices: 3, frames: 4 };
    expect(contextPlanes(shape, 4, 1, 'frames')).toEqual([1, 4, 7]);
    expect(contextPlanes(shape, 4, 1)).toEqual([3, 4, 5]);
    // beyond an end, the frame as far on the other side
    expect(contextPlanes(shape, 1, 2, 'frames')).toEqual([7, 4, 1, 4, 7]);
    expect(contextPlanes(shape, 11, 1, 'frames')).toEqual([8, 11, 8]);
  });
});

describe.skipIf(lacking)('the video family', () => {
  it('learns from a moving series alone, better than frame by frame', async () => {
    const cine = brainCine(SETTINGS);
    const plan = { steps: 150, size: 48, batchSize: 4, settings: { base: 8 } };
    const inTime = await learn(
      cine.noisy,
      planFor('video', {
        ...plan,
        settings: { ...plan.settings, middle: 'unseen' },
        objective: { kind: 'frames' },
      }),
    );
    expect(inTime.model.card).toMatchObject({
      tasks: ['reconstruct', 'denoise'],
      input: { channels: 5, context: 2, along: 'frames' },
    });
    const byFrame = await learn(
      cine.noisy,
      planFor('denoising', {
        ...plan,
        settings: { ...plan.settings, residual: false, topSkip: false },
        objective: { kind: 'blind-spot', cell: 5, span: [0, 0] },
      }),
    );
    const [{ roles }] = inTime.corpus;
    expect([...roles]).toEqual([...byFrame.corpus[0].roles]);
    const [video, single] = [
      await heldOutError(inTime.model, cine, roles),
      await heldOutError(byFrame.model, cine, roles),
    ];
    expect(video).toBeLessThan(0.8 * single);
    const still = slab(cine.noisy, 0, 4);
    await expect(restoreScaled(inTime.model, still, intensityScale(still))).rejects.toMatchObject({
      code: 'E_TOO_FEW',
    });
    await inTime.model.close();
    await byFrame.model.close();
  });

  it.each([
    { middle: 'seen', objective: { kind: 'blind-spot', cell: 5, span: [0, 0] }, clean: false },
    { middle: 'base', objective: { kind: 'supervised' }, clean: true },
  ] as const)('with its middle frame $middle takes noise away too', async ({ middle, objective, clean }) => {
    const cine = brainCine({ ...SETTINGS, slices: 4, frames: 8 });
    const settings = { base: 8, levels: 2, middle };
    const plan = planFor('video', { steps: 120, size: 32, batchSize: 4, settings, objective });
    const { corpus, model } = await learn(cine.noisy, plan, clean ? cine.clean : null);
    const [{ roles }] = corpus;
    const left = await heldOutError(model, cine, roles);
    expect(left).toBeLessThan(0.5 * meanSquareOf(cine.noisy, cine.clean, roles));
    await model.close();
  });

  it('does not let the middle frame reach the output where it is to be told from the others', async () => {
    const cine = brainCine({ ...SETTINGS, slices: 4, frames: 5 });
    const settings = { base: 4, levels: 2, middle: 'unseen' };
    const { model } = await learn(
      cine.noisy,
      planFor('video', { steps: 3, settings, objective: { kind: 'frames' } }),
    );
    const image = new Float32Array(32 * 32 * 5).map((_, i) => Math.sin(i));
    const changed = (channel: number) => image.map((value, i) => value + (i % 5 === channel ? 1 : 0));
    const run = async (input: Float32Array) => (await model.run(input, 32, 32)).reconstruction.data;
    expect(await run(changed(2))).toEqual(await run(image));
    expect(await run(changed(1))).not.toEqual(await run(image));
    await model.close();
  });
});

describe('a time series of few slices', () => {
  it('is split by time, with a frame apart on each side', () => {
    const data = new Float32Array(8 * 8 * 2 * 12).map((_, i) => i % 97);
    const [series] = splitCorpus(
      [corpusSeries(volumeOf(data, [8, 8, 2, 12]), 'one', null)],
      0.25,
      new Random(3),
      true,
    );
    expect(series.roles).toHaveLength(24);
    expect([countSlices([series], SLICE_TRAINS), countSlices([series], SLICE_JUDGES)]).toEqual([14, 6]);
    for (let frame = 0; frame < 12; frame++)
      expect(roleOf(series, 2 * frame)).toBe(roleOf(series, 2 * frame + 1));
  });

  it('is refused where the model copies the frame, and where there is no time', async () => {
    const data = new Float32Array(32 * 32 * 4 * 3).map((_, i) => i % 97);
    const objective = { kind: 'frames' } as const;
    const learnt = (volume: Volume, family: string) =>
      trainFamily(runtime, [corpusSeries(volume, 'one', null)], planFor(family, { steps: 1, objective }));
    const inTime = volumeOf(data, [32, 32, 4, 3]);
    await expect(learnt(inTime, 'video')).rejects.toMatchObject({ code: 'E_USAGE' });
    await expect(learnt(inTime, 'denoising')).rejects.toMatchObject({ code: 'E_USAGE' });
    await expect(learnt(volumeOf(data, [32, 32, 12]), 'video')).rejects.toMatchObject({ code: 'E_TOO_FEW' });
  });
});
