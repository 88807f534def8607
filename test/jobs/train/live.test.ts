import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobEvent, LearningEvent } from '../../../src-main/contract/events.js';
import type { TrainRequest } from '../../../src-main/contract/requests/training.js';
import { runJob } from '../../../src-main/jobs/run.js';
import { runTrain } from '../../../src-main/jobs/train/train.js';
import { readModelWeights } from '../../../src-main/model-files/model-file.js';
import type { Wish } from '../../../src-main/process/port.js';
import { findModel, readKept } from '../../../src-main/store/model-store.js';
import { brainSlices, removeFolders, temporaryFolder } from '../fixtures.js';
import { trainRequest } from '../train-request.js';

/** What a window sees of a training, and how it ends one early. */

let root = '';
let input = '';
beforeAll(async () => {
  root = await temporaryFolder();
  input = path.join(root, 'in');
  process.env.LIMPID_HOME = path.join(root, 'home');
  await brainSlices(input, [6, 7, 8, 9, 10, 11, 12, 13]);
});
afterAll(async () => {
  delete process.env.LIMPID_HOME;
  await removeFolders();
});

const file = (name: string) => path.join(root, name);
const request = (name: string, more: Partial<TrainRequest> = {}) =>
  trainRequest(input, file(`${name}.onnx`), { budget: { unit: 'steps', value: 40 }, ...more });
const floats = async (name: string) => new Float32Array(Uint8Array.from(await fs.readFile(name)).buffer);

/** Runs a training; `at` says what is wished for once so many steps are done. */
async function run(asked: TrainRequest, at: { readonly steps: number; readonly wish: Wish } | null = null) {
  const events: JobEvent[] = [];
  let done = 0;
  const wish = () => {
    done++;
    return at !== null && done === at.steps ? at.wish : null;
  };
  const result = await runJob(asked, (event) => events.push(event), wish);
  const learnt = events.filter((event): event is LearningEvent => event.type === 'learning');
  return { result, learnt };
}

describe('pictures while it learns', () => {
  it.each([
    ['denoising', { base: 8, context: 1 }, 'rician'],
    ['variational', { base: 8, latent: 8 }, 'reconstruct'],
    ['vector-quantised', { base: 8, codes: 16, norm: 'batch' }, 'reconstruct'],
    ['masked', { width: 32, depth: 1, decoderWidth: 16 }, 'reconstruct'],
  ] as const)(
    'show the same patches of %s, and change neither weights nor draws',
    async (family, settings, objective) => {
      const more = { family, settings, objective } as const;
      const plain = await run(request(`${family}-plain`, more));
      const record = file(`${family}-record`);
      const shown = await run(request(`${family}-shown`, { ...more, record }));
      const hash = (result: typeof plain.result) => ('sha256' in result ? result.sha256 : null);
      expect(hash(shown.result)).toMatch(/^[0-9a-f]{64}$/);
      expect(hash(shown.result)).toBe(hash(plain.result));
      expect(plain.learnt.every(({ preview }) => preview === null)).toBe(true);
      const previews = shown.learnt.flatMap(({ preview }) => (preview === null ? [] : [preview]));
      expect(previews[0]).toMatchObject({ step: 10, lasting: true });
      expect(previews.at(-1)).toMatchObject({ step: 40, lasting: true });
      const { count, size } = previews[0];
      const patches = await floats(path.join(record, 'patches.f32'));
      expect(patches.length).toBe(2 * count * size * size);
      const first = await floats(path.join(record, 'rebuilt-10.f32'));
      const last = await floats(path.join(record, 'rebuilt-40.f32'));
      const target = patches.subarray(patches.length / 2);
      const error = (image: Float32Array) =>
        image.reduce((sum, value, i) => sum + (value - target[i]) ** 2, 0) / image.length;
      expect(last).not.toEqual(first);
      // Hidden patches take longer to be told from the others; a variational model starts at its principal
      // components, and gives up some of them for its prior first.
      if (family !== 'masked' && family !== 'variational') expect(error(last)).toBeLessThan(error(first));
      const card: unknown = JSON.parse(await fs.readFile(path.join(record, 'card.json'), 'utf8'));
      const { card: inFile } = readModelWeights(await fs.readFile(file(`${family}-shown.onnx`)));
      expect(card).toEqual(JSON.parse(JSON.stringify(inFile)));
    },
  );
});

