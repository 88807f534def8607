import { Random } from '../../src-main/base/random.js';
import { walkElements } from '../../src-main/dicom/elements/elements.js';
import { doubles } from './enhanced.js';
import { item, longElement, makeDicom, type TestImage, textElement, wordElement } from './support.js';

/** Small mosaics and packed images, drawn as Siemens and United Imaging write them. */

export const SIZE = 24;
export const SLICES = 7;
export const ACROSS = 3;
export const EMPTY = 5;

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
export function packed(slices: readonly (readonly number[])[], down: number): number[] {
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

export const volumeOf = (volume: number) =>
  Array.from({ length: SLICES }, (_, slice) => drawn(slice + SLICES * volume));

export type Elements = readonly (readonly [tag: number, bytes: Buffer])[];

/** A CSA header as Siemens writes it: names, then items of text. */
export function csa(values: Readonly<Record<string, readonly string[]>>): Buffer {
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

export function siemens(normal: readonly string[], count: number | null = SLICES): Elements {
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

export function image(volume: number, more: Partial<TestImage> = {}): TestImage {
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

export const NORMAL = ['0.00000000', '0.00000000', '1.00000000'];
export const mosaic = (volume: number, elements = siemens(NORMAL), more: Partial<TestImage> = {}) =>
  withElements(makeDicom(image(volume, more)), elements);

const DOWN = 3;

export const vframe = (count = SLICES): Elements => [
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

export const packedImage: Partial<TestImage> & { readonly values: readonly number[] } = {
  imageType: 'ORIGINAL\\PRIMARY\\M\\VFRAME',
  rows: DOWN * SIZE,
  values: packed(volumeOf(0), DOWN),
  position: null,
};
