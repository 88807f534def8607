import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../../src-main/base/random.js';
import { LimpidError } from '../../../src-main/contract/errors.js';
import { englishTraits } from '../../../src-main/contract/words/traits.js';
import { DecodePool } from '../../../src-main/dicom/codec/decode.js';
import type { Source } from '../../../src-main/dicom/files/source.js';
import { readInstances } from '../../../src-main/dicom/read/frames.js';
import { type ScanResult, type Series, scan } from '../../../src-main/dicom/series/scan.js';
import { loadVolume } from '../../../src-main/dicom/series/volume.js';
import {
  type DrawnFrame,
  type DrawnImage,
  doubles,
  drawEnhanced,
  ENHANCED_CT,
  ENHANCED_MR,
  USUAL_POINTERS,
} from '../enhanced.js';
import { buildWorker, item, longElement, makeDicom, memoryFile, textElement } from '../support.js';

let pool: DecodePool;
beforeAll(async () => {
  pool = new DecodePool({ worker: await buildWorker(), threads: 2 });
});
afterAll(() => pool.close());

function scanFiles(files: readonly Uint8Array[], decode = false): Promise<ScanResult> {
  const source: Source = {
    root: 'memory',
    kind: 'folder',
    passedOver: [],
    async *files() {
      for (const [i, bytes] of files.entries()) yield memoryFile(bytes, `file ${i}.dcm`);
    },
    close: async () => {},
  };
  return scan(source, decode ? { decode: pool.decode, tryPixels: true } : {});
}

async function seriesOf(...images: readonly DrawnImage[]): Promise<readonly Series[]> {
  const { series, problems } = await scanFiles(images.map(drawEnhanced));
  expect(problems).toEqual([]);
  const frames = images.reduce((sum, image) => sum + image.frames.length, 0);
  expect(series.flatMap(({ instances }) => instances)).toHaveLength(frames);
  return series;
}

const shapes = (series: readonly Series[]) => series.map(({ geometry, frames }) => [geometry.slices, frames]);

const SLICES = 3;
const VOLUMES = 4;

/** The value of every pixel tells where and when it is: slice + 10 * volume. */
function frame(slice: number, volume: number, more: Partial<DrawnFrame> = {}): DrawnFrame {
  return {
    values: new Array(16).fill(slice + 10 * volume),
    position: [0, 0, 3 * slice],
    time: volume + 1,
    dimensions: [1, slice + 1, volume + 1],
    ...more,
  };
}

function grid(more: (slice: number, volume: number) => Partial<DrawnFrame> = () => ({})): DrawnFrame[] {
  return Array.from({ length: SLICES * VOLUMES }, (_, i) => {
    const [slice, volume] = [i % SLICES, Math.floor(i / SLICES)];
    return frame(slice, volume, more(slice, volume));
  });
}

async function valuesOf(series: Series): Promise<number[]> {
  const { volume } = await loadVolume(series, pool.decode);
  const area = volume.rows * volume.columns;
  return Array.from({ length: volume.data.length / area }, (_, i) => volume.data[i * area]);
}

const IN_ORDER = [0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32];

