import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { readAttributes } from '../../src-main/dicom/elements/attributes.js';
import { findElement, walkElements } from '../../src-main/dicom/elements/elements.js';
import { readNifti } from '../../src-main/imaging/nifti.js';
import { drawEnhanced } from '../dicom/enhanced.js';
import { makeDicom } from '../dicom/support.js';
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

const enhanced = () =>
  drawEnhanced({
    rows: SIZE,
    columns: SIZE,
    frames: places.map(({ slice, volume }, i) => ({
      values: drawn(i),
      position: position(slice),
      orientation,
      time: volume + 1,
      dimensions: [1, slice + 1, volume + 1],
    })),
  });

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
  ['classic files', classic],
])('lies for dcm2niix where its source does: %s', async (_, draw) => {
  const sources = draw();
  const { images } = await derive(sources);
  const before = await converted(sources);
  expect(before).toHaveLength(1);
  expect(await converted(images)).toEqual(before);
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
