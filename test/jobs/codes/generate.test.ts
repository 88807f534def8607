import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { decode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../../src-main/base/random.js';
import type { GenerateRequest } from '../../../src-main/contract/requests/requests.js';
import type { TrainRequest } from '../../../src-main/contract/requests/training.js';
import { burnSynthetic, LABEL_SIZE } from '../../../src-main/imaging/label.js';
import { readNifti, writeNiftiFromVolume } from '../../../src-main/imaging/nifti.js';
import { runJob } from '../../../src-main/jobs/run.js';
import { runTrain } from '../../../src-main/jobs/train/train.js';
import { volumeOf } from '../../imaging/support.js';
import { brainSlices, hashesBelow, removeFolders, temporaryFolder } from '../fixtures.js';
import { trainRequest } from '../train-request.js';

let root = '';
const models: Record<string, string> = {};

beforeAll(async () => {
  root = await temporaryFolder();
  process.env.LIMPID_HOME = path.join(root, 'home');
  await brainSlices(
    path.join(root, 'in'),
    Array.from({ length: 12 }, (_, i) => i + 4),
  );
  const steps = { unit: 'steps', value: 40 } as const;
  await trained('variational', { settings: { base: 8, latent: 8, warmup: 0 }, patchSize: 64, budget: steps });
  await trained('vector-quantised', { settings: { base: 8, codes: 32 }, budget: steps });
  const planes = path.join(root, 'planes.nii');
  await fs.writeFile(planes, writeNiftiFromVolume(drawnPlanes(), { gzip: false }));
  await trained('vector-quantised', { settings: { base: 8, codes: 32 }, budget: steps }, 'planes');
  await trained('convolutional', { settings: { base: 8 } });
});

afterAll(async () => {
  delete process.env.LIMPID_HOME;
  await removeFolders();
});

async function trained(family: string, more: Partial<TrainRequest>, name = family): Promise<void> {
  models[name] = path.join(root, `${name}.onnx`);
  const input = path.join(root, name === 'planes' ? 'planes.nii' : 'in');
  await runTrain(trainRequest(input, models[name], { family, ...more }), () => {});
}

const SIDE = 64;

/** Discs of different sizes and places: more planes than a prior of whole planes needs. */
function drawnPlanes() {
  const random = new Random(2);
  const count = 32;
  const data = new Float32Array(count * SIDE * SIDE);
  for (let n = 0; n < count; n++) {
    const [x, y, radius] = [32 + 4 * random.normal(), 32 + 4 * random.normal(), 16 + 6 * random.uniform()];
    for (let i = 0; i < SIDE * SIDE; i++)
      data[n * SIDE * SIDE + i] =
        (Math.hypot((i % SIDE) - x, Math.floor(i / SIDE) - y) < radius ? 800 : 20) + 10 * random.normal();
  }
  return volumeOf(data, [SIDE, SIDE, count]);
}

function generate(family: string, output: string, more: Partial<GenerateRequest> = {}) {
  const request: GenerateRequest = {
    type: 'generate',
    model: models[family],
    output: path.join(root, output),
    count: 3,
    seed: 5,
    device: 'cpu',
    ...more,
  };
  return runJob(request, () => {});
}

describe.each([
  ['variational', 64, 'standard normal'],
  ['vector-quantised', 256, 'Markov mesh of codes'],
  ['planes', SIDE, 'components of code planes'],
])('images from a %s model', (family, side, prior) => {
  it('say that they are synthetic, in pixels and metadata', async () => {
    const result = await generate(family, `${family}-a`);
    expect(result).toMatchObject({ exitCode: 0, prior, count: 3, rows: side, columns: side });
    const folder = path.join(root, `${family}-a`);
    const bytes = await fs.readFile(path.join(folder, 'synthetic.nii.gz'));
    const { volume, header } = readNifti(bytes);
    expect([volume.columns, volume.rows, volume.slices]).toEqual([side, side, 3]);
    expect(Buffer.from(header).toString('latin1', 148, 228)).toMatch(/^SYNTHETIC/);
    const dot = Math.max(1, Math.floor(side / (2 * LABEL_SIZE[0])));
    const label = new Float32Array(side * side).fill(0.5);
    burnSynthetic(label, side, side, { dark: 0, bright: 1 });
    const area = side * side;
    for (let slice = 0; slice < 3; slice++)
      for (let y = 0; y < dot * LABEL_SIZE[1]; y++) {
        const row = (values: Float32Array, start: number) => [
          ...values.subarray(start + y * side, start + y * side + dot * LABEL_SIZE[0]),
        ];
        expect(row(volume.data, slice * area)).toEqual(row(label, 0));
      }
    const [first, second] = [volume.data.subarray(0, area), volume.data.subarray(area, 2 * area)];
    expect(first).not.toEqual(second);
    expect(first.every(Number.isFinite)).toBe(true);
    const png = decode(await fs.readFile(path.join(folder, 'synthetic.png')));
    expect([png.width, png.height]).toEqual([2 * side + 12, 2 * side + 12]);
    expect(png.text.Description).toMatch(/^SYNTHETIC/);
  });

  it('are the same for the same seed, others for another, and never overwritten', async () => {
    await generate(family, `${family}-b`);
    await generate(family, `${family}-c`, { seed: 6 });
    const pixels = async (name: string) =>
      (await hashesBelow(path.join(root, `${family}-${name}`)))['synthetic.nii.gz'];
    expect(await pixels('b')).toBe(await pixels('a'));
    expect(await pixels('c')).not.toBe(await pixels('a'));
    expect(await generate(family, `${family}-b`)).toMatchObject({ stopped: { code: 'E_EXISTS' } });
  });
});

describe('generate', () => {
  it('refuses families whose latents have no known distribution', async () => {
    expect(await generate('convolutional', 'refused')).toMatchObject({ stopped: { code: 'E_MODEL' } });
    await expect(fs.readdir(path.join(root, 'refused'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
