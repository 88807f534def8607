import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import type { Report } from '../../src-main/contract/report.js';
import type { OutputsResult } from '../../src-main/contract/results.js';
import { readNifti, writeNiftiFromVolume } from '../../src-main/imaging/nifti.js';
import { runEvaluate } from '../../src-main/jobs/evaluate.js';
import { runInspect } from '../../src-main/jobs/inspect.js';
import { readAll } from '../../src-main/jobs/train/train-input.js';
import { makeDicom, makeZip } from '../dicom/support.js';
import { volumeOf } from '../imaging/support.js';
import { denoiseRequest, denoiseWith, diffusion, removeFolders, temporaryFolder } from '../jobs/fixtures.js';
import { filesIn, journalled, resultsIn } from '../jobs/told.js';
import { drawnSeries } from '../support/drawn-series.js';

afterAll(removeFolders);

const SIDE = 32;
const PLANES = 3;

function image(seed: number, gzip = true): Buffer {
  const random = new Random(seed);
  const data = Float32Array.from({ length: SIDE * SIDE * PLANES }, () => 100 + 5 * random.normal());
  return Buffer.from(writeNiftiFromVolume(volumeOf(data, [SIDE, SIDE, PLANES]), { gzip }));
}

/** A series of small images. */
function repeats(frames: number): Buffer {
  const data = new Float32Array(4 * 4 * 2 * frames).fill(7);
  return Buffer.from(writeNiftiFromVolume(volumeOf(data, [4, 4, 2, frames]), { gzip: true }));
}

/** The image as the header and the pixels of a pair. */
function pair(seed: number): { readonly hdr: Buffer; readonly img: Buffer } {
  const whole = image(seed, false);
  const hdr = Buffer.from(whole.subarray(0, 348));
  hdr.write('ni1\0', 344, 'latin1');
  hdr.writeFloatLE(0, 108);
  return { hdr, img: whole.subarray(352) };
}

async function put(root: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await fs.mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await fs.writeFile(path.join(root, name), content);
  }
}

async function tree(): Promise<{ readonly root: string; readonly input: string; readonly output: string }> {
  const root = await temporaryFolder();
  return { root, input: path.join(root, 'in'), output: path.join(root, 'out') };
}

/** All that a hospital's archive may hold beside one another. */
async function archive(input: string): Promise<void> {
  const { hdr, img } = pair(4);
  await put(input, {
    'sub-1/anat/secret_T1w.nii.gz': image(1),
    'sub-2/anat/secret_T1w.nii.gz': image(2),
    'sub-1/dwi/secret_dwi.nii': image(3, false),
    'sub-1/dwi/secret_dwi.bval': '0 1000',
    'sub-1/dwi/secret_dwi.bvec': '1 0 0',
    'sub-1/dwi/secret_dwi.json': '{"EchoTime": 0.08}',
    'sub-1/dwi/other.json': '{}',
    'old/secret.hdr': hdr,
    'old/secret.img': img,
    'sent/secret.zip': makeZip([
      { name: 'a/secret.nii', data: image(5, false) },
      { name: 'a/secret.json', data: Buffer.from('{}') },
    ]),
    'bad/secret_cut.nii.gz': image(6).subarray(0, 3000),
    'bad/secret_text.nii': 'no image',
    'bad/secret_alone.img': img,
    README: 'words',
  });
  for (const [i, bytes] of drawnSeries(3, SIDE, 7).entries()) await put(input, { [`dicom/${i}`]: bytes });
}

const WHOLE = [
  'old/secret_denoised.nii.gz',
  'sent/secret/a/secret_denoised.json',
  'sent/secret/a/secret_denoised.nii.gz',
  'series-001/00001.dcm',
  'series-001/00002.dcm',
  'series-001/00003.dcm',
  'sub-1/anat/secret_T1w_denoised.nii.gz',
  'sub-1/dwi/secret_dwi_denoised.bval',
  'sub-1/dwi/secret_dwi_denoised.bvec',
  'sub-1/dwi/secret_dwi_denoised.json',
  'sub-1/dwi/secret_dwi_denoised.nii.gz',
  'sub-2/anat/secret_T1w_denoised.nii.gz',
];

function run(input: string, output: string, processor = diffusion(1)) {
  return denoiseWith(processor, denoiseRequest(input, output, { errorMap: false }));
}

function toldNames({ series }: OutputsResult): string[] {
  return series.flatMap(({ forPerson }) => forPerson?.outputs ?? []).sort();
}

