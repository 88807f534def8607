// Signals of voxels over repeats or directions as a one-dimensional autoencoder, beside MP-PCA and PCA:
//   npm run bench -- signals [NAME=FOLDER...] [--only NAMES] [--steps N] [--seed N] [--write]
// FOLDER holds one series twice (diffusion), or one series of repeats, whose halves are taken. NAMES: perfusion,
// activation, diffusion, which are drawn, with classes that clusters are held against. --write keeps the rows in
// test/bench/results/signals.json and puts them into docs/families.md.
import { parseArgs } from 'node:util';
import { kMeans, type Rows } from '../../src-main/base/linear/clusters.js';
import { Random } from '../../src-main/base/random.js';
import { mpPca } from '../../src-main/filters/mppca.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { quantile } from '../../src-main/noise/robust.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import { openInput } from '../../src-main/series/open-input.js';
import { ranking } from '../../src-main/trust/ranking.js';
import { adjustedRand, matchedDice } from './cluster-scores.js';
import { autoencoderOf, componentsOf, type SignalModel } from './signal-models.js';
import { DRAWN, drawnTwice, smooth, type Twice } from './signal-scenes.js';
import { keep, markdown, type Row } from './tables.js';

/** Values of a signal of real series at most. */
const LENGTH = 16;
/** Slices of the middle that are looked at. */
const SLICES = 4;
const LATENTS = [1, 2, 4];
/** Of voxels with an odd signal, and how odd it is in drawn series: in deviations of the noise. */
const [ODD, ODD_SIZE] = [0.02, 1];

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    write: { type: 'boolean', default: false },
    only: { type: 'string' },
    steps: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '21' },
  },
});
const steps = Number(options.steps);
const runtime = await openRuntime('cpu', { threads: 1 });
const NAMES = ['dwi', 'epi', ...DRAWN];
for (const [name, folder] of positionals.map((one) => one.split('=')))
  await report(name, await twice(folder));
for (const name of DRAWN)
  if (options.only === undefined ? positionals.length === 0 : options.only.split(',').includes(name))
    await report(name, drawnTwice(name, Number(options.seed)));
await runtime.close();

