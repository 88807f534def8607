import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AnomalyRequest } from '../../src-main/contract/requests/requests.js';
import { runJob } from '../../src-main/jobs/run.js';
import { runTrain } from '../../src-main/jobs/train/train.js';
import { brainSlices, removeFolders, temporaryFolder } from './fixtures.js';
import { trainRequest } from './train-request.js';

/** A disk that has little room, or that is full once a file of a given name is written. */
const disk = vi.hoisted(() => ({ free: Number.POSITIVE_INFINITY, refuses: null as RegExp | null }));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  return {
    ...real,
    statfs: async (folder: string) => {
      const found = await real.statfs(folder);
      return { ...found, bavail: Math.min(found.bavail, disk.free / found.bsize) };
    },
    open: async (file: string, ...rest: [number, number]) => {
      if (disk.refuses?.test(file)) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      return real.open(file, ...rest);
    },
  };
});

let root = '';
let input = '';
let model = '';
beforeAll(async () => {
  root = await temporaryFolder();
  process.env.LIMPID_HOME = path.join(root, 'home');
  input = path.join(root, 'in');
  model = path.join(root, 'model.onnx');
  await brainSlices(input, [6, 7, 8, 9, 10, 11]);
  await brainSlices(path.join(root, 'look'), [12, 13]);
  await runTrain(trainRequest(input, model), () => {});
});
afterAll(async () => {
  delete process.env.LIMPID_HOME;
  await removeFolders();
});

const anomaly = (output: string): AnomalyRequest => ({
  type: 'anomaly',
  model,
  input: path.join(root, 'look'),
  output: path.join(root, output),
  normal: [],
  falsePositiveRate: 0.01,
  lesions: false,
  seed: 2,
  device: 'cpu',
  force: false,
});

describe('a disk without room', () => {
  it('stops a training before it begins, and says how much is missing', async () => {
    disk.free = 1e6;
    const output = path.join(root, 'second.onnx');
    const result = await runJob(trainRequest(input, output), () => {});
    disk.free = Number.POSITIVE_INFINITY;
    expect(result).toMatchObject({ exitCode: 1, stopped: { code: 'E_IO' } });
    expect(result).toMatchObject({ stopped: { message: expect.stringMatching(/1 MB only.*\d+ MB are/) } });
    expect((await fs.readdir(root)).filter((name) => name.startsWith('second'))).toEqual([]);
  });

  it.each(['error-map', 'mask'])(
    'while the %s is written fails that series and leaves no work',
    async (part) => {
      disk.refuses = new RegExp(`/${part}/`);
      const result = await runJob(anomaly(`no-${part}`), () => {});
      disk.refuses = null;
      expect(result).toMatchObject({
        exitCode: 1,
        series: [{ status: 'failed', problem: { code: 'E_IO' } }],
      });
      const left = await fs.readdir(path.join(root, `no-${part}`), { recursive: true });
      expect(left.filter((name) => !name.startsWith('.limpid')).sort()).toEqual([
        'report.html',
        'report.json',
        'scores.csv',
      ]);
      expect(left.filter((name) => name.includes('work'))).toEqual([]);
    },
  );

  it('while the report is written leaves nothing of the run, which can be run again', async () => {
    disk.refuses = /report\.json/;
    const result = await runJob(anomaly('whole'), () => {});
    disk.refuses = null;
    expect(result).toMatchObject({ exitCode: 1, stopped: { code: 'E_IO', message: 'The disk is full.' } });
    expect(await fs.readdir(root)).not.toContain('whole');
    expect(await runJob(anomaly('whole'), () => {})).toMatchObject({ exitCode: 0 });
  });
});
