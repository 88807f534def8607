import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProbeFile, ProbeReport } from '../../../src-main/contract/encoders/probe.js';
import type { LatentIndex } from '../../../src-main/contract/encoders/retrieval.js';
import { LimpidError } from '../../../src-main/contract/errors.js';
import type {
  IndexRequest,
  LikeRequest,
  ProbeRequest,
} from '../../../src-main/contract/requests/encoders.js';
import { writeNiftiFromVolume } from '../../../src-main/imaging/nifti.js';
import { labelSeries } from '../../../src-main/jobs/probe/label-samples.js';
import { runJob } from '../../../src-main/jobs/run.js';
import { runTrain } from '../../../src-main/jobs/train/train.js';
import { readAll } from '../../../src-main/jobs/train/train-input.js';
import { volumeOf } from '../../imaging/support.js';
import { removeFolders, temporaryFolder } from '../fixtures.js';
import { trainRequest } from '../train-request.js';
import { drawHeads } from './heads.js';

const PATIENTS = 6;
let root = '';
let input = '';
let model = '';

beforeAll(async () => {
  root = await temporaryFolder();
  process.env.LIMPID_HOME = path.join(root, 'home');
  input = path.join(root, 'in');
  await drawHeads(input, PATIENTS);
  model = path.join(root, 'cells.onnx');
  await runTrain(
    trainRequest(input, model, { family: 'plain', settings: { patch: 8, latent: 4 } }),
    () => {},
  );
});

afterAll(async () => {
  delete process.env.LIMPID_HOME;
  await removeFolders();
});

async function table(name: string, head: string, line: (patient: number, kind: string) => string | null) {
  const lines = Array.from({ length: PATIENTS }, (_, p) =>
    ['t1', 't2'].flatMap((kind) => line(p, kind) ?? []),
  );
  const file = path.join(root, name);
  await fs.writeFile(file, [head, ...lines.flat()].join('\n'));
  return file;
}

function probeRequest(output: string, more: Partial<ProbeRequest>): ProbeRequest {
  return {
    type: 'probe',
    model,
    inputs: [input],
    output: path.join(root, output),
    labels: null,
    column: null,
    group: null,
    kind: 'auto',
    predict: null,
    slices: 3,
    seed: 1,
    device: 'cpu',
    force: false,
    ...more,
  };
}

async function probe(output: string, more: Partial<ProbeRequest>) {
  const result = await runJob(probeRequest(output, more), () => {});
  if ('stopped' in result) return { reason: result.stopped.reason, facts: result.stopped.facts };
  if (result.command !== 'probe') throw new Error(result.command);
  return result;
}

const read = async <T>(output: string, name: string): Promise<T> =>
  JSON.parse(await fs.readFile(path.join(root, output, name), 'utf8'));

