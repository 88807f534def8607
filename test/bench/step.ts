// Times training steps of ours and of PyTorch in alternation:
//   npm run bench -- step [--rounds N] [--only FAMILY,...] [--write]
import { availableParallelism } from 'node:os';
import * as path from 'node:path';
import { openRuntime } from '../../src-main/runtime/device.js';
import { forward, initialWeights, unetStep } from '../graph/unet.js';
import { trainingFeeds } from '../runtime/feeds.js';
import { median, startPeer, timed } from './torch.js';

/**
 * A training step (U-Net of 0.47 M parameters, Adam, batch 16 of 64x64) and an inference (256x256) on the CPU, in
 * alternation with PyTorch. Prints medians and ratios. Run by hand: npm run bench -- step [ROUNDS].
 */
const rounds = Number(process.argv[2] ?? 9);
const threads = availableParallelism();
const PYTHON = '/usr/bin/python3';

type Sample = () => Promise<number>;

async function ours(): Promise<{ step: Sample; infer: Sample }> {
  const runtime = await openRuntime('cpu', { threads });
  const { definition, initial } = unetStep(32, 16, 64);
  const training = await runtime.compileStep(definition, initial);
  const inference = await runtime.compileInference({
    parameters: initialWeights(32, 1),
    inputs: { image: [1, 256, 256, 1] },
    apply: (weights, { image }) => ({ clean: forward(32, weights, image) }),
  });
  const feeds = trainingFeeds(16 * 64 * 64, 0, 1e-3);
  const { x: image } = trainingFeeds(256 * 256, 1);
  return { step: () => timed(() => training.run(feeds)), infer: () => timed(() => inference.run({ image })) };
}

const limpid = await ours();
const peer = startPeer(PYTHON, [path.resolve('test/bench/step_torch.py'), String(threads)]);
const line = (name: string, a: number[], b: number[]): string =>
  `${name}: limpid ${median(a).toFixed(0)} ms, PyTorch ${median(b).toFixed(0)} ms, ratio of medians ` +
  `${(median(a) / median(b)).toFixed(2)}, of minima ${(Math.min(...a) / Math.min(...b)).toFixed(2)}`;
for (const name of ['step', 'infer'] as const) {
  const [mine, theirs]: [number[], number[]] = [[], []];
  await limpid[name]();
  await peer.ask(name);
  for (let i = 0; i < rounds; i++) {
    mine.push(await limpid[name]());
    theirs.push(await peer.ask(name));
  }
  console.log(line(name, mine, theirs));
}
peer.stop();
process.exit(0);
