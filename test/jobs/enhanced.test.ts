import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../src-main/base/files.js';
import { Random } from '../../src-main/base/random.js';
import { type Attributes, readAttributes } from '../../src-main/dicom/elements/attributes.js';
import { findElement, sequenceItems, walkElements } from '../../src-main/dicom/elements/elements.js';
import { type DrawnFrame, type DrawnImage, drawEnhanced, ENHANCED_CT } from '../dicom/enhanced.js';
import { element, item, longElement, makeDicom, textElement } from '../dicom/support.js';
import { complaints, newLines } from '../dicom/validators.js';
import { hasTool } from '../support/tools.js';
import {
  denoiseRequest,
  denoiseWith,
  derive,
  diffusion,
  removeFolders,
  temporaryFolder,
} from './fixtures.js';

afterAll(removeFolders);

const SIZE = 32;
const SLICES = 4;
const VOLUMES = 3;

/** A bright disc in noise. */
function drawn(seed: number, scale = 1): number[] {
  const random = new Random(seed + 1);
  return Array.from({ length: SIZE * SIZE }, (_, i) => {
    const [x, y] = [(i % SIZE) - SIZE / 2, Math.floor(i / SIZE) - SIZE / 2];
    const clean = Math.hypot(x, y) < SIZE / 3 ? 1000 + 10 * x : 0;
    return Math.round(Math.hypot(clean + 40 * random.normal(), 40 * random.normal()) / scale);
  });
}

function frame(slice: number, volume: number, more: Partial<DrawnFrame> = {}): DrawnFrame {
  return {
    values: drawn(slice + SLICES * volume),
    position: [0, 0, 3 * slice],
    time: volume + 1,
    dimensions: [1, slice + 1, volume + 1],
    more: [
      element(0x00210010, 'LO', Buffer.from('SCANNER ')),
      element(0x00211001, 'LO', Buffer.from(`frame ${slice} `)),
    ],
    ...more,
  };
}

function grid(more: (slice: number, volume: number) => Partial<DrawnFrame> = () => ({})): DrawnFrame[] {
  return Array.from({ length: SLICES * VOLUMES }, (_, i) => {
    const [slice, volume] = [i % SLICES, Math.floor(i / SLICES)];
    return frame(slice, volume, more(slice, volume));
  });
}

const enhanced = (image: Partial<DrawnImage> & Pick<DrawnImage, 'frames'>) =>
  drawEnhanced({ rows: SIZE, columns: SIZE, ...image });

function attributesOf(bytes: Uint8Array): Attributes {
  return readAttributes(bytes, walkElements(bytes));
}

/** Stored values of each frame. */
function framesOf(bytes: Uint8Array, signed = false): number[][] {
  const { valueStart, end } = findElement(walkElements(bytes).elements, 0x7fe00010) ?? {
    valueStart: 0,
    end: 0,
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset + valueStart, end - valueStart);
  const values = Array.from({ length: (end - valueStart) / 2 }, (_, i) =>
    signed ? view.getInt16(2 * i, true) : view.getUint16(2 * i, true),
  );
  const area = SIZE * SIZE;
  return Array.from({ length: values.length / area }, (_, i) => values.slice(i * area, (i + 1) * area));
}

function groupsOf(bytes: Uint8Array): Attributes[] {
  return attributesOf(bytes).items('x52009230');
}

/** The bytes of every element of every group of frames, by tag. */
function groupBytes(bytes: Uint8Array): Map<number, string>[] {
  const file = walkElements(bytes);
  const sequence = findElement(file.elements, 0x52009230);
  if (sequence === undefined) return [];
  return sequenceItems(file.bytes, file, sequence).map(
    ({ elements }) =>
      new Map(elements.map(({ tag, start, end }) => [tag, sha256(file.bytes.subarray(start, end))])),
  );
}

const [FRAME_TYPE, DERIVATION] = [0x00189226, 0x00089124];

function frameTypes(bytes: Uint8Array): string[] {
  const shared = attributesOf(bytes).items('x52009229')[0].items('x00189226').at(0);
  return groupsOf(bytes).map(
    (groups) => (groups.items('x00189226').at(0) ?? shared)?.text('x00089007', 0) ?? '',
  );
}