async function report(name: string, series: Twice): Promise<void> {
  const rows = await measured(name, series);
  console.log(markdown(rows));
  if (options.write) keep('signals', name, rows, NAMES);
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
      classes: null,
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

/** What one way makes of a series: all of it denoised, and what its signals are clustered by. */
interface Way {
  readonly rebuild: (data: Float32Array) => Promise<Float32Array>;
  readonly describe: () => Promise<Rows>;
}

async function measured(name: string, { first, second, frames, shape, classes }: Twice): Promise<Row[]> {
  const voxels = shape.rows * shape.columns * shape.slices;
  const inside = insideOf(first, frames, voxels, classes);
  const noise = difference(first, second) / 2;
  const odd = classes === null ? withDrops() : withCourses();
  const truth = classes === null ? null : Int32Array.from(inside, (v) => classes[v]);
  const kinds = truth === null ? 0 : 1 + Math.max(...truth);

  const row = async (way: string, { rebuild, describe }: Way): Promise<Row> => {
    const error = difference(await rebuild(first), second) - noise;
    const told = signalsOf(await rebuild(odd.data));
    const given = signalsOf(odd.data);
    const scores = Float32Array.from(inside, (_, n) =>
      classes === null ? largestResidual(given, told, n) : meanSquareResidual(given, told, n),
    );
    const labels = truth === null ? null : kMeans(await describe(), kinds, new Random(5)).labels;
    const out = {
      series: name,
      'signals by': way,
      'error left, of the variance of the noise': (error / noise).toFixed(3),
      'odd signals, AUROC': (ranking(scores, odd.truth, 0)?.auroc ?? Number.NaN).toFixed(3),
      'clusters, adjusted Rand': truth && labels ? adjustedRand(truth, labels).toFixed(3) : '',
      'clusters, Dice': truth && labels ? matchedDice(truth, labels).toFixed(3) : '',
    };
    process.stderr.write(`${Object.values(out).join(' ')}\n`);
    return out;
  };

  const filtered = (data: Float32Array): Float32Array =>
    mpPca(
      data,
      frames,
      shape,
      { from: 0, to: shape.slices },
      {
        radius: 2,
        radiusThrough: 2,
        stride: frames > 32 ? 2 : 1,
        shrink: true,
        mostVariance: Number.POSITIVE_INFINITY,
      },
    );
  const denoised = filtered(first);
  const rows = [
    await row('as they are', {
      rebuild: async (data) => data,
      describe: async () => shapesOf(signalsOf(first)),
    }),
    await row('MP-PCA', {
      rebuild: async (data) => (data === first ? denoised : filtered(data)),
      describe: async () => shapesOf(signalsOf(denoised)),
    }),
  ];
  const shapes = shapesOf(signalsOf(first));
  const way = ({ rebuild, codes }: SignalModel): Way => ({
    async rebuild(data) {
      const out = data.slice();
      const given = signalsOf(data);
      const means = meansOf(given);
      const { data: told } = await rebuild(shapesOf(given));
      inside.forEach((v, n) => {
        for (let f = 0; f < frames; f++) out[f * voxels + v] = means[n] * (1 + told[n * frames + f]);
      });
      return out;
    },
    describe: () => codes(shapes),
  });
  for (const latent of LATENTS) {
    rows.push(await row(`PCA of all, ${latent}`, way(componentsOf(shapes, latent))));
    rows.push(await row(`autoencoder, ${latent}`, way(await autoencoderOf(runtime, shapes, latent, steps))));
  }
  return rows;

  function difference(a: Float32Array, b: Float32Array): number {
    let sum = 0;
    for (let frame = 0; frame < frames; frame++)
      for (const v of inside) sum += (a[frame * voxels + v] - b[frame * voxels + v]) ** 2;
    return sum / (frames * inside.length);
  }

  function signalsOf(data: Float32Array): Rows {
    const out = new Float32Array(inside.length * frames);
    inside.forEach((v, n) => {
      for (let f = 0; f < frames; f++) out[n * frames + f] = data[f * voxels + v];
    });
    return { data: out, length: frames };
  }

  /** One frame of an odd voxel loses 40 % of its signal. */
  function withDrops() {
    const random = new Random(4);
    const data = first.slice();
    const truth = Uint8Array.from(inside, (v) => {
      if (random.uniform() >= ODD) return 0;
      data[random.integer(frames) * voxels + v] *= 0.6;
      return 1;
    });
    return { data, truth };
  }

  /** An odd voxel has a smooth course that no other has, as strong as its noise. */
  function withCourses() {
    const random = new Random(4);
    const data = first.slice();
    const truth = Uint8Array.from(inside, (v) => {
      if (random.uniform() >= ODD) return 0;
      smooth(random, frames, 6).forEach((value, f) => {
        data[f * voxels + v] += ODD_SIZE * Math.sqrt(noise) * value;
      });
      return 1;
    });
    return { data, truth };
  }
}

/** Voxels of tissue. */
function insideOf(data: Float32Array, frames: number, voxels: number, classes: Int8Array | null): number[] {
  const all = Array.from({ length: voxels }, (_, v) => v);
  if (classes !== null) return all.filter((v) => classes[v] >= 0);
  const means = Float32Array.from(all, (v) => {
    let sum = 0;
    for (let frame = 0; frame < frames; frame++) sum += data[frame * voxels + v];
    return sum / frames;
  });
  const edge = 0.3 * quantile(means, 0.95);
  return all.filter((v) => means[v] > edge);
}

function meansOf({ data, length }: Rows): Float64Array {
  return Float64Array.from({ length: data.length / length }, (_, n) => {
    let sum = 0;
    for (let i = n * length; i < (n + 1) * length; i++) sum += data[i];
    return sum / length;
  });
}

/** Each signal over its mean, less 1: without the brightness of its voxel. */
function shapesOf(signals: Rows): Rows {
  const { data, length } = signals;
  const means = meansOf(signals);
  return { data: data.map((value, i) => value / means[Math.floor(i / length)] - 1), length };
}

function largestResidual({ data, length }: Rows, told: Rows, n: number): number {
  let most = 0;
  for (let i = n * length; i < (n + 1) * length; i++) most = Math.max(most, Math.abs(data[i] - told.data[i]));
  return most;
}

function meanSquareResidual({ data, length }: Rows, told: Rows, n: number): number {
  let sum = 0;
  for (let i = n * length; i < (n + 1) * length; i++) sum += (data[i] - told.data[i]) ** 2 / length;
  return sum;
}
