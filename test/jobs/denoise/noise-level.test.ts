import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { NoiseLevel } from '../../../src-main/contract/requests/choices.js';
import type { DenoiseRequest } from '../../../src-main/contract/requests/requests.js';
import type { Processor } from '../../../src-main/denoise/processor.js';
import { readNifti, writeNiftiFromVolume } from '../../../src-main/imaging/nifti.js';
import type { Volume } from '../../../src-main/imaging/volume.js';
import type { NoiseEstimate } from '../../../src-main/noise/noise-estimate.js';
import { simulateNoise } from '../../../src-main/noise/simulate.js';
import { volumeOf } from '../../imaging/support.js';
import {
  brainSlices,
  denoiseRequest,
  denoiseWith,
  diffusion,
  removeFolders,
  temporaryFolder,
} from '../fixtures.js';

afterAll(removeFolders);

function disc(): Volume {
  const [side, slices] = [48, 4];
  const data = Float32Array.from({ length: side * side * slices }, (_, i) => {
    const [x, y] = [i % side, Math.floor(i / side) % side];
    return Math.hypot(x - 24, y - 24) < 18 ? 400 : 0;
  });
  return volumeOf(data, [side, side, slices]);
}

async function nifti(folder: string, name: string, volume: Volume): Promise<string> {
  const file = path.join(folder, name);
  await fs.writeFile(file, writeNiftiFromVolume(volume, { gzip: name.endsWith('.gz') }));
  return file;
}

async function setting() {
  const root = await temporaryFolder();
  const noisy = simulateNoise(disc(), { kind: 'rician', sigma: 10, seed: 1 });
  const input = await nifti(root, 'scan.nii', noisy);
  return { root, input, noisy, output: path.join(root, 'out') };
}

/** Denoises, and what the denoiser was told of the noise. */
async function noiseTold(
  request: DenoiseRequest,
): Promise<{ noise: NoiseEstimate[]; exitCode: number; codes: string[] }> {
  const noise: NoiseEstimate[] = [];
  const plain = diffusion(1);
  const processor: Processor = {
    ...plain,
    process(input, hooks) {
      noise.push(input.noise);
      return plain.process(input, hooks);
    },
  };
  const { result } = await denoiseWith(processor, request);
  return {
    noise,
    exitCode: result.exitCode,
    codes: result.series.flatMap(({ problem }) => problem?.code ?? []),
  };
}

/** Six times the disc with noise of its own; a slice of the fourth has lost signal. */
function withDropOut(): Volume {
  const one = disc();
  const data = new Float32Array(6 * one.data.length);
  for (let frame = 0; frame < 6; frame++)
    data.set(simulateNoise(one, { kind: 'rician', sigma: 10, seed: frame }).data, frame * one.data.length);
  const area = one.columns * one.rows;
  const start = 3 * one.data.length + 2 * area;
  for (let i = start; i < start + area; i++) data[i] *= 0.4;
  return { ...one, data, frames: 6 };
}

/** The same with a phase that differs from frame to frame, as a NIfTI file of complex values. */
function complexBytes(volume: Volume): Uint8Array {
  const plain = writeNiftiFromVolume(volume, { gzip: false });
  const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
  const offset = view.getFloat32(108, true);
  const bytes = new Uint8Array(offset + 8 * volume.data.length);
  bytes.set(plain.subarray(0, offset));
  const out = new DataView(bytes.buffer);
  out.setInt16(70, 32, true);
  out.setInt16(72, 64, true);
  const length = volume.data.length / volume.frames;
  for (const [i, value] of volume.data.entries()) {
    const phase = 2 * Math.floor(i / length) + (i % volume.columns) / 9;
    out.setFloat32(offset + 8 * i, value * Math.cos(phase), true);
    out.setFloat32(offset + 8 * i + 4, value * Math.sin(phase), true);
  }
  return bytes;
}

