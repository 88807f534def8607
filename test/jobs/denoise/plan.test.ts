import { rmSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../../src-main/base/random.js';
import type { PlanFile } from '../../../src-main/contract/plan-file.js';
import type { Report } from '../../../src-main/contract/report.js';
import type { DenoiseRequest } from '../../../src-main/contract/requests/requests.js';
import { runJob } from '../../../src-main/jobs/run.js';
import { makeDicom } from '../../dicom/support.js';
import { denoiseRequest, removeFolders, temporaryFolder } from '../fixtures.js';

afterAll(async () => {
  delete process.env.LIMPID_HOME;
  await removeFolders();
});

let root: string;
let input: string;
let plan: PlanFile;

/** Three series of a size each, and a file that is none. */
beforeAll(async () => {
  root = await temporaryFolder();
  process.env.LIMPID_HOME = path.join(root, 'home');
  input = path.join(root, 'in');
  await fs.mkdir(input);
  const random = new Random(4);
  for (const [k, slices] of [6, 3, 2].entries())
    for (let i = 0; i < slices; i++) {
      const values = Array.from({ length: 32 * 32 }, (_, at) => {
        const inside = Math.hypot((at % 32) - 16, Math.floor(at / 32) - 16) < 12;
        return Math.round(Math.hypot((inside ? 900 : 0) + 40 * random.normal(), 40 * random.normal()));
      });
      const image = { series: `1.2.${k + 1}`, position: [0, 0, 3 * i], rows: 32, columns: 32, values };
      await fs.writeFile(
        path.join(input, `${k}-${i}`),
        makeDicom({
          ...image,
          spacing: '2\\2',
          thickness: 3,
          instanceNumber: i + 1,
          frameOfReference: '1.2.9',
        }),
      );
    }
  await fs.writeFile(path.join(input, 'README'), 'no image');
  plan = await planned();
});

const DCT = { errorMap: false, model: { kind: 'dct' } } as const;

async function planned(): Promise<PlanFile> {
  const request = denoiseRequest(input, '-', { ...DCT, dryRun: true, planFile: true });
  const result = await runJob(request, () => {});
  if (result.command !== 'plan' || !('forPerson' in result) || result.forPerson === undefined)
    throw new Error(JSON.stringify(result));
  return result.forPerson.plan;
}

let runs = 0;
async function run(
  file: unknown,
  shard: readonly [number, number] | null = null,
  more: Partial<DenoiseRequest> = {},
) {
  runs++;
  const [at, output] = [path.join(root, `plan-${runs}.json`), path.join(root, `out-${runs}`)];
  await fs.writeFile(at, typeof file === 'string' ? file : JSON.stringify(file));
  const told: string[] = [];
  const result = await runJob(denoiseRequest(at, output, { plan: { shard }, ...more }), (event) =>
    told.push(JSON.stringify(event)),
  );
  const names = (await fs.readdir(output).catch(() => [])).filter((name) => name.startsWith('series'));
  const text = await fs.readFile(path.join(output, 'report.json'), 'utf8').catch(() => 'null');
  const report: Report | null = JSON.parse(text);
  return { result, names: names.sort(), report, told };
}

const edited = (change: (one: PlanFile['series'][number], i: number) => object): PlanFile => ({
  ...plan,
  series: plan.series.map((one, i) => ({ ...one, ...change(one, i) })),
});

describe('a plan', () => {
  it('has each series with its files, and what would be done', () => {
    expect(plan).toMatchObject({
      limpidPlan: 1,
      inputs: [input],
      settings: { model: { kind: 'dct' }, adapt: 'off' },
    });
    expect(plan.series.map(({ unit, action, files, grid }) => [unit, action, files.length, grid])).toEqual([
      ['series-001', 'denoise', 6, [32, 32, 6, 1]],
      ['series-002', 'denoise', 3, [32, 32, 3, 1]],
      ['series-003', 'denoise', 2, [32, 32, 2, 1]],
    ]);
    expect(plan.series[2].files[0].path).toBe(path.join(input, '2-0'));
  });

  it('leaves to the machine that runs it whether there is memory enough', async () => {
    process.env.LIMPID_MEMORY_MB = '1';
    try {
      const made = await planned();
      expect(made.series.map(({ action, why }) => [action, why])).toEqual(Array(3).fill(['denoise', null]));
      expect(made.series.every(({ memoryBytes }) => (memoryBytes ?? 0) > 1e6)).toBe(true);
      // Looked at for this machine alone it is told that there is not.
      const here = await runJob(denoiseRequest(input, '-', { ...DCT, dryRun: true }), () => {});
      expect(here).toMatchObject({
        series: Array(3).fill({ action: 'skip', why: { code: 'E_MEMORY' } }),
      });
    } finally {
      delete process.env.LIMPID_MEMORY_MB;
    }
  });

  it('is run as it was made, or as it was edited, and nothing else is looked at', async () => {
    const all = await run(plan);
    expect(all.result.exitCode).toBe(0);
    expect(all.names).toEqual(['series-001', 'series-002', 'series-003']);
    const described = () => fs.readFile(path.join(root, `out-${runs}`, 'series-001', '00001.dcm'), 'latin1');
    expect(await described()).toMatch(/DCT blocks.*strength 1;/);
    const settings = { model: { kind: 'nlm' }, strength: 0.5 };
    const some = await run(
      edited((_, i) => ({ action: i === 2 ? 'skip' : 'denoise', settings: i === 0 ? settings : {} })),
    );
    expect(some.names).toEqual(['series-001', 'series-002']);
    expect(some.report?.series.map(({ status }) => status)).toEqual(['done', 'done']);
    expect(await described()).toMatch(/; non-local means, no training;.*strength 0\.5;/);
  });

  it('looks for its files only: the rest of a folder, which may be an archive, is not listed', async () => {
    const link = path.join(input, 'a-link');
    await fs.symlink(path.join(input, 'nothing'), link);
    try {
      const events: string[] = [];
      const request = denoiseRequest(input, path.join(root, 'out-listed'), DCT);
      await runJob(request, (event) => events.push(JSON.stringify(event)));
      expect(events.join()).toContain('W_UNREADABLE/dead-link');
      const { names, told } = await run(plan);
      expect(names).toHaveLength(3);
      expect(told.join()).not.toContain('W_UNREADABLE');
    } finally {
      await fs.rm(link);
    }
  });

  it('is dealt out in shares, which are called as in the whole', async () => {
    const shares = await Promise.all([1, 2].map(async (k) => (await run(plan, [k, 2])).names));
    // The longest first, each to who has least.
    expect(shares).toEqual([['series-001'], ['series-002', 'series-003']]);
    const { result } = await run(plan, [4, 4]);
    expect(result).toMatchObject({ stopped: { code: 'E_NOTHING' } });
  });

  it('can be run with maps of the noise level, of each share in a folder of its own', async () => {
    const maps = [1, 2].map((k) => path.join(root, `levels-${k}`));
    for (const [i, noiseMap] of maps.entries()) await run(plan, [i + 1, 2], { noiseMap });
    const written = await Promise.all(maps.map(async (map) => (await fs.readdir(map)).sort()));
    expect(written).toEqual([
      ['series-001-noise-level.dcm'],
      ['series-002-noise-level.dcm', 'series-003-noise-level.dcm'],
    ]);
    const inside = await run(plan, null, { noiseMap: path.join(input, 'levels') });
    expect(inside.result).toMatchObject({ stopped: { code: 'E_INSIDE_SOURCE' } });
  });

  it('tells of a noise level that cannot be used as the run would', async () => {
    const noiseLevel = { kind: 'map', path: path.join(root, 'no-such-map.nii') } as const;
    const request = denoiseRequest(input, '-', { ...DCT, noiseLevel, dryRun: true, planFile: true });
    expect(await runJob(request, () => {})).toMatchObject({ stopped: { code: 'E_NOT_FOUND' } });
  });

  it('is held against its files: series that changed are told, the others done', async () => {
    const changed = path.join(input, '1-0');
    const bytes = await fs.readFile(changed);
    await fs.writeFile(changed, bytes.subarray(0, -100));
    try {
      const { names, result } = await run(plan);
      expect(names).toEqual(['series-001', 'series-003']);
      expect(result.exitCode).toBe(1);
      expect(result).toMatchObject({ problems: [{ code: 'E_SOURCE_CHANGED' }] });
      expect(JSON.stringify(result)).toContain('series-002');
    } finally {
      await fs.writeFile(changed, bytes);
      plan = await planned();
    }
  });

  it('is made of all others where a file fails after it was scanned', async () => {
    const gone = path.join(input, '1-0');
    const bytes = await fs.readFile(gone);
    try {
      const request = denoiseRequest(input, '-', { ...DCT, dryRun: true, planFile: true });
      const result = await runJob(request, ({ type }) => {
        if (type === 'scan') rmSync(gone, { force: true });
      });
      expect(result).toMatchObject({ exitCode: 1, problems: [{ code: 'E_SOURCE_CHANGED', place: gone }] });
      if (result.command !== 'plan' || !('forPerson' in result)) throw new Error(JSON.stringify(result));
      expect(result.series.map(({ action }) => action)).toEqual(['denoise', 'skip', 'denoise']);
      const made = result.forPerson?.plan;
      expect(made?.series.map(({ action }) => action)).toEqual(['denoise', 'skip', 'denoise']);
      expect(made?.series[1].why).toMatch(/^E_SOURCE_CHANGED/);
      // Whoever has it done nonetheless denoises no part of it.
      const all = { ...made, series: made?.series.map((one) => ({ ...one, action: 'denoise' })) };
      await fs.writeFile(gone, bytes);
      expect((await run(all)).names).toEqual(['series-001', 'series-003']);
    } finally {
      await fs.writeFile(gone, bytes);
      plan = await planned();
    }
  });

  it.each([
    ['no JSON', 'x'],
    ['another document', '{"a": 1}'],
    ['a setting that there is not', () => edited(() => ({ settings: { strenght: 1 } }))],
    ['a value that is none', () => edited(() => ({ settings: { strength: 7 } }))],
    ['an action that there is not', () => edited(() => ({ action: 'maybe' }))],
  ])('is refused where it is %s', async (_, made) => {
    const { result, names } = await run(typeof made === 'string' ? made : made());
    expect(result).toMatchObject({ exitCode: 2, stopped: { code: 'E_PLAN' } });
    expect(names).toEqual([]);
  });

  it('tells the time that such runs took on this computer', async () => {
    for (const { seconds, grid } of (await planned()).series) {
      expect(seconds).toBeGreaterThan(0);
      expect(grid).toHaveLength(4);
    }
    const other = denoiseRequest(input, '-', { ...DCT, model: { kind: 'mppca' }, dryRun: true });
    expect(await runJob(other, () => {})).toMatchObject({ series: [{ seconds: null }, {}, {}] });
    // Those of another effort tell nothing of it.
    const request = denoiseRequest(input, '-', { ...DCT, effort: 'fast', dryRun: true });
    expect(await runJob(request, () => {})).toMatchObject({ series: [{ seconds: null }, {}, {}] });
  });
});