describe('a training that is ended early', () => {
  it('writes the best model so far', async () => {
    const { result, learnt } = await run(request('early', { budget: { unit: 'steps', value: 4000 } }), {
      steps: 257,
      wish: 'finish',
    });
    expect(result).toMatchObject({ exitCode: 0, steps: 257 });
    const points = learnt.flatMap((event) => event.points);
    expect(points.map(({ step }) => step)).toEqual([100, 200, 257]);
    const lowest = points.reduce((a, b) => ((b.heldOut ?? 1) < (a.heldOut ?? 1) ? b : a));
    expect(result).toMatchObject({ bestStep: lowest.step, heldOut: lowest.heldOut });
    const { card } = readModelWeights(await fs.readFile(file('early.onnx')));
    expect(card.training).toMatchObject({ steps: 257, bestStep: lowest.step });
    expect(await fs.readdir(root)).not.toContain('early.onnx.checkpoint');
  });

  it('is paused at the very step, and goes on to the same bytes and the same curve', async () => {
    const more = { family: 'denoising', objective: 'rician' } as const;
    const whole = await run(request('whole', more));
    const paused = await run(request('paused', more), { steps: 17, wish: 'pause' });
    expect(paused.result).toMatchObject({ exitCode: 130, stopped: { code: 'E_CANCELLED' } });
    const { result, learnt } = await run(request('paused', { ...more, resume: true }));
    if (!('sha256' in whole.result) || !('sha256' in result)) throw new Error('no model was made');
    expect(result.sha256).toBe(whole.result.sha256);
    // It tells again what was measured before it was paused.
    const points = (all: readonly LearningEvent[]) => all.flatMap((event) => event.points);
    expect(points(learnt)).toEqual(points(whole.learnt));
  });
});

describe('where a model goes', () => {
  it('is the library, under a name, where that is asked for', async () => {
    const { result } = await run(request('made', { keepAs: 'my model' }));
    const entry = await findModel('my model');
    expect(result).toMatchObject({ exitCode: 0, kept: entry.id, sha256: entry.sha256 });
    expect(entry).toMatchObject({ origin: 'trained', family: 'convolutional' });
    expect((await readKept(entry)).length).toBe(entry.bytes);
    expect(await fs.readdir(root)).not.toContain('made.onnx');
    const again = await run(request('other', { keepAs: 'my model' }));
    expect(again.result).toMatchObject({ stopped: { code: 'E_EXISTS' } });
  });
});

describe('a choice of series', () => {
  it('learns from the series that are chosen, and from no other', async () => {
    const { result } = await run(request('none', { only: ['nothing'] }));
    expect(result).toMatchObject({ stopped: { code: 'E_NOT_FOUND' } });
    const inspected = await runJob({ type: 'inspect', paths: [input] }, () => {});
    if (inspected.command !== 'inspect' || !('series' in inspected)) throw new Error('no series was found');
    const [{ id }] = inspected.series;
    const whole = await runTrain(request('all'), () => {});
    const chosen = await runTrain(request('chosen', { only: [id] }), () => {});
    expect(chosen.sha256).toBe(whole.sha256);
  });
});

describe('a check before the start', () => {
  const BRAIN = { rows: 256, columns: 256, slices: 8, frames: 1, group: 'a' };
  const check = (more: Partial<TrainRequest>, series = [BRAIN]) =>
    runJob({ type: 'check-training', request: request('unmade', more), series }, () => {});

  it('says what the training turns out to be', async () => {
    const more = { family: 'variational', settings: { base: 8, latent: 8 } } as const;
    const checked = await check(more);
    if (!('facts' in checked)) throw new Error('it was refused');
    const trained = await runTrain(request('made-so', more), () => {});
    const { parameters, trainingPlanes, heldOutPlanes, steps } = checked.facts;
    expect({ parameters, trainingPlanes, heldOutPlanes, steps }).toEqual({
      parameters: trained.parameters,
      trainingPlanes: trained.trainingPlanes,
      heldOutPlanes: trained.heldOutPlanes,
      steps: trained.steps,
    });
    expect(checked.facts).toMatchObject({ split: 'slices', latent: { channels: 8 } });
    const patients = ['a', 'b', 'c'].map((group) => ({ ...BRAIN, group }));
    expect(await check({}, patients)).toMatchObject({ facts: { split: 'patients', heldOutPlanes: 8 } });
  });

  it.each([
    [{ patchSize: 36 }, 'E_USAGE'],
    [{ patchSize: 512 }, 'E_TOO_SMALL'],
    [{ settings: { base: 1000 } }, 'E_USAGE'],
    [{ objective: 'supervised' }, 'E_USAGE'],
    [{ family: 'video', objective: 'frames', settings: {} }, 'E_TOO_FEW'],
    [{ output: 'model.txt' }, 'E_USAGE'],
    [{ from: 'nothing' }, 'E_NOT_FOUND'],
  ] as const)('refuses %j as the training does, with %s', async (more, code) => {
    const checked = await check(more);
    const { result } = await run(request('refused', more));
    expect(checked).toMatchObject({ stopped: { code } });
    expect(result).toMatchObject({
      stopped: 'stopped' in checked ? { code, message: checked.stopped.message } : {},
    });
  });

  it('lists families with settings and with what they can learn', async () => {
    const result = await runJob({ type: 'families' }, () => {});
    if (!('families' in result)) throw new Error('nothing was listed');
    const named = (name: string) => result.families.find((family) => family.name === name);
    expect(named('denoising')?.objectives[0]).toBe('rician');
    expect(named('denoising')?.objectives).toContain('artifact');
    expect(named('denoising')?.objectives).not.toContain('frames');
    expect(named('plain')?.objectives).toContain('rician');
    expect(named('video')?.objectives).not.toContain('artifact');
    expect(named('variational')?.ranges.beta).toEqual({ from: 0, to: 1000, whole: false });
    expect(named('sparse')?.ranges.penalty).toEqual({ choices: ['kl', 'l1'] });
  });
});