describe('a 4D image', () => {
  it('in one file is one series, every frame in its place', async () => {
    const [series, ...others] = await seriesOf({ frames: grid() });
    expect(others).toEqual([]);
    expect(series).toMatchObject({ eligible: true, only2d: false, warnings: [], frames: VOLUMES });
    expect(series.geometry).toMatchObject({ slices: SLICES, spacing: [2, 2, 3] });
    expect(await valuesOf(series)).toEqual(IN_ORDER);
  });

  it('in one file a volume is one series as well', async () => {
    const files = Array.from({ length: VOLUMES }, (_, volume) => ({
      frames: Array.from({ length: SLICES }, (_, slice) => frame(slice, volume)),
      instanceNumber: volume + 1,
    }));
    const [series] = await seriesOf(...files.reverse());
    expect(shapes([series])).toEqual([[SLICES, VOLUMES]]);
    expect(await valuesOf(series)).toEqual(IN_ORDER);
  });

  it('is put in order by positions where frames and indices are not', async () => {
    const frames = grid((slice, volume) => ({ dimensions: [1, 99 - slice, 7 + ((volume * 3) % 5)] }));
    const random = new Random(4);
    const shuffled = frames
      .map((one) => ({ one, at: random.uniform() }))
      .sort((a, b) => a.at - b.at)
      .map(({ one }) => one);
    const [series] = await seriesOf({ frames: shuffled });
    expect(await valuesOf(series)).toEqual(IN_ORDER);
  });

  it.each<[string, (slice: number, volume: number) => Partial<DrawnFrame>, readonly number[]]>([
    ['directions of diffusion', (_, volume) => ({ bValue: 1000, gradient: [1, 0.1 * volume, 0] }), []],
    ['b-values', (_, volume) => ({ bValue: 500 * volume }), []],
    ['acquisition times', (slice, volume) => ({ acquired: `2026112912000${volume}.${slice}` }), []],
    [
      'a dimension of the vendor',
      (slice, volume) => ({ dimensions: [1, slice + 1, volume + 1] }),
      [0x00209056, 0x00209057, 0x20051429],
    ],
    ['the order of frames alone', () => ({ dimensions: undefined }), []],
  ])('is told apart by %s where no time is stated', async (_, more, pointers) => {
    const frames = grid((slice, volume) => ({ time: undefined, ...more(slice, volume) }));
    const [series] = await seriesOf({ frames, pointers });
    expect(shapes([series])).toEqual([[SLICES, VOLUMES]]);
    expect(await valuesOf(series)).toEqual(IN_ORDER);
  });

  it('that lacks frames keeps its whole volumes', async () => {
    const series = await seriesOf({ frames: grid().slice(0, -1) });
    expect(shapes(series)).toEqual([
      [SLICES, VOLUMES - 1],
      [2, 1],
    ]);
    expect(series[1].warnings).toMatchObject([{ code: 'W_INCOMPLETE' }]);
  });

  it('has a slope, an intercept and a window a frame', async () => {
    const frames = grid((_, volume) => ({ slope: volume + 0.5, intercept: -volume, window: [volume, 10] }));
    const [series] = await seriesOf({ frames });
    const expected = IN_ORDER.map((value) => value * (Math.floor(value / 10) + 0.5) - Math.floor(value / 10));
    expect(await valuesOf(series)).toEqual(expected);
    expect(series.instances.map(({ windows }) => windows[0][0].center)).toEqual([
      0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
    ]);
  });
});

describe('what is not one image', () => {
  it('magnitude and phase in one file are two stacks, of which the phase is refused', async () => {
    const series = await seriesOf({
      frames: [0, 1].flatMap((part) =>
        [0, 1, 2].map((slice) => frame(slice, 0, { component: part === 0 ? 'MAGNITUDE' : 'PHASE' })),
      ),
    });
    expect(series.map(({ eligible, instances }) => [eligible, instances.length])).toEqual([
      [true, 3],
      [false, 3],
    ]);
  });

  it('echoes in one file are a stack each', async () => {
    const frames = [2.3, 4.6].flatMap((echoTime) => [0, 1, 2].map((slice) => frame(slice, 0, { echoTime })));
    expect(shapes(await seriesOf({ frames }))).toEqual([
      [3, 1],
      [3, 1],
    ]);
  });

  it('magnitudes and phases of two echoes in one file are told apart by as much as it takes', async () => {
    const frames = ['MAGNITUDE', 'PHASE'].flatMap((component) =>
      [2.3, 4.6].flatMap((echoTime) =>
        [0, 1, 2].map((slice) =>
          frame(slice, 0, { component, echoTime, frameType: `ORIGINAL\\PRIMARY\\${component}\\NONE` }),
        ),
      ),
    );
    const series = await seriesOf({ frames });
    expect(series.map(({ traits }) => englishTraits(traits)).sort()).toEqual([
      'magnitude, TE 2.3 ms',
      'magnitude, TE 4.6 ms',
      'phase, TE 2.3 ms',
      'phase, TE 4.6 ms',
    ]);
  });

  it('reconstructions of a CT are a stack each', async () => {
    const kernel = (name: string) => longElement(0x00189314, 'SQ', item(textElement(0x00181210, 'SH', name)));
    const frames = ['SOFT', 'BONE'].flatMap((name) =>
      [0, 1, 2].map((slice) => frame(slice, 0, { more: [kernel(name)], intercept: -1024 })),
    );
    const series = await seriesOf({ frames, sopClass: ENHANCED_CT });
    expect(shapes(series)).toEqual([
      [3, 1],
      [3, 1],
    ]);
    expect(series.map(({ traits }) => englishTraits(traits)).sort()).toEqual(['BONE', 'SOFT']);
    expect(series[0].instances[0]).toMatchObject({ units: 'HU', intercept: -1024, modality: 'CT' });
  });
});

