import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { simulateArtifact } from '../../../src-main/artifacts/artifacts.js';
import { REMOVERS } from '../../../src-main/artifacts/remove/removers.js';
import { Random } from '../../../src-main/base/random.js';
import type { JobEvent } from '../../../src-main/contract/events.js';
import type { Report } from '../../../src-main/contract/report.js';
import type { Cleaning } from '../../../src-main/contract/requests/choices.js';
import type { DenoiseRequest } from '../../../src-main/contract/requests/requests.js';
import type { Processor } from '../../../src-main/denoise/processor.js';
import { findElement, walkElements } from '../../../src-main/dicom/elements/elements.js';
import { readNifti, writeNiftiFromVolume } from '../../../src-main/imaging/nifti.js';
import { sliceView, type Volume, withData } from '../../../src-main/imaging/volume.js';
import { runJob } from '../../../src-main/jobs/run.js';
import { ctHead } from '../../artifacts/remove/ct-head.js';
import { acquiredPhantom, psnr, stackOf } from '../../artifacts/remove/support.js';
import { distance } from '../../artifacts/support.js';
import { drawEnhanced } from '../../dicom/enhanced.js';
import { item, longElement, textElement } from '../../dicom/support.js';
import { series } from '../../noise/outliers/drawn.js';
import { drawnHead } from '../../support/drawn-head.js';
import {
  brainSlices,
  denoiseRequest,
  denoiseWith,
  diffusion,
  removeFolders,
  temporaryFolder,
} from '../fixtures.js';

afterAll(removeFolders);

const SIDE = 128;
const { ringing, means } = acquiredPhantom(SIDE, 63);

/** Zero-filled planes, and the same planes with noise. */
async function ringingFile(folder: string, sigma = 0): Promise<string> {
  const random = new Random(3);
  const planes = [0, 1, 2, 3].map(() =>
    ringing.map((value) =>
      sigma === 0 ? Math.abs(value) : Math.hypot(value + sigma * random.normal(), sigma * random.normal()),
    ),
  );
  const file = path.join(folder, 'in.nii');
  await fs.writeFile(file, writeNiftiFromVolume(stackOf(planes, SIDE), { gzip: false }));
  return file;
}

function cleanRequest(input: string, output: string, more: Partial<DenoiseRequest> = {}): DenoiseRequest {
  return denoiseRequest(input, output, { model: { kind: 'none' }, clean: 'auto', errorMap: false, ...more });
}

async function reportOf(output: string): Promise<Report> {
  return JSON.parse(await fs.readFile(path.join(output, 'report.json'), 'utf8'));
}

/** Noise of the size of a volume: nothing that a field is told from. */
function flatHead(volume: Volume): Volume {
  const random = new Random(5);
  return withData(
    volume,
    volume.data.map(() => 500 + 10 * random.normal()),
  );
}

const plane = (data: Float32Array): Float32Array => data.subarray(0, SIDE * SIDE);

