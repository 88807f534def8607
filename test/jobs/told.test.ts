/** What is told of outputs is what is in the output folder, however a run ends. */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import type { JobEvent, ResultEvent } from '../../src-main/contract/events.js';
import { Report } from '../../src-main/contract/report.js';
import type { OutputsResult } from '../../src-main/contract/results.js';
import { readText } from '../../src-main/contract/schema/schema.js';
import type { ProcessInput, Processor } from '../../src-main/denoise/processor.js';
import { writeNiftiFromVolume } from '../../src-main/imaging/nifti.js';
import { runJob } from '../../src-main/jobs/run.js';
import { makeDicom } from '../dicom/support.js';
import { volumeOf } from '../imaging/support.js';
import {
  brainSlices,
  CLI,
  denoiseRequest,
  denoiseWith,
  diffusion,
  removeFolders,
  temporaryFolder,
} from './fixtures.js';
import { expectToldIsThere, filesIn, journalled, resultsIn } from './told.js';

/** A disk that is full for files whose paths match. */
const disk = vi.hoisted(() => ({ refuses: null as RegExp | null }));
/** The output folder whose lock finds no room. */
const lockRefused = vi.hoisted(() => ({ for: null as string | null }));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  return {
    ...real,
    open: async (file: string, ...rest: [number, number]) => {
      if (disk.refuses?.test(file)) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      return real.open(file, ...rest);
    },
    writeFile: async (...written: Parameters<typeof real.writeFile>) => {
      if (lockRefused.for !== null && String(written[0]).startsWith(lockRefused.for))
        throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      return real.writeFile(...written);
    },
  };
});

afterAll(removeFolders);

/** Stacks of one Series Instance UID: planes of different sizes, so that nothing can make one grid of them. */
const SIZES = [64, 72, 80, 88] as const;
const SERIES = '1.2.3.77';

async function oneSeries(more: Readonly<Record<string, Uint8Array>> = {}) {
  const root = await temporaryFolder();
  const input = path.join(root, 'in');
  await fs.mkdir(input);
  for (const [i, size] of SIZES.entries())
    for (const slice of [0, 1]) {
      const file = path.join(input, `${i}-${slice}.dcm`);
      await fs.writeFile(file, image(size, { position: [0, 0, 3 * slice], instanceNumber: 10 * i + slice }));
    }
  for (const [name, bytes] of Object.entries(more)) await fs.writeFile(path.join(input, name), bytes);
  return { input, output: path.join(root, 'out') };
}

function image(size: number, more: Parameters<typeof makeDicom>[0]): Uint8Array {
  const random = new Random(size);
  const values = Array.from({ length: size * size }, () => Math.round(400 + 20 * random.normal()));
  return makeDicom({
    series: SERIES,
    frameOfReference: '1.2.3.4',
    rows: size,
    columns: size,
    values,
    ...more,
  });
}

/** Keeps a network beside every second stack, and fails those of some sizes. */
function denoiser(failing: readonly number[] = []): Processor {
  const base = diffusion(1);
  return {
    ...base,
    async process(input: ProcessInput, hooks) {
      if (failing.includes(input.volume.rows)) throw new Error('this one fails');
      const found = await base.process(input, hooks);
      return { ...found, model: input.volume.rows % 16 === 0 ? new Uint8Array([1, 2, 3]) : null };
    },
  };
}

async function run(from: { input: string; output: string }, processor: Processor = denoiser()) {
  return denoiseWith(processor, denoiseRequest(from.input, from.output, { force: true }));
}

const statuses = ({ series }: OutputsResult) => series.map(({ status }) => status).sort();

async function reportOf(output: string): Promise<Report> {
  const report = readText(Report, await fs.readFile(path.join(output, 'report.json'), 'utf8'));
  if (!report.fits) throw new Error(`the report is not of its schema at ${report.path}`);
  return report.value;
}

