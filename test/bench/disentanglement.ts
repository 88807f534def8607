// Whether numbers of a latent mean one thing each, on drawn heads whose factors are known:
//   npm run bench -- disentanglement [--steps N] [--write]
// --write keeps the rows in test/bench/results/disentanglement.json and puts them into docs/encoders.md.
import { principalComponents } from '../../src-main/base/linear/pca.js';
import { Random } from '../../src-main/base/random.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import { corpusSeries, splitCorpus } from '../../src-main/training/samples/corpus.js';
import { volumeOf } from '../imaging/support.js';
import { apply, planFor, squares, trainOn } from '../training/brain.js';
import { type Codes, dci, mig, sap } from './disentanglement-scores.js';
import { benchOptions, keep, markdown, type Row } from './tables.js';

/** An ellipse with fluid inside: place, size, size of the fluid, its brightness. */
const FACTORS = 5;
const SIDE = 32;
const COUNT = 800;
const LATENT = 8;

const options = benchOptions({ steps: 600 });
const random = new Random(8);
const factors: Codes = {
  data: Float64Array.from({ length: COUNT * FACTORS }, () => random.uniform()),
  length: FACTORS,
};
const data = new Float32Array(COUNT * SIDE * SIDE);
for (let n = 0; n < COUNT; n++)
  data.set(drawn(factors.data.subarray(n * FACTORS, (n + 1) * FACTORS)), n * SIDE * SIDE);
const corpus = splitCorpus(
  [corpusSeries(volumeOf(data, [SIDE, SIDE, COUNT]), 'drawn', null)],
  0.1,
  new Random(1),
);
const whole = squares(corpus, SIDE);
const images = { data: whole[0].values, count: COUNT, size: SIDE };
const rows: Row[] = [];

const { mean, vectors, variances } = principalComponents(images.data, SIDE * SIDE, LATENT, new Random(2));
const components = new Float64Array(COUNT * LATENT);
for (let n = 0; n < COUNT; n++)
  for (let k = 0; k < variances.length; k++)
    for (let i = 0; i < SIDE * SIDE; i++)
      components[n * LATENT + k] +=
        vectors[k * SIDE * SIDE + i] * (images.data[n * SIDE * SIDE + i] - mean[i]);
measured('principal components', { data: components, length: LATENT }, '');

const runtime = await openRuntime('cpu', { threads: 2 });
for (const beta of [0.1, 1, 4, 16]) {
  const trained = await trainOn(
    runtime,
    whole,
    planFor('variational', {
      steps: options.steps,
      settings: { base: 8, latent: LATENT, beta, warmup: options.steps / 4 },
      size: SIDE,
      augmentation: { flips: false, turns: false, intensity: 0, elastic: 0 },
    }),
  );
  const { latent, reconstruction } = await apply(runtime, trained, images);
  const error =
    reconstruction.reduce((sum, value, i) => sum + (value - images.data[i]) ** 2, 0) / images.data.length;
  measured(
    `variational, beta ${beta}`,
    { data: Float64Array.from(latent), length: LATENT },
    `${(-10 * Math.log10(error)).toFixed(1)} dB`,
  );
}
await runtime.close();
console.log(markdown(rows));
if (options.write) keep('disentanglement', 'drawn', rows, ['drawn'], 'docs/encoders.md');

function measured(of: string, codes: Codes, rebuilt: string): void {
  const [disentangled, complete, informative] = dci(codes, factors);
  const number = (value: number): string => value.toFixed(3);
  rows.push({
    codes: of,
    MIG: number(mig(codes, factors)),
    SAP: number(sap(codes, factors)),
    'DCI disentanglement': number(disentangled),
    completeness: number(complete),
    informativeness: number(informative),
    rebuilt,
  });
  console.log(markdown(rows.slice(-1)));
}

function drawn([left, top, size, inner, bright]: ArrayLike<number> & Iterable<number>): Float32Array {
  const image = new Float32Array(SIDE * SIDE);
  const [cx, cy] = [SIDE / 2 + 8 * (left - 0.5), SIDE / 2 + 8 * (top - 0.5)];
  const radius = 7 + 5 * size;
  const hole = radius * (0.25 + 0.35 * inner);
  const soft = (from: number, at: number): number => Math.min(1, Math.max(0, from - at + 0.5));
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      const at = Math.hypot(x - cx, (y - cy) / 1.15);
      const fluid = soft(hole, at);
      image[y * SIDE + x] =
        soft(radius, at) * (0.6 * (1 - fluid) + (0.1 + 0.9 * bright) * fluid) + 0.01 * random.normal();
    }
  return image;
}
