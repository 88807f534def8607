import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { Random } from '../../../src-main/base/random.js';
import type { JobEvent } from '../../../src-main/contract/events.js';
import { writeNiftiFromVolume } from '../../../src-main/imaging/nifti.js';
import { runModels } from '../../../src-main/jobs/models.js';
import { runJob } from '../../../src-main/jobs/run.js';
import { runTrain } from '../../../src-main/jobs/train/train.js';
import { openModelFile } from '../../../src-main/model-files/model-file.js';
import { openRuntime } from '../../../src-main/runtime/device.js';
import { findModel, listModels } from '../../../src-main/store/model-store.js';
import { volumeOf } from '../../imaging/support.js';
import { brainSlices, denoiseRequest, removeFolders, temporaryFolder } from '../fixtures.js';
import { trainRequest } from '../train-request.js';

afterAll(removeFolders);

const SLICES = [6, 7, 8, 9, 10, 11, 12, 13];

let root = '';
let input = '';
beforeEach(async () => {
  root = await temporaryFolder();
  input = path.join(root, 'in');
  process.env.LIMPID_HOME = path.join(root, 'home');
  await brainSlices(input, SLICES);
});
afterAll(() => {
  delete process.env.LIMPID_HOME;
});

async function openModel(file: string) {
  const runtime = await openRuntime('cpu', { threads: 2 });
  return { runtime, model: await openModelFile(runtime, await fs.readFile(file)) };
}