describe('what is told of outputs is what is there', () => {
  it('when all is done, and when a second run has nothing to do', async () => {
    const places = await oneSeries();
    const { result } = await run(places);
    expect(statuses(result)).toEqual(['done', 'done', 'done', 'done']);
    await expectToldIsThere(places.output, result);
    const before = await resultsIn(places.output);
    expect(Object.keys(before)).toHaveLength(8 + 4 + 2);
    const second = await run(places);
    expect(statuses(second.result)).toEqual(['kept', 'kept', 'kept', 'kept']);
    await expectToldIsThere(places.output, second.result);
    expect(await resultsIn(places.output)).toEqual(before);
  });

  it('what the lengths of a series are: at the detector where Pixel Spacing only repeats them', async () => {
    const root = await temporaryFolder();
    const places = { input: path.join(root, 'in'), output: path.join(root, 'out') };
    await fs.mkdir(places.input);
    const detector = image(64, { imagerSpacing: '2\\3' });
    await fs.writeFile(path.join(places.input, 'a.dcm'), detector);
    await run(places);
    const [{ geometry }] = (await reportOf(places.output)).series;
    expect(geometry).toMatchObject({ spacing: [3, 2, 1], calibration: 'detector' });
    const page = await fs.readFile(path.join(places.output, 'report.html'), 'utf8');
    expect(page.match(/"calibration":"detector"/g)).toHaveLength(2);
  });

  it('when one stack of a series fails: the others appear, and a second run adds it', async () => {
    const places = await oneSeries();
    const { result, events } = await run(places, denoiser([72]));
    expect(statuses(result)).toEqual(['done', 'done', 'done', 'failed']);
    expect(result.exitCode).toBe(1);
    await expectToldIsThere(places.output, result);
    const first = await resultsIn(places.output);
    expect(Object.keys(first).filter((name) => /^series-001\//.test(name))).toHaveLength(6);
    const failed = result.series.find(({ status }) => status === 'failed');
    const incomplete = {
      code: 'W_INCOMPLETE',
      message: expect.stringContaining(
        `1 of the 4 stacks of its source, which failed or were skipped: ${failed?.series}`,
      ),
    };
    expect(result.problems).toContainEqual(expect.objectContaining(incomplete));
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'warning', problem: expect.objectContaining(incomplete) }),
    );
    expect((await reportOf(places.output)).warnings).toContainEqual(expect.objectContaining(incomplete));
    const again = await run(places, denoiser([72]));
    expect(statuses(again.result)).toEqual(['failed', 'kept', 'kept', 'kept']);
    await expectToldIsThere(places.output, again.result);
    expect(await resultsIn(places.output)).toEqual(first);
    const repaired = await run(places);
    expect(statuses(repaired.result)).toEqual(['done', 'kept', 'kept', 'kept']);
    expect(repaired.result.exitCode).toBe(0);
    expect(repaired.result.problems).toEqual([]);
    await expectToldIsThere(places.output, repaired.result);
    const whole = await resultsIn(places.output);
    expect(Object.keys(whole)).toHaveLength(8 + 4 + 2);
    expect(whole).toMatchObject(first);
    const uids = new Set(
      repaired.result.series.map(({ derivedSeriesInstanceUid }) => derivedSeriesInstanceUid),
    );
    expect(uids.size).toBe(1);
  });

  it('when the output folder is taken away during the run: nothing more is computed', async () => {
    const places = await oneSeries();
    let computed = 0;
    const base = denoiser();
    const { result } = await run(places, {
      ...base,
      async process(input: ProcessInput, hooks) {
        computed++;
        await fs.rm(places.output, { recursive: true });
        return base.process(input, hooks);
      },
    }).catch((error: unknown) => ({ result: error }));
    expect(computed).toBe(1);
    expect(result).toMatchObject({ problems: [{ reason: 'E_IO/folder-gone' }] });
    await expect(fs.stat(places.output)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('when there is no room even for the lock: the folder that was made goes again', async () => {
    const places = await oneSeries();
    lockRefused.for = places.output;
    await expect(
      run(places).finally(() => {
        lockRefused.for = null;
      }),
    ).rejects.toMatchObject({ reason: 'E_IO/disk-full' });
    await expect(fs.stat(places.output)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('when no stack of a series can be done', async () => {
    const places = await oneSeries();
    const { result } = await run(places, denoiser(SIZES));
    expect(statuses(result)).toEqual(['failed', 'failed', 'failed', 'failed']);
    expect(await resultsIn(places.output)).toEqual({});
    await expectToldIsThere(places.output, result);
    await expectToldIsThere(places.output, (await run(places)).result);
  });

  it('when a stack of a series is refused: it is named', async () => {
    const colour = makeDicom({
      series: SERIES,
      rows: 32,
      columns: 32,
      samples: 3,
      values: Array.from({ length: 3 * 32 * 32 }, () => 7),
    });
    const places = await oneSeries({ 'colour.dcm': colour });
    const { result } = await run(places);
    expect(statuses(result)).toEqual(['done', 'done', 'done', 'done', 'skipped']);
    expect(result.problems.map(({ code }) => code)).toEqual(['W_INCOMPLETE']);
    await expectToldIsThere(places.output, result);
  });

  it.each([
    ['an image', /work.*\/image\/0000[12]/],
    ['the second image of a stack', /work.*\/image\/00004/],
    ['a map', /work.*\/error-map\//],
    ['a network', /work.*\/model\//],
    ['the pictures', /pictures/],
  ])('when the disk is full for %s, and once there is room', async (_, refuses) => {
    const places = await oneSeries();
    disk.refuses = refuses;
    const { result } = await run(places).finally(() => {
      disk.refuses = null;
    });
    expect(statuses(result)).toContain('failed');
    await expectToldIsThere(places.output, result);
    const mended = await run(places);
    expect(mended.result.exitCode).toBe(0);
    await expectToldIsThere(places.output, mended.result);
    expect(Object.keys(await resultsIn(places.output))).toHaveLength(8 + 4 + 2);
  });

  it.each(['report.json', 'report.html'])(
    'when the disk is full for %s: the series are told',
    async (name) => {
      const places = await oneSeries();
      disk.refuses = new RegExp(name.replace('.', '\\.'));
      const { result } = await run(places).finally(() => {
        disk.refuses = null;
      });
      expect(result.exitCode).toBe(1);
      expect(result.problems.map(({ code }) => code)).toEqual(['E_IO']);
      expect(Object.keys(await filesIn(places.output))).toHaveLength(8 + 4 + 2);
      await expectToldIsThere(places.output, result);
    },
  );

  it('when a series cannot become visible, of which a part is visible already', async () => {
    const places = await oneSeries();
    const first = await run(places, denoiser([80]));
    await expectToldIsThere(places.output, first.result);
    const taken = path.join(places.output, 'series-001-error-map', '00005.dcm');
    await fs.writeFile(taken, 'of somebody else');
    const { result } = await run(places);
    expect(result.series.map(({ problem }) => problem?.code ?? null).sort()).toEqual([
      'E_EXISTS',
      null,
      null,
      null,
    ]);
    await fs.rm(taken);
    await expectToldIsThere(places.output, result);
    await expectToldIsThere(places.output, (await run(places)).result);
    expect(Object.keys(await resultsIn(places.output))).toHaveLength(8 + 4 + 2);
  });

  it('when a source changed after its series was written', async () => {
    const places = await oneSeries();
    await run(places);
    const file = path.join(places.input, '1-0.dcm');
    const bytes = await fs.readFile(file);
    bytes[bytes.length - 1] ^= 1;
    await fs.writeFile(file, bytes);
    const { result } = await run(places);
    expect(statuses(result)).toEqual(['failed', 'kept', 'kept', 'kept']);
    await expectToldIsThere(places.output, result);
  });

  it('of a NIfTI file, with and without a network and a map', async () => {
    const root = await temporaryFolder();
    for (const [size, errorMap] of [
      [64, false],
      [72, true],
    ] as const) {
      const random = new Random(size);
      const data = Float32Array.from({ length: size * size * 3 }, () => 100 + 5 * random.normal());
      const file = path.join(root, `brain${size}.nii`);
      await fs.writeFile(file, writeNiftiFromVolume(volumeOf(data, [size, size, 3]), { gzip: false }));
      const output = path.join(root, `out${size}`);
      for (const _ of ['first', 'second']) {
        const { result } = await denoiseWith(denoiser(), denoiseRequest(file, output, { errorMap }));
        await expectToldIsThere(output, result, `brain${size}`);
      }
    }
  });

  it('of simulated noise', async () => {
    const places = await oneSeries();
    const result = await runJob(
      {
        type: 'simulate',
        input: places.input,
        output: places.output,
        noise: 'rician',
        level: 5,
        seed: 1,
      },
      () => {},
    );
    if (result.command !== 'simulate' || 'stopped' in result) throw new Error('no result of simulate');
    await expectToldIsThere(places.output, result);
  });
});

describe('warnings of a series', () => {
  it('stand in report.json as they were said, of a series that failed too', async () => {
    const places = await oneSeries();
    const { events } = await run(places, denoiser([72]));
    const { series } = await reportOf(places.output);
    for (const { id, warnings } of series) {
      const said = events.flatMap((event) =>
        event.type === 'warning' && event.series === id ? [event.problem] : [],
      );
      expect(warnings.map(({ message }) => message)).toEqual(said.map(({ message }) => message));
    }
    expect(series.flatMap(({ warnings }) => warnings).length).toBeGreaterThan(0);
    const kept = await run(places, denoiser([72]));
    expect(statuses(kept.result)).toContain('kept');
    expect((await reportOf(places.output)).series).toMatchObject(
      series.map(({ id, warnings }) => ({ id, warnings })),
    );
  });
});

/** Runs the built command line, sends the signal once a series is done, and returns the result that was told. */
async function interrupted(
  args: readonly string[],
  signal: NodeJS.Signals | null,
): Promise<ResultEvent | null> {
  const child = spawn(process.execPath, [CLI, 'denoise', ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  let result: ResultEvent | null = null;
  let rest = '';
  let sent = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const event: JobEvent = JSON.parse(line);
      if (event.type === 'result') result = event;
      if (event.type !== 'series-done' || signal === null || sent || child.pid === undefined) continue;
      sent = true;
      // A kill takes the whole group, as a power cut would; a person interrupts the command.
      process.kill(signal === 'SIGKILL' ? -child.pid : child.pid, signal);
    }
  });
  await new Promise((resolve) => child.on('close', resolve));
  return result;
}

describe('a run that is interrupted', () => {
  it.each(['SIGINT', 'SIGKILL'] as const)('by %s shows whole series only, and is resumed', async (signal) => {
    const root = await temporaryFolder();
    const input = path.join(root, 'in');
    await fs.mkdir(input);
    for (const [i, size] of SIZES.entries())
      for (const slice of [0, 1]) {
        const place = { position: [0, 0, 3 * slice], series: `${SERIES}.${i >> 1}` };
        await fs.writeFile(path.join(input, `${i}-${slice}.dcm`), image(size, place));
      }
    await brainSlices(input, [1, 2, 3]);
    const output = path.join(root, 'out');
    const args = [input, output, '--model', 'dct'];
    const stopped = await interrupted(args, signal);
    if (signal === 'SIGKILL') expect(stopped).toBeNull();
    else expect(stopped).toMatchObject({ exitCode: 130, stopped: { code: 'E_CANCELLED' } });
    expect(await journalled(output, undefined, true)).toMatchObject(await resultsIn(output));
    expect(Object.keys(await filesIn(output)).filter((name) => name.startsWith('report'))).toEqual([]);
    const result = await interrupted(args, null);
    if (result?.command !== 'denoise' || 'stopped' in result) throw new Error('no result of denoise');
    expect(result.series.map(({ problem }) => problem)).toEqual(result.series.map(() => null));
    await expectToldIsThere(output, result);
  });
});
