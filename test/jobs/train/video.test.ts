import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { Random } from '../../../src-main/base/random.js';
import { readNifti, writeNiftiFromVolume } from '../../../src-main/imaging/nifti.js';
import { runJob } from '../../../src-main/jobs/run.js';
import { runTrain } from '../../../src-main/jobs/train/train.js';
import { openModelFile, readModelWeights } from '../../../src-main/model-files/model-file.js';
import { restoreScaled } from '../../../src-main/restore/scaled.js';
import { openRuntime } from '../../../src-main/runtime/device.js';
import { intensityScale } from '../../../src-main/training/samples/corpus.js';
import { makeDicom } from '../../dicom/support.js';
import { volumeOf } from '../../imaging/support.js';
import { brainSlices, denoiseRequest, removeFolders, temporaryFolder } from '../fixtures.js';
import { trainRequest } from '../train-request.js';

const SIDE = 48;
const [SLICES, FRAMES] = [5, 6];

let root = '';
beforeEach(async () => {
  root = await temporaryFolder();
});
afterAll(removeFolders);

/** A disc that moves through a slope, under noise: frames * slices planes. */
function movingDisc(): Float32Array {
  const random = new Random(6);
  const data = new Float32Array(FRAMES * SLICES * SIDE * SIDE);
  let at = 0;
  for (let frame = 0; frame < FRAMES; frame++)
    for (let slice = 0; slice < SLICES; slice++)
      for (let y = 0; y < SIDE; y++)
        for (let x = 0; x < SIDE; x++) {
          const inside = Math.hypot(y - 24, x - 18 - frame) < 8 + slice;
          data[at++] = Math.round((inside ? 700 : 300) + 3 * y + 25 * random.normal());
        }
  return data;
}

async function dicomSeries(folder: string, data: Float32Array): Promise<void> {
  await fs.mkdir(folder);
  for (let frame = 0; frame < FRAMES; frame++)
    for (let slice = 0; slice < SLICES; slice++) {
      const plane = frame * SLICES + slice;
      const bytes = makeDicom({
        position: [0, 0, 3 * slice],
        temporalPosition: frame + 1,
        rows: SIDE,
        columns: SIDE,
        values: [...data.subarray(plane * SIDE * SIDE, (plane + 1) * SIDE * SIDE)],
      });
      await fs.writeFile(path.join(folder, `${plane}.dcm`), bytes);
    }
}

const VIDEO = { family: 'video', objective: 'frames', settings: { base: 4, levels: 2 } } as const;

describe('a video job', () => {
  it('learns from a DICOM time series, and gives the same as from NIfTI', async () => {
    const data = movingDisc();
    const folder = path.join(root, 'cine');
    await dicomSeries(folder, data);
    const nifti = path.join(root, 'cine.nii');
    const volume = volumeOf(data, [SIDE, SIDE, SLICES, FRAMES]);
    await fs.writeFile(nifti, writeNiftiFromVolume(volume, { gzip: false }));
    const model = path.join(root, 'model.onnx');
    const more = { ...VIDEO, budget: { unit: 'steps', value: 60 } } as const;
    const trained = await runTrain(trainRequest(folder, model, more), () => {});
    expect(trained).toMatchObject({ exitCode: 0, family: 'video', trainingPlanes: 24, heldOutPlanes: 6 });
    const other = path.join(root, 'other.onnx');
    await runTrain(trainRequest(nifti, other, more), () => {});
    const [a, b] = await Promise.all([model, other].map((file) => fs.readFile(file)));
    expect(readModelWeights(a).card.weightsSha256).toBe(readModelWeights(b).card.weightsSha256);
    const file = { kind: 'file', path: model } as const;
    const run = (input: string, output: string) =>
      runJob(denoiseRequest(input, path.join(root, output), { model: file, errorMap: false }), () => {});
    expect(await run(folder, 'clear')).toMatchObject({ exitCode: 0 });
    expect(await run(nifti, 'clear-nifti')).toMatchObject({ exitCode: 0 });
    const made = await fs.readdir(path.join(root, 'clear-nifti'));
    const image = made.find((name) => name.includes('denoised')) ?? '';
    const clear = readNifti(await fs.readFile(path.join(root, 'clear-nifti', image))).volume;
    expect(clear).toMatchObject({ slices: SLICES, frames: FRAMES });
    // flat tissue, far from the disc; trust tests may give some of the noise back
    expect(deviation(clear.data)).toBeLessThan(0.95 * deviation(data));
  });

  it('refuses a series without time, at training and at use', async () => {
    const still = path.join(root, 'still');
    await brainSlices(still, [6, 7, 8, 9, 10]);
    const request = trainRequest(still, path.join(root, 'none.onnx'), VIDEO);
    await expect(runTrain(request, () => {})).rejects.toMatchObject({ code: 'E_TOO_FEW' });
    const folder = path.join(root, 'cine');
    await dicomSeries(folder, movingDisc());
    const model = path.join(root, 'model.onnx');
    const both = trainRequest(folder, model, {
      ...VIDEO,
      inputs: [still, folder],
      budget: { unit: 'steps', value: 2 },
    });
    const trained = await runTrain(both, () => {});
    expect(trained.problems.map(({ code }) => code)).toEqual(['E_TOO_FEW']);
    const file = { kind: 'file', path: model } as const;
    const result = await runJob(denoiseRequest(still, path.join(root, 'clear'), { model: file }), () => {});
    expect(result).toMatchObject({ exitCode: 1, series: [{ problem: { code: 'E_TOO_FEW' } }] });
  });
});

