/**
 * Layers of numbers, each from all of the one before: which of several levels is that of an image. Some were found by rules,
 * which are exact where they hold and far off where they do not; one is the network's own, which is never far off.
 */
export interface LevelNetwork {
  /** What descriptors have on average, and how far they vary, in what the network learnt from. */
  readonly mean: readonly number[];
  readonly scale: readonly number[];
  /** Networks that were trained from other starts, whose answers are averaged. */
  readonly members: readonly (readonly Layer[])[];
  /** Root mean square of the scaled descriptors that 99 of 100 images had at most that it learnt from. */
  readonly usual: number;
}

export interface Layer {
  /** Row by row, one row for each input. */
  readonly weights: readonly number[];
  readonly bias: readonly number[];
}

/** A Laplace distribution of the logarithm of the level, and the probability that the level is of it. */
export interface Candidate {
  readonly log: number;
  readonly spread: number;
  readonly weight: number;
}

export interface NetworkAnswer {
  /** Logarithm of the level over the reference of the descriptors. */
  readonly log: number;
  /** What it was put together from: those that rules found, in their order, then the network's own; of each member. */
  readonly candidates: readonly Candidate[];
  /** 0 for images as the network learnt from, 1 for such as it never saw. */
  readonly strange: number;
}

/** Scaled descriptors are cut here, as in training. */
export const CUT = 4;
/** No candidate is surer than this. */
const LEAST_SPREAD = 0.015;
/** Times the usual from which on an image is strange, and from which on nothing of the answer counts. */
const STRANGE = [1.2, 1.8] as const;
/** Scaled descriptors count up to this much for what is strange: a single one that is far off is no other kind of image. */
const FAR = 8;

/**
 * @param descriptors as many as the network has means
 * @param found logarithms of the levels by rules over the reference, null where they found none
 */
export function askNetwork(
  network: LevelNetwork,
  descriptors: Float64Array,
  found: readonly (number | null)[],
): NetworkAnswer {
  const scaled = descriptors.map((value, i) => (value - network.mean[i]) / network.scale[i]);
  const size = rootMeanSquare(scaled.map((value) => Math.max(-FAR, Math.min(FAR, value))));
  const inputs = scaled.map((value) => Math.max(-CUT, Math.min(CUT, value)));
  const share = 1 / network.members.length;
  const candidates = network.members.flatMap((layers) =>
    candidatesOf(forward(layers, inputs), found).map((one) => ({ ...one, weight: share * one.weight })),
  );
  const [from, to] = STRANGE.map((times) => times * network.usual);
  return {
    log: medianOf(candidates),
    candidates,
    strange: Math.min(1, Math.max(0, (size - from) / (to - from))),
  };
}

/**
 * Of `n` levels that rules found the outputs are the network's own level, `n + 1` spreads and `n + 1` scores, those of the
 * network's own last.
 */
export function candidatesOf(outputs: Float64Array, found: readonly (number | null)[]): Candidate[] {
  const count = found.length + 1;
  const logs = [...found, outputs[0]];
  const scores = logs.map((log, i) => (log === null ? Number.NEGATIVE_INFINITY : outputs[1 + count + i]));
  const highest = Math.max(...scores);
  const parts = scores.map((score) => Math.exp(score - highest));
  const sum = parts.reduce((a, b) => a + b, 0);
  return logs.map((log, i) => ({
    log: log ?? 0,
    spread: softplus(outputs[1 + i]) + LEAST_SPREAD,
    weight: parts[i] / sum,
  }));
}

/** Halvings after which the median is exact to a millionth. */
const HALVINGS = 32;

/** As likely above as below: one candidate that is far off moves it little, and it jumps nowhere, as the likeliest would. */
function medianOf(candidates: readonly Candidate[]): number {
  const logs = candidates.filter(({ weight }) => weight > 0).map(({ log }) => log);
  let [low, high] = [Math.min(...logs), Math.max(...logs)];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (below(candidates, middle) < 0.5) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Probability that the logarithm of the level is under `log`. */
function below(candidates: readonly Candidate[], log: number): number {
  return candidates.reduce(
    (sum, { log: centre, spread, weight }) => sum + weight * laplace((log - centre) / spread),
    0,
  );
}

/** Probability that the level is within so much of `log`. */
export function certaintyOf({ log, candidates }: NetworkAnswer, within: number): number {
  return below(candidates, log + within) - below(candidates, log - within);
}

/** Share of a Laplace distribution of spread 1 below. */
function laplace(x: number): number {
  return x < 0 ? Math.exp(x) / 2 : 1 - Math.exp(-x) / 2;
}

function forward(layers: readonly Layer[], inputs: Float64Array): Float64Array {
  return layers.reduce((values, { weights, bias }, depth) => {
    const out = Float64Array.from(bias);
    for (let i = 0; i < values.length; i++)
      for (let j = 0; j < out.length; j++) out[j] += values[i] * weights[i * out.length + j];
    return depth === layers.length - 1 ? out : out.map(silu);
  }, inputs);
}

function silu(x: number): number {
  return x / (1 + Math.exp(-x));
}

function softplus(x: number): number {
  return x > 30 ? x : Math.log1p(Math.exp(x));
}

function rootMeanSquare(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}
