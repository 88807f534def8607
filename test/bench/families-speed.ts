// Times a training step of every family, and of the same nets in PyTorch, in alternation:
//   npm run bench -- families-speed --python VENV/bin/python [--threads N] [--rounds N] [--only FAMILY,...] [--write]
// The interpreter needs test/bench/requirements-torch.txt.
// --write keeps the rows in test/bench/results/families-speed.json and puts them into docs/families.md.
import * as path from 'node:path';
import { Random } from '../../src-main/base/random.js';
import type { FamilySettings } from '../../src-main/models/family.js';
import { parameterCount } from '../../src-main/models/parameters.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import { type FamilyPlan, modelOf } from '../../src-main/training/family.js';
import { autoencoderLearner, drawAll } from '../../src-main/training/learner.js';
import { ADAM } from '../../src-main/training/optimiser.js';
import type { CorpusSeries } from '../../src-main/training/samples/corpus.js';
import { CropSampler } from '../../src-main/training/samples/crops.js';
import { pairBatches } from '../../src-main/training/samples/pairs.js';
import { initialLearnerState, learnerStep } from '../../src-main/training/step.js';
import { brainCorpus, planFor, squares } from '../training/brain.js';
import { benchOptions, keep, markdown, type Row } from './tables.js';
import { median, startPeer } from './torch.js';

/**
 * For every family as `limpid train` makes it (8 planes of 64 x 64, on the CPU): time until a step is compiled,
 * time of a step beside the same net in PyTorch, in alternation, and which share of the step is sampling. With one thread
 * processor time is taken, which a busy machine hardly disturbs; otherwise wall time.
 */

const SIZE = 64;
const FRAMES = 6;
/** Steps, and batches, before the timed ones: code is compiled while it runs. */
const WARM = 2;
const WARM_BATCHES = 50;
const options = benchOptions({ rounds: 15 });
if (options.python === null) throw new Error('give --python, an interpreter with torch');

const FAMILIES: Readonly<
  Record<
    string,
    { readonly family: string; readonly settings?: FamilySettings; readonly objective?: 'rician' | 'frames' }
  >
> = {
  plain: { family: 'plain' },
  convolutional: { family: 'convolutional' },
  sparse: { family: 'sparse' },
  contractive: { family: 'contractive' },
  'contractive-convolutional': {
    family: 'contractive',
    settings: { kind: 'convolutional', latent: 8, levels: 3 },
  },
  denoising: { family: 'denoising', objective: 'rician' },
  variational: { family: 'variational' },
  'vector-quantised': { family: 'vector-quantised' },
  video: { family: 'video', settings: { middle: 'unseen' }, objective: 'frames' },
  masked: { family: 'masked' },
};

const slab = brainCorpus(70, 90);
const corpora: Readonly<Record<string, readonly CorpusSeries[]>> = {
  video: slab.map((series) => ({
    ...series,
    values: Float32Array.from(
      { length: FRAMES * series.values.length },
      (_, i) => series.values[i % series.values.length],
    ),
    frames: FRAMES,
  })),
  variational: squares(slab, SIZE),
};

/** ms */
function clock(): number {
  if (options.threads > 1) return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const runtime = await openRuntime('cpu', { threads: options.threads });
const peer = startPeer(options.python, [
  path.resolve('test/bench/families_torch.py'),
  String(options.threads),
]);

interface Times {
  readonly step: number;
  readonly sampling: number;
}

async function prepare(
  name: string,
): Promise<{ compile: number; parameters: number; step: (i: number) => Promise<Times> }> {
  const { family, settings = {}, objective: kind } = FAMILIES[name];
  const objective: Exclude<FamilyPlan['objective'], { kind: 'artifact' }> =
    kind === 'rician' ? { kind, levels: [1, 10] } : { kind: kind ?? 'reconstruct' };
  const augmentation = { flips: true, turns: family !== 'variational', intensity: 0.1, elastic: 0 };
  const plan = planFor(family, { settings, size: SIZE, objective, augmentation });
  const model = modelOf(plan);
  const { context, along } = model;
  const sampler = new CropSampler(corpora[family] ?? slab, {
    size: SIZE,
    context,
    ...(along === undefined ? {} : { along }),
    augmentation,
  });
  const source = pairBatches(objective, sampler, plan);
  for (let i = 0; i < WARM_BATCHES; i++) source.batch(new Random(i), 'training', i);
  const learner = autoencoderLearner(model, plan.losses, plan, null);
  const state = initialLearnerState(learner, new Random(1));
  const started = clock();
  const program = await runtime.compileStep(learnerStep(learner, ADAM), state);
  const compile = clock() - started;
  return {
    compile,
    parameters: parameterCount(model),
    async step(i) {
      const begin = clock();
      const random = new Random(1).fork(`step ${i}`);
      const feeds = {
        ...source.batch(random, 'training', i),
        ...drawAll(learner, random, 'training'),
        ...(learner.ramp > 0 ? { ramp: Float32Array.of(1) } : {}),
        learningRate: Float32Array.of(1e-3),
      };
      const sampled = clock();
      await program.run(feeds);
      return { step: clock() - sampled, sampling: sampled - begin };
    },
  };
}

async function measure(name: string): Promise<Row> {
  const { compile, parameters, step } = await prepare(name);
  const theirParameters = await peer.ask(`PARAMETERS ${name}`);
  const mine: Times[] = [];
  const theirs: number[] = [];
  for (let i = 0; i < options.rounds + WARM; i++) {
    const one = await step(i);
    const other = await peer.ask(name);
    if (i < WARM) continue;
    mine.push(one);
    theirs.push(other);
  }
  const steps = mine.map(({ step: time }) => time);
  const share = median(mine.map(({ step: time, sampling }) => sampling / (time + sampling)));
  const ratio = median(steps) / median(theirs);
  const least = Math.min(...steps) / Math.min(...theirs);
  const holds = compile < 2000 && ratio <= 1.25 && share < 0.1;
  return {
    family: name,
    parameters:
      parameters === theirParameters ? `${parameters}` : `${parameters} (PyTorch ${theirParameters})`,
    'compiled in': `${(compile / 1000).toFixed(2)} s`,
    'a step': `${median(steps).toFixed(1)} ms`,
    PyTorch: `${median(theirs).toFixed(1)} ms`,
    'ratio of medians (of minima)': `${ratio.toFixed(2)} (${least.toFixed(2)})`,
    'sampling, of the step': `${(100 * share).toFixed(1)} %`,
    goals: holds ? 'reached' : '**not reached**',
  };
}

const names = Object.keys(FAMILIES);
const rows: Row[] = [];
for (const name of options.only.length > 0 ? options.only : names) {
  const row = await measure(name);
  process.stderr.write(`${Object.values(row).join(' | ')}\n`);
  if (options.write) keep('families-speed', name, [row], names);
  rows.push(row);
}
peer.stop();
await runtime.close();
process.stdout.write(`${markdown(rows)}\n`);
