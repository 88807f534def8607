import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { encodeModel, type OnnxInitializer, type OnnxNode } from '../../src-main/graph/onnx.js';
import { readNifti, writeNiftiFromVolume } from '../../src-main/imaging/nifti.js';
import { runModels } from '../../src-main/jobs/models.js';
import { runJob } from '../../src-main/jobs/run.js';
import { volumeOf } from '../imaging/support.js';
import { denoiseRequest, removeFolders, temporaryFolder } from './fixtures.js';

const [SIDE, SLICES] = [64, 3];
let root = '';
let input = '';
const random = new Random(6);
const clean = Float32Array.from({ length: SIDE * SIDE * SLICES }, (_, i) => {
  const [x, y] = [i % SIDE, Math.floor(i / SIDE) % SIDE];
  // smooth, so that means of 3 x 3 take noise away only and trust lets them be
  return 600 * Math.exp(-((Math.hypot(x - 32, y - 32) / 24) ** 4)) * (1 + 0.2 * Math.sin(x / 9));
});
const noisy = clean.map((value) => Math.hypot(value + 30 * random.normal(), 30 * random.normal()));

beforeAll(async () => {
  root = await temporaryFolder();
  process.env.LIMPID_HOME = path.join(root, 'home');
  input = path.join(root, 'in.nii');
  const volume = volumeOf(noisy, [SIDE, SIDE, SLICES]);
  await fs.writeFile(input, writeNiftiFromVolume(volume, { gzip: false }));
});
afterAll(async () => {
  delete process.env.LIMPID_HOME;
  await removeFolders();
});

const floats = (name: string, dims: readonly number[], values: readonly number[]): OnnxInitializer => ({
  name,
  type: 'float32',
  dims,
  bytes: new Uint8Array(Float32Array.from(values).buffer),
});

/** What a 3 x 3 pixel differs from the mean around it by. */
const DETAIL = Array.from({ length: 9 }, (_, i) => (i === 4 ? 8 / 9 : -1 / 9));

/**
 * As published ones come (Zhang et al. 2017, in NCHW): convolution and ReLU, convolution, batch norm and ReLU,
 * convolution; out comes the noise. The weights are chosen so that it is what a pixel differs from its neighbours by.
 */
function dnCnn(): Uint8Array {
  const pass = [0, 1].flatMap((to) => [0, 1].map((from) => (from === to ? 1 : 0)));
  const centred = pass.flatMap((weight) => Array.from({ length: 9 }, (_, i) => (i === 4 ? 2 * weight : 0)));
  const conv = (x: string, weights: string, output: string): OnnxNode => ({
    type: 'Conv',
    inputs: [x, weights],
    output,
    attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
  });
  const relu = (x: string, output: string): OnnxNode => ({
    type: 'Relu',
    inputs: [x],
    output,
    attributes: {},
  });
  return encodeModel({
    nodes: [
      conv('noisy', 'w1', 'a'),
      relu('a', 'b'),
      conv('b', 'w2', 'c'),
      {
        type: 'BatchNormalization',
        inputs: ['c', 'scale', 'shift', 'mean', 'variance'],
        output: 'd',
        attributes: { epsilon: { float: 0 } },
      },
      relu('d', 'e'),
      conv('e', 'w3', 'noise'),
    ],
    initializers: [
      floats('w1', [2, 1, 3, 3], [...DETAIL, ...DETAIL.map((value) => -value)]),
      floats('w2', [2, 2, 3, 3], centred),
      // undoes the factor of two
      floats('scale', [2], [1, 1]),
      floats('shift', [2], [0, 0]),
      floats('mean', [2], [0, 0]),
      floats('variance', [2], [4, 4]),
      floats('w3', [1, 2, 3, 3], [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0]),
    ],
    inputs: [{ name: 'noisy', dims: ['n', 1, 'h', 'w'] }],
    outputs: [{ name: 'noise', dims: ['n', 1, 'h', 'w'] }],
  });
}

