import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { readAttributes } from '../../src-main/dicom/elements/attributes.js';
import { findElement, walkElements } from '../../src-main/dicom/elements/elements.js';
import { readNifti } from '../../src-main/imaging/nifti.js';
import { type DrawnFrame, doubles, drawEnhanced } from '../dicom/enhanced.js';
import { makeDicom, textElement } from '../dicom/support.js';
import { complaints, newLines } from '../dicom/validators.js';
import { startOrthanc } from '../support/servers.js';
import { hasTool } from '../support/tools.js';
import { derive, removeFolders, temporaryFolder } from './fixtures.js';

afterAll(removeFolders);

const SIZE = 32;
const SLICES = 4;
const VOLUMES = 3;

function drawn(seed: number): number[] {
  const random = new Random(seed + 1);
  return Array.from({ length: SIZE * SIZE }, (_, i) => {
    const [x, y] = [(i % SIZE) - SIZE / 2, Math.floor(i / SIZE) - SIZE / 2];
    const clean = Math.hypot(x, y) < SIZE / 3 ? 1000 + 10 * x : 0;
    return Math.round(Math.hypot(clean + 40 * random.normal(), 40 * random.normal()));
  });
}

const places = Array.from({ length: SLICES * VOLUMES }, (_, i) => ({
  slice: i % SLICES,
  volume: Math.floor(i / SLICES),
}));

/** An oblique stack, as an enhanced file and as classic ones. */
const position = (slice: number) => [-20, -30 + 1.5 * slice, 10 + 2.6 * slice];
const orientation = [1, 0, 0, 0, 0.8660254, -0.5];

const enhanced = (more: (volume: number, slice: number) => Partial<DrawnFrame> = () => ({}), top: Top = []) =>
  drawEnhanced({
    rows: SIZE,
    columns: SIZE,
    top,
    frames: places.map(({ slice, volume }, i) => ({
      values: drawn(i),
      position: position(slice),
      orientation,
      time: volume + 1,
      dimensions: [1, slice + 1, volume + 1],
      ...more(volume, slice),
    })),
  });

type Top = readonly (readonly [tag: number, bytes: Buffer])[];

/** What only ORIGINAL and MIXED images must tell of their acquisition. */
const ACQUIRED: Top = [
  [0x00180023, textElement(0x00180023, 'CS', '2D')],
  [0x00181083, textElement(0x00181083, 'IS', '3')],
  [0x00181084, textElement(0x00181084, 'IS', '1')],
  [0x00189005, textElement(0x00189005, 'SH', 'epi')],
  [0x00189008, textElement(0x00189008, 'CS', 'GRADIENT')],
  [0x00189014, textElement(0x00189014, 'CS', 'NO')],
  [0x00189037, textElement(0x00189037, 'CS', 'PROSPECTIVE')],
  [0x00189070, doubles(0x00189070, 800)],
  [0x00189172, textElement(0x00189172, 'CS', 'NONE')],
];
/** dcm2niix turns such volumes where they are sagittal. */
const sagittal = (_: number, slice: number): Partial<DrawnFrame> => ({
  position: [3 * slice, -30, 10],
  orientation: [0, 1, 0, 0, 0, -1],
});
const THREE_DIMENSIONAL: Top = [[0x00180023, textElement(0x00180023, 'CS', '3D')]];
/** Of these, what validators refuse in DERIVED images though it may be there. */
const REFUSED = [0x00180023, 0x00181083, 0x00181084, 0x00189005, 0x00189070, 0x00189172];

const classic = () =>
  places.map(({ slice, volume }, i) =>
    makeDicom({
      rows: SIZE,
      columns: SIZE,
      values: drawn(i),
      position: position(slice),
      orientation,
      spacing: '2\\2',
      thickness: 3,
      temporalPosition: volume + 1,
      instanceNumber: i + 1,
      frameOfReference: '1.2.3.9',
    }),
  );

/** Grids and affines that dcm2niix makes of files, sorted. */
async function converted(files: readonly Uint8Array[]): Promise<string[]> {
  const folder = await temporaryFolder();
  await fs.mkdir(path.join(folder, 'out'));
  await fs.mkdir(path.join(folder, 'in'));
  for (const [i, bytes] of files.entries()) await fs.writeFile(path.join(folder, 'in', `${i}.dcm`), bytes);
  spawnSync('dcm2niix', ['-z', 'n', '-b', 'n', '-o', path.join(folder, 'out'), path.join(folder, 'in')]);
  const names = (await fs.readdir(path.join(folder, 'out'))).filter((name) => name.endsWith('.nii'));
  const grids = names.map(async (name) => {
    const { volume } = readNifti(await fs.readFile(path.join(folder, 'out', name)));
    const { columns, rows, slices, frames, affine } = volume;
    return JSON.stringify([columns, rows, slices, frames, affine.map((value) => Number(value.toFixed(3)))]);
  });
  return (await Promise.all(grids)).sort();
}

it.skipIf(!hasTool('dcm2niix')).each([
  ['an enhanced file', () => [enhanced()]],
  ['an enhanced file of a 3D acquisition', () => [enhanced(sagittal, THREE_DIMENSIONAL)]],
  ['classic files', classic],
])('lies for dcm2niix where its source does: %s', async (_, draw) => {
  const sources = draw();
  const { images } = await derive(sources);
  const before = await converted(sources);
  expect(before).toHaveLength(1);
  expect(await converted(images)).toEqual(before);
});

