import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobRequest } from '../../src-main/contract/requests/requests.js';
import { writeNiftiFromVolume } from '../../src-main/imaging/nifti.js';
import { runJob } from '../../src-main/jobs/run.js';
import { readAll } from '../../src-main/jobs/train/train-input.js';
import { openChooser } from '../../src-main/series/asked/choose.js';
import { makeDicom } from '../dicom/support.js';
import { volumeOf } from '../imaging/support.js';
import { denoiseRequest, denoiseWith, diffusion, removeFolders, temporaryFolder } from './fixtures.js';

afterAll(removeFolders);

let root: string;
let input: string;

const SIDE = 24;

function image(seed: number): number[] {
  return Array.from({ length: SIDE * SIDE }, (_, i) => 100 + ((i * (seed + 3)) % 97) + (i % SIDE));
}

/** Two series of DICOM that differ in their echo, and two NIfTI images. */
beforeAll(async () => {
  root = await temporaryFolder();
  input = path.join(root, 'in');
  for (const folder of ['a', 'b', 'sub-1', 'sub-2'])
    await fs.mkdir(path.join(input, folder), { recursive: true });
  for (const [k, echoTime] of [5, 80].entries())
    for (let slice = 0; slice < 2; slice++)
      await fs.writeFile(
        path.join(input, 'ab'[k], `${slice}.dcm`),
        makeDicom({
          series: `1.2.3.${k + 5}`,
          echoTime,
          rows: SIDE,
          columns: SIDE,
          position: [0, 0, 3 * slice],
          spacing: '2\\2',
          frameOfReference: '1.2.3.9',
          values: image(slice + k),
        }),
      );
  for (const [k, name] of ['sub-1/t1', 'sub-2/t1'].entries()) {
    const data = Float32Array.from([...image(k), ...image(k + 1)]);
    const bytes = writeNiftiFromVolume(volumeOf(data, [SIDE, SIDE, 2]), { gzip: true });
    await fs.writeFile(path.join(input, `${name}.nii.gz`), bytes);
  }
});

async function run(request: JobRequest) {
  return JSON.parse(JSON.stringify(await runJob(request, () => {})));
}

const evaluate = (reference: string, test: string, more: object = {}) =>
  run({ type: 'evaluate', reference, test, noisy: null, mask: { kind: 'auto' }, ...more });

describe('a choice of series', () => {
  it('is made of what is inspected', async () => {
    const inspect = (more: object) => run({ type: 'inspect', paths: [input], ...more });
    expect((await inspect({})).series).toHaveLength(4);
    expect((await inspect({ where: 'EchoTime>50' })).series).toMatchObject([
      { seriesInstanceUid: '1.2.3.6' },
    ]);
    expect((await inspect({ where: 'Path~sub-2' })).series).toMatchObject([{ kind: 'nifti' }]);
    expect((await inspect({ series: ['1.2.3.5'] })).series).toMatchObject([{ seriesInstanceUid: '1.2.3.5' }]);
    expect(await inspect({ series: ['1.9'] })).toMatchObject({ stopped: { code: 'E_NOT_FOUND' } });
    expect(await inspect({ where: 'EchoTime>500' })).toMatchObject({ stopped: { code: 'E_NOTHING' } });
    // What every object has is nothing that a series has.
    for (const where of ['EchoTim>5', 'constructor~object', 'toString=x'])
      expect(await inspect({ where })).toMatchObject({ exitCode: 2, stopped: { code: 'E_USAGE' } });
  });

  it('is made of what is learnt from, over all inputs', async () => {
    const inputs = [path.join(input, 'a'), path.join(input, 'b')];
    const read = (choice: Parameters<typeof openChooser>[0]) =>
      readAll(
        inputs,
        false,
        () => {},
        () => {},
        { chooser: openChooser(choice) },
      );
    expect(await read({})).toHaveLength(2);
    expect(await read({ series: ['1.2.3.6'] })).toHaveLength(1);
    expect(await read({ where: 'EchoTime<50' })).toHaveLength(1);
    await expect(read({ series: ['1.2.3.6', '1.9'] })).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
    await expect(read({ where: 'EchoTime>500' })).rejects.toMatchObject({ code: 'E_NOTHING' });
  });
});

describe('two trees', () => {
  it('are compared series by series, found by UIDs and paths', async () => {
    const result = await evaluate(input, input);
    expect(result).toMatchObject({ exitCode: 0, test: { psnr: null, ssim: 1, nrmse: 0 }, problems: [] });
    expect(result.pairs).toHaveLength(4);
    for (const { reference, series } of result.pairs) expect(series).toBe(reference);
    expect((await evaluate(input, input, { where: 'Kind=nifti' })).pairs).toHaveLength(2);
  });

  it('are the source and what was made of it, and what lacks is told', async () => {
    const output = path.join(root, 'out');
    await denoiseWith(diffusion(1), denoiseRequest(input, output, { errorMap: false }));
    const result = await evaluate(input, output, { noisy: input });
    expect(result.pairs).toHaveLength(4);
    const { pairs } = await evaluate(input, output, { where: 'Kind=nifti' });
    const [first] = pairs;
    expect(first.test.psnr).toBeGreaterThan(20);
    const [one] = (await evaluate(path.join(input, 'sub-1'), path.join(output, 'sub-1'))).pairs ?? [null];
    expect(one).toBe(null);
    await fs.rm(path.join(output, 'sub-2'), { recursive: true });
    const less = await evaluate(input, output);
    expect(less).toMatchObject({ exitCode: 1, problems: [{ code: 'E_NOT_FOUND' }] });
    expect(less.pairs).toHaveLength(3);
    // The numbers of all are the means of those of each.
    const mean =
      less.pairs.reduce((sum: number, pair: { test: { ssim: number } }) => sum + pair.test.ssim, 0) / 3;
    expect(less.test.ssim).toBeCloseTo(mean, 12);
  });
});