describe('a training job', () => {
  it.each([
    ['plain', { latent: 8, hidden: 32 }],
    ['convolutional', { base: 8, norm: 'batch' }],
    ['sparse', { base: 8 }],
    ['contractive', { latent: 16 }],
    ['variational', { base: 8, latent: 8 }],
    ['vector-quantised', { base: 8, codes: 32 }],
  ])('writes a %s model that any ONNX Runtime opens, whose decoder agrees', async (family, settings) => {
    const output = path.join(root, 'model.onnx');
    const result = await runTrain(trainRequest(input, output, { family, settings }), () => {});
    expect(result).toMatchObject({ exitCode: 0, steps: 20, trainingPlanes: 4, heldOutPlanes: 2 });
    const { runtime, model } = await openModel(output);
    const side = Math.max(64, model.card.input.multiple);
    const image = new Float32Array(side * side).map((_, i) => 0.5 + 0.3 * Math.sin(i / 90));
    const { reconstruction, latent } = await model.run(image, side, side);
    expect(reconstruction.shape).toEqual([1, side, side, 1]);
    expect(reconstruction.data.every(Number.isFinite)).toBe(true);
    const { cell = 0, channels = 0 } = model.card.latent ?? {};
    expect(latent.shape).toEqual([1, side / cell, side / cell, channels]);
    const decoded = await model.decode(latent);
    const apart = decoded.data.reduce(
      (most, x, i) => Math.max(most, Math.abs(x - reconstruction.data[i])),
      0,
    );
    expect(apart).toBeLessThan(1e-4);
    expect(JSON.stringify(model.card)).not.toMatch(/brain_|\/in\//);
    await runtime.close();
  });

  it('writes a masked model, which is applied window by window', async () => {
    const output = path.join(root, 'model.onnx');
    const settings = { width: 32, depth: 1, decoderWidth: 16 };
    await runTrain(trainRequest(input, output, { family: 'masked', settings }), () => {});
    const { runtime, model } = await openModel(output);
    const image = new Float32Array(64 * 96).map((_, i) => 0.5 + 0.3 * Math.sin(i / 90));
    const { reconstruction } = await model.run(image, 64, 96);
    expect(reconstruction.shape).toEqual([1, 64, 96, 1]);
    const swapped = Float32Array.from(image, (_, i) => image[(i + 32 * 96) % image.length]);
    const other = await model.run(swapped, 64, 96);
    expect(other.reconstruction.data[0]).toBe(reconstruction.data[32 * 96]);
    await runtime.close();
  });

  it('goes on from where it was stopped to the same bytes as an unbroken run', async () => {
    const settings = { family: 'vector-quantised', settings: { base: 8, codes: 32 } };
    const more = { ...settings, budget: { unit: 'steps', value: 60 } } as const;
    const whole = await runTrain(trainRequest(input, path.join(root, 'whole.onnx'), more), () => {});
    const output = path.join(root, 'broken.onnx');
    const stop = new Error('stopped');
    const tell = (event: JobEvent) => {
      // The meter tells the last step at the latest.
      if (event.type === 'progress' && event.stage === 'train' && event.done >= 15) throw stop;
    };
    const broken = runTrain(trainRequest(input, output, more), tell, { checkpointSeconds: 0 });
    await expect(broken).rejects.toBe(stop);
    await expect(runTrain(trainRequest(input, output, more), () => {})).rejects.toMatchObject({
      code: 'E_EXISTS',
    });
    const other = trainRequest(input, output, { ...more, resume: true, seed: 9 });
    await expect(runTrain(other, () => {})).rejects.toMatchObject({ code: 'E_RESUME' });
    const resumed = await runTrain(trainRequest(input, output, { ...more, resume: true }), () => {});
    expect(resumed.sha256).toBe(whole.sha256);
    expect(await fs.readdir(root)).not.toContain('broken.onnx.checkpoint');
  });

  it('trains a denoiser that denoise takes; one that only rebuilds says that it cannot', async () => {
    const denoiser = path.join(root, 'denoiser.onnx');
    const more = { family: 'denoising', objective: 'rician' } as const;
    await runTrain(trainRequest(input, denoiser, more), () => {});
    const shown = await runModels({ type: 'models', action: 'show', model: denoiser });
    expect(shown.models).toMatchObject([{ origin: 'imported', addedAt: null }]);
    const copy = path.join(path.dirname(denoiser), 'copy.onnx');
    await runModels({ type: 'models', action: 'export', model: denoiser, path: copy, part: 'whole' });
    expect(await fs.readFile(copy)).toEqual(await fs.readFile(denoiser));
    await runModels({ type: 'models', action: 'import', path: denoiser, name: 'mine', foreign: null });
    const run = (model: string, output: string) =>
      runJob(
        denoiseRequest(input, path.join(root, output), { model: { kind: 'file', path: model } }),
        () => {},
      );
    expect(await run('mine', 'clear')).toMatchObject({ exitCode: 0 });
    const rebuilder = path.join(root, 'rebuilder.onnx');
    await runTrain(trainRequest(input, rebuilder), () => {});
    const refused = await run(rebuilder, 'unclear');
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(JSON.stringify(refused)).toContain('E_MODEL');
  });

  it('stops within the minutes it was given', async () => {
    const budget = { unit: 'minutes', value: 0.05 } as const;
    const result = await runTrain(trainRequest(input, path.join(root, 'm.onnx'), { budget }), () => {});
    // Without the budget it would take thousands.
    expect(result.steps).toBeGreaterThanOrEqual(1);
    expect(result.steps).toBeLessThan(2000);
  });

  it('learns from pairs of a series and its reference', async () => {
    const clean = path.join(root, 'clean.nii');
    const noisy = path.join(root, 'noisy.nii');
    const random = new Random(1);
    const data = Float32Array.from({ length: 6 * 48 * 48 }, (_, i) => 100 + 50 * Math.sin(i / 200));
    const write = (file: string, values: Float32Array) =>
      fs.writeFile(file, writeNiftiFromVolume(volumeOf(values, [48, 48, 6]), { gzip: false }));
    await write(clean, data);
    await write(
      noisy,
      data.map((value) => value + 10 * random.normal()),
    );
    const request = trainRequest(noisy, path.join(root, 'pairs.onnx'), {
      family: 'denoising',
      objective: 'supervised',
      references: [clean],
    });
    const { measures } = await runTrain(request, () => {});
    expect(measures.error).toBeLessThan((10 / 100) ** 2);
  });

  it.each([
    [{ output: 'model.txt' }, 'E_USAGE'],
    [{ output: 'nowhere/model.onnx' }, 'E_NOT_FOUND'],
    [{ output: 'in/model.onnx' }, 'E_INSIDE_SOURCE'],
    [{ family: 'perceptron' }, 'E_USAGE'],
    [{ patchSize: 36 }, 'E_USAGE'],
    [{ patchSize: 512 }, 'E_TOO_SMALL'],
    [{ resume: true }, 'E_RESUME'],
    [{ objective: 'supervised' }, 'E_USAGE'],
    [
      {
        losses: [
          { name: 'mse', weight: 1 },
          { name: 'bce', weight: 1 },
        ],
      },
      'E_USAGE',
    ],
  ] as const)('refuses %j with %s', async (changes, code) => {
    const { output = 'model.onnx', ...more } = { output: 'model.onnx', ...changes };
    const request = trainRequest(input, path.join(root, output), more);
    await expect(runTrain(request, () => {})).rejects.toMatchObject({ code });
  });

  it('leaves out constant images and images of no numbers, and refuses too few', async () => {
    const write = async (name: string, data: Float32Array, slices: number, side = 32) => {
      const file = path.join(root, name);
      await fs.writeFile(file, writeNiftiFromVolume(volumeOf(data, [side, side, slices]), { gzip: false }));
      return file;
    };
    const constant = await write('constant.nii', new Float32Array(4096).fill(7), 4);
    const nan = await write('nan.nii', new Float32Array(4096).fill(Number.NaN), 4);
    const events: JobEvent[] = [];
    const request = trainRequest(input, path.join(root, 'model.onnx'), { inputs: [constant, input, nan] });
    const result = await runTrain(request, (event) => events.push(event));
    expect(result.problems.map(({ code }) => code)).toEqual(['E_VALUES', 'E_VALUES']);
    expect(result.exitCode).toBe(1);
    const gaps = events.flatMap((event) => (event.type === 'warning' ? [event.problem] : []));
    expect(gaps.filter(({ code }) => code === 'W_NOT_FINITE').map(({ message }) => message)).toEqual([
      expect.stringContaining('4,096 of 4,096 voxels'),
    ]);
    const few = await write(
      'few.nii',
      new Float32Array(3072).map((_, i) => i % 100),
      3,
    );
    const tooFew = runTrain(trainRequest(few, path.join(root, 'few.onnx')), () => {});
    await expect(tooFew).rejects.toMatchObject({ code: 'E_TOO_FEW' });
    const infinite = await write('infinite.nii', new Float32Array(4096).fill(Number.POSITIVE_INFINITY), 4);
    const tiny = await write(
      'tiny.nii',
      new Float32Array(96).map((_, i) => i % 50),
      6,
      4,
    );
    for (const [file, code] of [
      [infinite, 'E_NOTHING'],
      [tiny, 'E_TOO_SMALL'],
    ])
      await expect(
        runTrain(trainRequest(file, path.join(root, 'none.onnx'), { patchSize: null }), () => {}),
      ).rejects.toMatchObject({ code });
    const nothing = runTrain(trainRequest(constant, path.join(root, 'none.onnx')), () => {});
    await expect(nothing).rejects.toMatchObject({ code: 'E_NOTHING' });
  });
});

describe('the library of models', () => {
  it('keeps, finds, gives out and deletes models', async () => {
    expect(await listModels()).toEqual([]);
    const file = path.join(root, 'model.onnx');
    const trained = await runTrain(trainRequest(input, file), () => {});
    const models = (request: Parameters<typeof runModels>[0]) => runModels(request);
    const { models: kept } = await models({
      type: 'models',
      action: 'import',
      path: file,
      name: 'normal',
      foreign: null,
    });
    expect(kept).toMatchObject([
      { name: 'normal', family: 'convolutional', sha256: trained.sha256, heldOut: trained.heldOut },
    ]);
    const { card } = await models({ type: 'models', action: 'show', model: 'normal' });
    expect(card).toMatchObject({ family: 'convolutional', training: { steps: 20 } });
    const copy = path.join(root, 'copy.onnx');
    await models({ type: 'models', action: 'export', model: kept[0].id, path: copy, part: 'whole' });
    expect(await fs.readFile(copy)).toEqual(await fs.readFile(file));
    const decoder = path.join(root, 'decoder.onnx');
    await models({
      type: 'models',
      action: 'export',
      model: kept[0].id.slice(0, 6),
      path: decoder,
      part: 'decoder',
    });
    const runtime = await openRuntime('cpu');
    const opened = await runtime.loadModel(await fs.readFile(decoder));
    expect(opened.inputShapes).toEqual({ latent: [1, null, null, 8] });
    await runtime.close();
    await models({ type: 'models', action: 'delete', model: 'normal' });
    expect(await listModels()).toEqual([]);
    await expect(findModel('normal')).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  });
});