describe('limpid probe', () => {
  it('learns a weighting from latents, judges it on other patients, and tells it of new series', async () => {
    const labels = await table(
      'kinds.csv',
      'file,label,patient',
      (p, kind) => `in/p${p}/${kind}.nii,${kind},p${p}`,
    );
    expect(await probe('learnt', { labels })).toMatchObject({
      exitCode: 0,
      series: 2 * PATIENTS,
      slices: 3 * 2 * PATIENTS,
      learnt: { target: 'classes', patients: PATIENTS, folds: 5 },
    });
    const report = await read<ProbeReport>('learnt', 'report.json');
    const [linear] = report.results;
    expect(linear).toMatchObject({
      features: 'latent',
      method: 'linear',
      series: { kind: 'classes' },
    });
    expect(linear.series.kind === 'classes' && linear.series.accuracy).toBeGreaterThan(0.8);
    expect(report.results).toHaveLength(6);
    expect(report.counts.classes).toEqual([
      { series: PATIENTS, patients: PATIENTS },
      { series: PATIENTS, patients: PATIENTS },
    ]);
    const held = (await fs.readFile(path.join(root, 'learnt', 'held-out.csv'), 'utf8')).trim().split('\n');
    expect(held).toHaveLength(1 + 3 * 2 * PATIENTS);
    for (const name of ['probe.json', 'held-out.csv', 'report.html', 'report.json'])
      expect(await fs.readFile(path.join(root, 'learnt', name), 'utf8')).not.toMatch(/\bp\d\b|\/in\//);

    const predict = path.join(root, 'learnt', 'probe.json');
    const flat = path.join(root, 'even.nii');
    await fs.writeFile(
      flat,
      writeNiftiFromVolume(volumeOf(new Float32Array(4096), [32, 32, 4]), { gzip: false }),
    );
    const told = await probe('told', { predict, slices: 2, inputs: [input, flat] });
    expect(told).toMatchObject({ exitCode: 1, problems: [{ code: 'E_VALUES' }] });
    if (!('told' in told)) throw new Error(told.reason);
    expect(
      told.told.map(({ class: name, forPerson }) => `p0/${name}.nii` === forPerson?.description),
    ).toContain(true);
    for (const one of told.told)
      expect(one.forPerson?.description).toBe(`${one.forPerson?.description.slice(0, 3)}${one.class}.nii`);
    expect(JSON.stringify(await read('told', 'report.json'))).not.toMatch(/p\d\/t/);
  });

  it('learns numbers', async () => {
    const labels = await table(
      'numbers.csv',
      'file,size,who',
      (p, kind) => `in/p${p}/${kind}.nii,${p + (kind === 't1' ? 0 : 50)},p${p}`,
    );
    await probe('numbers', { labels, column: 'size', group: 'who' });
    const report = await read<ProbeReport>('numbers', 'report.json');
    expect(report.target).toEqual({ kind: 'numbers' });
    const [{ series }] = report.results;
    expect(series.kind === 'numbers' && series.explained).toBeGreaterThan(0.5);
    expect(report.chance.meanError).toBeCloseTo(25, 0);
  });

  it('refuses what could not be judged on other patients', async () => {
    const reads = await readAll(
      [input],
      false,
      () => {},
      () => {},
    );
    const reasonOf = async (name: string, head: string, line: (p: number, kind: string) => string | null) => {
      const labels = await table(name, head, line);
      const work = { request: probeRequest('refused', { labels }), reads, told: () => {} };
      const error: unknown = await labelSeries(work, labels).catch((thrown: unknown) => thrown);
      return error instanceof LimpidError ? [error.reason, error.facts] : error;
    };
    const file = (p: number, kind: string) => `in/p${p}/${kind}.nii`;
    expect(await reasonOf('a', 'file,label', (p, kind) => `${file(p, kind)},same`)).toEqual([
      'E_LABELS/one-class',
      {},
    ]);
    expect(await reasonOf('b', 'file,label,patient', (p, kind) => `${file(p, kind)},${kind},one`)).toEqual([
      'E_LABELS/one-patient',
      {},
    ]);
    expect(
      await reasonOf(
        'c',
        'file,label',
        (p, kind) => `${file(p, kind)},${p === 0 && kind === 't1' ? 'rare' : kind}`,
      ),
    ).toEqual(['E_LABELS/few-patients', { classes: 1 }]);
    expect(
      await reasonOf(
        'd',
        'file,label,patient,fold',
        (p, kind) => `${file(p, kind)},${kind},p${p},${p === 2 ? kind : p % 2}`,
      ),
    ).toEqual(['E_LABELS/patient-in-folds', { patients: 1 }]);
    expect(await reasonOf('e', 'file,label,fold', (p, kind) => `${file(p, kind)},${kind},1`)).toEqual([
      'E_LABELS/folds',
      {},
    ]);
  });

  it('gives files of the same name in several inputs ids that differ, and a file that is named twice one patient', async () => {
    const [first, second] = [path.join(input, 'p0'), path.join(input, 'p1')];
    const idsOf = async (paths: string[], only?: string[]) => {
      const ignore = () => {};
      const reads = await readAll(paths, false, ignore, ignore, only === undefined ? {} : { only });
      return reads.map(({ stack: { id, group } }) => ({ id, group }));
    };
    const alone = await idsOf([first]);
    const both = await idsOf([first, second]);
    expect(both.map(({ id }) => id)).toEqual([
      ...alone.map(({ id }) => id),
      ...alone.map(({ id }) => `${id}-2`),
    ]);
    expect(new Set(both.map(({ group }) => group)).size).toBe(4);
    const files = await idsOf(['t1', 't2', 't1'].map((kind) => path.join(first, `${kind}.nii`)));
    expect(files.map(({ id }) => id)).toEqual(['nifti', 'nifti-2', 'nifti']);
    // Through its folder too.
    const twice = await idsOf([first, path.join(first, 't1.nii')]);
    expect(new Set(twice.map(({ group }) => group)).size).toBe(2);
    // Who asks for a series by its id knows of which input it is.
    const chosen = alone.map(({ id }) => id);
    expect((await idsOf([first, second], chosen)).map(({ id }) => id)).toEqual(chosen);
  });

  it('takes the folds of the table, and tells of lines and series that do not match', async () => {
    const labels = await table('folds.csv', 'file,label,patient,fold', (p, kind) =>
      p === 5
        ? kind === 't1'
          ? 'in/p9/t1.nii,t1,p9,a'
          : null
        : `in/p${p}/${kind}.nii,${kind},p${p},${p < 2 ? 'a' : 'b'}`,
    );
    const result = await probe('folds', { labels });
    expect(result).toMatchObject({ exitCode: 0, series: 10, learnt: { folds: 2, patients: 5 } });
    expect('problems' in result && result.problems).toMatchObject([
      { reason: 'W_SKIPPED/labels', facts: { rows: 1, series: 2 } },
    ]);
  });

  it('applies no probe of another model, and no other file', async () => {
    const kept = await read<ProbeFile>('learnt', 'probe.json');
    const file = path.join(root, 'changed.json');
    const told = async (changed: unknown) => {
      await fs.writeFile(file, JSON.stringify(changed));
      const result = await probe('other', { predict: file });
      return 'reason' in result ? result.reason : result;
    };
    expect(await told({ ...kept, model: { ...kept.model, sha256: 'f'.repeat(64) } })).toBe(
      'E_MODEL/probe-model',
    );
    expect(await told({ ...kept, factors: kept.factors.slice(1) })).toBe('E_MODEL/probe-file');
    expect(await told({ hello: 1 })).toBe('E_MODEL/probe-file');
    expect(await probe('both', { predict: file, labels: file })).toMatchObject({ reason: 'E_USAGE/probe' });
  });
});

describe('an index of latents', () => {
  const index = () => path.join(root, 'index');
  const add = (inputs: string[], more: Partial<IndexRequest> = {}) =>
    runJob({ type: 'index', model, inputs, index: index(), device: 'cpu', force: false, ...more }, () => {});
  const like = (more: Partial<LikeRequest> = {}) =>
    runJob(
      {
        type: 'like',
        model,
        input: path.join(input, 'p0', 't2.nii'),
        slice: 1,
        index: index(),
        count: 3,
        pictures: null,
        device: 'cpu',
        ...more,
      },
      () => {},
    );

  it('is added to, keeps what it has, and finds series like a slice, but for its own', async () => {
    expect(await add([path.join(input, 'p0'), path.join(input, 'p1')])).toMatchObject({
      added: 4,
      series: 4,
      slices: 16,
    });
    const whole = [0, 1, 2, 3].map((p) => path.join(input, `p${p}`));
    const flat = path.join(root, 'flat.nii');
    await fs.writeFile(
      flat,
      writeNiftiFromVolume(volumeOf(new Float32Array(4096), [32, 32, 4]), { gzip: false }),
    );
    expect(await add([flat, path.join(input, 'p0')])).toMatchObject({
      exitCode: 1,
      added: 0,
      kept: 2,
      problems: [{ code: 'E_VALUES' }],
    });
    expect(await add(whole)).toMatchObject({ exitCode: 0, added: 4, kept: 4, series: 8, slices: 32 });
    const result = await like({ pictures: path.join(root, 'like') });
    expect(result).toMatchObject({
      exitCode: 0,
      searched: { series: 8, slices: 32 },
      files: ['like.png', 'like.json'],
    });
    if (result.command !== 'like' || 'stopped' in result) throw new Error('nothing was found');
    expect(result.found.map(({ forPerson }) => path.basename(forPerson?.place ?? ''))).toEqual([
      't2.nii',
      't2.nii',
      't2.nii',
    ]);
    expect(result.found.some(({ forPerson }) => forPerson?.place.includes('p0'))).toBe(false);
    const distances = result.found.map(({ distance }) => distance);
    expect(distances).toEqual([...distances].sort((a, b) => a - b));
    expect(await fs.readFile(path.join(root, 'like', 'like.json'), 'utf8')).not.toMatch(/\.nii|\/in\//);
  });

  it('counts no rows of a run that was stopped, and writes over them', async () => {
    const vectors = path.join(index(), 'vectors.f32');
    const before = await fs.readFile(vectors);
    await fs.appendFile(vectors, Buffer.alloc(1000, 7));
    expect(await like()).toMatchObject({ searched: { slices: 32 } });
    expect(await add([path.join(input, 'p4')])).toMatchObject({ added: 2, slices: 40 });
    const after = await fs.readFile(vectors);
    expect(after.subarray(0, before.length).equals(before)).toBe(true);
    expect(after.length).toBe((before.length / 32) * 40);
  });

  it('names no two series alike, in however many runs they came, so that what is found tells the place', async () => {
    // Each folder has images of the same names, so of the same ids: the last one came alone.
    const pictures = path.join(root, 'like-all');
    const result = await like({ pictures, count: 100 });
    if (result.command !== 'like' || 'stopped' in result) throw new Error('nothing was found');
    const { series }: LatentIndex = JSON.parse(await fs.readFile(path.join(index(), 'index.json'), 'utf8'));
    expect(series).toHaveLength(10);
    const placeOf = new Map(series.map(({ id, forPerson }) => [id, forPerson.place]));
    expect(placeOf.size).toBe(10);
    const report: { readonly found: readonly { readonly series: string }[] } = JSON.parse(
      await fs.readFile(path.join(pictures, 'like.json'), 'utf8'),
    );
    expect(report.found.map(({ series: id }) => placeOf.get(id))).toEqual(
      result.found.map(({ forPerson }) => forPerson?.place),
    );
    expect(await add([path.join(input, 'p4')])).toMatchObject({ added: 0, kept: 2, series: 10 });
  });

  it('is refused where it is none, damaged or of another model', async () => {
    const reasonOf = async (running: ReturnType<typeof runJob>) => {
      const result = await running;
      return 'stopped' in result ? result.stopped.reason : null;
    };
    expect(await reasonOf(like({ index: root }))).toBe('E_INDEX/none');
    expect(await reasonOf(like({ slice: 4 }))).toBe('E_USAGE/no-slice');
    const folder = path.join(input, 'p0');
    expect(await reasonOf(like({ input: folder }))).toBe('E_USAGE/several-series');
    expect(await reasonOf(like({ input: folder, series: ['none'] }))).toBe('E_NOT_FOUND/wanted-series');
    const chosen = await like({ input: folder, where: 'path~t2' });
    if (chosen.command !== 'like' || 'stopped' in chosen) throw new Error('nothing was found');
    expect(chosen.found.map(({ forPerson }) => path.basename(forPerson?.place ?? ''))).toEqual(
      Array<string>(3).fill('t2.nii'),
    );
    const vectors = path.join(index(), 'vectors.f32');
    const whole = await fs.readFile(vectors);
    const flipped = Buffer.from(whole);
    flipped[whole.length >> 1] ^= 1;
    await fs.writeFile(vectors, flipped);
    expect(await reasonOf(like())).toBe('E_INDEX/damaged');
    await fs.writeFile(vectors, whole);
    const file = path.join(index(), 'index.json');
    const kept: LatentIndex = JSON.parse(await fs.readFile(file, 'utf8'));
    const changed = async (to: Partial<LatentIndex>) => {
      await fs.writeFile(file, JSON.stringify({ ...kept, ...to }));
      return [await reasonOf(like()), await reasonOf(add([input]))];
    };
    const other = { ...kept.model, sha256: 'f'.repeat(64) };
    expect(await changed({ model: other })).toEqual(['E_INDEX/other-model', 'E_INDEX/other-model']);
    expect(await changed({ rows: 41 })).toEqual(['E_INDEX/damaged', 'E_INDEX/damaged']);
    expect(await changed({ vectors: { ...kept.vectors, length: 1000 } })).toEqual([
      'E_INDEX/damaged',
      'E_INDEX/damaged',
    ]);
  });
});