const isHeld = ([tag]: Top[number]) => !REFUSED.includes(tag);

it('tells in a functional group what validators refuse in an image that is derived as a whole', async () => {
  const { images } = await derive([enhanced(undefined, ACQUIRED)]);
  const file = walkElements(images[0]);
  const top = readAttributes(images[0], file);
  expect(top.text('x00080008', 0)).toBe('DERIVED');
  for (const [tag, bytes] of ACQUIRED.filter(isHeld)) {
    const { start, end } = findElement(file.elements, tag) ?? { start: 0, end: 0 };
    expect(Buffer.from(file.bytes.subarray(start, end))).toEqual(bytes);
  }
  for (const tag of REFUSED) expect(findElement(file.elements, tag)).toBeUndefined();
  const [group, ...others] = top.items('x52009229')[0].items('x00209170');
  expect([others.length, group.text('x00180023'), group.text('x00189005')]).toEqual([0, '2D', 'epi']);
  const shared = findElement(file.elements, 0x52009229);
  const kept = Buffer.from(file.bytes.subarray(shared?.start ?? 0, shared?.end ?? 0));
  for (const [, bytes] of ACQUIRED.filter((one) => !isHeld(one))) expect(kept.includes(bytes)).toBe(true);
});

it('leaves it where some frames stay as they were, and where the source was derived', async () => {
  const phase = 'ORIGINAL\\PRIMARY\\FIELD_MAP\\NONE';
  const mixed = enhanced(
    (volume) => (volume === 2 ? { component: 'PHASE', frameType: phase } : {}),
    ACQUIRED,
  );
  const derived = enhanced(() => ({ frameType: 'DERIVED\\PRIMARY\\T1\\NONE' }), ACQUIRED);
  const type = Buffer.from('ORIGINAL\\PRIMARY\\T1');
  Buffer.from(derived.buffer, derived.byteOffset).write('DERIVED ', Buffer.from(derived).indexOf(type));
  for (const [source, value] of [
    [mixed, 'MIXED'],
    [derived, 'DERIVED'],
  ] as const) {
    const { images } = await derive([source]);
    const file = walkElements(images[0]);
    expect(readAttributes(images[0], file).text('x00080008', 0)).toBe(value);
    for (const [tag] of ACQUIRED) expect(findElement(file.elements, tag)).toBeDefined();
  }
});

it.skipIf(!hasTool('dciodvfy'))('gives dciodvfy nothing new to say of an enhanced MR', async () => {
  const source = enhanced(undefined, ACQUIRED);
  const { images } = await derive([source]);
  const folder = await temporaryFolder();
  const [before, after] = [path.join(folder, 'before.dcm'), path.join(folder, 'after.dcm')];
  await fs.writeFile(before, source);
  await fs.writeFile(after, images[0]);
  const errors = (file: string) => complaints('dciodvfy', file).filter((line) => line.startsWith('Error'));
  expect(newLines(errors(before), errors(after))).toEqual([]);
});

it.skipIf(!hasTool('dcentvfy'))(
  'gives dcentvfy nothing new to say of an enhanced file beside its source',
  async () => {
    const source = enhanced();
    const { images } = await derive([source]);
    const folder = await temporaryFolder();
    const [before, after] = [path.join(folder, 'before.dcm'), path.join(folder, 'after.dcm')];
    await fs.writeFile(before, source);
    await fs.writeFile(after, images[0]);
    expect(newLines(complaints('dcentvfy', before), complaints('dcentvfy', before, after))).toEqual([]);
  },
);

it.skipIf(!hasTool('Orthanc'))(
  'is taken by Orthanc and comes back with its pixels and groups: an enhanced file',
  async () => {
    const { images } = await derive([enhanced()]);
    const orthanc = await startOrthanc(path.join(await temporaryFolder(), 'orthanc'), { title: 'ARCHIVE' });
    try {
      const stored = await fetch(`${orthanc.http}/instances`, {
        method: 'POST',
        body: Buffer.from(images[0]),
      });
      expect(stored.status).toBe(200);
      const { ID } = JSON.parse(await stored.text());
      const back = Buffer.from(await (await fetch(`${orthanc.http}/instances/${ID}/file`)).arrayBuffer());
      expect(pixelsOf(back)).toEqual(pixelsOf(images[0]));
      expect(summary(back)).toEqual(summary(images[0]));
    } finally {
      await orthanc.close();
    }
  },
);

function pixelsOf(bytes: Uint8Array): Uint8Array {
  const pixels = findElement(walkElements(bytes).elements, 0x7fe00010);
  return Uint8Array.from(bytes.subarray(pixels?.valueStart ?? 0, pixels?.end ?? 0));
}

function summary(bytes: Uint8Array): unknown[] {
  const top = readAttributes(bytes, walkElements(bytes));
  return [
    ['x00080016', 'x00080018', 'x0020000e', 'x00080008', 'x00280008'].map((tag) => top.texts(tag)),
    top
      .items('x52009230')
      .map((groups) => [
        groups.items('x00209113')[0].texts('x00200032'),
        groups.items('x00089124')[0].items('x00082112')[0].text('x00081155'),
        groups.items('x00189226').at(0)?.texts('x00089007'),
      ]),
  ];
}
