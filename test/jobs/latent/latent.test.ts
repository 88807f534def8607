import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { decode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LatentMap } from '../../../src-main/contract/encoders/latent.js';
import type { LatentRequest } from '../../../src-main/contract/requests/requests.js';
import type { TrainRequest } from '../../../src-main/contract/requests/training.js';
import { writeNiftiFromVolume } from '../../../src-main/imaging/nifti.js';
import { runJob } from '../../../src-main/jobs/run.js';
import { runTrain } from '../../../src-main/jobs/train/train.js';
import { python, pythonLacks, volumeOf } from '../../imaging/support.js';
import { brainSlices, ofAnotherSeries, removeFolders, temporaryFolder } from '../fixtures.js';
import { trainRequest } from '../train-request.js';

const noNumpy = pythonLacks('numpy');
const SLICES = Array.from({ length: 12 }, (_, i) => i + 4);

let root = '';
let input = '';
let cells = '';
let planes = '';

beforeAll(async () => {
  root = await temporaryFolder();
  input = path.join(root, 'in');
  process.env.LIMPID_HOME = path.join(root, 'home');
  await brainSlices(input, SLICES);
  cells = await trained('cells.onnx', { family: 'convolutional', settings: { base: 8 } });
  planes = await trained('planes.onnx', {
    family: 'variational',
    settings: { base: 8, latent: 8, warmup: 0 },
    budget: { unit: 'steps', value: 60 },
  });
});

afterAll(async () => {
  delete process.env.LIMPID_HOME;
  await removeFolders();
});

async function trained(name: string, more: Partial<TrainRequest>): Promise<string> {
  const output = path.join(root, name);
  await runTrain(trainRequest(input, output, more), () => {});
  return output;
}

function latentRequest(model: string, output: string, more: Partial<LatentRequest> = {}): LatentRequest {
  return {
    type: 'latent',
    model,
    inputs: [input],
    output: path.join(root, output),
    clusters: null,
    nearest: null,
    seed: 3,
    device: 'cpu',
    force: false,
    ...more,
  };
}

const run = (request: LatentRequest) => runJob(request, () => {});

async function mapIn(output: string): Promise<LatentMap> {
  return JSON.parse(await fs.readFile(path.join(root, output, 'latent.json'), 'utf8'));
}

/** The middle column of a traversal is one picture; those at its ends are others where the axis varies. */
async function traversalMoves(file: string, axes: number): Promise<void> {
  const { data, width, height } = decode(await fs.readFile(file));
  const [side, gap] = [96, 4];
  expect([width, height]).toEqual([7 * (side + gap) + gap, axes * (side + gap) + gap]);
  const tile = (line: number, place: number): number[] =>
    Array.from(
      { length: side },
      (_, i) => data[(gap + line * (side + gap) + i) * width + gap + place * (side + gap) + i],
    );
  for (let line = 1; line < axes; line++) expect(tile(line, 3)).toEqual(tile(0, 3));
  expect(tile(0, 0)).not.toEqual(tile(0, 3));
  expect(tile(0, 6)).not.toEqual(tile(0, 0));
}