describe('training from a model', () => {
  it('fine-tunes a masked autoencoder into a denoiser, from its weights', async () => {
    const input = path.join(root, 'in');
    await brainSlices(input, [6, 7, 8, 9, 10, 11, 12, 13]);
    const [first, second] = [path.join(root, 'first.onnx'), path.join(root, 'second.onnx')];
    const masked = { family: 'masked', settings: { width: 32, depth: 1, decoderWidth: 16 } };
    await runTrain(trainRequest(input, first, masked), () => {});
    const tuned = trainRequest(input, second, {
      family: 'masked',
      settings: {},
      objective: 'rician',
      from: first,
      // no step to speak of: what comes out is what went in
      rate: 1e-9,
      budget: { unit: 'steps', value: 1 },
    });
    await runTrain(tuned, () => {});
    const [before, after] = [
      readModelWeights(await fs.readFile(first)),
      readModelWeights(await fs.readFile(second)),
    ];
    expect(after.card).toMatchObject({
      settings: { width: 32, depth: 1, hidden: 0 },
      training: { from: before.card.weightsSha256 },
    });
    const name = 'embed.filter';
    const apart = after.weights[name].data.map((value, i) => value - before.weights[name].data[i]);
    expect(Math.max(...apart.map(Math.abs))).toBeLessThan(1e-6);
    // it takes squares of one size, and is applied to planes of any in windows that overlap
    const runtime = await openRuntime('cpu', { threads: 2 });
    const model = await openModelFile(runtime, await fs.readFile(second));
    const plane = volumeOf(
      new Float32Array(70 * 44).map((_, i) => 100 + 50 * Math.sin(i / 7)),
      [70, 44, 1],
    );
    const { data } = await restoreScaled(model, plane, intensityScale(plane));
    const moved = data.map((value, i) => Math.abs(value - plane.data[i]));
    expect(Math.max(...moved)).toBeLessThan(0.01);
    await runtime.close();
    const other = { ...tuned, family: 'denoising', output: path.join(root, 'third.onnx') };
    await expect(runTrain(other, () => {})).rejects.toMatchObject({ code: 'E_MODEL' });
    const foreign = { ...tuned, from: path.join(input, 'brain_006.dcm') };
    await expect(runTrain({ ...foreign, output: other.output }, () => {})).rejects.toMatchObject({
      code: 'E_MODEL',
    });
  });
});

/** Standard deviation between neighbours along a row, in a corner without the disc. */
function deviation(data: Float32Array): number {
  let sum = 0;
  let count = 0;
  for (let plane = 0; plane < FRAMES * SLICES; plane++)
    for (let y = 2; y < 10; y++)
      for (let x = 36; x < 46; x++) {
        const i = (plane * SIDE + y) * SIDE + x;
        sum += (data[i + 1] - data[i]) ** 2 / 2;
        count++;
      }
  return Math.sqrt(sum / count);
}
