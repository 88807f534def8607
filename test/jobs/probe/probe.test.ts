import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProbeFile, ProbeReport } from '../../../src-main/contract/encoders/probe.js';
import { LimpidError } from '../../../src-main/contract/errors.js';
import type { ProbeRequest } from '../../../src-main/contract/requests/encoders.js';
import { labelSeries } from '../../../src-main/jobs/probe/label-samples.js';
import { runJob } from '../../../src-main/jobs/run.js';
import { runTrain } from '../../../src-main/jobs/train/train.js';
import { readAll } from '../../../src-main/jobs/train/train-input.js';
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
    const told = await probe('told', { predict, slices: 2 });
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