/** Root mean square of the distance to the clean image, well inside the object. */
function error(image: Float32Array): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < image.length; i++) {
    if (Math.hypot((i % SIDE) - 32, (Math.floor(i / SIDE) % SIDE) - 32) > 20) continue;
    sum += (image[i] - clean[i]) ** 2;
    count++;
  }
  return Math.sqrt(sum / count);
}

describe('a DnCNN of others', () => {
  it('is taken into the library as what gives noise, and denoises as its filters say', async () => {
    const file = path.join(root, 'dncnn.onnx');
    await fs.writeFile(file, dnCnn());
    const { models } = await runModels({
      type: 'models',
      action: 'import',
      path: file,
      name: 'dncnn',
      foreign: { layout: 'auto', gives: 'noise', white: 1 },
    });
    expect(models).toMatchObject([{ name: 'dncnn', origin: 'foreign', tasks: ['denoise'], data: null }]);
    const output = path.join(root, 'out');
    const request = denoiseRequest(input, output, { model: { kind: 'file', path: 'dncnn' } });
    expect(await runJob(request, () => {})).toMatchObject({ exitCode: 0, series: [{ status: 'done' }] });
    const { data } = readNifti(await fs.readFile(path.join(output, 'in_denoised.nii.gz'))).volume;
    // nine independent values
    expect(error(data)).toBeLessThan(0.45 * error(noisy));
    // inside, the mean of 3 x 3 of the noisy slice
    const at = (SIDE + 30) * SIDE + 33;
    const around = [-1, 0, 1].flatMap((y) => [-1, 0, 1].map((x) => noisy[at + y * SIDE + x]));
    expect(data[at]).toBeCloseTo(around.reduce((a, b) => a + b) / 9, 1);
  });

  it('is refused without being said to be one', async () => {
    const file = path.join(root, 'again.onnx');
    await fs.writeFile(file, dnCnn());
    const asked = { type: 'models', action: 'import', path: file, name: null, foreign: null } as const;
    await expect(runModels(asked)).rejects.toMatchObject({ code: 'E_MODEL' });
  });
});

describe('a network of others that erases the image', () => {
  const denoise = async (name: string, strict: boolean) => {
    const output = path.join(root, name);
    const request = denoiseRequest(input, output, { model: { kind: 'file', path: 'eraser' }, strict });
    const result = await runJob(request, () => {});
    const report = JSON.parse(await fs.readFile(path.join(output, 'report.json'), 'utf8'));
    return { result, trust: report.series[0].trust, written: await fs.readdir(output) };
  };

  beforeAll(async () => {
    const file = path.join(root, 'eraser.onnx');
    await fs.writeFile(
      file,
      encodeModel({
        nodes: [{ type: 'Mul', inputs: ['noisy', 'zero'], output: 'image', attributes: {} }],
        initializers: [floats('zero', [], [0])],
        inputs: [{ name: 'noisy', dims: ['n', 1, 'h', 'w'] }],
        outputs: [{ name: 'image', dims: ['n', 1, 'h', 'w'] }],
      }),
    );
    const foreign = { layout: 'auto', gives: 'image', white: 1 } as const;
    await runModels({ type: 'models', action: 'import', path: file, name: 'eraser', foreign });
  });

  it('fails, and leaves the image as it was', async () => {
    const { result, trust } = await denoise('erased', false);
    expect(trust).toMatchObject({ verdict: 'fail', blend: { share: 0 } });
    expect(result).toMatchObject({ series: [{ trust: { verdict: 'fail' } }] });
    const file = path.join(root, 'erased', 'in_denoised.nii.gz');
    expect(readNifti(await fs.readFile(file)).volume.data).toEqual(noisy);
  });

  it('writes nothing where the check is strict', async () => {
    const { result, written } = await denoise('strict', true);
    expect(result).toMatchObject({
      exitCode: 1,
      series: [{ status: 'failed', problem: { code: 'E_TRUST' } }],
    });
    expect(written.filter((name) => name.startsWith('in'))).toEqual([]);
  });
});
