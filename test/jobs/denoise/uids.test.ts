import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { parseDicom } from 'dicom-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../../src-main/base/random.js';
import type { PlanFile } from '../../../src-main/contract/plan-file.js';
import type { OutputReport, Report } from '../../../src-main/contract/report.js';
import type { DenoiseRequest } from '../../../src-main/contract/requests/requests.js';
import { isUid } from '../../../src-main/dicom/elements/uid.js';
import { runJob } from '../../../src-main/jobs/run.js';
import { makeDicom } from '../../dicom/support.js';
import { denoiseRequest, removeFolders, temporaryFolder } from '../fixtures.js';

afterAll(async () => {
  delete process.env.LIMPID_HOME;
  await removeFolders();
});

let root: string;
/** The same two series of one study, of the same number, in two places and under other names. */
let here: string;
let there: string;

beforeAll(async () => {
  root = await temporaryFolder();
  process.env.LIMPID_HOME = path.join(root, 'home');
  [here, there] = [path.join(root, 'here'), path.join(root, 'there', 'b')];
  await fs.mkdir(here);
  await fs.mkdir(there, { recursive: true });
  for (const k of [1, 2])
    for (let i = 0; i < 3; i++) {
      const image = drawn(k, i);
      await fs.writeFile(path.join(here, `${k}-${i}.dcm`), image);
      await fs.writeFile(path.join(there, `z${9 - 3 * k - i}`), image);
    }
});

function drawn(series: number, slice: number): Uint8Array {
  const random = new Random(10 * series + slice);
  const values = Array.from({ length: 32 * 32 }, (_, at) => {
    const inside = Math.hypot((at % 32) - 16, Math.floor(at / 32) - 16) < 12;
    return Math.round(Math.hypot((inside ? 900 : 0) + 40 * random.normal(), 40 * random.normal()));
  });
  return makeDicom({
    study: '1.2',
    frameOfReference: '1.2.9',
    series: `1.2.${series}`,
    sopInstance: `1.2.${series}.${slice + 1}`,
    position: [0, 0, 3 * slice],
    rows: 32,
    columns: 32,
    values,
    spacing: '2\\2',
    thickness: 3,
  });
}

const DCT: Partial<DenoiseRequest> = { model: { kind: 'dct' }, errorMap: true };

let runs = 0;
async function outputsOf(
  input: string,
  more: Partial<DenoiseRequest> = {},
): Promise<readonly OutputReport[]> {
  const output = path.join(root, `out-${runs++}`);
  const result = await runJob(denoiseRequest(input, output, { ...DCT, ...more }), () => {});
  expect(result).not.toHaveProperty('stopped');
  const report: Report = JSON.parse(await fs.readFile(path.join(output, 'report.json'), 'utf8'));
  return report.series.flatMap(({ outputs }) => outputs);
}

const instances = (outputs: readonly OutputReport[]) =>
  outputs
    .map(({ role, seriesInstanceUid, sopInstanceUid }) => [role, seriesInstanceUid, sopInstanceUid].join(' '))
    .sort();
const uids = (outputs: readonly OutputReport[]) =>
  outputs.flatMap(({ seriesInstanceUid, sopInstanceUid }) => [seriesInstanceUid ?? '', sopInstanceUid ?? '']);

async function planOf(input: string): Promise<PlanFile> {
  const result = await runJob(denoiseRequest(input, '-', { ...DCT, dryRun: true, planFile: true }), () => {});
  if (result.command !== 'plan' || !('forPerson' in result) || result.forPerson === undefined)
    throw new Error(JSON.stringify(result));
  return result.forPerson.plan;
}

async function written(plan: PlanFile): Promise<string> {
  const file = path.join(root, `plan-${runs++}.json`);
  await fs.writeFile(file, JSON.stringify(plan));
  return file;
}

interface Share {
  readonly output: string;
  readonly outputs: readonly OutputReport[];
}

async function sharesOf(plan: string): Promise<readonly Share[]> {
  const shares: Share[] = [];
  for (const k of [1, 2]) {
    const output = path.join(root, `out-${runs}`);
    shares.push({ output, outputs: await outputsOf(plan, { plan: { shard: [k, 2] } }) });
  }
  return shares;
}

/** Of the image and of the error map of each share. */
async function seriesNumbers(shares: readonly Share[]): Promise<string[]> {
  const numbers: string[] = [];
  for (const { output, outputs } of shares)
    for (const role of ['denoised', 'error-map'] as const) {
      const [{ path: name }] = outputs.filter((one) => one.role === role);
      numbers.push(parseDicom(await fs.readFile(path.join(output, name))).string('x00200011') ?? 'none');
    }
  return numbers;
}

describe('UIDs of derived series', () => {
  it('are the same for the same images and settings, wherever they lie and are written', async () => {
    const outputs = await outputsOf(here);
    expect(outputs).toHaveLength(2 * (3 + 1));
    expect(instances(await outputsOf(there))).toEqual(instances(outputs));
    expect(uids(outputs).filter((uid) => !isUid(uid) || !/^2\.25\.[1-9][0-9]{0,38}$/.test(uid))).toEqual([]);
    const [series, sops] = [
      new Set(outputs.map((one) => one.seriesInstanceUid)),
      new Set(outputs.map((one) => one.sopInstanceUid)),
    ];
    expect([series.size, sops.size]).toEqual([4, 8]);
  });

  it('are others for other settings, and the same whether a plan or a request has these', async () => {
    const all = uids(await outputsOf(here));
    const weaker = await outputsOf(here, { strength: 0.5 });
    const seeded = await outputsOf(here, { seed: 2 });
    const filtered = await outputsOf(here, { model: { kind: 'nlm' } });
    const others = [weaker, seeded, filtered].flatMap((one) => [...new Set(uids(one))]);
    expect(others).toHaveLength(3 * (4 + 8));
    expect(new Set(others).size).toBe(others.length);
    expect(others.filter((uid) => all.includes(uid))).toEqual([]);
    const plan = await planOf(here);
    const own = { ...plan, series: plan.series.map((one) => ({ ...one, settings: { strength: 0.5 } })) };
    expect(instances(await outputsOf(await written(own), { plan: { shard: null } }))).toEqual(
      instances(weaker),
    );
  });

  it('are the same of every share of a plan, and no two series of a study have a number in common', async () => {
    const file = await written(await planOf(here));
    const shares = await sharesOf(file);
    expect(instances(shares.flatMap(({ outputs }) => outputs))).toEqual(instances(await outputsOf(here)));
    const numbers = await seriesNumbers(shares);
    expect(new Set(numbers).size, numbers.join(' ')).toBe(4);
  });

  it('takes no Series Number that the plan has of another share, where it names none', async () => {
    const plan = await planOf(here);
    const unit = plan.series[plan.series.length - 1].unit;
    const series = plan.series.map((one) => {
      const { numbers, ...rest } = one;
      return one.unit === unit ? rest : { ...rest, ...(numbers === undefined ? {} : { numbers }) };
    });
    const numbers = await seriesNumbers(await sharesOf(await written({ ...plan, series })));
    expect(new Set(numbers).size, numbers.join(' ')).toBe(4);
  });

  it('are others when more images of the series came', async () => {
    const before = await outputsOf(here, { series: ['1.2.1'] });
    await fs.writeFile(path.join(here, 'late'), drawn(1, 3));
    const after = await outputsOf(here, { series: ['1.2.1'] });
    expect(after.length).toBe(before.length + 1);
    expect(uids(after).filter((uid) => uids(before).includes(uid))).toEqual([]);
  });
});
