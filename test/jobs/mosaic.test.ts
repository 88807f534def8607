import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { DecodePool } from '../../src-main/dicom/codec/decode.js';
import { readAttributes } from '../../src-main/dicom/elements/attributes.js';
import { findElement, walkElements } from '../../src-main/dicom/elements/elements.js';
import { readInstances } from '../../src-main/dicom/read/frames.js';
import { doubles } from '../dicom/enhanced.js';
import {
  element,
  item,
  longElement,
  makeDicom,
  memoryFile,
  type TestImage,
  textElement,
  wordElement,
} from '../dicom/support.js';
import { derive, removeFolders } from './fixtures.js';

afterAll(removeFolders);

const SIZE = 24;
const SLICES = 7;
const ACROSS = 3;
const EMPTY = 5;

/** A bright disc in noise. */
function drawn(seed: number): number[] {
  const random = new Random(seed + 1);
  return Array.from({ length: SIZE * SIZE }, (_, i) => {
    const [x, y] = [(i % SIZE) - SIZE / 2, Math.floor(i / SIZE) - SIZE / 2];
    const clean = Math.hypot(x, y) < SIZE / 3 ? 1000 + 10 * x : 100;
    return Math.round(Math.hypot(clean + 40 * random.normal(), 40 * random.normal()));
  });
}

/** Slices side by side, ACROSS in a row; what no slice fills holds one value. */
function packed(slices: readonly (readonly number[])[], down: number): number[] {
  const width = ACROSS * SIZE;
  const out: number[] = new Array(width * down * SIZE).fill(EMPTY);
  slices.forEach((values, k) => {
    const [top, left] = [SIZE * Math.floor(k / ACROSS), SIZE * (k % ACROSS)];
    values.forEach((value, i) => {
      out[(top + Math.floor(i / SIZE)) * width + left + (i % SIZE)] = value;
    });
  });
  return out;
}

const volumeOf = (volume: number) =>
  Array.from({ length: SLICES }, (_, slice) => drawn(slice + SLICES * volume));

type Elements = readonly (readonly [tag: number, bytes: Buffer])[];

/** A CSA header as Siemens writes it: names, then items of text. */
function csa(values: Readonly<Record<string, readonly string[]>>): Buffer {
  const head = Buffer.alloc(16);
  head.write('SV10\x04\x03\x02\x01', 'latin1');
  head.writeUInt32LE(Object.keys(values).length, 8);
  head.writeUInt32LE(77, 12);
  const tags = Object.entries(values).flatMap(([name, texts]) => {
    const tag = Buffer.alloc(84);
    tag.write(name, 'latin1');
    tag.writeUInt32LE(texts.length, 76);
    const items = texts.map((text) => {
      const padded = Buffer.alloc(16 + Math.ceil((text.length + 1) / 4) * 4);
      padded.writeUInt32LE(text.length + 1, 4);
      padded.write(text, 16, 'latin1');
      return padded;
    });
    return [tag, ...items];
  });
  return Buffer.concat([head, ...tags]);
}

function siemens(normal: readonly string[], count: number | null = SLICES): Elements {
  return [
    ...(count === null
      ? []
      : ([
          [0x00190010, textElement(0x00190010, 'LO', 'SIEMENS MR HEADER')],
          [0x0019100a, wordElement(0x0019100a, count)],
        ] as const)),
    [0x00290010, textElement(0x00290010, 'LO', 'SIEMENS CSA HEADER')],
    [0x00291010, longElement(0x00291010, 'OB', csa({ Nothing: [], SliceNormalVector: normal }))],
  ];
}

function image(volume: number, more: Partial<TestImage> = {}): TestImage {
  return {
    imageType: 'ORIGINAL\\PRIMARY\\M\\ND\\MOSAIC',
    rows: ACROSS * SIZE,
    columns: ACROSS * SIZE,
    spacing: '2\\2',
    thickness: 3,
    position: [-100, -50, 20],
    instanceNumber: volume + 1,
    sopInstance: `1.2.840.7.${volume + 1}`,
    frameOfReference: '1.2.840.7.0',
    values: packed(volumeOf(volume), ACROSS),
    ...more,
  };
}

/** The same file with more elements. */
function withElements(bytes: Uint8Array, elements: Elements): Uint8Array {
  const file = walkElements(bytes);
  const start = file.elements[0].start;
  const all = [
    ...file.elements.map((one) => [one.tag, file.bytes.subarray(one.start, one.end)] as const),
    ...elements,
  ];
  all.sort((a, b) => a[0] - b[0]);
  return Buffer.concat([bytes.subarray(0, start), ...all.map(([, part]) => part)]);
}

const NORMAL = ['0.00000000', '0.00000000', '1.00000000'];
const mosaic = (volume: number, elements = siemens(NORMAL), more: Partial<TestImage> = {}) =>
  withElements(makeDicom(image(volume, more)), elements);

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
  const DOWN = 3;
  const vframe = (count = SLICES): Elements => [
    [0x00650010, textElement(0x00650010, 'LO', 'Image Private Header')],
    [0x00651009, doubles(0x00651009, 930)],
    [0x00651037, doubles(0x00651037, 0.6, 0, 0.8)],
    [0x00651050, textElement(0x00651050, 'DS', String(count))],
    [
      0x00651051,
      longElement(
        0x00651051,
        'SQ',
        Buffer.concat(
          Array.from({ length: SLICES }, (_, k) => item(textElement(0x00200032, 'DS', `-10\\-20\\${4 * k}`))),
        ),
      ),
    ],
  ];
  const more = {
    imageType: 'ORIGINAL\\PRIMARY\\M\\VFRAME',
    rows: DOWN * SIZE,
    values: packed(volumeOf(0), DOWN),
    position: null,
  };

  it('is a slice a tile, each where its header says', async () => {
    const bytes = mosaic(0, vframe(), more);
    expect(positionsOf(bytes)).toEqual(Array.from({ length: SLICES }, (_, k) => [-10, -20, 4 * k]));
    expect(instancesOf(bytes)[0]).toMatchObject({ bValue: 930, gradient: [0.6, 0, 0.8] });
    const { images } = await derive([bytes], 0);
    expect(storedOf(images[0])).toEqual(more.values);
  });

  it('whose count is not that of its slices is one plane', () => {
    expect(instancesOf(mosaic(0, vframe(SLICES + 1), more))).toHaveLength(1);
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