describe('a folder that holds anything', () => {
  it('is denoised image by image into the same tree; what is bad is told and stops nothing', async () => {
    const { input, output } = await tree();
    await archive(input);
    const { result, events } = await run(input, output);
    expect(Object.keys(await resultsIn(output)).sort()).toEqual(WHOLE);
    expect(result.exitCode).toBe(1);
    const of = (wanted: string) => result.series.filter(({ status }) => status === wanted);
    expect(of('done')).toHaveLength(6);
    expect(of('failed').map(({ problem }) => problem?.code)).toEqual(['E_NIFTI']);
    const refused = result.problems.map(({ code, place }) => [code, path.relative(input, place ?? '')]);
    expect(refused).toEqual([
      ['E_NIFTI', 'bad/secret_text.nii'],
      ['E_NIFTI', 'bad/secret_alone.img'],
    ]);
    expect(events).toContainEqual({ type: 'scan', files: 18, series: 7, refused: 2, others: 6 });
    expect(await fs.readFile(path.join(output, WHOLE[7]), 'utf8')).toBe('0 1000');
    const made = readNifti(await fs.readFile(path.join(output, 'old/secret_denoised.nii.gz'))).volume;
    expect([made.columns, made.rows, made.slices]).toEqual([SIDE, SIDE, PLANES]);
  });

  it('is told as it is there: to people by names, to scripts, logs and the report by ids and hashes', async () => {
    const { input, output } = await tree();
    await archive(input);
    const { result, events } = await run(input, output);
    const results = await resultsIn(output);
    const tops = Object.keys(results).map((file) => (file.startsWith('series-') ? 'series-001' : file));
    expect(toldNames(result)).toEqual([...new Set(tops)].sort());
    const report: Report = JSON.parse(await fs.readFile(path.join(output, 'report.json'), 'utf8'));
    const outputs = report.series.flatMap((series) => series.outputs);
    expect(outputs.map(({ sha256 }) => sha256).sort()).toEqual(Object.values(results).sort());
    expect(report.request.input).toBe('mixed');
    expect(outputs.filter(({ role }) => role === 'sidecar').map(({ path: name }) => name)).toEqual([
      '*_denoised.json',
      '*_denoised.bval',
      '*_denoised.bvec',
      '*_denoised.json',
    ]);
    const said = JSON.stringify(events, (key, value) =>
      ['place', 'forPerson'].includes(key) ? undefined : value,
    );
    expect(said).not.toMatch(/secret|sub-|README/);
    for (const name of ['report.json', 'report.html'])
      expect(await fs.readFile(path.join(output, name), 'utf8')).not.toMatch(/secret|sub-1/);
  });

  it('resumes where it was stopped, and mends what was removed, to the same bytes', async () => {
    const { root, input, output } = await tree();
    await archive(input);
    let steps = 0;
    const killed = diffusion(2, () => {
      if (++steps === 7) throw new Error('killed');
    });
    const first = await run(input, output, killed);
    expect(first.result.series.filter(({ status }) => status === 'failed')).toHaveLength(2);
    const second = await run(input, output, diffusion(2));
    expect(second.result.series.map(({ status }) => status).sort()).toEqual([
      'done',
      'failed',
      'kept',
      'kept',
      'kept',
      'kept',
      'kept',
    ]);
    await run(input, path.join(root, 'whole'), diffusion(2));
    const nifti = async (folder: string) =>
      Object.entries(await resultsIn(folder)).filter(([file]) => !file.endsWith('.dcm'));
    expect(await nifti(output)).toEqual(await nifti(path.join(root, 'whole')));
    await fs.rm(path.join(output, 'sub-2'), { recursive: true });
    const third = await run(input, output, diffusion(2));
    expect(third.result.series.filter(({ status }) => status === 'done')).toHaveLength(1);
    expect(await nifti(output)).toEqual(await nifti(path.join(root, 'whole')));
    expect(Object.keys(await journalled(output))).toHaveLength(7);
  });

  it('gives images that would be called the same names of their own', async () => {
    const { input, output } = await tree();
    await put(input, {
      'a.nii': image(1, false),
      'a.nii.gz': image(2),
      'a.json': '{}',
      'series-001/b.nii.gz': image(3),
      'x.zip': makeZip([{ name: 'c.nii', data: image(4, false) }]),
      'x/c.nii': image(5, false),
    });
    for (const [i, bytes] of drawnSeries(3, SIDE, 7).entries()) await put(input, { [`d/${i}`]: bytes });
    const { result } = await run(input, output);
    expect(result.exitCode).toBe(0);
    const names = Object.keys(await resultsIn(output)).filter((file) => !file.startsWith('series-001/'));
    expect(names.sort()).toEqual([
      'a_nii-gz_denoised.json',
      'a_nii-gz_denoised.nii.gz',
      'a_nii_denoised.json',
      'a_nii_denoised.nii.gz',
      'series-001_/b_denoised.nii.gz',
      'x/c_nii-2_denoised.nii.gz',
      'x/c_nii_denoised.nii.gz',
    ]);
  });

  it('follows links to files inside, no links to folders, and reads nothing from outside', async () => {
    const { root, input, output } = await tree();
    await put(input, { 'store/real.nii.gz': image(1), 'sub/x': '' });
    await put(root, { 'outside/other.nii.gz': image(2) });
    await fs.symlink('../store/real.nii.gz', path.join(input, 'sub/linked.nii.gz'));
    await fs.symlink(path.join(root, 'outside/other.nii.gz'), path.join(input, 'sub/out.nii.gz'));
    await fs.symlink('..', path.join(input, 'sub/cycle'));
    const { result } = await run(input, output);
    expect(result.problems.map(({ code }) => code).sort()).toEqual(['E_PATH_ESCAPE', 'W_UNREADABLE']);
    expect(result.exitCode).toBe(1);
    expect(Object.keys(await resultsIn(output)).sort()).toEqual([
      'store/real_denoised.nii.gz',
      'sub/linked_denoised.nii.gz',
    ]);
  });

  it('may not hold the folder for the outputs, and leaves out what was denoised before', async () => {
    const { input, output } = await tree();
    await put(input, { 'a.nii.gz': image(1) });
    await expect(run(input, path.join(input, 'out'))).rejects.toMatchObject({ code: 'E_INSIDE_SOURCE' });
    await run(input, output);
    await fs.copyFile(path.join(output, 'a_denoised.nii.gz'), path.join(input, 'b.nii.gz'));
    const again = await run(input, `${output}-2`);
    expect(again.result.series.map(({ status, problem }) => [status, problem?.code ?? null])).toEqual([
      ['done', null],
      ['skipped', 'E_ALREADY_DENOISED'],
    ]);
    expect(again.result.exitCode).toBe(0);
  });

  it('whose outputs cannot be placed gets none of them, and no empty folders', async () => {
    const { input, output } = await tree();
    await put(input, { 'sub-1/a.nii.gz': image(1), 'sub-2/b.nii.gz': image(2) });
    await put(output, { '.limpid/x': '', 'sub-1': 'in the way' });
    const { result } = await run(input, output);
    expect(result.series.map(({ status }) => status)).toEqual(['failed', 'done']);
    expect(Object.keys(await filesIn(output)).sort()).toEqual([
      'report.html',
      'report.json',
      'sub-1',
      'sub-2/b_denoised.nii.gz',
    ]);
  });
});

