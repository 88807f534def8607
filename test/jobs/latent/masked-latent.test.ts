import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LatentMap } from '../../../src-main/contract/encoders/latent.js';
import type { ProbeReport } from '../../../src-main/contract/encoders/probe.js';
import type { SegmentReport } from '../../../src-main/contract/segment-report.js';
import { writeNiftiFromVolume } from '../../../src-main/imaging/nifti.js';
import { runModels } from '../../../src-main/jobs/models.js';
import { runJob } from '../../../src-main/jobs/run.js';
import { runTrain } from '../../../src-main/jobs/train/train.js';
import { openRuntime } from '../../../src-main/runtime/device.js';
import { listModels } from '../../../src-main/store/model-store.js';
import { volumeOf } from '../../imaging/support.js';
import { removeFolders, temporaryFolder } from '../fixtures.js';
import { drawHeads } from '../probe/heads.js';
import { trainRequest } from '../train-request.js';

const PATIENTS = 5;
const [PATCH, WIDTH] = [8, 16];
let root = '';
let model = '';
const at = (...names: string[]): string => path.join(root, ...names);
const COMMON = { seed: 1, device: 'cpu', force: false } as const;

beforeAll(async () => {
  root = await temporaryFolder();
  process.env.LIMPID_HOME = at('home');
  await drawHeads(at('in'), PATIENTS);
  model = at('masked.onnx');
  const settings = { patch: PATCH, width: WIDTH, depth: 1, decoderWidth: 16 };
  await runTrain(trainRequest(at('in'), model, { family: 'masked', settings }), () => {});
});

afterAll(async () => {
  delete process.env.LIMPID_HOME;
  await removeFolders();
});

async function done(running: ReturnType<typeof runJob>) {
  const result = await running;
  return 'stopped' in result ? result.stopped : result;
}

const map = (output: string, more: { inputs?: string[]; traverse?: boolean } = {}) =>
  done(
    runJob(
      {
        type: 'latent',
        model,
        inputs: [at('in')],
        output: at(output),
        clusters: null,
        nearest: null,
        ...COMMON,
        ...more,
      },
      () => {},
    ),
  );

/** The model in the library. */
async function takenIn(): Promise<string> {
  const { models } = await runModels({
    type: 'models',
    action: 'import',
    path: model,
    name: 'tokens',
    foreign: null,
  });
  return models[0].id;
}

/** A smooth image of four slices. */
async function nifti(name: string, columns: number, rows: number): Promise<string> {
  const data = Float32Array.from(
    { length: columns * rows * 4 },
    (_, i) => 100 * Math.sin(i % columns) ** 2 + (i % rows),
  );
  await fs.writeFile(at(name), writeNiftiFromVolume(volumeOf(data, [columns, rows, 4]), { gzip: false }));
  return at(name);
}