describe('volumes that are unlike the others', () => {
  it('are told beside a level that is given', async () => {
    const root = await temporaryFolder();
    const input = await nifti(root, 'series.nii', withDropOut());
    const { noise } = await noiseTold({
      ...denoiseRequest(input, path.join(root, 'out')),
      noiseLevel: { kind: 'number', sigma: 11 },
    });
    expect(noise[0].sigma).toBe(11);
    expect(noise[0].warnings.map(({ code }) => code)).toContain('W_OUTLIERS');
    expect(noise[0].outliers).toEqual([{ frame: 3, dropOuts: [2], spikes: [], displaced: null }]);
  });

  it('are found in the magnitudes of complex images, and told of both parts', async () => {
    const root = await temporaryFolder();
    const input = path.join(root, 'complex.nii');
    await fs.writeFile(input, complexBytes(withDropOut()));
    const { noise } = await noiseTold(denoiseRequest(input, path.join(root, 'out')));
    expect(noise[0].distribution).toBe('gaussian');
    expect(noise[0].outliers?.map(({ frame, dropOuts }) => [frame, dropOuts])).toEqual([
      [3, [2]],
      [9, [2]],
    ]);
    expect(noise[0].warnings.find(({ code }) => code === 'W_OUTLIERS')?.facts).toEqual({
      count: 1,
      volumes: '4 [3]',
    });
  });
});

describe('magnitudes times -1', () => {
  it('are measured as magnitudes and come back below 0; values with an offset below 0 stay as they are', async () => {
    const { root, noisy, input, output } = await setting();
    const plain = await noiseTold(denoiseRequest(input, output));
    const below = await nifti(root, 'below.nii', { ...noisy, data: noisy.data.map((value) => -value) });
    const told = await noiseTold(denoiseRequest(below, `${output}-below`));
    expect(told.noise[0]).toMatchObject({ distribution: 'rician', sigma: plain.noise[0].sigma });
    const written = async (folder: string, name: string) => {
      const bytes = await fs.readFile(path.join(folder, `${name}_denoised.nii.gz`));
      return readNifti(bytes).volume.data;
    };
    const [up, down] = [await written(output, 'scan'), await written(`${output}-below`, 'below')];
    expect(down.every((value, i) => Math.abs(value + up[i]) < 1e-3)).toBe(true);
    expect(down.some((value) => value < -300)).toBe(true);
    const far = await nifti(root, 'far.nii', { ...noisy, data: noisy.data.map((value) => value - 5000) });
    const kept = await noiseTold(denoiseRequest(far, `${output}-far`));
    expect(kept.noise[0].distribution).toBe('gaussian');
  });
});

describe('a noise level that is given', () => {
  it('is what the denoiser is told, as a number, a map or a scan, and what the report tells', async () => {
    const { root, input, noisy, output } = await setting();
    const level = noisy.data.map((_, i) => 8 + (i % 48) / 12);
    const map = await nifti(root, 'map.nii.gz', { ...noisy, data: level });
    const dark = { ...noisy, data: new Float32Array(noisy.data.length) };
    const scan = await nifti(root, 'dark.nii', simulateNoise(dark, { kind: 'rician', sigma: 11, seed: 2 }));
    const of = async (name: string, given: NoiseLevel) => {
      const told = await noiseTold({ ...denoiseRequest(input, `${output}-${name}`), noiseLevel: given });
      expect(told.codes).toEqual([]);
      expect(told.exitCode).toBe(0);
      return told.noise[0];
    };
    expect(await of('number', { kind: 'number', sigma: 12.5 })).toMatchObject({ sigma: 12.5, certain: true });
    expect((await of('map', { kind: 'file', path: map })).map).toEqual(level);
    const scanned = await of('scan', { kind: 'file', path: scan });
    expect(Math.abs(scanned.sigma / 11 - 1)).toBeLessThan(0.05);
    expect(scanned.map).toBeNull();
    const asMap = await noiseTold({
      ...denoiseRequest(input, `${output}-as-map`),
      noiseLevel: { kind: 'map', path: scan },
    });
    expect(asMap.noise[0].map).not.toBeNull();
    const report = JSON.parse(await fs.readFile(`${output}-number/report.json`, 'utf8'));
    expect(report.series[0].noise.methods.told).toBe(12.5);
  });

  it('is refused before anything is written where it is none, and for a series on another grid', async () => {
    const { root, input, noisy, output } = await setting();
    const negative = await nifti(root, 'negative.nii', { ...noisy, data: noisy.data.map((v) => v - 300) });
    const attempts: [NoiseLevel, string][] = [
      [{ kind: 'number', sigma: -3 }, 'E_VALUES'],
      [{ kind: 'number', sigma: Number.POSITIVE_INFINITY }, 'E_VALUES'],
      [{ kind: 'file', path: path.join(root, 'missing.nii') }, 'E_NOT_FOUND'],
      [{ kind: 'scan', path: input }, 'E_VALUES'],
    ];
    for (const [noiseLevel, code] of attempts) {
      await expect(noiseTold({ ...denoiseRequest(input, output), noiseLevel })).rejects.toMatchObject({
        code,
      });
      await expect(fs.access(output)).rejects.toThrow();
    }
    const small = await nifti(root, 'small.nii', volumeOf(new Float32Array(32).fill(5), [4, 4, 2]));
    for (const [file, code] of [
      [small, 'E_GEOMETRY'],
      [negative, 'E_VALUES'],
    ] as const) {
      const run = denoiseRequest(input, `${output}-${code}`);
      const { codes } = await noiseTold({ ...run, noiseLevel: { kind: 'map', path: file } });
      expect(codes).toEqual([code]);
    }
  });

  it('is part of what a run is resumed with', async () => {
    const { input, output } = await setting();
    const request = denoiseRequest(input, output);
    await noiseTold({ ...request, noiseLevel: { kind: 'number', sigma: 10 } });
    await expect(noiseTold({ ...request, noiseLevel: { kind: 'number', sigma: 11 } })).rejects.toMatchObject({
      code: 'E_RESUME',
    });
  });
});

