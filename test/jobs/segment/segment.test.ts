import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { denseLatent } from '../../../src-main/analysis/segment/dense-latent.js';
import { describeResult } from '../../../src-main/cli/terminal/describe.js';
import type { SegmenterFile } from '../../../src-main/contract/encoders/segment.js';
import type { SegmentRequest } from '../../../src-main/contract/requests/encoders.js';
import type { SegmentReport } from '../../../src-main/contract/segment-report.js';
import { SPATIAL_CONCEPT, UNLIKE_TRAINING } from '../../../src-main/dicom/elements/codes.js';
import { asciiValue, findElement, walkElements } from '../../../src-main/dicom/elements/elements.js';
import { newUid } from '../../../src-main/dicom/elements/uid.js';
import { readSegmentation } from '../../../src-main/dicom/read/segmentation-read.js';
import { segmentation } from '../../../src-main/dicom/write/segmentation.js';
import { readNifti, writeNiftiFromVolume } from '../../../src-main/imaging/nifti.js';
import type { Volume } from '../../../src-main/imaging/volume.js';
import { runJob } from '../../../src-main/jobs/run.js';
import { runTrain } from '../../../src-main/jobs/train/train.js';
import type { OpenModel } from '../../../src-main/model-files/model-file.js';
import { scaledStack } from '../../../src-main/restore/apply.js';
import { openLabelMasks } from '../../../src-main/series/asked/label-mask.js';
import { openInput } from '../../../src-main/series/open-input.js';
import { openModelSource } from '../../../src-main/store/model-source.js';
import { complaints, newLines } from '../../dicom/validators.js';
import { volumeOf } from '../../imaging/support.js';
import { hasTool } from '../../support/tools.js';
import { BRAIN, brainSlices, removeFolders, temporaryFolder } from '../fixtures.js';
import { drawHeads } from '../probe/heads.js';
import { trainRequest } from '../train-request.js';

const SIDE = 32;
const SLICES = 4;
let root = '';
let model = '';
const at = (...names: string[]): string => path.join(root, ...names);

beforeAll(async () => {
  root = await temporaryFolder();
  process.env.LIMPID_HOME = at('home');
  await drawHeads(at('in'), 2);
  await brainSlices(at('dicom'), [10, 11]);
  await writeLabels('p0-whole.nii', truth(await head('p0')));
  model = at('cells.onnx');
  const more = {
    family: 'plain',
    settings: { patch: 8, latent: 4 },
    budget: { unit: 'steps', value: 5 },
  } as const;
  await runTrain(trainRequest(at('in'), model, more), () => {});
});

afterAll(async () => {
  delete process.env.LIMPID_HOME;
  await removeFolders();
});

async function head(patient: string): Promise<Volume> {
  return readNifti(await fs.readFile(at('in', patient, 't1.nii'))).volume;
}

/** 1 air and fluid, 2 tissue, 3 rim: what was drawn, but for its noise. */
function truth({ data }: Volume): Uint8Array {
  return Uint8Array.from(data, (value) => (value < 350 ? 1 : value < 800 ? 2 : 3));
}

async function writeLabels(
  name: string,
  labels: Uint8Array,
  shape: readonly [number, number, number] = [SIDE, SIDE, SLICES],
): Promise<string> {
  const file = at(name);
  await fs.writeFile(file, writeNiftiFromVolume(volumeOf(Float32Array.from(labels), shape), { gzip: false }));
  return file;
}

/** Every thirtieth pixel of two slices of four. */
async function strokes(): Promise<string> {
  const labels = truth(await head('p0'));
  return writeLabels(
    'strokes.nii',
    labels.map((label, i) => (i % 30 === 0 && Math.floor(i / SIDE ** 2) % 2 === 0 ? label : 0)),
  );
}

