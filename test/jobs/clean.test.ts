import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { readNifti, writeNiftiFromVolume } from '../../src-main/imaging/nifti.js';
import { runJob } from '../../src-main/jobs/run.js';
import { runTrain } from '../../src-main/jobs/train/train.js';
import { volumeOf } from '../imaging/support.js';
import { denoiseRequest, removeFolders, temporaryFolder } from './fixtures.js';
import { trainRequest } from './train-request.js';

afterAll(removeFolders);

/** Two tissues and air, each of one value: no noise can be measured. */
const SIDE = 64;
const DATA = Float32Array.from({ length: SIDE * SIDE * 4 }, (_, i) => {
  const [x, y] = [i % SIDE, Math.floor(i / SIDE) % SIDE];
  const radius = Math.hypot(x - 31.5, y - 31.5);
  return radius > 26 ? 0 : radius > 14 ? 300 : 500;
});

describe('a series without noise', () => {
  it.each(['nlm', 'dct', 'general', 'self', 'auto'] as const)('comes back as it is from %s', async (kind) => {
    const root = await temporaryFolder();
    const file = path.join(root, 'clean.nii');
    await fs.writeFile(file, writeNiftiFromVolume(volumeOf(DATA, [SIDE, SIDE, 4]), { gzip: false }));
    const output = path.join(root, 'out');
    const result = await runJob(
      denoiseRequest(file, output, { model: { kind }, adapt: 'off', errorMap: false }),
      () => {},
    );
    expect(result).toMatchObject({ exitCode: 0, series: [{ status: 'done', problem: null }] });
    const { data } = readNifti(await fs.readFile(path.join(output, 'clean_denoised.nii.gz'))).volume;
    expect(data).toEqual(DATA);
    const { series } = JSON.parse(await fs.readFile(path.join(output, 'report.json'), 'utf8'));
    expect(series[0].warnings).toContainEqual(expect.objectContaining({ code: 'W_CLEAN' }));
  });
});

describe('a model file on a series that is clean', () => {
  /** Of a hundredth of the noise that is worth removing. */
  const random = new Random(2);
  const noisy = DATA.map((value) => (value === 0 ? 0 : value + 0.5 * random.normal()));

  async function denoised(objective: 'supervised' | 'rician') {
    const root = await temporaryFolder();
    const [file, clean] = [path.join(root, 'in.nii'), path.join(root, 'reference.nii')];
    const write = (name: string, data: Float32Array) =>
      fs.writeFile(name, writeNiftiFromVolume(volumeOf(data, [SIDE, SIDE, 4]), { gzip: false }));
    await write(file, noisy);
    await write(
      clean,
      noisy.map((value) => 0.9 * value),
    );
    const model = path.join(root, 'model.onnx');
    const references = objective === 'supervised' ? [clean] : [];
    await runTrain(trainRequest(file, model, { family: 'denoising', objective, references }), () => {});
    const output = path.join(root, 'out');
    const request = denoiseRequest(file, output, { model: { kind: 'file', path: model }, errorMap: false });
    expect(await runJob(request, () => {})).toMatchObject({ exitCode: 0 });
    const { series } = JSON.parse(await fs.readFile(path.join(output, 'report.json'), 'utf8'));
    const codes: string[] = series[0].warnings.map(({ code }: { code: string }) => code);
    return { trust: series[0].trust, codes };
  }

  it('keeps what it changed, where its card does not say that it removes noise', async () => {
    const { trust, codes } = await denoised('supervised');
    expect(codes).toContain('W_UNTESTED');
    expect(codes).not.toContain('W_BLENDED');
    expect(trust).toBeNull();
  });

  it('has next to all of its change taken back, where it is one of noise, and this is said', async () => {
    const { trust, codes } = await denoised('rician');
    expect(trust.blend.why).toBe('clean');
    expect(codes).toContain('W_BLENDED');
  });
});
