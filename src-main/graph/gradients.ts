import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';

type Gradients = Record<string, () => tf.Tensor>;

/**
 * Gradients that tfjs 4.22 lacks or has wrong. Called again after another copy of tfjs has registered its own.
 * Second derivatives (a contractive penalty) go through most of them.
 */
export function registerGradients(): void {
  registerRecomputed();
  registerZeros();
  registerDifference();
  registerConvolutions();
  registerShapes();
}

function register(
  kernelName: string,
  inputsToSave: string[],
  gradients: (dy: tf.Tensor, inputs: tf.Tensor[], attributes: tf.NamedAttrMap) => Gradients,
): void {
  tf.registerGradient({
    kernelName,
    inputsToSave,
    gradFunc: (dy, saved, attributes) => {
      if (Array.isArray(dy)) throw new Error(`${kernelName} has one output`);
      return gradients(dy, saved, attributes);
    },
  });
}

/** tfjs saves the outputs of these, and a second derivative silently loses its way through them. */
function registerRecomputed(): void {
  register('Exp', ['x'], (dy, [x]) => ({ x: () => tf.mul(dy, tf.exp(x)) }));
  register('Tanh', ['x'], (dy, [x]) => ({ x: () => tf.mul(dy, tf.sub(1, tf.square(tf.tanh(x)))) }));
  register('Sigmoid', ['x'], (dy, [x]) => ({
    x: () => {
      const y = tf.sigmoid(x);
      return tf.mul(dy, tf.mul(y, tf.sub(1, y)));
    },
  }));
  register('Elu', ['x'], (dy, [x]) => ({ x: () => tf.mul(dy, tf.exp(tf.minimum(x, 0))) }));
  register('Softmax', ['logits'], (dy, [logits]) => ({
    logits: () => {
      const y = tf.softmax(logits);
      const weighted = tf.mul(dy, y);
      return tf.sub(weighted, tf.mul(tf.sum(weighted, -1, true), y));
    },
  }));
}

/** Comparisons are flat, and tfjs has no gradient for most of them: one on the way ends the whole derivative. */
function registerZeros(): void {
  const flat = (tensor: tf.Tensor) => () => tf.zeros(tensor.shape);
  for (const name of ['Greater', 'Less', 'LessEqual', 'Equal', 'NotEqual', 'LogicalAnd', 'LogicalOr'])
    register(name, ['a', 'b'], (_, [a, b]) => ({ a: flat(a), b: flat(b) }));
  register('LogicalNot', ['x'], (_, [x]) => ({ x: flat(x) }));
}

/** Wrong in tfjs: it does not sum over the axes that were broadcast. */
function registerDifference(): void {
  register('SquaredDifference', ['a', 'b'], (dy, [a, b]) => {
    const slope = (): tf.Tensor => tf.mul(dy, tf.mul(2, tf.sub(a, b)));
    return { a: () => summedTo(slope(), a.shape), b: () => summedTo(tf.neg(slope()), b.shape) };
  });
}

function summedTo(dy: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, dy.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(dy, axes) : dy, shape);
}

/** Missing in tfjs: they are linear, so each one's gradient is the other operators of the same convolution. */
function registerConvolutions(): void {
  const run = (kernel: string, inputs: tf.NamedTensorMap, attributes: tf.NamedAttrMap) => (): tf.Tensor =>
    tf.engine().runKernel<tf.Tensor>(kernel, inputs, attributes);
  register('Conv2DBackpropFilter', ['x', 'dy'], (g, [x, dy], attributes) => ({
    x: run('Conv2DBackpropInput', { dy, filter: g }, { ...attributes, inputShape: x.shape }),
    dy: run('Conv2D', { x, filter: g }, { ...attributes, dilations: 1 }),
  }));
  register('Conv3DBackpropInputV2', ['dy', 'filter'], (g, [dy, filter], attributes) => ({
    dy: run('Conv3D', { x: g, filter }, { ...attributes, dilations: 1, dataFormat: 'NDHWC' }),
    filter: run('Conv3DBackpropFilterV2', { x: g, dy }, { ...attributes, filterShape: filter.shape }),
  }));
  register('AvgPoolGrad', ['dy', 'input'], (g, [, input], attributes) => ({
    dy: run('AvgPool', { x: g }, attributes),
    input: () => tf.zerosLike(input),
  }));
  for (const kind of ['NearestNeighbor', 'Bilinear'])
    register(`Resize${kind}Grad`, ['dy', 'images'], (g, [dy, images], attributes) => ({
      dy: run(`Resize${kind}`, { images: g }, { ...attributes, size: [dy.shape[1] ?? 1, dy.shape[2] ?? 1] }),
      images: () => tf.zerosLike(images),
    }));
}

function registerShapes(): void {
  // tfjs stops at rank 4.
  register('Tile', ['x'], (dy, [x], { reps }) => ({
    x: () => {
      const times = Array.isArray(reps) ? reps.map(Number) : [];
      let sum = dy;
      times.forEach((count, axis) => {
        if (count === 1) return;
        const outer = tf.util.sizeFromShape(sum.shape.slice(0, axis));
        const inner = tf.util.sizeFromShape(sum.shape.slice(axis + 1));
        const length = x.shape[axis] ?? 1;
        const copies = tf.sum(tf.reshape(sum, [outer, count, length, inner]), 1);
        const shape = [...sum.shape];
        shape[axis] = length;
        sum = tf.reshape(copies, shape);
      });
      return sum;
    },
  }));
  // Missing in tfjs.
  register('DepthToSpace', [], (dy, _, { blockSize }) => ({
    x: () => {
      const block = Number(blockSize);
      const [n, height, width, depth] = dy.shape;
      const blocks = tf.reshape(dy, [n, height / block, block, width / block, block, depth]);
      const gathered = tf.transpose(blocks, [0, 1, 3, 2, 4, 5]);
      return tf.reshape(gathered, [n, height / block, width / block, block * block * depth]);
    },
  }));
  // Wrong in tfjs: it drops what flows into the reflected border.
  register('MirrorPad', ['x'], (dy, [x], { paddings, mode }) => ({
    x: () => {
      const pairs = Array.isArray(paddings) ? paddings.map(pairOf) : [];
      const edge = mode === 'reflect' ? 1 : 0;
      return pairs.reduce<tf.Tensor>(
        (sum, [before, after], axis) => foldAxis(sum, axis, x.shape[axis] ?? 1, before, after, edge),
        dy,
      );
    },
  }));
}

function pairOf(pair: unknown): [number, number] {
  return Array.isArray(pair) ? [Number(pair[0]), Number(pair[1])] : [0, 0];
}

/** Adds the reflected borders of one axis back onto where they came from. */
function foldAxis(
  dy: tf.Tensor,
  axis: number,
  length: number,
  before: number,
  after: number,
  edge: number,
): tf.Tensor {
  const part = (start: number, size: number): tf.Tensor =>
    tf.slice(
      dy,
      dy.shape.map((_, i) => (i === axis ? start : 0)),
      dy.shape.map((full, i) => (i === axis ? size : full)),
    );
  const onto = (border: tf.Tensor, start: number): tf.Tensor => {
    const size = border.shape[axis] ?? 0;
    const pads = dy.shape.map((_, i): [number, number] =>
      i === axis ? [start, length - start - size] : [0, 0],
    );
    return tf.pad(tf.reverse(border, axis), pads);
  };
  let sum = part(before, length);
  if (before > 0) sum = tf.add(sum, onto(part(0, before), edge));
  if (after > 0) sum = tf.add(sum, onto(part(before + length, after), length - edge - after));
  return sum;
}
