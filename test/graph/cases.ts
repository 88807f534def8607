import * as tf from '@tensorflow/tfjs-core';
import { Random } from '../../src-main/base/random.js';
import type { NamedShapes, StepDefinition } from '../../src-main/graph/types.js';

type Four = [number, number, number, number];
type Five = [number, number, number, number, number];

/** A function of tensors whose gradients are tested. `eager: false`: tfjs's own CPU kernels are wrong or missing. */
export interface Case {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly apply: (...inputs: tf.Tensor[]) => tf.Tensor;
  readonly eager?: false;
  /** `false`: the binding of TensorFlow refuses it. */
  readonly tensorflow?: false;
}

const cases: Case[] = [];
function add(
  name: string,
  shapes: Case['shapes'],
  apply: Case['apply'],
  options: Pick<Case, 'eager' | 'tensorflow'> = {},
): void {
  cases.push({ name, shapes, apply, ...options });
}

function four(x: tf.Tensor): tf.Tensor4D {
  const [a, b, c, d] = x.shape;
  return tf.reshape<tf.Rank.R4>(x, [a, b, c, d]);
}
function five(x: tf.Tensor): tf.Tensor5D {
  const [a, b, c, d, e] = x.shape;
  return tf.reshape<tf.Rank.R5>(x, [a, b, c, d, e]);
}
function conv(x: tf.Tensor, w: tf.Tensor, stride = 1, pad: 'same' | 'valid' | number = 'same'): tf.Tensor4D {
  return tf.conv2d(four(x), four(w), stride, pad);
}
const positive = (x: tf.Tensor): tf.Tensor => tf.add(tf.abs(x), 0.2);

const M = [4, 6];
const IMAGE: Four = [2, 8, 8, 3];
const ODD: Four = [2, 7, 9, 2];

const UNARY: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  abs: tf.abs,
  relu: tf.relu,
  relu6: (x) => tf.relu6(tf.mul(x, 8)),
  leakyRelu: (x) => tf.leakyRelu(x, 0.1),
  elu: tf.elu,
  selu: tf.selu,
  softplus: tf.softplus,
  sigmoid: tf.sigmoid,
  tanh: tf.tanh,
  erf: tf.erf,
  exp: tf.exp,
  expm1: tf.expm1,
  log: (x) => tf.log(positive(x)),
  log1p: (x) => tf.log1p(positive(x)),
  sqrt: (x) => tf.sqrt(positive(x)),
  rsqrt: (x) => tf.rsqrt(positive(x)),
  reciprocal: (x) => tf.reciprocal(positive(x)),
  square: tf.square,
  neg: tf.neg,
  sin: tf.sin,
  cos: tf.cos,
  sign: (x) => tf.add(tf.sign(x), x),
  step: (x) => tf.mul(tf.step(x), x),
  clip: (x) => tf.clipByValue(x, -0.5, 0.5),
  softmax: (x) => tf.softmax(x),
  logSoftmax: (x) => tf.logSoftmax(x),
  logSumExp: (x) => tf.logSumExp(x, 1),
  cumsum: (x) => tf.cumsum(x, 1, true, true),
  pow: (x) => tf.pow(positive(x), 1.5),
  sum: (x) => tf.sum(x, 0),
  mean: (x) => tf.mean(x, 1, true),
  max: (x) => tf.max(x, 1),
  min: (x) => tf.min(x, 0),
  transpose: (x) => tf.transpose(x),
  reverse: (x) => tf.reverse(x, 1),
  tile: (x) => tf.tile(x, [2, 3]),
  broadcastTo: (x) => tf.broadcastTo(tf.reshape(x, [4, 1, 6]), [4, 3, 6]),
  pad: (x) =>
    tf.pad(x, [
      [1, 2],
      [0, 3],
    ]),
  'mirrorPad reflect': (x) =>
    tf.mirrorPad(
      x,
      [
        [2, 1],
        [1, 3],
      ],
      'reflect',
    ),
  'mirrorPad symmetric': (x) =>
    tf.mirrorPad(
      x,
      [
        [2, 1],
        [1, 3],
      ],
      'symmetric',
    ),
  gather: (x) => tf.gather(x, tf.tensor1d([0, 2, 2, 1], 'int32'), 1),
  'split and stack': (x) =>
    tf.stack(
      tf.split(x, [1, 2, 3], 1).map((part) => tf.sum(part, 1)),
      1,
    ),
  unstack: (x) => tf.add(tf.unstack(x)[1], tf.mul(2, tf.unstack(x)[3])),
  'slice and concat': (x) => tf.concat([tf.slice(x, [1, 2], [2, 3]), tf.slice(x, [0, 0], [2, 3])], 0),
  'one-hot product': (x) => tf.matMul(tf.oneHot(tf.tensor1d([0, 2, 2], 'int32'), 4), x),
  'where greater': (x) => tf.where(tf.greater(x, 0.1), tf.square(x), tf.mul(x, 3)),
  'l2 normalise': (x) => tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), 1, true), 1e-3))),
  'clip by norm': (x) => tf.mul(x, tf.minimum(1, tf.div(0.5, tf.add(tf.norm(x), 1e-6)))),
  'stop-gradient': (x) => tf.add(tf.square(x), tf.mul(x, stopGradient(tf.zerosLike(x)))),
};
for (const [name, apply] of Object.entries(UNARY)) add(name, [M], apply);