describe('several inputs', () => {
  it('are one, whose images lie in folders called as the inputs', async () => {
    const { root, output } = await tree();
    const { hdr, img } = pair(4);
    await put(root, {
      'monday/sub-1/t1.nii.gz': image(1),
      'x/scan/t1.nii.gz': image(2),
      'y/scan/t1.nii.gz': image(3),
      'files/a.hdr': hdr,
      'files/a.img': img,
      'files/a.json': '{}',
      'files/b.nii.gz': image(5),
      'tuesday.zip': makeZip([{ name: 'c/d.nii', data: image(6, false) }]),
    });
    for (const [i, bytes] of drawnSeries(3, SIDE, 7).entries()) await put(root, { [`dicom/${i}`]: bytes });
    const [first, ...more] = [
      'monday',
      'x/scan',
      'y/scan',
      'files/a.hdr',
      'tuesday.zip',
      'dicom',
      'dicom/0',
    ].map((name) => path.join(root, name));
    const request = { ...denoiseRequest(first, output, { errorMap: false }), more };
    const { result } = await denoiseWith(diffusion(1), request);
    expect(result.exitCode).toBe(0);
    expect(Object.keys(await resultsIn(output)).sort()).toEqual([
      'a_denoised.json',
      'a_denoised.nii.gz',
      'monday/sub-1/t1_denoised.nii.gz',
      'series-001/00001.dcm',
      'series-001/00002.dcm',
      'series-001/00003.dcm',
      'tuesday/c/d_denoised.nii.gz',
      'x/scan/t1_denoised.nii.gz',
      'y/scan/t1_denoised.nii.gz',
    ]);
    const again = await denoiseWith(diffusion(1), request);
    expect(again.result.series.every(({ status }) => status === 'kept')).toBe(true);
    const inside = { ...request, output: path.join(root, 'y/scan/out') };
    await expect(denoiseWith(diffusion(1), inside)).rejects.toMatchObject({ code: 'E_INSIDE_SOURCE' });
    const missing = { ...request, output: `${output}-2`, more: [path.join(root, 'none')] };
    await expect(denoiseWith(diffusion(1), missing)).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  });
});