describe('values', () => {
  it('come from Real World Value Mapping where there is no Pixel Value Transformation', () => {
    const mapping = longElement(
      0x00409096,
      'SQ',
      item(Buffer.concat([doubles(0x00409224, 5), doubles(0x00409225, 0.25)])),
    );
    const bytes = drawEnhanced({ frames: [frame(0, 0, { more: [mapping] })] });
    const of = (from: Uint8Array) => readInstances(memoryFile(from), from)[0];
    expect(of(bytes)).toMatchObject({ slope: 1, intercept: 0 });
    const without = Buffer.from(bytes);
    // The macro becomes one that nobody knows.
    without.writeUInt16LE(0x9999, without.indexOf(Buffer.from([0x28, 0, 0x45, 0x91])) + 2);
    expect(of(without)).toMatchObject({ slope: 0.25, intercept: 5 });
  });

  it('of the frame win where a group is shared as well, and that is told', async () => {
    const spacing = longElement(
      0x00289110,
      'SQ',
      item(Buffer.concat([textElement(0x00180050, 'DS', '5'), textElement(0x00280030, 'DS', '1\\1')])),
    );
    const [series] = await seriesOf({
      frames: [0, 1, 2].map((slice) => frame(slice, 0, { more: [spacing] })),
    });
    expect(series.geometry.spacing).toEqual([1, 1, 3]);
    expect(series.warnings).toMatchObject([{ code: 'W_NOT_CONFORMING' }]);
  });
});

describe('what is missing', () => {
  it('Dimension Index: nothing is lost', async () => {
    const frames = grid(() => ({ dimensions: undefined }));
    expect(shapes(await seriesOf({ frames, pointers: [] }))).toEqual([[SLICES, VOLUMES]]);
  });

  it('positions: frames are worked on one by one, in their order', async () => {
    const [series] = await seriesOf({ frames: grid(() => ({ position: null })) });
    expect(series).toMatchObject({ eligible: true, only2d: true, warnings: [{ code: 'W_GEOMETRY' }] });
    expect(await valuesOf(series)).toEqual(IN_ORDER);
  });

  it('a part of a concatenation: the rest is used, and the part is named', async () => {
    const part = (number: number): DrawnImage => ({
      frames: [0, 1, 2].map((slice) => frame(slice, number - 1)),
      concatenation: ['1.2.9', number, 4, 3 * (number - 1)],
    });
    const [whole] = await seriesOf(...[2, 1, 4, 3].map(part));
    expect(whole.warnings).toEqual([]);
    expect(await valuesOf(whole)).toEqual(IN_ORDER);
    const [rest] = await seriesOf(...[1, 2, 4].map(part));
    expect(rest.warnings).toMatchObject([{ code: 'W_INCOMPLETE' }]);
    expect(rest.warnings[0].message).toContain('part 3');
    expect(shapes([rest])).toEqual([[SLICES, 3]]);
  });

  it.each<[string, DrawnImage, string]>([
    ['pixels', { frames: grid(), cut: 2 }, 'E_PIXEL_LENGTH'],
    ['groups of frames', { frames: grid(), claimed: SLICES * VOLUMES - 1, cut: 32 }, 'E_ELEMENT'],
    ['a usable slope', { frames: grid(() => ({ slope: 0 })) }, 'E_VALUES'],
    ['a fragment', { frames: grid(), rle: true, table: 'basic', cut: 116 }, 'E_PIXEL_LENGTH'],
  ])('%s: the file is refused with its code', async (_, image, code) => {
    const { series, problems } = await scanFiles([drawEnhanced(image)], true);
    expect(series).toEqual([]);
    expect(problems).toMatchObject([{ code }]);
  });

  it('the end of a compressed frame: the frame is named with its code, the others stay', async () => {
    const bytes = Buffer.from(drawEnhanced({ frames: grid(), rle: true, cut: 20 }));
    shortenLastItem(bytes, 20);
    const { series, problems } = await scanFiles([bytes], true);
    expect(problems).toMatchObject([
      { code: 'E_CODEC_TRUNCATED', message: expect.stringContaining('Frame 12') },
    ]);
    // The last of the four volumes lacks a slice: what is there of it is done apart.
    expect(shapes(series)).toEqual([
      [SLICES, VOLUMES - 1],
      [SLICES - 1, 1],
    ]);
  });
});

