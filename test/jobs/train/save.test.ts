import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LimpidError } from '../../../src-main/contract/errors.js';
import type { JobEvent } from '../../../src-main/contract/events.js';
import { decodeMetadata } from '../../../src-main/graph/onnx.js';
import { runTrain } from '../../../src-main/jobs/train/train.js';
import { readCard } from '../../../src-main/model-files/model-card.js';
import type { Device, Runtime } from '../../../src-main/runtime/types.js';
import { listModels } from '../../../src-main/store/model-store.js';
import { brainSlices, removeFolders, temporaryFolder } from '../fixtures.js';
import { trainRequest } from '../train-request.js';

/** What stands in for the device: its name, and what opening a model file comes to. */
const device: { name: Device; files: 'open' | Error } = { name: 'cpu', files: 'open' };

vi.mock('../../../src-main/runtime/device.js', async (original) => {
  const real = await original<typeof import('../../../src-main/runtime/device.js')>();
  return {
    ...real,
    async openRuntime(): Promise<Runtime> {
      const runtime = await real.openRuntime('cpu', { threads: 2 });
      const { files } = device;
      return {
        ...runtime,
        choice: { ...runtime.choice, device: device.name },
        loadModel: files === 'open' ? runtime.loadModel : () => Promise.reject(files),
      };
    },
  };
});

const REFUSED = new LimpidError({
  code: 'E_DEVICE',
  message: 'The device opens no model.',
  remedy: 'Use another.',
});
const CRASH = new Error('the process ends here');
const FAMILY = { family: 'vector-quantised', settings: { base: 8, codes: 32 } } as const;

let root = '';
let input = '';
beforeEach(async () => {
  root = await temporaryFolder();
  input = path.join(root, 'in');
  process.env.LIMPID_HOME = path.join(root, 'home');
  await brainSlices(input, [6, 7, 8, 9, 10, 11, 12, 13]);
});
afterEach(() => {
  device.name = 'cpu';
  device.files = 'open';
});
afterAll(async () => {
  delete process.env.LIMPID_HOME;
  await removeFolders();
});

const request = (name: string, more = {}) =>
  trainRequest(input, path.join(root, name), { ...FAMILY, ...more });
const cardOf = async (name: string) => readCard(decodeMetadata(await fs.readFile(path.join(root, name))));

describe('a model whose trial fails', () => {
  it('is saved, with a word about it and exit code 1', async () => {
    device.files = REFUSED;
    const events: JobEvent[] = [];
    const result = await runTrain(request('model.onnx'), (event) => events.push(event));
    expect(result).toMatchObject({ exitCode: 1, problems: [{ code: 'W_UNTRIED' }] });
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'warning', problem: expect.objectContaining({ code: 'W_UNTRIED' }) }),
    );
    expect((await cardOf('model.onnx'))?.normal).toBeUndefined();
    expect(await fs.readdir(root)).not.toContain('model.onnx.checkpoint');
  });

  it('is there when the trial ends the process, and is tried again by the same command', async () => {
    const whole = await runTrain(request('whole.onnx'), () => {});
    device.files = CRASH;
    await expect(runTrain(request('model.onnx'), () => {})).rejects.toBe(CRASH);
    expect((await cardOf('model.onnx'))?.training.steps).toBe(20);
    device.files = 'open';
    const again = await runTrain(request('model.onnx', { resume: true }), () => {});
    expect(again).toMatchObject({ exitCode: 0, steps: 20, sha256: whole.sha256 });
    expect((await fs.readdir(root)).sort()).toEqual(['in', 'model.onnx', 'whole.onnx']);
  });

  it('is there in the library too, once', async () => {
    const kept = (more = {}) => request('kept.onnx', { keepAs: 'mine', ...more });
    device.files = CRASH;
    await expect(runTrain(kept(), () => {})).rejects.toBe(CRASH);
    expect(await listModels()).toMatchObject([{ name: 'mine' }]);
    device.files = 'open';
    const { kept: id } = await runTrain(kept({ resume: true }), () => {});
    expect(await listModels()).toMatchObject([{ name: 'mine', id }]);
  });

  it('never takes the place of another model of its name', async () => {
    device.files = CRASH;
    await expect(runTrain(request('model.onnx'), () => {})).rejects.toBe(CRASH);
    device.files = 'open';
    await runTrain(request('other.onnx', { seed: 9 }), () => {});
    await fs.copyFile(path.join(root, 'other.onnx'), path.join(root, 'model.onnx'));
    await expect(runTrain(request('model.onnx', { resume: true }), () => {})).rejects.toMatchObject({
      code: 'E_EXISTS',
    });
  });
});

describe('a training that one device began', () => {
  it('goes on on another, which says so', async () => {
    const more = { budget: { unit: 'steps', value: 60 } } as const;
    const whole = await runTrain(request('whole.onnx', more), () => {});
    const stop = new Error('stopped');
    const broken = runTrain(
      request('model.onnx', more),
      (event) => {
        if (event.type === 'progress' && event.stage === 'train' && event.done >= 15) throw stop;
      },
      { checkpointSeconds: 0 },
    );
    await expect(broken).rejects.toBe(stop);
    device.name = 'webgpu';
    const problems: string[] = [];
    const result = await runTrain(request('model.onnx', { ...more, resume: true }), (event) => {
      if (event.type === 'warning') problems.push(`${event.problem.code} ${event.problem.message}`);
    });
    expect(problems).toEqual([expect.stringMatching(/^W_DEVICE_CHANGED .*begun on cpu .* on webgpu/)]);
    // The stand-in computes as the CPU does, so the weights are those of an unbroken run.
    const [a, b] = [await cardOf('model.onnx'), await cardOf('whole.onnx')];
    expect(a?.weightsSha256).toBe(b?.weightsSha256);
    expect(result.steps).toBe(whole.steps);
  });
});