describe('a masked model', () => {
  it('describes slices by its tokens, of windows and of planes of other sizes', async () => {
    expect(await map('map')).toMatchObject({ exitCode: 0, length: 2 * WIDTH, slices: 8 * PATIENTS });
    const found: LatentMap = JSON.parse(await fs.readFile(at('map', 'latent.json'), 'utf8'));
    expect(found).toMatchObject({ model: { family: 'masked' }, vectors: { kind: 'cell moments' } });
    const inputs = [await nifti('odd.nii', 45, 61), await nifti('small.nii', 20, 17)];
    expect(await map('odd', { inputs })).toMatchObject({ exitCode: 0, slices: 8 });
    expect(await map('tiny', { inputs: [await nifti('tiny.nii', 20, 15)] })).toMatchObject({
      reason: 'E_TOO_SMALL/latent',
      facts: { least: 16 },
    });
  });

  it('tells weightings by a probe', async () => {
    const lines = Array.from({ length: PATIENTS }, (_, p) =>
      ['t1', 't2'].map((kind) => `in/p${p}/${kind}.nii,${kind},p${p}`),
    );
    await fs.writeFile(at('labels.csv'), ['file,label,patient', ...lines.flat()].join('\n'));
    const request = {
      type: 'probe',
      model,
      inputs: [at('in')],
      column: null,
      group: null,
      ...COMMON,
    } as const;
    const labels = {
      output: at('probe'),
      labels: at('labels.csv'),
      kind: 'auto',
      predict: null,
      slices: 3,
    } as const;
    expect(await done(runJob({ ...request, ...labels }, () => {}))).toMatchObject({ exitCode: 0 });
    const report: ProbeReport = JSON.parse(await fs.readFile(at('probe', 'report.json'), 'utf8'));
    const [{ features, series }] = report.results;
    expect(features).toBe('latent');
    expect(series.kind === 'classes' && series.accuracy).toBeGreaterThan(0.8);
  });

  it('marks pixels by what is around them', async () => {
    const request = {
      type: 'segment',
      model,
      input: at('in', 'p0', 't1.nii'),
      output: at('segments'),
    } as const;
    const rest = {
      labels: [],
      clusters: 2,
      predict: null,
      background: false,
      names: [],
      frame: null,
    } as const;
    const result = await done(runJob({ ...request, ...rest, features: ['latent'], ...COMMON }, () => {}));
    expect(result).toMatchObject({ exitCode: 0, family: 'masked', features: ['latent'] });
    const report: SegmentReport = JSON.parse(await fs.readFile(at('segments', 'report.json'), 'utf8'));
    const voxels = report.series[0].segments.map((segment) => segment.voxels);
    // Neither cluster is empty, as it would be if all pixels had one latent.
    expect(Math.min(...voxels)).toBeGreaterThan(200);
  });

  it('finds series by an index', async () => {
    const index = { type: 'index', model, inputs: [at('in')], index: at('index') } as const;
    expect(await done(runJob({ ...index, device: 'cpu', force: false }, () => {}))).toMatchObject({
      added: 2 * PATIENTS,
    });
    const like = {
      type: 'like',
      model,
      input: at('in', 'p0', 't2.nii'),
      slice: 1,
      index: at('index'),
      count: 4,
    } as const;
    const found = await done(runJob({ ...like, pictures: null, device: 'cpu' }, () => {}));
    if (!('found' in found)) throw new Error('nothing was found');
    expect(found.found.map(({ forPerson }) => path.basename(forPerson?.place ?? ''))).toEqual(
      Array(4).fill('t2.nii'),
    );
  });

  it('gives its encoder to others, and has no decoder to give', async () => {
    const id = await takenIn();
    const out = at('encoder.onnx');
    await runModels({ type: 'models', action: 'export', model: id, path: out, part: 'encoder' });
    const runtime = await openRuntime('cpu');
    const encoder = await runtime.loadModel(await fs.readFile(out));
    expect([encoder.inputShapes, encoder.outputShapes]).toEqual([
      { image: [1, 32, 32, 1] },
      { latent: [1, 32 / PATCH, 32 / PATCH, WIDTH] },
    ]);
    await runtime.close();
    const decoder = runModels({
      type: 'models',
      action: 'export',
      model: id,
      path: at('d.onnx'),
      part: 'decoder',
    });
    await expect(decoder).rejects.toMatchObject({ reason: 'E_MODEL/no-decoder' });
  });

  it('is listed with its latent also where an earlier version took it into the library', async () => {
    const id = await takenIn();
    const entry = at('home', 'models', `${id}.json`);
    const text = JSON.parse(await fs.readFile(entry, 'utf8'));
    expect(text.tasks).toEqual(['reconstruct', 'latent']);
    await fs.writeFile(entry, JSON.stringify({ ...text, tasks: ['reconstruct'] }));
    expect((await listModels()).map(({ tasks }) => tasks)).toEqual([['reconstruct', 'latent']]);
  });

  it('cannot be asked for what needs a decoder, and says so before it looks at images', async () => {
    expect(await map('walk', { traverse: true })).toMatchObject({
      reason: 'E_MODEL/encodes-only',
      facts: { family: 'masked' },
    });
    const generate = {
      type: 'generate',
      model,
      output: at('made'),
      count: 1,
      seed: 1,
      device: 'cpu',
    } as const;
    expect(await done(runJob(generate, () => {}))).toMatchObject({ reason: 'E_MODEL/makes-none' });
    const compress = {
      type: 'compress',
      model,
      input: at('in', 'p0', 't1.nii'),
      output: at('a.lmp'),
      rounding: 0.1,
      device: 'cpu',
      force: false,
    } as const;
    expect(await done(runJob(compress, () => {}))).toMatchObject({ reason: 'E_MODEL/no-codes' });
  });
});
