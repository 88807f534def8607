import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../../src-main/base/files.js';
import { describeResult } from '../../../src-main/cli/terminal/describe.js';
import type { AnomalyReport } from '../../../src-main/contract/anomaly.js';
import type { JobEvent } from '../../../src-main/contract/events.js';
import type { AnomalyRequest } from '../../../src-main/contract/requests/requests.js';
import { withMetadata } from '../../../src-main/graph/onnx-metadata.js';
import { readNifti, writeNiftiFromVolume } from '../../../src-main/imaging/nifti.js';
import { runJob } from '../../../src-main/jobs/run.js';
import { runTrain } from '../../../src-main/jobs/train/train.js';
import { readAll } from '../../../src-main/jobs/train/train-input.js';
import { openModelFile } from '../../../src-main/model-files/model-file.js';
import { openRuntime } from '../../../src-main/runtime/device.js';
import { complaints, newLines } from '../../dicom/validators.js';
import { volumeOf } from '../../imaging/support.js';
import { hasTool } from '../../support/tools.js';
import { BRAIN, brainSlices, removeFolders, temporaryFolder } from '../fixtures.js';
import { trainRequest } from '../train-request.js';

const hasDciodvfy = hasTool('dciodvfy');
/** The model learns from some slices of the brain and judges others. */
const LEARNT = [5, 6, 7, 8, 9, 10, 11, 12, 13];
const LOOKED_AT = [14, 15, 16];
const SIDE = 256;

let root = '';
let model = '';

beforeAll(async () => {
  root = await temporaryFolder();
  process.env.LIMPID_HOME = path.join(root, 'home');
  await brainSlices(path.join(root, 'normal'), LEARNT);
  await brainSlices(path.join(root, 'in'), LOOKED_AT);
  model = path.join(root, 'model.onnx');
  const more = {
    family: 'variational',
    settings: { base: 8, latent: 8, warmup: 0, beta: 0.1 },
    budget: { unit: 'steps', value: 150 },
    patchSize: 64,
  } as const;
  await runTrain(trainRequest(path.join(root, 'normal'), model, more), () => {});
});

afterAll(async () => {
  delete process.env.LIMPID_HOME;
  await removeFolders();
});

function anomalyRequest(output: string, more: Partial<AnomalyRequest> = {}): AnomalyRequest {
  return {
    type: 'anomaly',
    model,
    input: path.join(root, 'in'),
    output: path.join(root, output),
    normal: [],
    falsePositiveRate: 0.01,
    lesions: false,
    seed: 2,
    device: 'cpu',
    force: false,
    ...more,
  };
}

const run = (request: AnomalyRequest) => runJob(request, () => {});

async function refused(request: AnomalyRequest): Promise<string | null> {
  const result = await run(request);
  return 'stopped' in result ? result.stopped.code : null;
}

async function reportIn(output: string): Promise<AnomalyReport> {
  return JSON.parse(await fs.readFile(path.join(root, output, 'report.json'), 'utf8'));
}

describe('the card of a model', () => {
  it('tells what is usual in the slices that only judged', async () => {
    const runtime = await openRuntime('cpu', { threads: 2 });
    const { card } = await openModelFile(runtime, await fs.readFile(model));
    expect(card.normal?.planes).toBe(card.data.heldOutPlanes);
    const { error = [], errorSlices = [] } = card.normal ?? {};
    expect(error.every((limit, i) => limit > 0 && (i === 0 || limit >= error[i - 1]))).toBe(true);
    expect(errorSlices.length).toBe(card.data.heldOutPlanes);
    await runtime.close();
  });
});

