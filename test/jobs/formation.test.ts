import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { readAttributes } from '../../src-main/dicom/elements/attributes.js';
import { findElement, walkElements } from '../../src-main/dicom/elements/elements.js';
import { makeDicom, type TestImage } from '../dicom/support.js';
import { denoiseRequest, denoiseWith, diffusion, removeFolders, temporaryFolder } from './fixtures.js';

afterAll(removeFolders);

const SIZE = 48;
const MOST = 4095;
const CT_IMAGE = '1.2.840.10008.5.1.4.1.1.2';

/** A bright disc in noisy air, as a magnitude of 12 bits. */
function drawn(slice: number): number[] {
  const random = new Random(slice + 1);
  return Array.from({ length: SIZE * SIZE }, (_, i) => {
    const [x, y] = [(i % SIZE) - SIZE / 2, Math.floor(i / SIZE) - SIZE / 2];
    const clean = Math.hypot(x, y) < SIZE / 3 ? 1000 + 10 * x : 0;
    return Math.round(Math.hypot(clean + 40 * random.normal(), 40 * random.normal()));
  });
}

function image(slice: number, more: TestImage = {}): TestImage {
  return {
    rows: SIZE,
    columns: SIZE,
    bitsStored: 12,
    position: [0, 0, 3 * slice],
    instanceNumber: slice + 1,
    sopInstance: `1.2.840.99.${slice + 1}`,
    frameOfReference: '1.2.840.99.0',
    values: drawn(slice),
    ...more,
  };
}

/** Denoises images; the derived files of the series and of its error map, in order of their names. */
async function derive(images: readonly TestImage[]) {
  const folder = await temporaryFolder();
  const input = path.join(folder, 'in');
  await fs.mkdir(input);
  for (const [i, one] of images.entries()) await fs.writeFile(path.join(input, `${i}.dcm`), makeDicom(one));
  const output = path.join(folder, 'out');
  const { result, events } = await denoiseWith(diffusion(2), denoiseRequest(input, output));
  const files = async (name: string) => {
    const names = await fs.readdir(path.join(output, name)).catch(() => []);
    return Promise.all(names.sort().map((file) => fs.readFile(path.join(output, name, file))));
  };
  return {
    result,
    events,
    report: JSON.parse(await fs.readFile(path.join(output, 'report.json'), 'utf8')),
    images: await files('series-001'),
    maps: await files('series-001-error-map'),
  };
}

function storedOf(bytes: Uint8Array): number[] {
  const { valueStart, end } = findElement(walkElements(bytes).elements, 0x7fe00010) ?? {
    valueStart: 0,
    end: 0,
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset + valueStart, end - valueStart);
  return Array.from({ length: SIZE * SIZE }, (_, i) => view.getUint16(2 * i, true));
}

describe('an imperfect series', () => {
  it('of MONOCHROME1 comes out as that of MONOCHROME2 does, turned', async () => {
    const slices = [0, 1, 2].map((slice) => image(slice));
    const turned = slices.map((one, i) => ({
      ...one,
      photometric: 'MONOCHROME1',
      values: drawn(i).map((value) => MOST - value),
    }));
    const [plain, bright] = [await derive(slices), await derive(turned)];
    expect(bright.result.exitCode).toBe(0);
    expect(bright.images).toHaveLength(3);
    expect(bright.report.series[0].noise.sigma).toBeCloseTo(plain.report.series[0].noise.sigma, 3);
    for (const [i, bytes] of bright.images.entries()) {
      // Halves round up whichever way the values run.
      const apart = storedOf(bytes).map((value, at) =>
        Math.abs(MOST - value - storedOf(plain.images[i])[at]),
      );
      expect(Math.max(...apart)).toBeLessThanOrEqual(1);
      expect(storedOf(bytes)).not.toEqual(turned[i].values);
    }
  });

  it('without geometry is denoised, and no map can be placed', async () => {
    const { result, events, images, maps } = await derive([0, 1].map((i) => image(i, { position: null })));
    expect(result).toMatchObject({ exitCode: 0, series: [{ status: 'done', problem: null }] });
    expect([images.length, maps.length]).toEqual([2, 0]);
    expect(storedOf(images[0])).not.toEqual(drawn(0));
    const told = events.flatMap((event) => (event.type === 'warning' ? [event.problem.code] : []));
    expect(told.filter((code) => code === 'W_GEOMETRY')).toHaveLength(2);
  });

  it('of slices in different directions has each direction in its map', async () => {
    const angles = [0, 0.5, 1];
    const { result, images, maps } = await derive(
      angles.map((angle, i) =>
        image(i, { position: [0, 0, 0], orientation: [Math.cos(angle), Math.sin(angle), 0, 0, 0, -1] }),
      ),
    );
    expect(result.exitCode).toBe(0);
    expect([images.length, maps.length]).toEqual([3, 1]);
    const map = readAttributes(maps[0], walkElements(maps[0]));
    expect(map.items('x52009229')[0].items('x00209116')).toHaveLength(0);
    const rows = map
      .items('x52009230')
      .map((frame) => frame.items('x00209116')[0].decimals('x00200037', 6)?.[0]);
    for (const [i, angle] of angles.entries()) expect(rows[i]).toBeCloseTo(Math.cos(angle), 6);
  });

  it('that lacks a slice writes the slices it has', async () => {
    const slices = [0, 1, 2, 4, 5, 6].map((slice) => image(slice));
    const { result, images } = await derive(slices);
    expect(result).toMatchObject({ exitCode: 0, series: [{ status: 'done' }] });
    const heights = images.map(
      (bytes) => readAttributes(bytes, walkElements(bytes)).decimals('x00200032', 3)?.[2],
    );
    expect(heights).toEqual([0, 3, 6, 12, 15, 18]);
    for (const [i, bytes] of images.entries()) expect(storedOf(bytes)).not.toEqual(slices[i].values);
  });

  it('with slices of one value gives them back as they were, and denoises the others', async () => {
    const slices = [0, 1, 2, 3, 4].map((slice) => image(slice));
    const blank = { ...slices[0], values: drawn(0).fill(0) };
    const constant = { ...slices[4], values: drawn(4).fill(300) };
    const { result, images } = await derive([blank, ...slices.slice(1, 4), constant]);
    expect(result).toMatchObject({ exitCode: 0, series: [{ status: 'done' }] });
    expect(new Set(storedOf(images[0]))).toEqual(new Set([0]));
    expect(new Set(storedOf(images[4]))).toEqual(new Set([300]));
    for (const i of [1, 2, 3]) expect(storedOf(images[i])).not.toEqual(slices[i].values);
  });

  it('of MR and of CT images in one becomes two: a series is of one modality', async () => {
    const ct = (slice: number): TestImage =>
      image(slice, { modality: 'CT', sopClass: CT_IMAGE, sopInstance: `1.2.840.98.${slice + 1}` });
    const { result } = await derive([image(0), image(1), image(2), ct(0), ct(1), ct(2)]);
    expect(result.series.map(({ status }) => status)).toEqual(['done', 'done']);
    const uids = new Set(result.series.map(({ derivedSeriesInstanceUid }) => derivedSeriesInstanceUid));
    expect(uids.size).toBe(2);
    const outputs = result.series.map(({ outputs: own }) => own.at(-1)).sort();
    expect(outputs).toEqual(['series-001', 'series-002']);
  });
});