describe('an enhanced image', () => {
  it('comes out as a series of classic images of the same pixels does', async () => {
    const frames = grid();
    const classic = frames.map(({ values, position }, i) =>
      makeDicom({
        rows: SIZE,
        columns: SIZE,
        values,
        position: position ?? null,
        spacing: '2\\2',
        thickness: 3,
        temporalPosition: Math.floor(i / SLICES) + 1,
        instanceNumber: i + 1,
        frameOfReference: '1.2.3.9',
      }),
    );
    for (const steps of [0, 2]) {
      const one = await derive([enhanced({ frames })], steps);
      const many = await derive(classic, steps);
      expect([one.images.length, many.images.length]).toEqual([1, SLICES * VOLUMES]);
      const expected = many.images.map((bytes) => framesOf(bytes)[0]);
      const byPlace = frames.map((_, i) => VOLUMES * (i % SLICES) + Math.floor(i / SLICES));
      expect(framesOf(one.images[0])).toEqual(byPlace.map((at) => expected[at]));
      expect(framesOf(one.images[0]).some((values, i) => values.join() !== frames[i].values.join())).toBe(
        steps > 0,
      );
    }
  });

  it.each([
    ['of defined lengths', false],
    ['of open lengths', true],
  ])('%s keeps all of its groups but what tells of the derivation', async (_, open) => {
    for (const sharedType of [false, true]) {
      const source = enhanced({ frames: grid(), open, sharedType, sopInstance: '1.2.3.4.5' });
      const { images, maps } = await derive([source]);
      const before = groupBytes(source);
      groupBytes(images[0]).forEach((group, i) => {
        for (const [tag, hash] of before[i])
          if (tag !== FRAME_TYPE) expect([tag, group.get(tag)]).toEqual([tag, hash]);
        expect([...group.keys()].filter((tag) => !before[i].has(tag))).toEqual([DERIVATION]);
      });
      const top = attributesOf(images[0]);
      expect(top.texts('x00080008')).toEqual(['DERIVED', 'PRIMARY', 'T1', 'NONE']);
      expect(top.text('x00189004')).toBe('RESEARCH');
      expect(new Set(frameTypes(images[0]))).toEqual(new Set(['DERIVED']));
      const organization = top.items('x00209221')[0].text('x00209164');
      expect(organization).toMatch(/^2\.25\./);
      for (const one of top.items('x00209222')) expect(one.text('x00209164')).toBe(organization);
      const derivation = groupsOf(images[0])[5].items('x00089124')[0];
      expect(derivation.items('x00089215')[0].text('x00080100')).toBe('113087');
      expect(derivation.items('x00082112')[0].text('x00081155')).toBe('1.2.3.4.5');
      expect(derivation.items('x00082112')[0].text('x00081160', 0)).toBe('6');
      expect(maps).toHaveLength(VOLUMES);
      const mapped = groupsOf(maps[1]).map((groups) => groups.items('x00089124')[0].items('x00082112')[0]);
      expect(mapped.map((source) => source.text('x00081160'))).toEqual(['5', '6', '7', '8']);
    }
  });

  it('of several files has one organization of dimensions, and one file for each', async () => {
    const files = [0, 1, 2].map((volume) =>
      enhanced({
        frames: [0, 1, 2, 3].map((slice) => frame(slice, volume)),
        instanceNumber: volume + 1,
        concatenation: ['1.2.3.7', volume + 1, VOLUMES, SLICES * volume],
      }),
    );
    const { images, report } = await derive(files);
    expect(images).toHaveLength(VOLUMES);
    const all = images.map(attributesOf);
    expect(new Set(all.map((top) => top.items('x00209221')[0].text('x00209164'))).size).toBe(1);
    expect(new Set(all.map((top) => top.text('x00080018'))).size).toBe(VOLUMES);
    const [uid, ...others] = new Set(all.map((top) => top.text('x00209161')));
    expect([others.length, uid === '1.2.3.7']).toEqual([0, false]);
    expect(all.map((top) => top.uint32('x00209228'))).toEqual([0, 4, 8]);
    expect(report.series).toMatchObject([
      { input: { instances: 3 }, geometry: { slices: SLICES, frames: VOLUMES } },
    ]);
    expect(report.series[0].input.sha256).toHaveLength(3);
  });

  it('with a slope a frame keeps each, and is clamped to its bits', async () => {
    const frames = grid((slice, volume) => ({
      slope: volume + 1,
      values: drawn(slice + SLICES * volume, volume + 1),
    }));
    const { images } = await derive([enhanced({ frames, bitsStored: 12, smallest: true })]);
    const slopes = groupsOf(images[0]).map((groups) => groups.items('x00289145')[0].decimal('x00281053'));
    expect(slopes).toEqual(frames.map(({ slope }) => slope));
    const stored = framesOf(images[0]);
    const means = stored.map(
      (values, i) => (values.reduce((a, b) => a + b) / values.length) * (frames[i].slope ?? 1),
    );
    // Denoised values are those of the scale of each frame: all volumes show the same disc.
    expect(Math.max(...means) / Math.min(...means)).toBeLessThan(1.05);
    const top = attributesOf(images[0]);
    expect(top.uint16('x00280106')).toBe(Math.min(...stored.flat()));
    expect(top.uint16('x00280107')).toBe(Math.max(...stored.flat()));
  });

  it('of a CT keeps Hounsfield units', async () => {
    const frames = [0, 1, 2, 3].map((slice) => frame(slice, 0, { intercept: -1024, time: undefined }));
    const { images, report } = await derive([enhanced({ frames, sopClass: ENHANCED_CT })]);
    expect(report.series).toMatchObject([{ modality: 'CT', geometry: { units: 'HU' } }]);
    expect(groupsOf(images[0])[0].items('x00189329')[0].text('x00089007', 0)).toBe('DERIVED');
  });

  it('that is compressed comes out native, frames in place', async () => {
    const frames = grid();
    const { images } = await derive([enhanced({ frames, rle: true, table: 'extended' })], 0);
    expect(framesOf(images[0])).toEqual(frames.map(({ values }) => values));
  });
});

