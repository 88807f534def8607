/** Layers of numbers, each from all of the one before: how far the level is from what descriptors are told in. */
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

export interface NetworkAnswer {
  /** Logarithm of the level over the reference of the descriptors. */
  readonly log: number;
  /** Scale of the Laplace distribution that its error has. */
  readonly spread: number;
  /** 0 for images as the network learnt from, 1 for such as it never saw. */
  readonly strange: number;
}

/** Scaled descriptors are cut here, as in training. */
export const CUT = 4;
/** No answer is surer than this. */
export const LEAST_SPREAD = 0.02;
/** Times the usual from which on an image is strange, and from which on nothing of the answer counts. */
const STRANGE = [1.2, 1.8] as const;
/** Scaled descriptors count up to this much for what is strange: a single one that is far off is no other kind of image. */
const FAR = 8;

/** @param descriptors as many as the network has means */
export function askNetwork(network: LevelNetwork, descriptors: Float64Array): NetworkAnswer {
  const scaled = descriptors.map((value, i) => (value - network.mean[i]) / network.scale[i]);
  const size = rootMeanSquare(scaled.map((value) => Math.max(-FAR, Math.min(FAR, value))));
  const inputs = scaled.map((value) => Math.max(-CUT, Math.min(CUT, value)));
  const answers = network.members.map((layers) => forward(layers, inputs));
  const mean = (at: number): number => answers.reduce((sum, answer) => sum + answer[at], 0) / answers.length;
  const [from, to] = STRANGE.map((times) => times * network.usual);
  return {
    log: mean(0),
    spread: softplus(mean(1)) + LEAST_SPREAD,
    strange: Math.min(1, Math.max(0, (size - from) / (to - from))),
  };
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