describe('the sidecars of an image that was named', () => {
  it('are copied beside its output', async () => {
    const { root, output } = await tree();
    await put(root, { 'd.nii.gz': image(1), 'd.bval': '0', 'd.json': '{}', 'e.bvec': '1' });
    const { result } = await run(path.join(root, 'd.nii.gz'), output);
    expect(toldNames(result)).toEqual(['d_denoised.bval', 'd_denoised.json', 'd_denoised.nii.gz']);
    expect(Object.keys(await resultsIn(output)).sort()).toEqual(toldNames(result));
  });
});

describe('a tree for other jobs', () => {
  it('is learnt from: subjects are told apart, what is bad is left out', async () => {
    const { input } = await tree();
    await archive(input);
    const left: string[] = [];
    const reads = await readAll(
      [input],
      false,
      () => {},
      (_, { code }) => left.push(code),
    );
    expect(left.sort()).toEqual(['E_NIFTI', 'E_NIFTI', 'E_NIFTI']);
    expect(reads.map(({ stack }) => stack.modality)).toEqual(['MR', ...new Array(5).fill('NIFTI')]);
    const groups = new Map(reads.map(({ stack }) => [stack.id, stack.group]));
    // Of subject 1 there are two images.
    expect(new Set(groups.values()).size).toBe(reads.length - 1);
  });

  it('is inspected: each image with its geometry, what is bad with its code, and the exit code says so', async () => {
    const { input } = await tree();
    await archive(input);
    const headers = await runInspect({ type: 'inspect', paths: [input] }, () => {});
    expect(headers.exitCode).toBe(1);
    expect(headers.problems).toHaveLength(2);
    expect(headers.series.every(({ noise }) => noise === null)).toBe(true);
    expect(headers.series.map(({ forPerson }) => forPerson?.description)).toContain(
      'sub-1/dwi/secret_dwi.nii',
    );
    expect(headers.series.filter(({ eligible }) => eligible)).toHaveLength(7);
    const all = await runInspect({ type: 'inspect', paths: [input], noise: true }, () => {});
    expect(all.series.filter(({ noise }) => (noise?.sigma ?? 0) > 0)).toHaveLength(6);
    expect(all.series.filter(({ eligible }) => !eligible).map(({ why }) => why?.code)).toEqual(['E_NIFTI']);
  });

  it('is inspected with b-values, of a file beside the image or of DICOM, where they are those of its frames', async () => {
    const { input } = await tree();
    await put(input, {
      'dwi.nii.gz': repeats(3),
      'dwi.bval': '0 1000\n500 ',
      'few.nii.gz': repeats(3),
      'few.bval': '0 1000',
      'words.nii.gz': repeats(3),
      'words.bval': '0 a lot',
    });
    for (const [volume, bValue] of [0, 800].entries())
      for (let slice = 0; slice < 3; slice++) {
        const image = {
          position: [0, 0, 3 * slice],
          thickness: 3,
          instanceNumber: 3 * volume + slice + 1,
          bValue,
        };
        await put(input, { [`dicom/${volume}-${slice}`]: makeDicom(image) });
      }
    const { series } = await runInspect({ type: 'inspect', paths: [input] }, () => {});
    expect(series.map(({ bValues }) => bValues)).toEqual([[0, 800], [0, 500, 1000], undefined, undefined]);
  });

  it('is inspected without complaint where all can be read', async () => {
    const { input } = await tree();
    await put(input, { 'a/b.nii.gz': image(1), LICENSE: 'words' });
    const { exitCode, series } = await runInspect({ type: 'inspect', paths: [input] }, () => {});
    expect([exitCode, series.length]).toEqual([0, 1]);
  });

  it('is compared where it holds one image', async () => {
    const { root, input } = await tree();
    await put(input, { 'a/b.nii.gz': image(1) });
    await put(root, { 'c.nii.gz': image(2) });
    const request = { type: 'evaluate', noisy: null, mask: { kind: 'auto' } } as const;
    const other = path.join(root, 'c.nii.gz');
    const { test } = await runEvaluate({ ...request, reference: input, test: other }, () => {});
    expect(test.psnr).toBeGreaterThan(10);
    await put(input, { 'a/c.nii.gz': image(3) });
    await expect(runEvaluate({ ...request, reference: input, test: other }, () => {})).rejects.toMatchObject({
      code: 'E_NOT_FOUND',
    });
  });
});