it('keeps what the scanner said of its own derivation, of each frame', async () => {
  const said = longElement(0x00089124, 'SQ', item(textElement(0x00082111, 'ST', 'averaged')));
  const { images } = await derive([enhanced({ frames: grid(), shared: [said] })]);
  expect(attributesOf(images[0]).items('x52009229')[0].has('x00089124')).toBe(false);
  for (const groups of groupsOf(images[0])) {
    const [first, second, ...others] = groups.items('x00089124').map((one) => one.text('x00082111'));
    expect([first, others.length]).toEqual(['averaged', 0]);
    expect(second).toBeTruthy();
  }
});

describe('frames that are not denoised', () => {
  const parts = () =>
    ['MAGNITUDE', 'PHASE'].flatMap((component) =>
      [0, 1, 2, 3].map((slice) => frame(slice, 0, { component, time: undefined })),
    );

  it.each([false, true])(
    'stay as they were beside those that are, and that is told (compressed: %s)',
    async (rle) => {
      const frames = parts();
      const source = enhanced({ frames, rle });
      const { images, report, result } = await derive([source]);
      expect(result.exitCode).toBe(0);
      const stored = framesOf(images[0]);
      expect(stored.slice(4)).toEqual(frames.slice(4).map(({ values }) => values));
      expect(stored[0]).not.toEqual(frames[0].values);
      expect(frameTypes(images[0])).toEqual([...Array(4).fill('DERIVED'), ...Array(4).fill('ORIGINAL')]);
      expect(attributesOf(images[0]).text('x00080008', 0)).toBe('MIXED');
      expect(JSON.stringify(report)).toContain('as they were');
      const groups = groupsOf(images[0]).map((one) => one.items('x00089124').length);
      expect(groups).toEqual([...Array(4).fill(1), ...Array(4).fill(0)]);
    },
  );

  it('but by another stack of the same file are denoised in it too', async () => {
    const frames = [2.5, 5].flatMap((echoTime) =>
      [0, 1, 2, 3].map((slice) => frame(slice, echoTime, { echoTime, time: undefined })),
    );
    const { images, report, folder } = await derive([enhanced({ frames })]);
    expect(report.series.map(({ status }: { status: string }) => status)).toEqual(['done', 'done']);
    expect(images).toHaveLength(1);
    const stored = framesOf(images[0]);
    frames.forEach(({ values }, i) => {
      expect(stored[i]).not.toEqual(values);
    });
    expect(new Set(frameTypes(images[0]))).toEqual(new Set(['DERIVED']));
    expect(attributesOf(images[0]).text('x00080008', 0)).toBe('DERIVED');
    expect(attributesOf(images[0]).items('x0018a001')).toHaveLength(1);
    // What the journal and the report say of the file holds for the one that lies there.
    for (const one of report.series)
      expect(one.outputs.find(({ role }: { role: string }) => role === 'denoised').sha256).toBe(
        sha256(images[0]),
      );
    const again = await denoiseWith(
      diffusion(2),
      denoiseRequest(path.join(folder, 'in'), path.join(folder, 'out')),
    );
    expect(again.result.series.map(({ status }) => status)).toEqual(['kept', 'kept']);
  });
});