describe('a latent map', () => {
  it('has a vector, coordinates and a cluster for every slice, and finds a slice by itself', async () => {
    const nearest = path.join(root, 'one');
    await brainSlices(nearest, [9]);
    const result = await run(latentRequest(planes, 'map', { nearest, traverse: true }));
    expect(result).toMatchObject({ exitCode: 0, slices: 12, length: 8, queries: 1 });
    const map = await mapIn('map');
    expect(map.vectors.kind).toBe('plane');
    expect(map.points.map(({ slice }) => slice)).toEqual(SLICES.map((_, i) => i));
    expect(
      map.points.every(({ umap, pca }) => umap !== null && [...umap, ...pca].every(Number.isFinite)),
    ).toBe(true);
    expect(map.clusters.reduce((sum, { size }) => sum + size, 0)).toBe(12);
    const [{ shown }] = map.clusters;
    expect(shown.every((point) => map.points[point].cluster === 0)).toBe(true);
    // The order of slices in the file set runs along the head in one direction or the other.
    const found = map.queries[0].nearest.map(({ point }) => map.points[point].slice);
    expect([SLICES.indexOf(9), 11 - SLICES.indexOf(9)]).toContain(found[0]);
    const deviations = map.traversal?.axes.map(({ deviation }) => deviation) ?? [];
    expect(deviations).toHaveLength(8);
    expect(deviations).toEqual([...deviations].sort((a, b) => b - a));
    expect(map.traversal).toMatchObject({ slice: { series: 0, slice: 6, frame: 0 }, side: 96, gap: 4 });
    await traversalMoves(path.join(root, 'map', 'traversal.png'), 8);
    const csv = (await fs.readFile(path.join(root, 'map', 'vectors.csv'), 'utf8')).trim().split('\n');
    expect(csv.map((line) => line.split(',').length)).toEqual(Array(13).fill(17));
    const svg = await fs.readFile(path.join(root, 'map', 'map.svg'), 'utf8');
    expect(svg.match(/<circle/g)).toHaveLength(24);
    for (const name of await fs.readdir(path.join(root, 'map')))
      if (/\.(json|csv|svg)$/.test(name))
        expect(await fs.readFile(path.join(root, 'map', name), 'utf8')).not.toMatch(/brain_|\/in\//);
  });

  it('is the same for the same seed, has as many clusters as asked for, and is not overwritten', async () => {
    const result = await run(latentRequest(cells, 'again', { clusters: 3 }));
    expect(result).toMatchObject({ exitCode: 0, length: 16, series: 1 });
    const { clusters, ...map } = await mapIn('again');
    expect(clusters.length).toBe(3);
    expect(map.vectors.kind).toBe('cell moments');
    expect(await run(latentRequest(cells, 'again'))).toMatchObject({ stopped: { code: 'E_EXISTS' } });
    await run(latentRequest(cells, 'third', { clusters: 3 }));
    expect(await mapIn('third')).toEqual({ ...map, clusters });
  });

  it('looks only at the series that are meant, of a folder that holds several', async () => {
    const both = path.join(root, 'both');
    await brainSlices(both, SLICES);
    for (const [i, slice] of SLICES.slice(0, 5).entries())
      await fs.writeFile(path.join(both, `other-${i}.dcm`), await ofAnotherSeries(slice));
    await run(latentRequest(cells, 'whole', { inputs: [both] }));
    const whole = await mapIn('whole');
    expect(whole.series.map(({ slices }) => slices).sort()).toEqual([12, 5]);
    const other = whole.series.find(({ slices }) => slices === 5);
    await run(latentRequest(cells, 'only', { inputs: [both], only: [other?.id ?? ''] }));
    expect((await mapIn('only')).series).toEqual([other]);
  });

  it.skipIf(noNumpy !== '')('writes vectors that numpy reads', async () => {
    const npy = await fs.readFile(path.join(root, 'map', 'vectors.npy'));
    const script = `
import numpy, json
a = numpy.load('v.npy')
print(json.dumps([*a.shape, float(a[3, 5]), int(a.dtype == numpy.float32)]))`;
    const [rows, columns, value, single] = python(script, { 'v.npy': npy });
    expect([rows, columns, single]).toEqual([12, 8, 1]);
    const line = (await fs.readFile(path.join(root, 'map', 'vectors.csv'), 'utf8')).split('\n')[4];
    expect(value).toBeCloseTo(Number(line.split(',')[9 + 5]), 5);
  });

  it('refuses what has no latent, no card, too few slices or too many clusters', async () => {
    const refused = async (request: LatentRequest) => {
      const result = await run(request);
      return 'stopped' in result ? result.stopped.code : null;
    };
    const denoiser = await trained('denoiser.onnx', { family: 'denoising', objective: 'gaussian' });
    expect(await refused(latentRequest(denoiser, 'a'))).toBe('E_MODEL');
    const noModel = path.join(root, 'text.onnx');
    await fs.writeFile(noModel, 'no model');
    expect(await refused(latentRequest(noModel, 'b'))).toBe('E_MODEL');
    const few = path.join(root, 'few');
    await brainSlices(few, [8, 9]);
    expect(await refused(latentRequest(cells, 'c', { inputs: [few] }))).toBe('E_TOO_FEW');
    expect(await refused(latentRequest(cells, 'd', { clusters: 13 }))).toBe('E_USAGE');
    expect(await refused(latentRequest(cells, 'in'))).toBe('E_INSIDE_SOURCE');
    const thin = path.join(root, 'thin.nii');
    const values = Float32Array.from({ length: 3 * 40 * 6 }, (_, i) => i % 50);
    await fs.writeFile(thin, writeNiftiFromVolume(volumeOf(values, [3, 40, 6]), { gzip: false }));
    expect(await refused(latentRequest(cells, 'e', { inputs: [thin] }))).toBe('E_TOO_SMALL');
    const left = await fs.readdir(root);
    expect(['a', 'b', 'c', 'd', 'e'].filter((name) => left.includes(name))).toEqual([]);
    // a folder that was there before stays
    await fs.mkdir(path.join(root, 'mine'));
    expect(await refused(latentRequest(noModel, 'mine'))).toBe('E_MODEL');
    expect(await fs.readdir(path.join(root, 'mine'))).toEqual([]);
  });
});
