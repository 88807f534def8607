// Signals of voxels over repeats or directions as a one-dimensional autoencoder, beside MP-PCA and PCA:
//   npm run bench -- signals NAME=FOLDER... [--steps N] [--write]
// FOLDER holds one series twice (diffusion), or one series of repeats, whose halves are taken. --write keeps the rows in
// test/bench/results/signals.json and puts them into docs/families.md.
import { principalComponents } from '../../src-main/base/linear/pca.js';
import { Random } from '../../src-main/base/random.js';
import { mpPca } from '../../src-main/filters/mppca.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { quantile } from '../../src-main/noise/robust.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import { openInput } from '../../src-main/series/open-input.js';
import { corpusSeries, intensityScale, scaled, splitCorpus } from '../../src-main/training/samples/corpus.js';
import { ranking } from '../../src-main/trust/ranking.js';
import { volumeOf } from '../imaging/support.js';
import { apply, planFor, trainOn } from '../training/brain.js';
import { keep, markdown, type Row } from './tables.js';

/** The plain family is dense on patches of 4 x 4: a signal of up to 16 values, filled up with zeros, is one patch. */
const LENGTH = 16;
const PATCH = 4;
const SIDE = 64;
/** Signals of a plane. */
const A_PLANE = (SIDE / PATCH) ** 2;
/** Slices of the middle that are looked at. */
const SLICES = 4;
const LATENTS = [1, 2, 4];

const argumentsGiven = process.argv.slice(2);
const write = argumentsGiven.includes('--write');
const steps = Number(argumentsGiven[argumentsGiven.indexOf('--steps') + 1] ?? 0) || 400;
const inputs = argumentsGiven.filter((one) => /^\w+=/.test(one)).map((one) => one.split('='));
const runtime = await openRuntime('cpu', { threads: 1 });
const names = inputs.map(([name]) => name);
for (const [name, folder] of inputs) {
  const rows = await measured(name, await twice(folder));
  console.log(markdown(rows));
  if (write) keep('signals', name, rows, names);
}
await runtime.close();

/** Signals of the same voxels in two runs; frames of the first by voxels. */
interface Twice {
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly frames: number;
  readonly shape: Pick<Volume, 'rows' | 'columns' | 'slices'>;
}

async function twice(folder: string): Promise<Twice> {
  const input = await openInput(folder, () => {}, { errorMap: false, suffix: 'unused' });
  try {
    const volumes: Volume[] = [];
    for (const { stacks } of input.units)
      for (const stack of stacks) if (stack.why === null) volumes.push((await stack.load(() => {})).volume);
    const most = Math.max(...volumes.map(({ frames }) => frames));
    const long = volumes.filter(({ frames }) => frames === most);
    const half = long.length > 1 ? most : Math.floor(most / 2);
    const frames = Math.min(LENGTH, half);
    const [one, other] = [long[0], long[1] ?? long[0]];
    const from = long.length > 1 ? 0 : half;
    const slices = Math.min(SLICES, one.slices);
    return {
      first: cut(one, 0, frames, slices),
      second: cut(other, from, frames, slices),
      frames,
      shape: { rows: one.rows, columns: one.columns, slices },
    };
  } finally {
    await input.close();
  }
}

function cut(
  { data, rows, columns, slices }: Volume,
  from: number,
  count: number,
  kept: number,
): Float32Array {
  const area = rows * columns;
  const start = (slices - kept) >> 1;
  const out = new Float32Array(count * kept * area);
  for (let frame = 0; frame < count; frame++) {
    const at = ((from + frame) * slices + start) * area;
    out.set(data.subarray(at, at + kept * area), frame * kept * area);
  }
  return out;
}

type Rebuild = (data: Float32Array) => Promise<Float32Array>;

async function measured(name: string, { first, second, frames, shape }: Twice): Promise<Row[]> {
  const voxels = shape.rows * shape.columns * shape.slices;
  const means = Float32Array.from({ length: voxels }, (_, v) => {
    let sum = 0;
    for (let frame = 0; frame < frames; frame++) sum += first[frame * voxels + v];
    return sum / frames;
  });
  const edge = 0.3 * quantile(means, 0.95);
  const inside = Array.from({ length: voxels }, (_, v) => v).filter((v) => means[v] > edge);
  const dropped = withDrops(first, inside, frames, voxels);
  const noise = halfDifference(first, second, inside, frames, voxels);
  const row = async (way: string, rebuild: Rebuild): Promise<Row> => {
    const error = difference(await rebuild(first), second, inside, frames, voxels) - noise;
    const told = await rebuild(dropped.data);
    const scores = Float32Array.from(inside, (v) => {
      let most = 0;
      for (let frame = 0; frame < frames; frame++)
        most = Math.max(most, Math.abs(dropped.data[frame * voxels + v] - told[frame * voxels + v]));
      return most;
    });
    const ranks = ranking(scores, dropped.truth, 0);
    process.stderr.write(`${way}: ${(error / noise).toFixed(3)}, ${ranks?.auroc.toFixed(3)}\n`);
    return {
      series: name,
      'signals by': way,
      'error left, of the variance of the noise': (error / noise).toFixed(3),
      'drop-outs, AUROC': ranks?.auroc.toFixed(3) ?? '',
    };
  };
  const rows = [
    await row('as they are', async (data) => data),
    await row('MP-PCA', async (data) =>
      mpPca(
        data,
        frames,
        shape,
        { from: 0, to: shape.slices },
        { radius: 2, radiusThrough: 2, stride: 1, shrink: true, mostVariance: Number.POSITIVE_INFINITY },
      ),
    ),
  ];
  for (const latent of LATENTS) {
    rows.push(await row(`PCA of all, ${latent}`, pcaOf(first, inside, frames, voxels, latent)));
    rows.push(await row(`autoencoder, ${latent}`, await autoencoder(first, inside, frames, voxels, latent)));
  }
  return rows;
}

