import { Random } from '../../src-main/base/random.js';
import type { FamilySettings } from '../../src-main/models/family.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import type { CorpusSeries } from '../../src-main/training/corpus.js';
import type { FamilyPlan, TrainedFamily } from '../../src-main/training/family.js';
import { trainFamily } from '../../src-main/training/family.js';
import {
  apply,
  brainCorpus,
  heldOutImages,
  type Images,
  meanSquare,
  nudged,
  pcaError,
  planFor,
  squares,
} from '../training/brain.js';

/** Measures every family on ch2; prints Markdown, and each row to standard error as it is done. */

const STEPS = Number(process.argv[2] ?? 1000);
const SIZE = 32;
const runtime = await openRuntime('cpu', { threads: 2 });
const corpus = brainCorpus(50, 110);
const whole = squares(corpus, SIZE);
const images = heldOutImages(corpus, 128, SIZE);
const planes = heldOutImages(whole, 12, SIZE);

interface Trained {
  readonly trained: TrainedFamily;
  readonly milliseconds: number;
}

async function learn(
  family: string,
  settings: FamilySettings,
  changes: Partial<FamilyPlan> = {},
  on: readonly CorpusSeries[] = corpus,
): Promise<Trained> {
  let first = 0;
  let last = 0;
  const plan = planFor(family, { steps: STEPS, settings, size: SIZE, ...changes });
  const trained = await trainFamily(runtime, on, plan, {
    onProgress({ step }) {
      if (step === 10) first = performance.now();
      if (step === 60) last = performance.now();
    },
  });
  return { trained, milliseconds: (last - first) / 50 };
}

const psnr = (error: number): string => (-10 * Math.log10(error)).toFixed(2);
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const rows: string[][] = [];
function row(...cells: string[]): void {
  rows.push(cells);
  process.stderr.write(`${cells.join(' | ')}\n`);
}

async function rebuilt(trained: TrainedFamily, on: Images = images): Promise<number> {
  const { reconstruction } = await apply(runtime, trained, on);
  return meanSquare(reconstruction, on.data);
}

/** Mean square change of an output under noise of 1 % of the range. */
async function unrest(trained: TrainedFamily, output: string): Promise<number> {
  const rest = await apply(runtime, trained, images);
  const moved = await apply(runtime, trained, nudged(images, 0.01, 3));
  return meanSquare(rest[output], moved[output]);
}

/** |clean + n1 + i n2| with channels of standard deviation `sigma`. */
function rician(clean: Images, sigma: number): Images {
  const random = new Random(9);
  return {
    ...clean,
    data: clean.data.map((value) => Math.hypot(value + sigma * random.normal(), sigma * random.normal())),
  };
}

async function gain(trained: TrainedFamily, sigma: number): Promise<string> {
  const noisy = rician(images, sigma);
  const { reconstruction } = await apply(runtime, trained, noisy);
  const [before, after] = [meanSquare(noisy.data, images.data), meanSquare(reconstruction, images.data)];
  return `${psnr(before)} to ${psnr(after)} dB`;
}

row('PCA', '32 values for 16 x 16', `rebuilds ${psnr(pcaError(corpus, images, 16, 32))} dB`, '');
{
  const { trained, milliseconds } = await learn('plain', { latent: 32 });
  const error = `rebuilds ${psnr(await rebuilt(trained))} dB`;
  row('plain', '32 values for 16 x 16', error, milliseconds.toFixed(0));
}
{
  const { trained, milliseconds } = await learn('convolutional', { latent: 8 });
  row(
    'convolutional',
    '8 values for 8 x 8',
    `rebuilds ${psnr(await rebuilt(trained))} dB`,
    milliseconds.toFixed(0),
  );
}
for (const rate of [0.05, 0.1]) {
  const { trained, milliseconds } = await learn('sparse', { latent: 64, rate });
  const { latent } = await apply(runtime, trained, images);
  const active = latent.reduce((sum, value) => sum + value, 0) / latent.length;
  row(
    'sparse',
    `target rate ${rate}`,
    `mean activation ${active.toFixed(4)}; rebuilds ${psnr(await rebuilt(trained))} dB`,
    milliseconds.toFixed(0),
  );
}
for (const kind of ['dense', 'convolutional'])
  for (const weight of [0, 1]) {
    const settings = { kind, weight, latent: kind === 'dense' ? 64 : 8 };
    const { trained, milliseconds } = await learn('contractive', settings);
    const [latent, output] = [await unrest(trained, 'latent'), await unrest(trained, 'reconstruction')];
    row(
      `contractive, ${kind}`,
      `weight ${weight}`,
      `latent moves ${latent.toExponential(2)}, output ${output.toExponential(2)} under 1 % noise; rebuilds ${psnr(await rebuilt(trained))} dB`,
      milliseconds.toFixed(0),
    );
  }
for (const [family, settings] of [
  ['denoising', {}],
  ['convolutional', { latent: 8, levels: 2 }],
  ['sparse', { latent: 64, levels: 2 }],
] as const) {
  const objective = { kind: 'rician', levels: [3, 10] } as const;
  const { trained, milliseconds } = await learn(family, settings, { objective });
  row(
    family,
    'trained under 3 to 10 % Rician noise',
    `5 %: ${await gain(trained, 0.05)}; 9 %: ${await gain(trained, 0.09)}`,
    milliseconds.toFixed(0),
  );
}
for (const beta of [0.1, 1, 4]) {
  const settings = { latent: 16, levels: 2, beta, warmup: STEPS / 4 };
  const { trained, milliseconds } = await learn('variational', settings, {}, whole);
  const { kl = 0, active = 0 } = trained.result.curve[trained.result.curve.length - 1].measures ?? {};
  row(
    'variational, whole planes',
    `beta ${beta}`,
    `KL ${kl.toFixed(1)} nats, ${percent(active)} of 16 latents active; rebuilds ${psnr(await rebuilt(trained, planes))} dB`,
    milliseconds.toFixed(0),
  );
}
for (const codes of [64, 256]) {
  const { trained, milliseconds } = await learn('vector-quantised', { codes });
  const out = await apply(runtime, trained, images);
  const counts = new Map<number, number>();
  for (const code of out.codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  const bits = [...counts.values()].reduce((sum, count) => {
    const share = count / out.codes.length;
    return sum - share * Math.log2(share);
  }, 0);
  const cell = trained.model.coder?.cell ?? 1;
  row(
    'vector-quantised',
    `${codes} codes for ${cell} x ${cell}`,
    `${percent(counts.size / codes)} of the codes used; ${(bits / cell ** 2).toFixed(3)} bits a pixel; rebuilds ${psnr(meanSquare(out.reconstruction, images.data))} dB`,
    milliseconds.toFixed(0),
  );
}
await runtime.close();
const head = ['family', 'setting', 'measured on held-out slices', 'ms a step'];
for (const cells of [head, head.map(() => '---'), ...rows])
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
