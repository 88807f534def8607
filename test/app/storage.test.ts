import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openStorage } from '../../src-main/app/storage.js';
import { exists } from '../../src-main/base/files.js';
import type { JobRecord, JobState } from '../../src-main/contract/window/app.js';
import { removeFolders, temporaryFolder } from '../jobs/fixtures.js';
import { trainRequest } from '../jobs/train-request.js';

afterAll(removeFolders);

const DONE = '11111111-1111-4111-8111-111111111111';
const STOPPED = '22222222-2222-4222-8222-222222222222';
const GONE = '33333333-3333-4333-8333-333333333333';

const job = (id: string, state: JobState): JobRecord => ({
  id,
  request: trainRequest('/in', '/out.onnx'),
  state,
  createdAt: '2026-11-26T00:00:00.000Z',
  progress: null,
  result: null,
});

/** A data folder with a file of so many bytes at each place. */
async function home(files: Readonly<Record<string, number>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, bytes] of Object.entries(files)) {
    await fs.mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await fs.writeFile(path.join(folder, name), new Uint8Array(bytes));
  }
  return folder;
}

describe('the data folder', () => {
  it('is measured by what it holds', async () => {
    const folder = await home({
      'models/a.onnx': 1000,
      'models/a.json': 10,
      [`trainings/${DONE}/patches.f32`]: 300,
      [`logs/${DONE}.jsonl`]: 7,
      'queue.json': 20,
      'settings.json': 3,
      'window/cache': 5000,
    });
    const elsewhere = { home: folder, env: {}, temporary: folder };
    expect(await openStorage(folder, () => [job(DONE, 'done')], elsewhere).use()).toEqual({
      folder,
      parts: [
        { kind: 'models', files: 2, bytes: 1010 },
        { kind: 'trainings', files: 1, bytes: 300 },
        { kind: 'logs', files: 1, bytes: 7 },
        { kind: 'queue', files: 2, bytes: 23 },
        { kind: 'watched', files: 0, bytes: 0 },
      ],
      spare: { files: 0, bytes: 0 },
      traces: { files: 0, bytes: 0 },
    });
  });

  it('is empty before its first use', async () => {
    const storage = openStorage(path.join(await temporaryFolder(), 'none'), () => []);
    const { parts } = await storage.use();
    expect(parts.map(({ bytes }) => bytes)).toEqual([0, 0, 0, 0, 0]);
    expect(await storage.clean()).toEqual({ files: 0, bytes: 0 });
  });

  it('loses what no job needs, and nothing else', async () => {
    const kept = {
      'models/a.onnx': 1,
      [`models/${GONE}.jsonl`]: 1,
      [`logs/${DONE}.jsonl`]: 1,
      'logs/notes.jsonl': 1,
      [`logs/${GONE}.txt`]: 1,
      [`trainings/${DONE}/card.json`]: 1,
      [`trainings/${DONE}/model.onnx`]: 1,
      // The next start of a stopped training goes on from it.
      [`trainings/${STOPPED}/model.onnx.checkpoint`]: 1,
      'trainings/mine/model.onnx.checkpoint': 1,
      'queue.json': 1,
    };
    const spare = {
      [`logs/${GONE}.jsonl`]: 100,
      [`trainings/${GONE}/patches.f32`]: 200,
      [`trainings/${GONE}/model.onnx.checkpoint`]: 400,
      [`trainings/${DONE}/model.onnx.checkpoint`]: 800,
    };
    const folder = await home({ ...kept, ...spare });
    const outside = path.join(await home({ 'other.onnx': 1 }), 'other.onnx');
    await fs.symlink(path.dirname(outside), path.join(folder, 'trainings', GONE, 'link'));
    for (const state of ['cancelled', 'failed', 'waiting', 'running'] as const) {
      const storage = openStorage(folder, () => [job(DONE, 'done'), job(STOPPED, state)]);
      expect((await storage.use()).spare).toEqual({ files: 4, bytes: 1500 });
    }
    const storage = openStorage(folder, () => [job(DONE, 'done'), job(STOPPED, 'cancelled')]);
    expect(await storage.clean()).toEqual({ files: 4, bytes: 1500 });
    for (const name of Object.keys(kept)) expect(await exists(path.join(folder, name)), name).toBe(true);
    for (const name of Object.keys(spare)) expect(await exists(path.join(folder, name)), name).toBe(false);
    expect(await exists(outside)).toBe(true);
    expect((await storage.use()).spare).toEqual({ files: 0, bytes: 0 });
  });
});
