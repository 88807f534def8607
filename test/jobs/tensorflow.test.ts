import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tensorflowFolder } from '../../src-main/base/home.js';
import type { JobEvent } from '../../src-main/contract/events.js';
import type { JobRequest } from '../../src-main/contract/requests/requests.js';
import { runJob } from '../../src-main/jobs/run.js';
import { runTrain } from '../../src-main/jobs/train/train.js';
import { FAMILIES } from '../../src-main/models/families/families.js';
import { brainSlices, denoiseRequest, removeFolders, temporaryFolder } from './fixtures.js';
import { trainRequest } from './train-request.js';

const missing = existsSync(path.join(tensorflowFolder(), 'package.json'))
  ? undefined
  : 'TensorFlow is not set up here: `limpid setup-tensorflow`, or LIMPID_TENSORFLOW=FOLDER';
if (missing !== undefined) console.warn(`skipped: jobs with --device tensorflow (${missing})`);

const tensorflow = { device: 'tensorflow' } as const;
/** Those that learn from single slices, with settings that are soon learnt. */
const SMALL: Readonly<Record<string, object>> = {
  plain: { latent: 8, hidden: 32 },
  contractive: { latent: 16 },
  variational: { base: 8, latent: 8 },
  'vector-quantised': { base: 8, codes: 32 },
  masked: { width: 32, depth: 1, decoderWidth: 16 },
};

describe.skipIf(missing !== undefined)('--device tensorflow', () => {
  let root = '';
  let input = '';
  beforeAll(async () => {
    root = await temporaryFolder();
    input = path.join(root, 'in');
    process.env.LIMPID_TENSORFLOW = tensorflowFolder();
    process.env.LIMPID_HOME = path.join(root, 'home');
    await brainSlices(input, [6, 7, 8, 9, 10, 11, 12, 13]);
  });
  afterAll(async () => {
    delete process.env.LIMPID_HOME;
    await removeFolders();
  });

  async function run(request: JobRequest): Promise<{ result: unknown; events: JobEvent[] }> {
    const events: JobEvent[] = [];
    const result = await runJob(request, (event) => events.push(event));
    return { result, events };
  }
  const at = (name: string) => path.join(root, name);

  it.each(FAMILIES.filter(({ timeSeries }) => timeSeries !== true).map(({ name }) => [name]))(
    'trains a %s model and writes it',
    async (family) => {
      const settings = { ...(SMALL[family] ?? { base: 8 }) };
      const { result, events } = await run(
        trainRequest(input, at(`${family}.onnx`), { ...tensorflow, family, settings }),
      );
      expect(result).toMatchObject({ exitCode: 0, steps: 20 });
      expect(events).toContainEqual(
        expect.objectContaining({ type: 'device', description: expect.stringMatching(/^TensorFlow on the/) }),
      );
    },
  );

  it('looks for anomalies, lays out the latent space, generates, compresses and gives back', async () => {
    const model = at('vector-quantised.onnx');
    const common = { model, seed: 1, ...tensorflow };
    const requests: JobRequest[] = [
      {
        ...{
          type: 'latent',
          inputs: [input],
          output: at('latent'),
          clusters: 2,
          nearest: null,
          force: false,
        },
        ...common,
      },
      {
        ...{ type: 'anomaly', input, output: at('unlike'), normal: [input], falsePositiveRate: 0.01 },
        ...{ lesions: false, force: false },
        ...common,
      },
      { type: 'generate', output: at('generated'), count: 2, ...common },
      { type: 'compress', input, output: at('codes'), model, force: false, ...tensorflow },
      { type: 'decompress', input: at('codes'), output: at('back.nii'), model, ...tensorflow },
    ];
    for (const request of requests) {
      const { result, events } = await run(request);
      expect(result, request.type).toMatchObject({ exitCode: 0 });
      // Their model files run elsewhere, and they say so.
      expect(events, request.type).toContainEqual(
        expect.objectContaining({
          type: 'warning',
          problem: expect.objectContaining({ code: 'W_DEVICE_FALLBACK' }),
        }),
      );
    }
  });

  it('goes on on the CPU, and denoises', async () => {
    const stop = new Error('stopped');
    const more = { budget: { unit: 'steps', value: 60 } } as const;
    const output = at('moved.onnx');
    const broken = runTrain(
      trainRequest(input, output, { ...tensorflow, ...more }),
      (event) => {
        if (event.type === 'progress' && event.stage === 'train' && event.done >= 15) throw stop;
      },
      { checkpointSeconds: 0 },
    );
    await expect(broken).rejects.toBe(stop);
    const { result, events } = await run(
      trainRequest(input, output, { ...more, device: 'cpu', resume: true }),
    );
    expect(result).toMatchObject({ exitCode: 0, steps: 60 });
    expect(events).toContainEqual(
      expect.objectContaining({ problem: expect.objectContaining({ code: 'W_DEVICE_CHANGED' }) }),
    );
    const denoised = await run(
      denoiseRequest(input, at('clear'), { ...tensorflow, model: { kind: 'general' } }),
    );
    expect(denoised.result).toMatchObject({ exitCode: 0 });
    expect(await fs.readdir(at('clear'))).toContain('series-001');
  });
});
