import { Random } from '../../src-main/base/random.js';
import { CUT, candidatesOf, type Layer, type LevelNetwork } from '../../src-main/noise/learnt/network.js';

/** A scan of known level. */
export interface LevelRow {
  readonly seed: number;
  /** Logarithm of the level over the reference of the descriptors. */
  readonly log: number;
  readonly values: readonly number[];
  /** Logarithms of the levels by rules over the reference, null where they found none. */
  readonly found: readonly (number | null)[];
}

const WIDTHS = [40, 24] as const;
const MEMBERS = 3;
const EPOCHS = 80;
const BATCH = 64;
const RATE = 2e-3;
const DECAY = 0.02;
/** Share of the first hidden values that is left out of each step. */
const DROPOUT = 0.1;
/** Deviation of the noise that scaled descriptors get in training. */
const JITTER = 0.03;
/** A descriptor that never varies must not weigh what it does not tell. */
const LEAST_SCALE = 0.05;

/**
 * Networks from descriptors to what of several levels is right and how far each may be off: the likelihood of a mixture of
 * Laplace distributions, by AdamW (Loshchilov and Hutter 2019) with a rate that falls as a cosine. The same rows give the
 * same network.
 */
export function fitLevelNetwork(rows: readonly LevelRow[]): LevelNetwork {
  const inputs = rows[0].values.length;
  const mean = Array.from({ length: inputs }, (_, i) => average(rows.map(({ values }) => values[i])));
  const scale = mean.map(
    (centre, i) => Math.sqrt(average(rows.map(({ values }) => (values[i] - centre) ** 2))) + LEAST_SCALE,
  );
  const scaled = rows.map(({ values }) => values.map((value, i) => (value - mean[i]) / scale[i]));
  const sizes = scaled
    .map((values) => Math.sqrt(average(values.map((value) => Math.min(64, value * value)))))
    .sort((a, b) => a - b);
  const samples = scaled.map((values) => Float64Array.from(values, (v) => Math.max(-CUT, Math.min(CUT, v))));
  const members = Array.from({ length: MEMBERS }, (_, seed) => trained(samples, rows, new Random(seed)));
  return {
    mean: mean.map(short),
    scale: scale.map(short),
    members: members.map((layers) =>
      layers.map(({ weights, bias }) => ({
        weights: Array.from(weights, short),
        bias: Array.from(bias, short),
      })),
    ),
    usual: short(sizes[Math.floor(0.99 * sizes.length)]),
  };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** What the file keeps of a number. */
function short(value: number): number {
  return Number(value.toPrecision(3));
}

/** A layer while it is trained: values, gradients, and the averages of Adam. */
interface Trained {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: Parameters;
  readonly bias: Parameters;
}

interface Parameters {
  readonly values: Float64Array;
  readonly gradient: Float64Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

function parameters(values: Float64Array): Parameters {
  const none = (): Float64Array => new Float64Array(values.length);
  return { values, gradient: none(), first: none(), second: none() };
}

function trained(samples: readonly Float64Array[], rows: readonly LevelRow[], random: Random): Layer[] {
  // the network's own level, and for that and each of the others a spread and a score
  const outputs = 1 + 2 * (rows[0].found.length + 1);
  const sizes = [samples[0].length, ...WIDTHS, outputs];
  const layers = sizes.slice(1).map((size, i) => layerOf(sizes[i], size, random));
  const order = samples.map((_, i) => i);
  const batches = Math.ceil(samples.length / BATCH);
  for (let epoch = 0, step = 0; epoch < EPOCHS; epoch++) {
    shuffle(order, random);
    for (let batch = 0; batch < batches; batch++, step++) {
      const some = order.slice(batch * BATCH, (batch + 1) * BATCH);
      for (const i of some) learn(layers, samples[i], rows[i], 1 / some.length, random);
      const rate = (RATE / 2) * (1 + Math.cos((Math.PI * step) / (EPOCHS * batches)));
      for (const { weights, bias } of layers) {
        update(weights, rate, step + 1, DECAY);
        update(bias, rate, step + 1, 0);
      }
    }
  }
  return layers.map(({ weights, bias }) => ({
    weights: Array.from(weights.values),
    bias: Array.from(bias.values),
  }));
}

function layerOf(inputs: number, outputs: number, random: Random): Trained {
  const weights = random.normals(new Float32Array(inputs * outputs));
  const gain = 1 / Math.sqrt(inputs);
  return {
    inputs,
    outputs,
    weights: parameters(Float64Array.from(weights, (value) => gain * value)),
    bias: parameters(new Float64Array(outputs)),
  };
}

function shuffle(order: number[], random: Random): void {
  for (let i = order.length - 1; i > 0; i--) {
    const other = random.integer(i + 1);
    [order[i], order[other]] = [order[other], order[i]];
  }
}

/** Adds the gradient of one sample. */
function learn(
  layers: readonly Trained[],
  sample: Float64Array,
  row: LevelRow,
  weight: number,
  random: Random,
): void {
  const jittered = sample.map((value) => value + JITTER * random.normal());
  const values: Float64Array[] = [jittered];
  const slopes: Float64Array[] = [];
  for (const [depth, layer] of layers.entries()) {
    const sums = sumsOf(layer, values[depth]);
    if (depth === layers.length - 1) {
      values.push(sums);
      continue;
    }
    const kept = sums.map(() => (depth > 0 ? 1 : random.uniform() < DROPOUT ? 0 : 1 / (1 - DROPOUT)));
    values.push(sums.map((x, j) => (kept[j] * x) / (1 + Math.exp(-x))));
    slopes.push(sums.map((x, j) => kept[j] * siluSlope(x)));
  }
  let upper: Float64Array = lossSlopes(values[values.length - 1], row).map((slope) => weight * slope);
  for (let depth = layers.length - 1; depth >= 0; depth--)
    upper = backward(layers[depth], values[depth], upper, depth === 0 ? null : slopes[depth - 1]);
}

function sumsOf({ weights, bias, outputs }: Trained, inputs: Float64Array): Float64Array {
  const out = bias.values.slice();
  for (let i = 0; i < inputs.length; i++) {
    const value = inputs[i];
    for (let j = 0; j < outputs; j++) out[j] += value * weights.values[i * outputs + j];
  }
  return out;
}

function siluSlope(x: number): number {
  const sigmoid = 1 / (1 + Math.exp(-x));
  return sigmoid * (1 + x * (1 - sigmoid));
}

/** Slopes of the negative logarithm of the mixture at the true level, by each output. */
export function lossSlopes(
  outputs: Float64Array,
  { log, found }: Pick<LevelRow, 'log' | 'found'>,
): Float64Array {
  const candidates = candidatesOf(outputs, found);
  const densities = candidates.map(
    ({ log: centre, spread, weight }) =>
      (weight / spread) * Math.exp(-Math.abs(log - centre) / spread) + 1e-30,
  );
  const sum = densities.reduce((a, b) => a + b, 0);
  const slopes = new Float64Array(outputs.length);
  for (const [i, { log: centre, spread, weight }] of candidates.entries()) {
    const share = densities[i] / sum;
    const off = log - centre;
    if (i === candidates.length - 1) slopes[0] = (-share * Math.sign(off)) / spread;
    slopes[1 + i] = (share * (1 - Math.abs(off) / spread)) / spread / (1 + Math.exp(-outputs[1 + i]));
    slopes[1 + candidates.length + i] = weight - share;
  }
  return slopes;
}

/** Adds the gradients of a layer, and gives the slopes of what is below it. */
function backward(
  { weights, bias, outputs }: Trained,
  inputs: Float64Array,
  upper: Float64Array,
  below: Float64Array | null,
): Float64Array {
  const lower = new Float64Array(inputs.length);
  for (let j = 0; j < outputs; j++) bias.gradient[j] += upper[j];
  for (let i = 0; i < inputs.length; i++)
    for (let j = 0; j < outputs; j++) {
      weights.gradient[i * outputs + j] += inputs[i] * upper[j];
      lower[i] += weights.values[i * outputs + j] * upper[j];
    }
  return below === null ? lower : lower.map((slope, i) => slope * below[i]);
}

const BETAS = [0.9, 0.999] as const;

function update(
  { values, gradient, first, second }: Parameters,
  rate: number,
  step: number,
  decay: number,
): void {
  const [fast, slow] = BETAS.map((beta) => 1 - beta ** step);
  for (let i = 0; i < values.length; i++) {
    first[i] += (1 - BETAS[0]) * (gradient[i] - first[i]);
    second[i] += (1 - BETAS[1]) * (gradient[i] ** 2 - second[i]);
    values[i] -= rate * (first[i] / fast / (Math.sqrt(second[i] / slow) + 1e-8) + decay * values[i]);
    gradient[i] = 0;
  }
}