describe('an anomaly run', () => {
  it('writes maps, masks, scores and a report, and nothing twice', async () => {
    expect(await run(anomalyRequest('out', { lesions: true }))).toMatchObject({
      exitCode: 0,
      command: 'anomaly',
      series: [{ status: 'done', outputs: ['series-001-error-map', 'series-001-mask'] }],
    });
    const report = await reportIn('out');
    const [{ slices, marked, lesions }] = report.series;
    expect(slices.map(({ slice }) => slice)).toEqual([0, 1, 2]);
    expect(slices.every(({ error }) => error !== null && error.rank > 0 && error.rank <= 1)).toBe(true);
    // Slices next to those learnt from are about as usual as those held out.
    expect(marked).toBeGreaterThan(0.0005);
    expect(marked).toBeLessThan(0.1);
    expect(lesions?.lesions).toBeGreaterThan(10);
    expect(lesions?.error.auroc).toBeGreaterThan(0.55);
    expect(lesions?.intensity.auroc).toBeGreaterThan(0.5);
    const brightest = lesions?.kinds.at(-1);
    expect(brightest?.diameter).toBe(12);
    const html = await fs.readFile(path.join(root, 'out', 'report.html'), 'utf8');
    expect(html).toContain('no lesion detector');
    expect(html.match(/<img /g)).toHaveLength(9);
    const csv = await fs.readFile(path.join(root, 'out', 'scores.csv'), 'utf8');
    expect(csv.trim().split('\n')).toHaveLength(4);
    expect(html + csv + JSON.stringify(report)).not.toMatch(/brain_|\/in\//);
    expect(await refused(anomalyRequest('out'))).toBe('E_EXISTS');
  });

  it.skipIf(!hasDciodvfy)('writes DICOM that has no complaint but those of its source', async () => {
    const source = complaints('dciodvfy', path.join(BRAIN, 'brain_014.dcm'));
    for (const folder of ['series-001-error-map', 'series-001-mask']) {
      const file = path.join(root, 'out', folder, '00001.dcm');
      const lines = newLines(source, complaints('dciodvfy', file));
      // The UIDs of these sources have roots that are none; a code of our own is not known to the tool.
      expect(lines.filter((line) => !/Illegal root for UID|<99LIMPID>/.test(line))).toEqual([]);
    }
  });

  it.skipIf(!hasTool('dcmdump'))('writes as many frames as the source has slices, for dcmdump', () => {
    for (const folder of ['series-001-error-map', 'series-001-mask']) {
      const file = path.join(root, 'out', folder, '00001.dcm');
      const dump = spawnSync('dcmdump', ['-q', '+P', '0028,0008', file]);
      expect(dump.stdout.toString()).toContain('[3]');
    }
  });

  it('looks at each image of a tree, and tells people where its maps are', async () => {
    const file = await brainNifti('plain.nii', false);
    for (const name of ['a/one.nii', 'b/one.nii']) {
      await fs.mkdir(path.dirname(path.join(root, 'tree', name)), { recursive: true });
      await fs.copyFile(file, path.join(root, 'tree', name));
    }
    await fs.writeFile(path.join(root, 'tree/bad.nii'), 'words');
    const result = await run(anomalyRequest('tree-out', { input: path.join(root, 'tree') }));
    if (!('series' in result) || result.command !== 'anomaly') throw new Error('There is no result.');
    expect([result.exitCode, result.series.map(({ status }) => status)]).toEqual([1, ['done', 'done']]);
    const told = result.series.flatMap(({ forPerson }) => forPerson?.outputs ?? []);
    const there = await fs.readdir(path.join(root, 'tree-out'), { recursive: true });
    expect(told.sort()).toEqual(there.filter((name) => name.endsWith('.nii.gz')).sort());
    expect(told).toHaveLength(4);
    expect(describeResult(result)).toContain('wrote b/one_mask.nii.gz');
  });

  it('marks what was never in the training images, and ranks its slice first', async () => {
    const normal = await brainNifti('plain.nii', false);
    const odd = await brainNifti('odd.nii', true);
    const more = { normal: [normal], falsePositiveRate: 0.005 };
    const result = await run(anomalyRequest('odd', { input: odd, ...more }));
    expect(result).toMatchObject({ series: [{ outputs: ['*_error-map.nii.gz', '*_mask.nii.gz'] }] });
    const mask = readNifti(await fs.readFile(path.join(root, 'odd', 'odd_mask.nii.gz'))).volume;
    const marks = (slice: number): number =>
      mask.data.subarray(slice * SIDE * SIDE, (slice + 1) * SIDE * SIDE).reduce((sum, one) => sum + one, 0);
    expect(mask.data[(2 * SIDE + 128) * SIDE + 128]).toBe(1);
    let inBlock = 0;
    for (let y = 118; y < 139; y++)
      for (let x = 118; x < 139; x++) inBlock += mask.data[(2 * SIDE + y) * SIDE + x];
    expect(inBlock).toBeGreaterThan(0.8 * 21 * 21);
    for (const slice of [0, 1, 3]) expect(marks(slice)).toBeLessThan(0.02 * SIDE * SIDE);
    const { slices } = (await reportIn('odd')).series[0];
    const score = (slice: number): number => slices[slice].error?.score ?? 0;
    expect([0, 1, 3].every((slice) => score(2) > score(slice))).toBe(true);
    expect(slices[2].error?.rank).toBeCloseTo(1 / 5, 10);
  });

  it('scores by features where the model knows them, and by its residual where that is asked for', async () => {
    expect(await reportIn('out')).toMatchObject({ score: 'features' });
    const residual = await run(anomalyRequest('residual', { score: 'residual' }));
    expect(residual).toMatchObject({ exitCode: 0, score: 'residual' });
    const [byFeatures, byResidual] = [await reportIn('out'), await reportIn('residual')];
    expect(byResidual.score).toBe('residual');
    expect(byResidual.series[0].slices[0].error).not.toEqual(byFeatures.series[0].slices[0].error);
    // The baseline is the same whatever marks.
    expect(byResidual.series[0].slices[0].intensity).toEqual(byFeatures.series[0].slices[0].intensity);
    const html = await fs.readFile(path.join(root, 'residual', 'report.html'), 'utf8');
    expect(html).toContain('Limit of the rebuild error');
    expect(await fs.readFile(path.join(root, 'out', 'report.html'), 'utf8')).toContain(
      'Limit of the distance of features',
    );
    const bytes = (folder: string) =>
      fs.readFile(path.join(root, folder, 'series-001-error-map', '00001.dcm'));
    expect((await bytes('out')).includes('Feature distance over its normal limit')).toBe(true);
    expect((await bytes('residual')).includes('Rebuild error over its normal limit')).toBe(true);
  });

  it('takes the residual of a model file that knows no places, and says so where features are asked for', async () => {
    const bare = path.join(root, 'bare.onnx');
    // Of entries of one key the last counts.
    const emptied = withMetadata(await fs.readFile(model), 'limpid.places', '');
    await fs.writeFile(bare, withMetadata(emptied, 'limpid.sha256', sha256(emptied)));
    expect(await run(anomalyRequest('bare', { model: bare }))).toMatchObject({ score: 'residual' });
    expect(await refused(anomalyRequest('none', { model: bare, score: 'features' }))).toBe('E_MODEL');
  });

  it('refuses what is no model, what tells nothing of normal images, and what cannot be', async () => {
    const text = path.join(root, 'text.onnx');
    await fs.writeFile(text, 'no model');
    expect(await refused(anomalyRequest('a', { model: text }))).toBe('E_MODEL');
    expect(await refused(anomalyRequest('b', { falsePositiveRate: 0 }))).toBe('E_USAGE');
    expect(await refused(anomalyRequest('in'))).toBe('E_INSIDE_SOURCE');
    const few = path.join(root, 'few');
    await brainSlices(few, [17]);
    expect(await refused(anomalyRequest('c', { normal: [few] }))).toBe('E_TOO_FEW');
    const constant = path.join(root, 'constant.nii');
    const volume = volumeOf(new Float32Array(4096).fill(7), [32, 32, 4]);
    await fs.writeFile(constant, writeNiftiFromVolume(volume, { gzip: false }));
    const failed = await run(anomalyRequest('d', { input: constant }));
    expect(failed).toMatchObject({ exitCode: 1, series: [{ problem: { code: 'E_VALUES' } }] });
    expect(await fs.readdir(path.join(root, 'd', '.limpid'))).not.toContain('work');
  });

  it('tells of voxels that are no numbers, and marks none of them', async () => {
    const file = path.join(root, 'gaps.nii');
    const data = Float32Array.from({ length: 64 * 64 * 2 }, (_, i) => 100 + 50 * Math.sin(i / 9));
    data.fill(Number.NaN, 70, 80);
    await fs.writeFile(file, writeNiftiFromVolume(volumeOf(data, [64, 64, 2]), { gzip: false }));
    const events: JobEvent[] = [];
    const result = await runJob(anomalyRequest('gaps', { input: file }), (event) => events.push(event));
    expect(result).toMatchObject({ exitCode: 0 });
    const told = events.flatMap((event) => (event.type === 'warning' ? [event.problem.message] : []));
    expect(told).toEqual([expect.stringContaining('10 of 8,192 voxels')]);
    const report = JSON.parse(await fs.readFile(path.join(root, 'gaps', 'report.json'), 'utf8'));
    expect(report.series[0].warnings.map((one: { message: string }) => one.message)).toEqual(told);
    expect(await fs.readFile(path.join(root, 'gaps', 'report.html'), 'utf8')).toContain('10 of 8,192 voxels');
    const map = readNifti(await fs.readFile(path.join(root, 'gaps', 'gaps_error-map.nii.gz'))).volume;
    expect(map.data.every(Number.isFinite)).toBe(true);
    expect(map.data.subarray(70, 80).every((value) => value === 0)).toBe(true);
  });
});

/** Four slices of the brain; in the third one a bright block where there is none. */
async function brainNifti(name: string, block: boolean): Promise<string> {
  const folder = path.join(root, `${name}-source`);
  await brainSlices(folder, [10, 11, 12, 13]);
  const [{ volume }] = await readAll(
    [folder],
    false,
    () => {},
    () => {},
  );
  const data = volume.data.slice();
  if (block)
    for (let y = 118; y < 139; y++) for (let x = 118; x < 139; x++) data[(2 * SIDE + y) * SIDE + x] += 1000;
  const out = path.join(root, name);
  await fs.writeFile(out, writeNiftiFromVolume(volumeOf(data, [SIDE, SIDE, 4]), { gzip: false }));
  return out;
}