function requestOf(output: string, more: Partial<SegmentRequest>): SegmentRequest {
  return {
    type: 'segment',
    model: null,
    input: at('in', 'p0', 't1.nii'),
    output: at(output),
    labels: [],
    clusters: null,
    predict: null,
    background: false,
    features: null,
    names: [],
    frame: null,
    seed: 1,
    device: 'cpu',
    force: false,
    ...more,
  };
}

async function segment(output: string, more: Partial<SegmentRequest>) {
  const result = await runJob(requestOf(output, more), () => {});
  if ('stopped' in result) return { reason: result.stopped.reason, facts: result.stopped.facts };
  if (result.command !== 'segment') throw new Error(result.command);
  return result;
}

const read = async <T>(...names: string[]): Promise<T> => JSON.parse(await fs.readFile(at(...names), 'utf8'));
const labelsIn = async (...names: string[]): Promise<Float32Array> =>
  readNifti(await fs.readFile(at(...names))).volume.data;

function dice(found: ArrayLike<number>, wanted: Uint8Array, label: number): number {
  let [both, sizes] = [0, 0];
  for (let i = 0; i < wanted.length; i++) {
    sizes += Number(found[i] === label) + Number(wanted[i] === label);
    both += Number(found[i] === label && wanted[i] === label);
  }
  return (2 * both) / sizes;
}

