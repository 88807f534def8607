import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { DecodePool } from '../../src-main/dicom/codec/decode.js';
import { readAttributes } from '../../src-main/dicom/elements/attributes.js';
import { findElement, walkElements } from '../../src-main/dicom/elements/elements.js';
import { readInstances } from '../../src-main/dicom/read/frames.js';
import {
  ACROSS,
  csa,
  type Elements,
  EMPTY,
  image,
  mosaic,
  NORMAL,
  packed,
  packedImage,
  SIZE,
  SLICES,
  siemens,
  vframe,
  volumeOf,
} from '../dicom/mosaics.js';
import { element, longElement, makeDicom, memoryFile, textElement } from '../dicom/support.js';
import { derive, removeFolders } from './fixtures.js';

afterAll(removeFolders);

function storedOf(bytes: Uint8Array): number[] {
  const { valueStart, end } = findElement(walkElements(bytes).elements, 0x7fe00010) ?? {
    valueStart: 0,
    end: 0,
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset + valueStart, end - valueStart);
  return Array.from({ length: (end - valueStart) / 2 }, (_, i) => view.getUint16(2 * i, true));
}

const instancesOf = (bytes: Uint8Array) => readInstances(memoryFile(bytes), bytes);
const positionsOf = (bytes: Uint8Array) => instancesOf(bytes).map(({ imagePosition }) => imagePosition);

describe('a mosaic', () => {
  it('is a slice a tile, each at its place and with its pixels', async () => {
    const bytes = mosaic(0);
    const instances = instancesOf(bytes);
    // The image keeps the centre of the first slice: two more tiles of 48 mm are as far to each side.
    expect(positionsOf(bytes)).toEqual(
      Array.from({ length: SLICES }, (_, k) => [-100 + 48, -50 + 48, 20 + 3 * k]),
    );
    const pool = new DecodePool();
    for (const [k, values] of volumeOf(0).entries())
      expect(Array.from((await pool.decode(instances[k], bytes)).values)).toEqual(values);
  });

  it('goes along the normal that its header states', () => {
    const bytes = mosaic(0, siemens(['0.0', '0.0', '-1.0']));
    expect(positionsOf(bytes)[2]).toEqual([-52, -2, 14]);
  });

  it('says how many slices it holds in the CSA header alone', () => {
    const elements: Elements = [
      [0x00290010, textElement(0x00290010, 'LO', 'SIEMENS CSA HEADER')],
      [0x00291010, longElement(0x00291010, 'OB', csa({ NumberOfImagesInMosaic: [String(SLICES)] }))],
    ];
    expect(instancesOf(mosaic(0, elements))).toHaveLength(SLICES);
  });

  it('series is 4D, and comes out packed: each slice in its place, empty tiles and all else as they were', async () => {
    const files = [0, 1, 2].map((volume) => mosaic(volume));
    const { images, maps, report } = await derive(files);
    expect(report.series).toMatchObject([
      {
        status: 'done',
        input: { instances: 3 },
        geometry: { columns: SIZE, rows: SIZE, slices: SLICES, frames: 3 },
      },
    ]);
    expect(images).toHaveLength(3);
    images.forEach((bytes, volume) => {
      const [before, after] = [image(volume).values ?? [], storedOf(bytes)];
      const isEmpty = packed(
        volumeOf(volume).map((values) => values.map(() => -1)),
        ACROSS,
      ).map((value) => value === EMPTY);
      expect(after.filter((_, i) => isEmpty[i]).every((value) => value === EMPTY)).toBe(true);
      const changed = after.filter((value, i) => !isEmpty[i] && value !== before[i]).length;
      expect(changed).toBeGreaterThan(SLICES * SIZE * SIZE * 0.5);
      const top = readAttributes(bytes, walkElements(bytes));
      expect(top.texts('x00080008')).toEqual(['DERIVED', 'SECONDARY', 'M', 'ND', 'MOSAIC']);
      expect(top.uint16('x0019100a')).toBe(SLICES);
      expect(top.items('x00082112')[0].text('x00081155')).toBe(`1.2.840.7.${volume + 1}`);
      expect(positionsOf(bytes)).toEqual(positionsOf(files[volume]));
    });
    expect(maps).toHaveLength(3);
    const map = readAttributes(maps[0], walkElements(maps[0]));
    const source = map.items('x52009230')[0].items('x00089124')[0].items('x00082112')[0];
    expect([source.text('x00081155'), source.has('x00081160')]).toEqual(['1.2.840.7.1', false]);
    expect([map.uint16('x00280010'), map.uint16('x00280011'), map.text('x00280008')]).toEqual([
      SIZE,
      SIZE,
      '7',
    ]);
  });

  it('gives the slices that a series of single images of the same pixels gives', async () => {
    const single = volumeOf(0).map((values, k) =>
      makeDicom(
        image(0, {
          imageType: 'ORIGINAL\\PRIMARY\\M\\ND',
          rows: SIZE,
          columns: SIZE,
          position: [-52, -2, 20 + 3 * k],
          instanceNumber: k + 1,
          sopInstance: `1.2.840.8.${k}`,
          values,
        }),
      ),
    );
    const [one, many] = [await derive([mosaic(0)]), await derive(single)];
    expect(storedOf(one.images[0])).toEqual(packed(many.images.map(storedOf), ACROSS));
  });

  it('that does not say how many slices it holds is one plane, which is told', async () => {
    const bytes = mosaic(0, siemens(NORMAL, null));
    expect(instancesOf(bytes)).toMatchObject([{ rows: ACROSS * SIZE, part: null }]);
    const { report } = await derive([bytes]);
    expect(report.series[0].warnings.map(({ code }: { code: string }) => code)).toContain('W_GEOMETRY');
  });

  it.each([0, 10_000])('that claims %s slices, or more than it can hold, is one plane', (count) => {
    expect(instancesOf(mosaic(0, siemens(NORMAL, count)))).toHaveLength(1);
  });
});

describe('a packed image of United Imaging', () => {
  it('is a slice a tile, each where its header says', async () => {
    const bytes = mosaic(0, vframe(), packedImage);
    expect(positionsOf(bytes)).toEqual(Array.from({ length: SLICES }, (_, k) => [-10, -20, 4 * k]));
    expect(instancesOf(bytes)[0]).toMatchObject({ bValue: 930, gradient: [0.6, 0, 0.8] });
    const { images } = await derive([bytes], 0);
    expect(storedOf(images[0])).toEqual(packedImage.values);
  });

  it('whose count is not that of its slices is one plane', () => {
    expect(instancesOf(mosaic(0, vframe(SLICES + 1), packedImage))).toHaveLength(1);
  });
});

it('damaged CSA headers end where they are damaged', () => {
  const header = csa({ Nothing: [], SliceNormalVector: NORMAL, NumberOfImagesInMosaic: ['7'] });
  const random = new Random(5);
  for (let i = 0; i < 300; i++) {
    const bytes = Buffer.from(header);
    for (let k = 0; k <= random.integer(4); k++) bytes[random.integer(bytes.length)] = random.integer(256);
    const cut = bytes.subarray(0, 2 * random.integer(bytes.length / 2));
    const elements: Elements = [
      [0x00290010, textElement(0x00290010, 'LO', 'SIEMENS CSA HEADER')],
      [0x00291010, longElement(0x00291010, 'OB', i % 2 === 0 ? bytes : cut)],
      [0x00291001, element(0x00291001, 'LO', Buffer.from('x '))],
    ];
    const instances = instancesOf(mosaic(0, elements));
    expect([1, 7, 8, 9]).toContain(instances.length);
  }
});