function difference(
  a: Float32Array,
  b: Float32Array,
  inside: readonly number[],
  frames: number,
  voxels: number,
): number {
  let sum = 0;
  for (let frame = 0; frame < frames; frame++)
    for (const v of inside) sum += (a[frame * voxels + v] - b[frame * voxels + v]) ** 2;
  return sum / (frames * inside.length);
}

/** Variance of the noise of one run. */
function halfDifference(
  a: Float32Array,
  b: Float32Array,
  inside: readonly number[],
  frames: number,
  voxels: number,
): number {
  return difference(a, b, inside, frames, voxels) / 2;
}

/** In one voxel of fifty one frame loses 40 % of its signal. */
function withDrops(data: Float32Array, inside: readonly number[], frames: number, voxels: number) {
  const random = new Random(4);
  const out = data.slice();
  const truth = Uint8Array.from(inside, (v) => {
    if (random.uniform() >= 0.02) return 0;
    out[random.integer(frames) * voxels + v] *= 0.6;
    return 1;
  });
  return { data: out, truth };
}

/** Principal components of the signals of all voxels, learnt from the data as it is. */
function pcaOf(
  data: Float32Array,
  inside: readonly number[],
  frames: number,
  voxels: number,
  count: number,
): Rebuild {
  const signals = Float32Array.from(
    { length: inside.length * frames },
    (_, i) => data[(i % frames) * voxels + inside[Math.floor(i / frames)]],
  );
  const { mean, vectors } = principalComponents(signals, frames, count, new Random(3));
  return async (given) => {
    const out = given.slice();
    for (const v of inside) {
      const centred = Array.from({ length: frames }, (_, f) => given[f * voxels + v] - mean[f]);
      for (let f = 0; f < frames; f++) out[f * voxels + v] = mean[f];
      for (let k = 0; k < count; k++) {
        const weight = centred.reduce((sum, value, f) => sum + value * vectors[k * frames + f], 0);
        for (let f = 0; f < frames; f++) out[f * voxels + v] += weight * vectors[k * frames + f];
      }
    }
    return out;
  };
}

/** The plain family on signals, a patch each. */
async function autoencoder(
  data: Float32Array,
  inside: readonly number[],
  frames: number,
  voxels: number,
  latent: number,
): Promise<Rebuild> {
  const planes = Math.ceil(inside.length / A_PLANE);
  const order = new Random(6).shuffle([...inside]);
  /** Where value `frame` of the n-th signal lies. */
  const at = (n: number, frame: number): number => {
    const [plane, signal] = [Math.floor(n / A_PLANE), n % A_PLANE];
    const [down, across] = [Math.floor(signal / (SIDE / PATCH)), signal % (SIDE / PATCH)];
    const [y, x] = [PATCH * down + Math.floor(frame / PATCH), PATCH * across + (frame % PATCH)];
    return (plane * SIDE + y) * SIDE + x;
  };
  const drawn = (from: Float32Array): Float32Array => {
    const out = new Float32Array(planes * SIDE * SIDE);
    order.forEach((v, n) => {
      for (let frame = 0; frame < frames; frame++) out[at(n, frame)] = from[frame * voxels + v];
    });
    return out;
  };
  const volume = volumeOf(drawn(data), [SIDE, SIDE, planes]);
  const corpus = splitCorpus([corpusSeries(volume, 'signals', null)], 0.1, new Random(1));
  const trained = await trainOn(
    runtime,
    corpus,
    planFor('plain', {
      steps,
      settings: { latent, patch: PATCH, hidden: 64 },
      size: SIDE,
      augmentation: { flips: false, turns: false, intensity: 0, elastic: 0 },
    }),
  );
  const scale = intensityScale(volume);
  const { low, high } = scale;
  return async (given) => {
    const images = { data: scaled(drawn(given), null, scale), count: planes, size: SIDE };
    const { reconstruction } = await apply(runtime, trained, images);
    const out = given.slice();
    order.forEach((v, n) => {
      for (let frame = 0; frame < frames; frame++)
        out[frame * voxels + v] = low + (high - low) * reconstruction[at(n, frame)];
    });
    return out;
  };
}
