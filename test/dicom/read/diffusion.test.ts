import { describe, expect, it } from 'vitest';
import { readInstance } from '../../../src-main/dicom/read/instance.js';
import { type Series, scan } from '../../../src-main/dicom/series/scan.js';
import { doubles } from '../enhanced.js';
import { element, longElement, makeDicom, memoryFile, type TestImage, textElement } from '../support.js';

type More = NonNullable<TestImage['more']>;

function float(tag: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return element(tag, 'FL', bytes);
}

/** As GE writes it: values of IS, the first with 1e9 added where there are several b-values. */
const ge = (b: string, direction: readonly string[], block = 0x10, flag?: number): More => {
  const at = (group: number, low: number) => group * 0x10000 + block * 0x100 + low;
  return [
    [0x00190000 + block, textElement(0x00190000 + block, 'LO', 'GEMS_ACQU_01')],
    ...direction.map((value, i) => {
      const tag = at(0x0019, 0xbb + i);
      return [tag, textElement(tag, 'DS', value)] as const;
    }),
    [0x00430000 + block, textElement(0x00430000 + block, 'LO', 'GEMS_PARM_01')],
    ...(flag === undefined
      ? []
      : [[at(0x0043, 0x30), element(at(0x0043, 0x30), 'SS', Buffer.from([flag, 0]))] as const]),
    [at(0x0043, 0x39), textElement(at(0x0043, 0x39), 'IS', `${b}\\8\\0\\0`)],
  ];
};

const siemens = (block: number): More => {
  const at = (low: number) => 0x00190000 + block * 0x100 + low;
  return [
    [0x00190000 + block, textElement(0x00190000 + block, 'LO', 'SIEMENS MR HEADER')],
    [at(0x0c), textElement(at(0x0c), 'IS', '1000')],
    [at(0x0e), doubles(at(0x0e), 0, 0.6, 0.8)],
  ];
};

const philips: More = [
  [0x20010010, textElement(0x20010010, 'LO', 'Philips Imaging DD 001')],
  [0x20011003, float(0x20011003, 800)],
  [0x20050010, textElement(0x20050010, 'LO', 'Philips MR Imaging DD 001')],
  [0x200510b0, float(0x200510b0, 0)],
  [0x200510b1, float(0x200510b1, 1)],
  [0x200510b2, float(0x200510b2, 0)],
];

/** What was there first keeps its block: some archives write their own elements there. */
const taken: More = [
  [0x00190010, textElement(0x00190010, 'LO', 'SOME ARCHIVE')],
  [0x00430010, textElement(0x00430010, 'LO', 'SOME ARCHIVE')],
];

/** Some archives know no private elements and say so: the bytes are those of the source. */
const unknown: More = [
  [0x00430010, textElement(0x00430010, 'LO', 'GEMS_PARM_01')],
  [0x00431039, longElement(0x00431039, 'UN', Buffer.from('1000000700\\8\\0\\0 '))],
];

describe('b-value and direction', () => {
  it.each<[string, More, number | null, readonly number[] | null]>([
    ['GE', ge('800', ['0.1', '0.2', '0.97']), 800, [0.1, 0.2, 0.97]],
    ['GE, of several b-values', ge('1000000050', ['1', '0', '0']), 50, [1, 0, 0]],
    ['GE, without a direction', ge('1000001000', ['0', '0', '0']), 1000, null],
    ['GE, not weighted, of a tensor', ge('1000003000', ['0', '0', '0'], 0x10, 14), 0, null],
    ['GE, of length 0, of a tensor', ge('1000003000', ['0', '0', '0'], 0x10, 16), 0, null],
    ['GE, of a tensor', ge('1000003000', ['1', '0', '0'], 0x10, 16), 3000, [1, 0, 0]],
    ['GE, combined', ge('1000003000', ['0', '0', '0'], 0x10, 19), 3000, null],
    ['GE, in another block', [...taken, ...ge('800', ['1', '0', '0'], 0x11)], 800, [1, 0, 0]],
    ['GE, of unknown representation', unknown, 700, null],
    ['Siemens', siemens(0x10), 1000, [0, 0.6, 0.8]],
    ['Siemens, in another block', [...taken, ...siemens(0x12)], 1000, [0, 0.6, 0.8]],
    ['Philips', philips, 800, [0, 1, 0]],
    ['another creator in the usual block', taken, null, null],
  ])('are read from private elements of %s', (_, more, bValue, gradient) => {
    const bytes = makeDicom({ more });
    const read = readInstance(memoryFile(bytes), bytes);
    expect(read.bValue).toBe(bValue);
    expect(read.gradient?.map((value) => Number(value.toFixed(3))) ?? null).toEqual(gradient);
  });
});