describe('cleaning', () => {
  it('removes what it finds from NIfTI, says so, and judges it', async () => {
    const root = await temporaryFolder();
    const output = path.join(root, 'out');
    const events: JobEvent[] = [];
    const input = await ringingFile(root);
    const result = await runJob(cleanRequest(input, output, { errorMap: true }), (event) =>
      events.push(event),
    );
    expect(result).toMatchObject({ exitCode: 0, series: [{ status: 'done', problem: null }] });
    const before = plane(readNifti(await fs.readFile(input)).volume.data);
    const after = plane(readNifti(await fs.readFile(path.join(output, 'in_cleaned.nii.gz'))).volume.data);
    expect(psnr(after, means) - psnr(before, means)).toBeGreaterThan(5);
    const { series, request } = await reportOf(output);
    expect(request).toMatchObject({ model: { kind: 'none' }, clean: 'auto' });
    const gibbs = series[0].cleaned.find(({ name }) => name === 'gibbs');
    expect(gibbs).toMatchObject({ did: 'removed', why: null, trust: { verdict: 'pass' } });
    expect(gibbs?.trust?.kept).toBeGreaterThan(80);
    expect(gibbs?.trust?.places.length).toBeGreaterThan(0);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'series-done',
        cleaned: expect.arrayContaining([{ name: 'gibbs', did: 'removed' }]),
      }),
    );
    const map = plane(readNifti(await fs.readFile(path.join(output, 'in_error-map.nii.gz'))).volume.data);
    expect(Math.max(...map)).toBeGreaterThan(0);
  });

  it('writes the field by which the images were divided, 1 where none was removed', async () => {
    const root = await temporaryFolder();
    const input = path.join(root, 'in.nii');
    const harmed = simulateArtifact(drawnHead(), { artifact: 'bias', severity: 100, seed: 1 });
    await fs.writeFile(input, writeNiftiFromVolume(harmed, { gzip: false }));
    const mapOf = async (clean: Cleaning, name: string) => {
      const fieldMap = path.join(root, `${name}.nii.gz`);
      const output = path.join(root, name);
      const result = await runJob(cleanRequest(input, output, { clean, fieldMap }), () => {});
      expect(result).toMatchObject({ exitCode: 0 });
      const after = readNifti(await fs.readFile(path.join(output, 'in_cleaned.nii.gz'))).volume;
      return { field: readNifti(await fs.readFile(fieldMap)).volume, after, report: await reportOf(output) };
    };
    const { field, after, report } = await mapOf(['bias'], 'field');
    expect([field.columns, field.rows, field.slices, field.frames]).toEqual([
      harmed.columns,
      harmed.rows,
      harmed.slices,
      1,
    ]);
    for (let i = 0; i < harmed.data.length; i += 97)
      expect(after.data[i] * field.data[i]).toBeCloseTo(harmed.data[i], 0);
    const { cjvBefore, cjvWithout } = report.series[0].cleaned[0].facts;
    // Two tissues are told apart again; under the field they may not have been.
    expect(cjvWithout).toBeLessThan(cjvBefore ?? 100);
    await fs.writeFile(input, writeNiftiFromVolume(flatHead(harmed), { gzip: false }));
    const none = await mapOf('auto', 'none');
    expect(new Set(none.field.data)).toEqual(new Set([1]));
    const without = cleanRequest(input, path.join(root, 'no'), {
      clean: ['gibbs'],
      fieldMap: path.join(root, 'f'),
    });
    expect(await runJob(without, () => {})).toMatchObject({ stopped: { code: 'E_USAGE' } });
  });

  it('writes the field of a DICOM series as a Parametric Map', async () => {
    const root = await temporaryFolder();
    const input = path.join(root, 'in');
    await brainSlices(input, [8, 9, 10]);
    const fieldMap = path.join(root, 'fields');
    await runJob(cleanRequest(input, path.join(root, 'out'), { clean: ['bias'], fieldMap }), () => {});
    expect(await fs.readdir(fieldMap)).toEqual(['series-001-bias-field.dcm']);
    const { elements } = walkElements(await fs.readFile(path.join(fieldMap, 'series-001-bias-field.dcm')));
    expect(findElement(elements, 0x7fe00008)).toBeDefined();
  });

  it('judges the removal that was made, no stronger one', async () => {
    const root = await temporaryFolder();
    const input = await ringingFile(root);
    // Bias that is found in part: the share is that of the whole, whatever a part of it says.
    const look = vi.spyOn(REMOVERS.bias, 'look').mockImplementation((volume) => ({
      ...{ sure: 0.9, amount: 1, unit: '%', facts: {}, words: 'bias', share: 0.4 },
      remove: () =>
        withData(
          volume,
          volume.data.map((value) => 0.9 * value),
        ),
    }));
    await runJob(cleanRequest(input, path.join(root, 'out')), () => {});
    const abouts = look.mock.calls.map(([, about]) => about);
    look.mockRestore();
    expect(abouts.map(({ asked, share }) => ({ asked, share }))).toEqual([
      { asked: false, share: undefined },
      { asked: false, share: 0.4 },
      { asked: false, share: 0.4 },
    ]);
  });

  it('knows along which axis phase was encoded, from plain and from enhanced images', async () => {
    const root = await temporaryFolder();
    const [plain, enhanced] = ['plain', 'enhanced'].map((name) => path.join(root, name));
    await brainSlices(plain, [8]);
    await fs.mkdir(enhanced);
    const side = 8;
    const values = Array.from({ length: side * side }, (_, i) => 100 + i);
    const direction = textElement(0x00181312, 'CS', 'COLUMN');
    const image = {
      frames: [{ values, position: [0, 0, 0] }],
      rows: side,
      columns: side,
      shared: [longElement(0x00189125, 'SQ', item(direction))],
    };
    await fs.writeFile(path.join(enhanced, 'image.dcm'), drawEnhanced(image));
    const look = vi.spyOn(REMOVERS.ghost, 'look');
    for (const input of [plain, enhanced])
      await runJob(cleanRequest(input, `${input}-out`, { clean: ['ghost'] }), () => {});
    const phases = look.mock.calls.map(([, { phase }]) => phase);
    look.mockRestore();
    expect([...new Set(phases)]).toEqual(['x', 'y']);
  });

  it('changes no pixel of DICOM where nothing is found, and says what was looked for', async () => {
    const root = await temporaryFolder();
    const input = path.join(root, 'in');
    await brainSlices(input, [8, 9, 10]);
    const output = path.join(root, 'out');
    const events: JobEvent[] = [];
    const result = await runJob(cleanRequest(input, output), (event) => events.push(event));
    expect(result).toMatchObject({ exitCode: 0, series: [{ status: 'done' }] });
    // Looking takes time, too, and tells how far it is.
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'progress', stage: 'clean', unit: 'slices', done: 3, total: 3 }),
    );
    const { series } = await reportOf(output);
    expect(series[0].cleaned.map(({ did }) => did)).not.toContain('removed');
    const pixels = async (folder: string) => {
      const names = (await fs.readdir(folder, { recursive: true })).filter((name) => name.endsWith('.dcm'));
      const files = await Promise.all(names.sort().map((name) => fs.readFile(path.join(folder, name))));
      return files.map((bytes) => {
        const { elements } = walkElements(bytes);
        const element = findElement(elements, 0x7fe00010);
        const description = findElement(elements, 0x00082111);
        const of = (one: typeof element) =>
          one === undefined ? null : bytes.subarray(one.valueStart, one.valueStart + one.length);
        return { pixels: of(element), description: of(description)?.toString('latin1') ?? '' };
      });
    };
    const [before, after] = [await pixels(input), await pixels(output)];
    expect(after.map((one) => one.pixels)).toEqual(before.map((one) => one.pixels));
    expect(after[0].description).toMatch(/Cleaned by Limpid.*no artifact found to remove/);
  });

  it('refuses an artifact that was asked for where the images do not allow to look, and goes on without it else', async () => {
    const root = await temporaryFolder();
    const file = path.join(root, 'ct.nii');
    const planes = [0, 1].map(() => ringing.map((value) => Math.abs(value) - 1000));
    await fs.writeFile(file, writeNiftiFromVolume(stackOf(planes, SIDE), { gzip: false }));
    const refused = path.join(root, 'refused');
    await runJob(cleanRequest(file, refused, { clean: ['gibbs'] }), () => {});
    const { series } = await reportOf(refused);
    expect(series[0]).toMatchObject({ status: 'failed', problem: { code: 'E_ARTIFACT' } });
    const output = path.join(root, 'out');
    expect(await runJob(cleanRequest(file, output), () => {})).toMatchObject({ exitCode: 0 });
    const auto = (await reportOf(output)).series[0].cleaned.find(({ name }) => name === 'gibbs');
    expect(auto).toMatchObject({ did: 'refused', why: { code: 'E_ARTIFACT' }, trust: null });
  });

  it('takes rings out of CT, and refuses to look for them in MR', async () => {
    const root = await temporaryFolder();
    const clean = stackOf([ctHead(SIDE, 1)], SIDE);
    const input = path.join(root, 'in.nii');
    // A draw in which no broken channel looks at the very centre, where a ring is a spot and stays.
    const harmed = simulateArtifact(clean, { artifact: 'ring', severity: 5, seed: 29 });
    await fs.writeFile(input, writeNiftiFromVolume(harmed, { gzip: false }));
    const output = path.join(root, 'out');
    expect(await runJob(cleanRequest(input, output), () => {})).toMatchObject({
      exitCode: 0,
      series: [{ problem: null }],
    });
    const { data } = readNifti(await fs.readFile(path.join(output, 'in_cleaned.nii.gz'))).volume;
    expect(distance(data, clean.data)).toBeLessThan(0.5 * distance(harmed.data, clean.data));
    const ring = (await reportOf(output)).series[0].cleaned.find(({ name }) => name === 'ring');
    expect(ring).toMatchObject({ did: 'removed', unit: 'HU', facts: { planes: 1 } });
    const refused = path.join(root, 'refused');
    await runJob(cleanRequest(await ringingFile(root), refused, { clean: ['ring'] }), () => {});
    expect((await reportOf(refused)).series[0].problem).toMatchObject({ reason: 'E_ARTIFACT/not-ct' });
  });

  it('replaces slices unlike those of other volumes where it is asked for by name alone', async () => {
    const root = await temporaryFolder();
    const volume = series(3);
    sliceView(volume, 9, 5).forEach((value, i, slice) => {
      slice[i] = 0.4 * value;
    });
    const input = path.join(root, 'in.nii');
    await fs.writeFile(input, writeNiftiFromVolume(volume, { gzip: false }));
    const run = async (clean: Cleaning, name: string) => {
      const output = path.join(root, name);
      expect(await runJob(cleanRequest(input, output, { clean }), () => {})).toMatchObject({ exitCode: 0 });
      const { data } = readNifti(await fs.readFile(path.join(output, 'in_cleaned.nii.gz'))).volume;
      const { series: told } = await reportOf(output);
      return { data, outliers: told[0].cleaned.find((one) => one.name === 'outliers') };
    };
    const auto = await run('auto', 'auto');
    expect(auto.outliers).toMatchObject({
      did: 'left',
      amount: 1,
      why: { code: 'E_ARTIFACT', reason: 'E_ARTIFACT/on-request' },
    });
    const asked = await run(['outliers'], 'asked');
    expect(asked.outliers).toMatchObject({ did: 'removed', amount: 1, left: 0, unit: 'slices' });
    const area = volume.rows * volume.columns;
    const start = (5 * volume.slices + 9) * area;
    const before = readNifti(await fs.readFile(input)).volume.data;
    expect(auto.data.subarray(start, start + area)).toEqual(before.subarray(start, start + area));
    expect(asked.data.subarray(start, start + area)).not.toEqual(before.subarray(start, start + area));
    expect(asked.data.subarray(0, start)).toEqual(before.subarray(0, start));
  });

  it('judges what a model takes away that was not trained on noise: lesions, structure and places', async () => {
    const root = await temporaryFolder();
    const input = await ringingFile(root, 20);
    const weak = diffusion(1);
    /** As of a model of artifacts: the tests of noise say nothing of it. */
    const strong = (share: number): Processor => ({
      ...weak,
      process: async (given, hooks) => {
        const removes = async (part: Volume) =>
          withData(
            part,
            part.data.map((value) => share * value),
          );
        const made = await weak.process(given, hooks);
        return { ...made, volume: await removes(given.volume), untested: true as const, removes };
      },
    });
    const [kept, lost, strict] = ['kept', 'lost', 'strict'].map((name) => path.join(root, name));
    await denoiseWith(strong(0.97), denoiseRequest(input, kept));
    expect((await reportOf(kept)).series[0].cleaned).toMatchObject([
      { name: 'model', did: 'removed', sure: null, trust: { verdict: 'pass' } },
    ]);
    expect((await reportOf(kept)).series[0].cleaned[0].trust?.places.length).toBeGreaterThan(0);
    const { result } = await denoiseWith(strong(0.5), denoiseRequest(input, lost));
    expect(result.series).toMatchObject([{ trust: { verdict: 'fail' } }]);
    await denoiseWith(strong(0.5), denoiseRequest(input, strict, { strict: true }));
    expect((await reportOf(strict)).series[0]).toMatchObject({
      status: 'failed',
      problem: { code: 'E_TRUST' },
    });
  });

  it('comes after the noise is gone where both are asked for', async () => {
    const root = await temporaryFolder();
    const input = await ringingFile(root, 15);
    const run = async (name: string, more: Partial<DenoiseRequest>) => {
      const output = path.join(root, name);
      const request = denoiseRequest(input, output, { model: { kind: 'dct' }, errorMap: false, ...more });
      expect(await runJob(request, () => {})).toMatchObject({ exitCode: 0 });
      const { data } = readNifti(await fs.readFile(path.join(output, 'in_denoised.nii.gz'))).volume;
      return { data: plane(data), report: await reportOf(output) };
    };
    const denoised = await run('denoised', {});
    const both = await run('both', { clean: ['gibbs'] });
    expect(psnr(both.data, means)).toBeGreaterThan(psnr(denoised.data, means) + 0.5);
    expect(both.report.series[0].trust?.verdict).toBe(denoised.report.series[0].trust?.verdict);
  });
});