function stopGradient(x: tf.Tensor): tf.Tensor {
  return tf.customGrad((value) => ({
    value: tf.clone(value instanceof tf.Tensor ? value : x),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }))(x);
}

add('add, broadcast', [[3, 4, 5], [5]], (x, b) => tf.add(tf.square(x), b));
add(
  'mul, broadcast',
  [
    [3, 4, 5],
    [4, 1],
  ],
  (x, b) => tf.mul(x, b),
);
add('div', [M, M], (x, y) => tf.div(x, positive(y)));
add('sub and squared difference', [M, [6]], (x, y) => tf.squaredDifference(tf.sub(x, y), tf.mul(y, 2)));
add('maximum', [M, M], (x, y) => tf.maximum(x, tf.sub(1 / 24, y)));
add('minimum', [M, M], (x, y) => tf.minimum(x, tf.sub(1 / 24, y)));
add('pow, both', [M, M], (x, y) => tf.pow(positive(x), y));
add('prelu', [M, [6]], (x, a) => tf.prelu(x, a));
add('where', [M, M], (x, y) => tf.where(tf.less(x, y), tf.square(x), tf.square(y)));
add('addN', [M, M, M], (x, y, z) => tf.square(tf.addN([x, y, z])));
for (const [a, b] of [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
])
  add(`matMul ${a} ${b}`, [a ? [5, 4] : [4, 5], b ? [3, 5] : [5, 3]], (x, y) => tf.matMul(x, y, a, b));
add(
  'matMul, batched',
  [
    [2, 3, 4],
    [2, 5, 4],
  ],
  (x, y) => tf.matMul(x, y, false, true),
);
add(
  'attention',
  [
    [2, 5, 4],
    [2, 5, 4],
    [2, 5, 4],
  ],
  (q, k, v) => tf.matMul(tf.softmax(tf.matMul(q, k, false, true)), v),
);
add('dense layer', [[4, 6], [6, 3], [3]], (x, w, b) => tf.relu(tf.add(tf.matMul(x, w), b)));
add('tile of rank 5', [[2, 2, 3, 1, 2]], (x) => tf.tile(x, [1, 2, 1, 3, 2]));

for (const stride of [1, 2])
  for (const pad of ['same', 'valid'] as const) {
    add(`conv2d stride ${stride} ${pad}`, [IMAGE, [3, 3, 3, 4]], (x, w) => conv(x, w, stride, pad));
    add(`conv2d stride ${stride} ${pad}, odd sizes`, [ODD, [3, 2, 2, 3]], (x, w) => conv(x, w, stride, pad));
    add(`depthwise stride ${stride} ${pad}`, [IMAGE, [3, 3, 3, 2]], (x, w) =>
      tf.depthwiseConv2d(four(x), four(w), stride, pad),
    );
  }
