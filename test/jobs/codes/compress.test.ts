import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unpackCompressed } from '../../../src-main/analysis/compressed.js';
import { describeResult } from '../../../src-main/cli/terminal/describe.js';
import { readNifti } from '../../../src-main/imaging/nifti.js';
import { runJob } from '../../../src-main/jobs/run.js';
import { runTrain } from '../../../src-main/jobs/train/train.js';
import { readAll } from '../../../src-main/jobs/train/train-input.js';
import type { FamilySettings } from '../../../src-main/models/family.js';
import { brainSlices, removeFolders, temporaryFolder } from '../fixtures.js';
import { trainRequest } from '../train-request.js';

const SETTINGS: Readonly<Record<string, FamilySettings>> = {
  'vector-quantised': { base: 8, codes: 32 },
  plain: { latent: 8, hidden: 32 },
  denoising: { base: 8, levels: 2 },
};

let root = '';
const at = (name: string) => path.join(root, name);

beforeAll(async () => {
  root = await temporaryFolder();
  process.env.LIMPID_HOME = at('home');
  await brainSlices(
    at('in'),
    Array.from({ length: 12 }, (_, i) => i + 4),
  );
  const train = (name: string, family: string, seed: number) =>
    runTrain(
      trainRequest(at('in'), at(name), {
        family,
        seed,
        settings: SETTINGS[family] ?? {},
        budget: { unit: 'steps', value: 60 },
      }),
      () => {},
    );
  await train('m.onnx', 'vector-quantised', 4);
  await train('other.onnx', 'vector-quantised', 5);
  await train('plain.onnx', 'plain', 4);
  await train('denoiser.onnx', 'denoising', 4);
});

afterAll(async () => {
  delete process.env.LIMPID_HOME;
  await removeFolders();
});

const compress = (output: string, model = 'm.onnx', rounding = 0.3) =>
  runJob(
    {
      type: 'compress',
      input: at('in'),
      output: at(output),
      model: at(model),
      rounding,
      device: 'cpu',
      force: false,
    },
    () => {},
  );
const decompress = (input: string, output: string, model = 'm.onnx') =>
  runJob(
    { type: 'decompress', input: at(input), output: at(output), model: at(model), device: 'cpu' },
    () => {},
  );

describe('compress', () => {
  it('writes few bits a pixel, which come back as the image at the PSNR it told', async () => {
    const result = await compress('a.limpid');
    expect(result).toMatchObject({ exitCode: 0, pixels: 12 * 256 * 256 });
    if (!('bitsPerPixel' in result) || result.psnr === null) throw new Error('no result');
    expect(describeResult(result)).toContain(`wrote ${at('a.limpid')}\n`);
    expect(result.bytes).toBe((await fs.stat(at('a.limpid'))).size);
    expect(result.bitsPerPixel).toBeLessThan(5 / 16);
    expect(await decompress('a.limpid', 'a.nii.gz')).toMatchObject({ exitCode: 0, slices: 12 });
    const { volume, header } = readNifti(await fs.readFile(at('a.nii.gz')));
    expect(Buffer.from(header).toString('latin1', 148, 228)).toMatch(/^LOSSY/);
    const { header: told } = unpackCompressed(await fs.readFile(at('a.limpid')));
    told.affine.forEach((value, i) => {
      expect(volume.affine[i]).toBeCloseTo(value, 3);
    });
    const { low, high } = told.scale;
    expect(await psnrOf(volume.data, high - low)).toBeCloseTo(result.psnr, 2);
  });

  it('rounds the latents of a model without codebook, by what that may cost', async () => {
    const found = [];
    for (const [name, rounding] of [
      ['fine', 0.05],
      ['coarse', 3],
    ] as const) {
      const result = await compress(`${name}.limpid`, 'plain.onnx', rounding);
      if (!('bitsPerPixel' in result) || result.psnr === null) throw new Error('no result');
      expect(await decompress(`${name}.limpid`, `${name}.nii.gz`, 'plain.onnx')).toMatchObject({
        exitCode: 0,
      });
      const { header } = unpackCompressed(await fs.readFile(at(`${name}.limpid`)));
      const { volume } = readNifti(await fs.readFile(at(`${name}.nii.gz`)));
      const psnr = await psnrOf(volume.data, header.scale.high - header.scale.low);
      expect(psnr).toBeCloseTo(result.psnr, 2);
      found.push({ psnr, bits: result.bitsPerPixel });
    }
    const [fine, coarse] = found;
    expect(coarse.bits).toBeLessThan(0.7 * fine.bits);
    expect(coarse.psnr).toBeLessThan(fine.psnr);
    expect(coarse.psnr).toBeGreaterThan(fine.psnr - 4);
  });

  it('gives the same bytes again, and never overwrites', async () => {
    await compress('b.limpid');
    expect(await fs.readFile(at('b.limpid'))).toEqual(await fs.readFile(at('a.limpid')));
    expect(await compress('b.limpid')).toMatchObject({ stopped: { code: 'E_EXISTS' } });
    expect(await compress('in/c.limpid')).toMatchObject({ stopped: { code: 'E_INSIDE_SOURCE' } });
    expect(await compress('c.limpid', 'denoiser.onnx')).toMatchObject({ stopped: { code: 'E_MODEL' } });
  });

  it('refuses damaged and truncated files and other models, and leaves nothing behind', async () => {
    const bytes = await fs.readFile(at('a.limpid'));
    const stopped = async (content: Uint8Array, model = 'm.onnx') => {
      await fs.writeFile(at('bad.limpid'), content);
      const result = await decompress('bad.limpid', 'bad.nii', model);
      return 'stopped' in result ? result.stopped.code : null;
    };
    for (const place of [3, 9, 40, bytes.length >> 1, bytes.length - 1]) {
      const damaged = Buffer.from(bytes);
      damaged[place] ^= 4;
      expect(await stopped(damaged)).toBe('E_COMPRESSED');
    }
    for (const length of [0, 8, 30, bytes.length - 1])
      expect(await stopped(bytes.subarray(0, length))).toBe('E_COMPRESSED');
    expect(await stopped(bytes, 'other.onnx')).toBe('E_MODEL');
    expect((await fs.readdir(root)).filter((name) => name.startsWith('bad.nii'))).toEqual([]);
  });
});

/** dB, with the range of the scale as peak. */
async function psnrOf(values: Float32Array, peak: number): Promise<number> {
  const original = await originalValues();
  const squares = original.reduce((sum, value, i) => sum + ((value - values[i]) / peak) ** 2, 0);
  return -10 * Math.log10(squares / original.length);
}

async function originalValues(): Promise<Float32Array> {
  const [{ volume }] = await readAll(
    [at('in')],
    false,
    () => {},
    () => {},
  );
  return volume.data;
}