it('a stack that failed is not put into a file that people have: it says so, and the file stays', async () => {
  const frames = [2.5, 5].flatMap((echoTime) =>
    [0, 1, 2, 3].map((slice) => frame(slice, echoTime, { echoTime, time: undefined })),
  );
  const folder = await temporaryFolder();
  const [input, output] = [path.join(folder, 'in'), path.join(folder, 'out')];
  await fs.mkdir(input);
  await fs.writeFile(path.join(input, 'a.dcm'), enhanced({ frames }));
  let steps = 0;
  const failing = diffusion(2, () => {
    if (++steps > 2) throw new Error('stopped');
  });
  const first = await denoiseWith(failing, denoiseRequest(input, output));
  expect(first.result.series.map(({ status }) => status)).toEqual(['done', 'failed']);
  const file = path.join(output, 'series-001', '00001.dcm');
  const before = sha256(await fs.readFile(file));
  expect(framesOf(await fs.readFile(file)).slice(4)).toEqual(frames.slice(4).map(({ values }) => values));
  const again = await denoiseWith(diffusion(2), denoiseRequest(input, output));
  expect(again.result.series).toMatchObject([
    { status: 'kept' },
    { status: 'failed', problem: { code: 'E_EXISTS' } },
  ]);
  expect(sha256(await fs.readFile(file))).toBe(before);
});

it.skipIf(!hasTool('dciodvfy'))('gives dciodvfy nothing new to say of a CT', async () => {
  const frames = [0, 1, 2, 3].map((slice) => frame(slice, 0, { intercept: -1024, time: undefined }));
  const source = enhanced({ frames, sopClass: ENHANCED_CT });
  const { images, folder } = await derive([source]);
  const [before, after] = [path.join(folder, 'a.dcm'), path.join(folder, 'b.dcm')];
  await fs.writeFile(before, source);
  await fs.writeFile(after, images[0]);
  const errors = (file: string) => complaints('dciodvfy', file).filter((line) => line.startsWith('Error'));
  expect(newLines(errors(before), errors(after))).toEqual([]);
});

it('a frame that cannot be decoded is named, and the others are denoised', async () => {
  const frames = grid();
  const damaged = [5];
  const { images, report, result } = await derive([enhanced({ frames, rle: true, damaged })], 2, false);
  expect(result.exitCode).toBe(1);
  expect(result.problems).toMatchObject([
    { code: 'E_CODEC_TRUNCATED', message: expect.stringContaining('Frame 6') },
  ]);
  expect(report.series.every(({ status }: { status: string }) => status === 'done')).toBe(true);
  const told = report.series.flatMap(({ warnings }: { warnings: { message: string }[] }) => warnings);
  expect(told.map(({ message }: { message: string }) => message).join()).toContain('blank');
  const stored = framesOf(images[0]);
  frames.forEach(({ values }, i) => {
    if (damaged.includes(i)) expect(new Set(stored[i])).toEqual(new Set([0]));
    else {
      expect(stored[i]).not.toEqual(values);
      const apart = stored[i].map((value, at) => Math.abs(value - values[at]));
      expect(apart.reduce((a, b) => a + b) / apart.length).toBeLessThan(100);
    }
  });
  expect(frameTypes(images[0]).map((type) => type === 'DERIVED')).toEqual(
    frames.map((_, i) => !damaged.includes(i)),
  );
  const all = await derive([
    enhanced({ frames, rle: true, damaged: frames.map((_, i) => i) }),
    makeDicom({ rows: SIZE, columns: SIZE, values: drawn(1), frameOfReference: '1.2', series: '1.9' }),
  ]);
  expect(all.result.problems).toMatchObject([{ code: 'E_CODEC_TRUNCATED' }]);
});