add('conv2d 1x1 stride 2', [IMAGE, [1, 1, 3, 4]], (x, w) => conv(x, w, 2, 'same'));
add('conv2d with explicit padding', [IMAGE, [5, 5, 3, 2]], (x, w) => conv(x, w, 1, 2), { tensorflow: false });
add('conv2d, bias, relu', [IMAGE, [3, 3, 3, 4], [4]], (x, w, b) => tf.relu(tf.add(conv(x, w), b)));
add('conv2d, bias, leakyRelu', [IMAGE, [3, 3, 3, 4], [4]], (x, w, b) =>
  tf.leakyRelu(tf.add(conv(x, w), b), 0.1),
);
add('conv2d used twice', [IMAGE, [3, 3, 3, 4], [4]], (x, w, b) => {
  const y = conv(x, w);
  return tf.mul(tf.add(y, b), tf.sigmoid(y));
});
add(
  'conv2dTranspose stride 2',
  [
    [2, 4, 4, 3],
    [3, 3, 2, 3],
  ],
  (x, w) => tf.conv2dTranspose(four(x), four(w), [2, 8, 8, 2], 2, 'same'),
);
add(
  'conv2dTranspose stride 2, kernel 4',
  [
    [2, 4, 4, 3],
    [4, 4, 2, 3],
  ],
  (x, w) => tf.conv2dTranspose(four(x), four(w), [2, 8, 8, 2], 2, 'same'),
);
const VOLUME: Five = [2, 4, 5, 6, 2];
for (const stride of [1, 2])
  add(`conv3d stride ${stride}`, [VOLUME, [3, 3, 3, 2, 3]], (x, w) =>
    tf.conv3d(five(x), five(w), stride, 'same'),
  );
add(
  'conv3dTranspose',
  [
    [1, 2, 3, 2, 2],
    [3, 3, 3, 3, 2],
  ],
  (x, w) => tf.conv3dTranspose(five(x), five(w), [1, 4, 6, 4, 3], 2, 'same'),
);
for (const [size, stride, pad] of [
  [2, 2, 'valid'],
  [3, 2, 'same'],
  [3, 1, 'same'],
  [5, 1, 'valid'],
] as const) {
  add(`avgPool ${size}/${stride} ${pad}`, [IMAGE], (x) => tf.avgPool(four(x), size, stride, pad), {
    ...(pad === 'same' ? { eager: false } : {}),
  });
  add(`maxPool ${size}/${stride} ${pad}`, [IMAGE], (x) => tf.maxPool(four(x), size, stride, pad));
}
add('avgPool3d', [VOLUME], (x) => tf.avgPool3d(five(x), 2, 2, 'valid'));
add('maxPool3d', [VOLUME], (x) => tf.maxPool3d(five(x), 2, 2, 'valid'));
add('resize nearest x2', [IMAGE], (x) => tf.image.resizeNearestNeighbor(four(x), [16, 16]), { eager: false });
add('resize nearest x2 and x3', [ODD], (x) => tf.image.resizeNearestNeighbor(four(x), [14, 27]), {
  eager: false,
});
add('resize nearest, any size', [ODD], (x) => tf.image.resizeNearestNeighbor(four(x), [12, 11]), {
  eager: false,
});
add('resize bilinear', [IMAGE], (x) => tf.image.resizeBilinear(four(x), [16, 16]));
add('resize bilinear, corners', [ODD], (x) => tf.image.resizeBilinear(four(x), [12, 16], true), {
  eager: false,
});
add('resize bilinear, half pixels', [IMAGE], (x) => tf.image.resizeBilinear(four(x), [16, 12], false, true), {
  eager: false,
});
add('depthToSpace', [[2, 3, 4, 8]], (x) => tf.depthToSpace(four(x), 2));
add('batch norm', [IMAGE, [3], [3]], (x, g, b) => {
  const { mean, variance } = tf.moments(x, [0, 1, 2], true);
  return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-3))), g), b);
});
add('group norm', [[2, 4, 4, 4], [4], [4]], (x, g, b) => {
  const groups = tf.reshape(x, [2, 16, 2, 2]);
  const { mean, variance } = tf.moments(groups, [1, 3], true);
  const normal = tf.div(tf.sub(groups, mean), tf.sqrt(tf.add(variance, 1e-3)));
  return tf.add(tf.mul(tf.reshape(normal, [2, 4, 4, 4]), g), b);
});
add(
  'ssim',
  [
    [1, 12, 12, 1],
    [1, 12, 12, 1],
  ],
  (x, y) => {
    const mean = (t: tf.Tensor): tf.Tensor => tf.avgPool(four(t), 7, 1, 'valid');
    const [a, b] = [mean(x), mean(y)];
    const cross = tf.sub(mean(tf.mul(x, y)), tf.mul(a, b));
    const spread = tf.add(tf.sub(mean(tf.square(x)), tf.square(a)), tf.sub(mean(tf.square(y)), tf.square(b)));
    return tf.div(tf.add(tf.mul(2, cross), 0.1), tf.add(spread, 0.1));
  },
);
add(
  'vector quantisation',
  [
    [4, 3],
    [5, 3],
  ],
  (z, book) => {
    const distance = tf.sub(tf.sum(tf.square(book), 1), tf.mul(2, tf.matMul(z, book, false, true)));
    const chosen = tf.matMul(tf.oneHot(tf.argMin(distance, 1), 5), book);
    return tf.squaredDifference(z, chosen);
  },
);
for (const [name, activation] of Object.entries({
  tanh: tf.tanh,
  sigmoid: tf.sigmoid,
  softplus: tf.softplus,
  elu: tf.elu,
  leakyRelu: (x: tf.Tensor) => tf.leakyRelu(x, 0.2),
  exp: tf.exp,
  softmax: (x: tf.Tensor) => tf.softmax(x),
}))
  add(
    `second order through conv2d and ${name}`,
    [
      [2, 6, 6, 2],
      [3, 3, 2, 3],
    ],
    (x, w) => tf.grad((inner) => tf.sum(tf.square(activation(conv(inner, w, 2)))))(x),
  );