describe('limpid segment', () => {
  it('learns a few strokes, marks the whole series and another one by them, and says how large segments are', async () => {
    const labels = [await strokes()];
    const result = await segment('learnt', { labels, names: [{ label: 2, name: 'tissue' }] });
    expect(result).toMatchObject({
      exitCode: 0,
      features: ['intensity'],
      learnt: { series: 1, slices: 2, heldOut: { by: 'slices', parts: 2 } },
      files: ['segmenter.json', 'segments.png', 'report.json'],
    });
    const wanted = truth(await head('p0'));
    const found = await labelsIn('learnt', 't1_segments.nii.gz');
    for (const label of [1, 2, 3]) expect(dice(found, wanted, label)).toBeGreaterThan(0.85);
    const report = await read<SegmentReport>('learnt', 'report.json');
    expect(report.classes.map(({ name }) => name)).toEqual(['Label 1', 'tissue', 'Label 3']);
    const [{ segments, outputs }] = report.series;
    expect(outputs).toEqual(['*_segments.nii.gz']);
    // Voxels of 1 mm.
    const voxels = found.reduce((sum, label) => sum + (label === 2 ? 1 : 0), 0);
    expect(segments[1]).toEqual({ label: 2, name: 'tissue', voxels, millilitres: voxels / 1000 });
    expect(report.learnt?.heldOut?.dice[1]).toBeGreaterThan(0.8);
    for (const name of ['segmenter.json', 'report.json'])
      expect(await fs.readFile(at('learnt', name), 'utf8')).not.toMatch(/t1|\/in\//);
    if ('stopped' in result || !('command' in result)) throw new Error('stopped');
    expect(describeResult(result)).toContain('wrote t1_segments.nii.gz');
    expect(await segment('learnt', { labels })).toMatchObject({ reason: 'E_EXISTS/results' });

    const predict = at('learnt', 'segmenter.json');
    expect(await segment('told', { predict, input: at('in', 'p1', 't1.nii') })).toMatchObject({
      exitCode: 0,
      learnt: null,
      files: ['segments.png', 'report.json'],
    });
    const other = await labelsIn('told', 't1_segments.nii.gz');
    expect(dice(other, truth(await head('p1')), 2)).toBeGreaterThan(0.85);
  });

  it('learns from latents, components and places, and knows its model again', async () => {
    // Both heads have the same voxels: of which the mask is, nothing tells.
    const every = truth(await head('p0')).map((label, i) => (i % 5 === 0 ? label : 0));
    const labels = [await writeLabels('fifth.nii', every)];
    expect(await segment('twice', { labels, input: at('in'), model })).toMatchObject({
      reason: 'E_LABELS/mask-several',
    });
    const features = ['latent', 'components', 'intensity', 'place'] as const;
    const learnt = { labels, model, features: [...features] };
    expect(await segment('latents', learnt)).toMatchObject({ family: 'plain', features, exitCode: 0 });
    const file = await read<SegmenterFile>('latents', 'segmenter.json');
    // As many components as latents, of patches as large as a cell and odd.
    expect(file.components?.mean).toHaveLength(81);
    expect(file.components?.variances).toHaveLength(4);
    expect(dice(await labelsIn('latents', 't1_segments.nii.gz'), truth(await head('p0')), 2)).toBeGreaterThan(
      0.9,
    );
    const predict = at('latents', 'segmenter.json');
    expect(await segment('again', { predict, model })).toMatchObject({ exitCode: 0, family: 'plain' });
    expect(await labelsIn('again', 't1_segments.nii.gz')).toEqual(
      await labelsIn('latents', 't1_segments.nii.gz'),
    );
    expect(await segment('other', { predict })).toMatchObject({ reason: 'E_MODEL/segmenter-model' });
    await fs.writeFile(at('cut.json'), JSON.stringify({ ...file, features: ['intensity'] }));
    expect(await segment('other', { predict: at('cut.json'), model })).toMatchObject({
      reason: 'E_MODEL/segmenter-file',
    });
  });

  it('clusters a DICOM series into a Segmentation in its space, which is read as labels again', async () => {
    const clusters = { input: at('dicom'), clusters: 3 };
    expect(await segment('clusters', clusters)).toMatchObject({
      exitCode: 0,
      series: [{ status: 'done', outputs: ['series-001-segments'] }],
    });
    const file = at('clusters', 'series-001-segments', '00001.dcm');
    const written = readSegmentation(await fs.readFile(file));
    expect(written.segments.map(({ label }) => label)).toEqual(['Cluster 1', 'Cluster 2', 'Cluster 3']);
    const inAll = new Uint8Array(written.rows * written.columns);
    const first = written.frames[0].position?.join();
    const own = written.frames.filter(({ position }) => position?.join() === first);
    for (const { plane } of own)
      plane.forEach((inside, i) => {
        inAll[i] += inside;
      });
    // Every pixel is of one segment.
    expect(inAll.every((count) => count === 1)).toBe(true);
    expect(new Set(written.frames.map(({ position }) => position?.join())).size).toBe(2);

    expect(await segment('again-clusters', clusters)).toMatchObject({ exitCode: 0 });
    const again = await fs.readFile(at('again-clusters', 'series-001-segments', '00001.dcm'));
    const uids = (bytes: Buffer): string[] => bytes.toString('latin1').match(/2\.25\.\d+/g) ?? [];
    expect(uids(again)).toEqual(uids(await fs.readFile(file)));

    const labels = [file];
    const result = await segment('from-seg', { input: at('dicom'), labels });
    expect(result).toMatchObject({
      classes: [{ name: 'Cluster 1', codes: { type: { value: 'SEGMENT1', scheme: '99LIMPID' } } }, {}, {}],
      learnt: { slices: 2, heldOut: { by: 'slices', parts: 2 } },
    });
    const learnt = readSegmentation(await fs.readFile(at('from-seg', 'series-001-segments', '00001.dcm')));
    const marked = (from: typeof learnt): number[] =>
      from.segments.map(({ number }) =>
        from.frames
          .filter((frame) => frame.segment === number)
          .reduce((sum, { plane }) => sum + plane.reduce((all, inside) => all + inside, 0), 0),
      );
    marked(learnt).forEach((count, k) => {
      expect(Math.abs(count / marked(written)[k] - 1)).toBeLessThan(0.1);
    });
  });

  it('judges by patients where two have labels, and leaves out who has none', async () => {
    await fs.mkdir(at('places'));
    const masks: string[] = [];
    for (const [k, patient] of ['p0', 'p1', 'p0'].entries()) {
      const shape = volumeOf((await head(patient)).data, [SIDE, SIDE, SLICES]);
      // Each lies at a place of its own, and its mask with it.
      const affine = shape.affine.map((value, i) => (i === 3 ? 100 * k : value));
      const put = (file: string, data: Float32Array) =>
        fs.writeFile(file, writeNiftiFromVolume({ ...shape, affine, data }, { gzip: false }));
      await put(at('places', `sub-${k}_T1w.nii`), shape.data);
      masks.push(at(`mask-${k}.nii`));
      await put(
        masks[k],
        Float32Array.from(truth(shape), (label, i) => (i % 7 === 0 ? label : 0)),
      );
    }
    const result = await segment('patients', { input: at('places'), labels: masks.slice(0, 2) });
    expect(result).toMatchObject({
      exitCode: 0,
      learnt: { series: 2, heldOut: { by: 'patients', parts: 2 } },
      series: [
        { status: 'done' },
        { status: 'done' },
        { status: 'skipped', problem: { reason: 'W_SKIPPED/unlabelled' } },
      ],
    });
  });

  it('finds the slices of a Segmentation again where they lie at uneven distances', async () => {
    await brainSlices(at('uneven'), [5, 6, 8, 15]);
    expect(await segment('uneven-clusters', { input: at('uneven'), clusters: 2 })).toMatchObject({
      exitCode: 0,
    });
    const [mask] = await openLabelMasks(at('uneven-clusters', 'series-001-segments', '00001.dcm'));
    const input = await openInput(at('uneven'), () => {}, { errorMap: false, suffix: 'unused' });
    const [stack] = input.units[0].stacks;
    const { volume } = await stack.load(() => {});
    const { labels, overlaps, outside } = mask.on(volume, stack.slicePositions);
    await input.close();
    expect([overlaps, outside]).toEqual([0, 0]);
    // By even distances two slices would come to be one.
    expect(mask.on(volume).overlaps).toBeGreaterThan(0);
    // Every pixel is of one of the two clusters.
    expect(labels).toHaveLength(4 * 256 * 256);
    expect(labels.includes(0)).toBe(false);
  });

  it('passes over what is no image to mark, which is no failure', async () => {
    await brainSlices(at('mixed'), [10, 11]);
    const other = at('mixed', 'brain_011.dcm');
    const text = (await fs.readFile(other)).toString('latin1');
    const series = /1\.2\.840\.10008\.5\.1\.4\.1\.1\.4(?=\0)/g;
    // A secondary capture of another series.
    const captured = text.replace(series, '1.2.840.10008.5.1.4.1.1.7');
    expect(captured).not.toBe(text);
    await fs.writeFile(other, Buffer.from(captured, 'latin1'));
    const result = await segment('mixed-out', { input: at('mixed'), clusters: 2 });
    expect(result).toMatchObject({ exitCode: 0 });
    const { series: told } = await read<SegmentReport>('mixed-out', 'report.json');
    expect(told.map(({ status, problem }) => [status, problem?.code ?? null]).sort()).toEqual([
      ['done', null],
      ['skipped', 'E_NOT_ELIGIBLE'],
    ]);
  });

  it('places frames of a Segmentation by where they lie, and learns nothing from what two segments claim', async () => {
    const mask = (name: string, slices: readonly number[]) => writeMask(at(name), slices);
    const file = await mask('partial.dcm', [11, 10, 15]);
    const warnings: string[] = [];
    const request = requestOf('partial', { input: at('dicom'), labels: [file] });
    const result = await runJob(request, (event) => {
      if (event.type === 'warning') warnings.push(event.problem.reason ?? '');
    });
    expect(warnings.sort()).toEqual(['W_SKIPPED/mask-frames', 'W_SKIPPED/mask-overlap']);
    // Of 256 columns one half is of each segment, 16 are of both; two of three frames lie in the series.
    const half = 2 * 256 * (128 - 8);
    expect(result).toMatchObject({
      learnt: { pixels: [half, half], slices: 2 },
      classes: [{ name: 'left' }, { name: 'right' }],
    });
    const [left] = readSegmentation(
      await fs.readFile(at('partial', 'series-001-segments', '00001.dcm')),
    ).segments;
    expect(left).toMatchObject({ label: 'left', type: { value: 'UNLIKE' } });
    expect(
      await segment('outside', { input: at('dicom'), labels: [await mask('outside.dcm', [15, 16])] }),
    ).toMatchObject({
      reason: 'E_LABELS/mask-outside',
    });
  });

  it.skipIf(!hasTool('dciodvfy'))(
    'writes a Segmentation that has no complaint but those of its source',
    () => {
      const source = complaints('dciodvfy', path.join(BRAIN, 'brain_010.dcm'));
      const lines = newLines(
        source,
        complaints('dciodvfy', at('from-seg', 'series-001-segments', '00001.dcm')),
      );
      // The UIDs of these sources have roots that are none; a code of our own is not known to the tool.
      expect(lines.filter((line) => !/Illegal root for UID|<99LIMPID>/.test(line))).toEqual([]);
    },
  );

  it('refuses what cannot be learnt, each with its reason, and leaves nothing', async () => {
    const whole = truth(await head('p0'));
    const mask = (name: string, change: (label: number, i: number) => number) =>
      writeLabels(name, whole.map(change));
    const many = await writeLabels(
      'many.nii',
      Uint8Array.from(whole, (_, i) => i % 100),
    );
    const frames = at('frames.nii');
    const { data } = await head('p0');
    await fs.writeFile(
      frames,
      writeNiftiFromVolume(volumeOf(Float32Array.from([...data, ...data]), [SIDE, SIDE, SLICES, 2]), {
        gzip: false,
      }),
    );
    const half = at('half.nii');
    await fs.writeFile(
      half,
      writeNiftiFromVolume(
        volumeOf(
          data.map((value) => value / 7),
          [SIDE, SIDE, SLICES],
        ),
        { gzip: false },
      ),
    );
    const one = await mask('one.nii', (label) => (label === 2 ? 1 : 0));
    const cases: [Partial<SegmentRequest>, string][] = [
      [{}, 'E_USAGE/segment'],
      [{ labels: [one], clusters: 2 }, 'E_USAGE/segment'],
      [{ clusters: 1 }, 'E_USAGE/segment-clusters'],
      [{ clusters: 2, features: ['latent'] }, 'E_USAGE/segment-features'],
      [{ labels: [one] }, 'E_LABELS/mask-one-class'],
      [{ labels: [await mask('none.nii', () => 0)] }, 'E_LABELS/mask-empty'],
      [{ labels: [many] }, 'E_LABELS/mask-many'],
      [{ labels: [half] }, 'E_LABELS/mask-values'],
      [
        { labels: [await writeLabels('short.nii', whole.subarray(0, SIDE * SIDE * 2), [SIDE, SIDE, 2])] },
        'E_LABELS/mask-grid',
      ],
      [{ labels: [one, at('p0-whole.nii')] }, 'E_LABELS/mask-twice'],
      [{ labels: [one], input: frames }, 'E_GEOMETRY/segment-volumes'],
      [{ labels: [one], input: frames, frame: 2 }, 'E_GEOMETRY/segment-volume'],
      [{ labels: [at('in', 'gone.nii')] }, 'E_NOT_FOUND/no-such-file'],
    ];
    for (const [more, reason] of cases) {
      const { reason: said } = { reason: undefined, ...(await segment('refused', more)) };
      expect(said ?? '', JSON.stringify(more)).toContain(reason.split('/')[0]);
      if (!reason.startsWith('E_NOT_FOUND')) expect(said).toBe(reason);
    }
    await expect(fs.access(at('refused'))).rejects.toThrow();
    // What is none of the class is one too, where the person says so.
    expect(await segment('background', { labels: [one], background: true })).toMatchObject({
      exitCode: 0,
      classes: [{ label: 0, name: 'Background' }, { label: 1 }],
    });
    expect(Math.max(...(await labelsIn('background', 't1_segments.nii.gz')))).toBe(1);
    // One volume of several becomes a mask of that volume.
    expect(await segment('second', { clusters: 2, input: frames, frame: 1 })).toMatchObject({ exitCode: 0 });
    expect(await labelsIn('second', 'frames_segments.nii.gz')).toHaveLength(SIDE * SIDE * SLICES);
  });
});

/** Two segments, the left and the right half of the columns, 16 columns of which are of both. */
async function writeMask(file: string, slices: readonly number[]): Promise<string> {
  const sources = await Promise.all(
    slices.map((slice) => fs.readFile(path.join(BRAIN, `brain_0${slice}.dcm`))),
  );
  const plane = (from: number, to: number) =>
    Uint8Array.from({ length: 256 * 256 }, (_, i) => (i % 256 >= from && i % 256 < to ? 1 : 0));
  const frames = sources.flatMap((bytes) => {
    const { elements } = walkElements(bytes);
    const text = (tag: number) => asciiValue(bytes, findElement(elements, tag)) ?? '';
    const [x, y, z] = text(0x00200032).split('\\').map(Number);
    const source = { sopClassUid: text(0x00080016), sopInstanceUid: text(0x00080018) };
    const placed = { source, position: [x, y, z] as const };
    return [
      { ...placed, segment: 0, plane: plane(0, 136) },
      { ...placed, segment: 1, plane: plane(120, 256) },
    ];
  });
  const of = (label: string) => ({ label, category: SPATIAL_CONCEPT, type: UNLIKE_TRAINING });
  const bytes = segmentation({
    template: sources[0],
    frames,
    segments: [of('left'), of('right')],
    seriesInstanceUid: newUid(),
    sopInstanceUid: newUid(),
    seriesNumber: 9,
    seriesDescriptionSuffix: 'HALVES',
    label: 'HALVES',
    explanation: 'Halves',
    algorithm: 'drawn',
    description: 'drawn',
    equipment: { manufacturer: 'Limpid', model: 'Limpid', softwareVersion: '0.1.0' },
    now: new Date('2026-11-23T12:34:56Z'),
  });
  await fs.writeFile(file, bytes);
  return file;
}

describe('the latent at every pixel', () => {
  it('is that of the cell around it: of a ramp, the ramp', async () => {
    const source = await openModelSource(model, 'cpu', () => {});
    const cell = 8;
    const means: OpenModel = {
      ...source.model,
      async encode(image, rows, columns) {
        const shape = [1, rows / cell, columns / cell, 4];
        const data = new Float32Array((4 * rows * columns) / cell ** 2);
        for (let y = 0; y < rows; y++)
          for (let x = 0; x < columns; x++) {
            const at = Math.floor(y / cell) * (columns / cell) + Math.floor(x / cell);
            data[4 * at + 1] += image[y * columns + x] / cell ** 2;
          }
        return { latent: { data, shape } };
      },
    };
    // No multiple of the cell.
    const [rows, columns] = [37, 45];
    const values = Float32Array.from(
      { length: rows * columns },
      (_, i) => 0.01 * (i % columns) - 0.02 * Math.floor(i / columns),
    );
    const stack = scaledStack(volumeOf(values, [columns, rows, 1]), { low: 0, high: 1 });
    const dense = await denseLatent(means, stack, 0);
    await source.close();
    for (let y = cell; y < rows - cell; y++)
      for (let x = cell; x < columns - cell; x++)
        expect(dense[4 * (y * columns + x) + 1]).toBeCloseTo(values[y * columns + x], 5);
  });
});