const SLICES = 4;
const B_VALUES = ['0', '1000000500', '1000001000'];

/** A GE series of three b-values, numbered place after place, into which the scanner put a map of ADC. */
function mixed(adc: Partial<TestImage>): TestImage[] {
  return Array.from({ length: SLICES }, (_, slice) => {
    const image = (volume: number) => ({
      position: [0, 0, 3 * slice],
      thickness: 3,
      instanceNumber: slice * (B_VALUES.length + 1) + volume + 1,
    });
    return [
      ...B_VALUES.map((b, volume) => ({ ...image(volume), more: ge(b, ['0', '0', '0']) })),
      { ...image(B_VALUES.length), ...adc },
    ];
  }).flat();
}

async function seriesOf(images: readonly TestImage[]): Promise<readonly Series[]> {
  const files = images.map((image, i) => memoryFile(makeDicom(image), String(i)));
  const { series } = await scan({
    kind: 'folder',
    root: '',
    passedOver: [],
    async *files() {
      yield* files;
    },
    close: async () => {},
  });
  return series;
}

describe('a map of ADC in a diffusion series', () => {
  it.each<[string, Partial<TestImage>]>([
    ['its image type', { imageType: 'DERIVED\\SECONDARY\\ADC', more: ge('0', ['0', '0', '0']) }],
    ['having no b-value', { imageType: 'DERIVED\\PRIMARY\\DIFFUSION\\ADC\\ND' }],
  ])('is no volume of it, by %s', async (_, adc) => {
    const series = await seriesOf(mixed(adc));
    const [dwi, ...others] = [...series].sort((one, other) => other.frames - one.frames);
    expect([dwi.geometry.slices, dwi.frames, dwi.warnings]).toEqual([SLICES, B_VALUES.length, []]);
    expect(others.map(({ geometry, frames }) => [geometry.slices, frames])).toEqual([[SLICES, 1]]);
    const { instances, slots } = dwi;
    const last = instances.filter((_, i) => slots[i].frame === B_VALUES.length - 1);
    expect(last.map(({ bValue }) => bValue)).toEqual(new Array(SLICES).fill(1000));
  });
});

/** GE's three directions of each b-value and what the scanner combined of them, after b = 0. */
function threeInOne(directions: readonly (readonly string[])[]): TestImage[] {
  const volumes = [ge('0', ['0', '0', '0'])].concat(
    ['1000000500', '1000001000'].flatMap((b) => directions.map((direction) => ge(b, direction))),
  );
  return volumes.flatMap((more, volume) =>
    Array.from({ length: SLICES }, (_, slice) => ({
      position: [0, 0, 3 * slice],
      thickness: 3,
      instanceNumber: volume * SLICES + slice + 1,
      more,
    })),
  );
}

describe('combined images in a diffusion series', () => {
  const SINGLE = [
    ['1', '0', '0'],
    ['0', '1', '0'],
    ['0', '0', '1'],
  ];
  const NONE = ['0', '0', '0'];
  const shapes = (series: readonly Series[]) =>
    series.map(({ geometry, frames }) => [geometry.slices, frames]).sort(([, a], [, b]) => b - a);

  it('are no volumes among those of single directions', async () => {
    const series = await seriesOf(threeInOne([...SINGLE, NONE]));
    expect(shapes(series)).toEqual([
      [SLICES, 7],
      [SLICES, 2],
    ]);
    const [combined] = series.filter(({ frames }) => frames === 2);
    expect(combined.instances.every(({ gradient, bValue }) => gradient === null && bValue !== 0)).toBe(true);
  });

  it('are one series where no image has a direction, and none where all have one', async () => {
    expect(shapes(await seriesOf(threeInOne([NONE])))).toEqual([[SLICES, 3]]);
    expect(shapes(await seriesOf(threeInOne(SINGLE)))).toEqual([[SLICES, 7]]);
  });
});