it('an enhanced image without functional groups is refused with what it lacks', async () => {
  const { series, problems } = await scanFiles([makeDicom({ sopClass: ENHANCED_MR })]);
  expect(series).toEqual([]);
  expect(problems).toMatchObject([{ code: 'E_ELEMENT' }]);
  expect(problems[0].message).toContain('functional groups');
});

/** The last fragment says that it ends where the bytes do. */
function shortenLastItem(bytes: Buffer, by: number): void {
  const at = bytes.lastIndexOf(Buffer.from([0xfe, 0xff, 0x00, 0xe0]));
  bytes.writeUInt32LE(bytes.readUInt32LE(at + 4) - by, at + 4);
}

describe('compressed frames', () => {
  it.each([undefined, 'basic', 'extended'] as const)('are found by %s offset table', async (table) => {
    const { series, problems } = await scanFiles([drawEnhanced({ frames: grid(), rle: true, table })], true);
    expect(problems).toEqual([]);
    expect(await valuesOf(series[0])).toEqual(IN_ORDER);
  });
});

it('sequences of open length are read as those of defined length', async () => {
  const [open] = await seriesOf({ frames: grid(), open: true });
  expect(await valuesOf(open)).toEqual(IN_ORDER);
});

it('damaged files are refused with a code, or give the frames that they say', async () => {
  const drawn = [
    drawEnhanced({ frames: grid(), pointers: USUAL_POINTERS }),
    drawEnhanced({ frames: grid(), open: true, sharedType: true }),
    drawEnhanced({ frames: grid(), rle: true, table: 'basic' }),
  ];
  const random = new Random(77);
  const outcomes = new Map<string, number>();
  const count = Number(process.env.LIMPID_MUTATIONS ?? 300);
  for (let i = 0; i < count; i++) {
    const bytes = Uint8Array.from(drawn[i % drawn.length]);
    const end = i % 2 === 0 ? bytes.length : Math.min(bytes.length, 1500);
    for (let k = 0; k <= random.integer(4); k++) bytes[132 + random.integer(end - 132)] = random.integer(256);
    const outcome = await outcomeOf(i % 7 === 0 ? bytes.subarray(0, random.integer(bytes.length)) : bytes);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  expect(
    [...outcomes.keys()].filter((code) => !/^(frames|E_[A-Z_]+)$/.test(code) || code === 'E_INTERNAL'),
  ).toEqual([]);
  expect(outcomes.get('frames') ?? 0).toBeGreaterThan(count / 4);
});

async function outcomeOf(bytes: Uint8Array): Promise<string> {
  try {
    const { series, problems } = await scanFiles([bytes], true);
    if (problems.length > 0) return problems[0].code;
    for (const one of series.filter(({ eligible }) => eligible)) {
      const { volume } = await loadVolume(one, pool.decode);
      if (volume.data.length !== volume.rows * volume.columns * volume.slices * volume.frames)
        return 'another size';
    }
    return 'frames';
  } catch (error) {
    return error instanceof LimpidError ? error.code : String(error);
  }
}