add('second order through pooling and resizing', [[2, 4, 4, 2]], (x) =>
  tf.grad((inner) => {
    const up = tf.image.resizeBilinear(tf.avgPool(four(tf.tanh(inner)), 2, 2, 'valid'), [4, 4]);
    return tf.sum(tf.square(up));
  })(x),
);

export const GRADIENT_CASES: readonly Case[] = cases;

/** Distinct values in (-1, 1), at least 1/n from each other and from 0: no kink is within a small step. */
export function spacedValues(length: number, seed: number): Float32Array {
  const order = new Random(seed).shuffle(Array.from({ length }, (_, i) => i));
  return Float32Array.from(order, (i) => (2 * i + 1) / length - 1);
}

export function inputsOf({ shapes }: Case): Record<string, Float32Array> {
  return Object.fromEntries(
    shapes.map((shape, i) => [`x${i}`, spacedValues(tf.util.sizeFromShape([...shape]), 11 + i)]),
  );
}

/** The weighted sum of the case's output, and its gradient for every input, as a step without state. */
export function gradientStep({ shapes, apply }: Case): StepDefinition {
  const inputs: NamedShapes = Object.fromEntries(shapes.map((shape, i) => [`x${i}`, shape]));
  return {
    state: {},
    inputs,
    step: (_, fed) => {
      const xs = shapes.map((__, i) => fed[`x${i}`]);
      const loss = (...args: tf.Tensor[]): tf.Scalar => {
        const y = apply(...args);
        const weights = Float32Array.from({ length: y.size }, (___, i) => Math.cos(i * 1.7 + 0.3));
        return tf.sum(tf.mul(y, tf.tensor(weights, y.shape)));
      };
      const { value, grads } = tf.valueAndGrads(loss)(xs);
      return {
        state: {},
        outputs: { loss: value, ...Object.fromEntries(grads.map((g, i) => [`g${i}`, g])) },
      };
    },
  };
}