describe('a map of the noise level', () => {
  it('of a NIfTI image is a NIfTI file on its grid, with the level that was used', async () => {
    const { root, input, noisy, output } = await setting();
    const noiseMap = path.join(root, 'level.nii.gz');
    const request = { ...denoiseRequest(input, output), noiseMap };
    const { noise } = await noiseTold(request);
    const { volume } = readNifti(await fs.readFile(noiseMap));
    expect([volume.columns, volume.rows, volume.slices, volume.frames]).toEqual([48, 48, 4, 1]);
    expect(volume.affine).toEqual(noisy.affine);
    expect(volume.data).toEqual(noise[0].map ?? new Float32Array(volume.data.length).fill(noise[0].sigma));
    await expect(noiseTold({ ...request, output: path.join(root, 'again') })).rejects.toMatchObject({
      code: 'E_EXISTS',
    });
  });

  it('is refused where its file is another output of the run', async () => {
    const { root, input, output } = await setting();
    const request = { ...denoiseRequest(input, output), clean: 'auto' as const };
    const twice = { code: 'E_USAGE', reason: 'E_USAGE/one-output' };
    const maps = path.join(root, 'maps.nii.gz');
    await fs.mkdir(path.join(root, 'real'));
    await fs.symlink(path.join(root, 'real'), path.join(root, 'link'));
    for (const [noiseMap, fieldMap] of [
      [maps, `${root}/./maps.nii.gz`],
      [maps, `${maps}/`],
      [path.join(root, 'real', 'one.nii'), path.join(root, 'link', 'one.nii')],
      [path.join(output, 'scan_denoised.nii.gz'), maps],
      [path.join(root, 'one.nii'), path.join(output, 'report.json')],
    ])
      await expect(noiseTold({ ...request, noiseMap, fieldMap })).rejects.toMatchObject(twice);
    const folder = path.join(root, 'maps');
    await noiseTold({ ...request, noiseMap: folder, fieldMap: folder });
    expect((await fs.readdir(folder)).sort()).toEqual(['scan_bias-field.nii.gz', 'scan_noise-level.nii.gz']);
  });

  it('of a DICOM series is a Parametric Map, which can be given again', async () => {
    const root = await temporaryFolder();
    const input = path.join(root, 'in');
    await brainSlices(input, [1, 2, 3]);
    const noiseMap = path.join(root, 'levels');
    const first = await noiseTold({ ...denoiseRequest(input, path.join(root, 'out')), noiseMap });
    expect(await fs.readdir(noiseMap)).toEqual(['series-001-noise-level.dcm']);
    const again = await noiseTold({
      ...denoiseRequest(input, path.join(root, 'again')),
      noiseLevel: { kind: 'file', path: noiseMap },
    });
    expect(again.codes).toEqual([]);
    expect(again.noise[0].map?.[0]).toBeCloseTo(first.noise[0].map?.[0] ?? first.noise[0].sigma, 3);
    expect(again.noise[0].sigma).toBeCloseTo(first.noise[0].sigma, 3);
    await expect(
      noiseTold({
        ...denoiseRequest(input, path.join(root, 'inside')),
        noiseMap: path.join(input, 'levels'),
      }),
    ).rejects.toMatchObject({ code: 'E_INSIDE_SOURCE' });
  });
});
