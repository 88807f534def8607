import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { makeDicom, type TestImage, textElement } from '../dicom/support.js';
import { denoiseRequest, denoiseWith, diffusion, removeFolders, temporaryFolder } from './fixtures.js';

afterAll(removeFolders);

const SIZE = 48;

/** A disc of a level that noise of both signs lies on, around `zero` outside. */
function drawn(slice: number, zero: number): number[] {
  const random = new Random(slice + 1);
  return Array.from({ length: SIZE * SIZE }, (_, i) => {
    const [x, y] = [(i % SIZE) - SIZE / 2, Math.floor(i / SIZE) - SIZE / 2];
    return Math.round(zero + (Math.hypot(x, y) < SIZE / 3 ? 1000 + 10 * x : 0) + 40 * random.normal());
  });
}

async function derive(about: TestImage, series?: readonly string[], errorMap = false) {
  const folder = await temporaryFolder();
  const input = path.join(folder, 'in');
  await fs.mkdir(input);
  for (let slice = 0; slice < 6; slice++)
    await fs.writeFile(
      path.join(input, `${slice}.dcm`),
      makeDicom({
        rows: SIZE,
        columns: SIZE,
        position: [0, 0, 3 * slice],
        instanceNumber: slice + 1,
        sopInstance: `1.2.840.99.${slice + 1}`,
        frameOfReference: '1.2.840.99.0',
        values: drawn(slice, 200),
        ...about,
      }),
    );
  const output = path.join(folder, 'out');
  const request = denoiseRequest(input, output, { errorMap });
  const { result } = await denoiseWith(diffusion(2), {
    ...request,
    ...(series === undefined ? {} : { series }),
  });
  const report = JSON.parse(await fs.readFile(path.join(output, 'report.json'), 'utf8'));
  return { result, one: report.series[0] };
}

describe('a series that was computed of images', () => {
  it('is left out and told, however its quantity is stated', async () => {
    for (const about of [
      { imageType: 'DERIVED\\PRIMARY\\DIFFUSION\\ADC\\ND' },
      { more: [[0x00281054, textElement(0x00281054, 'LO', 'ms')] as const] },
    ]) {
      const { result, one } = await derive(about);
      expect(result.exitCode).toBe(1);
      expect(one).toMatchObject({ status: 'skipped', outputs: [], problem: { code: 'E_NOT_ELIGIBLE' } });
      expect(one.problem.reason).toBe('E_NOT_ELIGIBLE/computed');
    }
  });

  it('is denoised where it was named, as values of Gaussian noise that mean what they say', async () => {
    const about: TestImage = {
      imageType: 'DERIVED\\PRIMARY\\M\\T1 MAP',
      photometric: 'MONOCHROME1',
      intercept: '-200',
    };
    const { one: left } = await derive(about);
    const { one } = await derive(about, [left.id]);
    expect(one).toMatchObject({ status: 'done', noise: { distribution: 'gaussian' } });
    expect(one.warnings.map(({ reason }: { reason: string }) => reason)).toContain('W_COMPUTED/named');
    // Bright tissue was not taken for air, as it would be of a signal that is shown inverted.
    expect(one.noise.relative).toBeLessThan(10);
  });

  it('is denoised as Gaussian where it is a difference', async () => {
    const { one } = await derive({ imageType: 'DERIVED\\PRIMARY\\M\\SUB' });
    expect(one).toMatchObject({ status: 'done', noise: { distribution: 'gaussian' } });
    expect(one.warnings.map(({ reason }: { reason: string }) => reason)).toContain('W_COMPUTED/difference');
  });
});

it('text that is burned into images is told', async () => {
  const { one } = await derive({ more: [[0x00280301, textElement(0x00280301, 'CS', 'YES')]] });
  expect(one.status).toBe('done');
  expect(one.warnings.map(({ code }: { code: string }) => code)).toContain('W_BURNED_IN');
});

it('images with text are written without the maps that may not have any, where these are asked for', async () => {
  const more = [[0x00280301, textElement(0x00280301, 'CS', 'YES')]] as const;
  const { one } = await derive({ more }, undefined, true);
  expect(one.status).toBe('done');
  const roles = (series: { outputs: { role: string }[] }) => [
    ...new Set(series.outputs.map(({ role }) => role)),
  ];
  expect(roles(one)).toEqual(['denoised']);
  const { one: plain } = await derive({}, undefined, true);
  expect(roles(plain)).toHaveLength(2);
});
