import { describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import type { Source } from '../../src-main/dicom/files/source.js';
import { type ScanResult, type Series, scan } from '../../src-main/dicom/series/scan.js';
import { makeDicom, memoryFile, type TestImage } from './support.js';

const SLICES = 6;
const VOLUMES = 5;

/** Volume after volume, as a scanner numbers them. */
function epi(more: (volume: number, slice: number) => TestImage = () => ({})): TestImage[] {
  return Array.from({ length: VOLUMES * SLICES }, (_, i) => {
    const [volume, slice] = [Math.floor(i / SLICES), i % SLICES];
    return { position: [0, 0, 4 * slice], thickness: 4, instanceNumber: i + 1, ...more(volume, slice) };
  });
}

async function seriesOf(images: readonly TestImage[]): Promise<readonly Series[]> {
  const files = images.map((image, i) => memoryFile(makeDicom(image), `file ${i}`));
  const source: Source = {
    root: 'memory',
    kind: 'folder',
    passedOver: [],
    async *files() {
      yield* files;
    },
    close: async () => {},
  };
  const { series, problems }: ScanResult = await scan(source);
  expect(problems).toEqual([]);
  // Whatever is formed, nothing is dropped and no place holds two images.
  expect(series.flatMap(({ instances }) => instances)).toHaveLength(images.length);
  for (const { slots } of series)
    expect(new Set(slots.map(({ slice, frame }) => `${slice} ${frame}`)).size).toBe(slots.length);
  return series;
}

const shapes = (series: readonly Series[]) => series.map(({ geometry, frames }) => [geometry.slices, frames]);

/** The instance numbers of each frame. */
function numbersByFrame({ instances, slots, frames }: Series): (number | null)[][] {
  return Array.from({ length: frames }, (_, frame) =>
    instances.filter((_, i) => slots[i].frame === frame).map(({ instanceNumber }) => instanceNumber),
  );
}

function shuffled(images: readonly TestImage[]): TestImage[] {
  const random = new Random(3);
  const numbers = images.map((_, i) => i + 1);
  for (let i = numbers.length - 1; i > 0; i--) {
    const other = random.integer(i + 1);
    [numbers[i], numbers[other]] = [numbers[other], numbers[i]];
  }
  return images.map((image, i) => ({ ...image, instanceNumber: numbers[i] }));
}

describe('a 4D series', () => {
  it.each<[string, (volume: number) => TestImage]>([
    ['instance numbers alone', () => ({})],
    ['temporal positions', (volume) => ({ temporalPosition: volume + 1 })],
    ['acquisition numbers', (volume) => ({ acquisitionNumber: volume + 1 })],
  ])('that was stopped early keeps its whole volumes, by %s', async (_, more) => {
    const series = await seriesOf(epi(more).slice(0, -2));
    expect(shapes(series)).toEqual([
      [SLICES, VOLUMES - 1],
      [4, 1],
    ]);
    expect(series[0]).toMatchObject({ only2d: false, warnings: [] });
    expect(series[1].warnings).toMatchObject([{ code: 'W_INCOMPLETE' }]);
    expect(series[1].warnings[0].message).toMatch(new RegExp(`^Volume ${VOLUMES} of .* 4 images`));
    expect(numbersByFrame(series[0])[1]).toEqual([7, 8, 9, 10, 11, 12]);
  });

  it('lacks an image in the middle: the volume of that image is apart, the later ones do not shift', async () => {
    const images = epi().filter(({ instanceNumber }) => instanceNumber !== 9);
    const series = await seriesOf(images);
    expect(shapes(series)).toEqual([
      [SLICES, VOLUMES - 1],
      [SLICES, 1],
    ]);
    expect(series[1]).toMatchObject({ geometry: { missing: [2] } });
    expect(series[1].warnings[0].message).toMatch(/^Volume 2 of /);
    expect(numbersByFrame(series[0])[1]).toEqual([13, 14, 15, 16, 17, 18]);
    expect(numbersByFrame(series[1])[0]).toEqual([7, 8, 10, 11, 12]);
  });

  it('holds images numbered place after place, one of which is missing', async () => {
    const placewise = epi((volume, slice) => ({ instanceNumber: slice * VOLUMES + volume + 1 }));
    const series = await seriesOf(placewise.filter(({ instanceNumber }) => instanceNumber !== 8));
    expect(shapes(series)[0]).toEqual([SLICES, VOLUMES - 1]);
    expect(numbersByFrame(series[0])[2]).toEqual([4, 9, 14, 19, 24, 29]);
  });

  it.each<[string, (volume: number, slice: number) => TestImage]>([
    ['the time of each volume', (volume) => ({ acquisitionTime: `12000${volume}` })],
    ['the time of each image', (volume, slice) => ({ acquisitionTime: `12000${volume}.${slice}` })],
  ])('with shuffled instance numbers is put in order by %s', async (_, more) => {
    const images = shuffled(epi(more));
    const series = await seriesOf(images);
    expect(shapes(series)).toEqual([[SLICES, VOLUMES]]);
    expect(numbersByFrame(series[0])[3]).toEqual(
      images.slice(3 * SLICES, 4 * SLICES).map(({ instanceNumber }) => instanceNumber),
    );
  });

  it('holds one image twice: the rest is whole', async () => {
    const images = epi((volume) => ({ temporalPosition: volume + 1 }));
    const series = await seriesOf([...images, { ...images[8], instanceNumber: 99 }]);
    expect(shapes(series)).toEqual([
      [SLICES, VOLUMES],
      [1, 1],
    ]);
  });

  it('whose planes moved with the head is one series', async () => {
    const series = await seriesOf(
      epi((volume, slice) => {
        const angle = (0.1 * Math.PI * (volume - 2)) / 180;
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        const at = 4 * slice + 0.13 * (volume - 1);
        return { orientation: [1, 0, 0, 0, c, s], position: [0, -s * at, c * at] };
      }),
    );
    expect(shapes(series)).toEqual([[SLICES, VOLUMES]]);
    expect(series[0]).toMatchObject({ only2d: false, warnings: [] });
    expect(series[0].geometry.spacing[2]).toBeCloseTo(4, 6);
  });
});

describe('a 3D series', () => {
  const stack = (places: readonly number[]): TestImage[] =>
    places.map((place, i) => ({ position: [0, 0, 2 * place], thickness: 2, instanceNumber: i + 1 }));

  it('that lacks slices stays 3D, each slice at its place', async () => {
    const series = await seriesOf(stack([0, 1, 2, 3, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17]));
    expect(series).toMatchObject([{ only2d: false, geometry: { slices: 18, missing: [4, 8, 9] } }]);
    expect(series[0].warnings).toMatchObject([{ code: 'W_INCOMPLETE' }]);
    expect(series[0].slots[4]).toEqual({ slice: 5, frame: 0 });
    expect(series[0].geometry.affine[10]).toBeCloseTo(2, 9);
  });

  it('of slabs far apart is a 3D series each', async () => {
    const series = await seriesOf(stack([0, 1, 2, 3, 20, 21, 22, 40, 41, 42, 43]));
    expect(shapes(series)).toEqual([
      [4, 1],
      [3, 1],
      [4, 1],
    ]);
    expect(series.every(({ only2d }) => !only2d)).toBe(true);
  });

  it('is not taken for moved volumes where its slices come in pairs', async () => {
    const pairs = [0, 1, 5, 6, 10, 11, 15, 16].map((place, i) => ({
      position: [0, 0, place],
      thickness: 1,
      instanceNumber: i + 1,
    }));
    expect(shapes(await seriesOf(pairs))).toEqual([[8, 1]]);
  });

  it('of two reconstructions in one UID is two series', async () => {
    const images = ['SOFT', 'BONE'].flatMap((kernel, k) =>
      stack([0, 1, 2]).map((image) => ({
        ...image,
        modality: 'CT',
        sopClass: '1.2.840.10008.5.1.4.1.1.2',
        kernel,
        instanceNumber: k + 1,
      })),
    );
    expect(shapes(await seriesOf(images))).toEqual([
      [3, 1],
      [3, 1],
    ]);
  });

  it('of which each slice has as many bits as its values need, or a sign, is one series', async () => {
    const bits = [12, 11, 12, 10, 12, 12];
    const stored = stack([0, 1, 2, 3, 4, 5]).map((image, i) => ({ ...image, bitsStored: bits[i] }));
    const [one, ...others] = await seriesOf(stored);
    expect(others).toEqual([]);
    expect(one).toMatchObject({ eligible: true, only2d: false });
    const sign = stack([0, 1, 2, 3]).map((image, i) => ({ ...image, signed: i === 2 }));
    expect(shapes(await seriesOf(sign))).toEqual([[4, 1]]);
    const volumes = epi((volume) => ({ temporalPosition: volume + 1, bitsStored: 12 - (volume % 2) }));
    expect(shapes(await seriesOf(volumes))).toEqual([[SLICES, VOLUMES]]);
  });

  it('whose images are there in more and in fewer bits is two series', async () => {
    const twice = [12, 8].flatMap((bitsStored, copy) =>
      stack([0, 1, 2]).map((image, i) => ({ ...image, bitsStored, instanceNumber: 3 * copy + i + 1 })),
    );
    expect(shapes(await seriesOf(twice))).toEqual([
      [3, 1],
      [3, 1],
    ]);
  });

  it('of which one slice is stored at the left of its bits loses that slice alone', async () => {
    const left = stack([0, 1, 2, 3]).map((image, i) => ({
      ...image,
      bitsStored: 12,
      highBit: i === 3 ? 15 : 11,
    }));
    const series = await seriesOf(left);
    expect(series.map(({ eligible, instances }) => [eligible, instances.length]).sort()).toEqual([
      [false, 1],
      [true, 3],
    ]);
  });

  it('of slices that each have their own direction is one series, slice by slice', async () => {
    const radial = Array.from({ length: 6 }, (_, i) => {
      const angle = (i * Math.PI) / 6;
      return { orientation: [Math.cos(angle), Math.sin(angle), 0, 0, 0, -1], instanceNumber: i + 1 };
    });
    const series = await seriesOf(radial);
    expect(series).toMatchObject([
      {
        only2d: true,
        eligible: true,
        geometry: { slices: 6, directions: true },
        warnings: [{ code: 'W_GEOMETRY' }],
      },
    ]);
    expect(series[0].instances.map(({ instanceNumber }) => instanceNumber)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
