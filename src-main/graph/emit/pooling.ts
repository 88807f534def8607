import { type Shape, sizeOf } from '../types.js';
import type { Value, Window } from '../value.js';
import { addConstant, addNode, scalarConstant } from './builder.js';
import { insertZeros, offsets, padded, shifted, sizesOf } from './convolution.js';
import { channelsFirst, type Emission, type Physical, placeChannelsFirst, stored } from './layout.js';

export function emitPool(
  emission: Emission,
  value: Value,
  type: 'AveragePool' | 'MaxPool',
  window: Window,
  x: Value,
): Physical {
  const name = addNode(emission.builder, type, [placeChannelsFirst(emission, x)], {
    kernel_shape: window.kernel,
    strides: window.strides,
    pads: [...window.before, ...window.after],
  });
  return stored(name, channelsFirst(value.shape.length));
}

/**
 * dy over the count of places in each window, spread back: zeros inserted between strides, then an average with
 * stride 1, which runs on every provider.
 */
export function emitAveragePoolGradient(
  emission: Emission,
  value: Value,
  window: Window,
  dy: Value,
): Physical {
  const { builder } = emission;
  const { batch, input, output, channels } = sizesOf(value.shape, dy.shape);
  let name = placeChannelsFirst(emission, dy);
  const area = sizeOf(window.kernel);
  const counts = windowCounts(window, input, output);
  if (counts.some((count) => count !== area)) {
    const weights = addConstant(
      builder,
      counts.map((count) => area / count),
      [1, 1, ...output],
    );
    name = addNode(builder, 'Mul', [name, weights]);
  }
  const shape = [batch, channels, ...output];
  output.forEach((_, axis) => {
    name = insertZeros(emission, name, shape, axis + 2, window.strides[axis]);
    shape[axis + 2] *= window.strides[axis];
  });
  const before = window.kernel.map((length, axis) => length - 1 - window.before[axis]);
  const after = input.map(
    (length, axis) => length - shape[axis + 2] - before[axis] + window.kernel[axis] - 1,
  );
  const whole = padded(emission, name, shape, before, after);
  return stored(
    addNode(builder, 'AveragePool', [whole], {
      kernel_shape: window.kernel,
      strides: window.kernel.map(() => 1),
    }),
    channelsFirst(value.shape.length),
  );
}

/** How many places of each window lie inside the image. */
function windowCounts(window: Window, input: Shape, output: Shape): Float32Array {
  const counts = output.map((length, axis) =>
    Array.from({ length }, (_, at) => {
      const start = at * window.strides[axis] - window.before[axis];
      return Math.min(input[axis], start + window.kernel[axis]) - Math.max(0, start);
    }),
  );
  return Float32Array.from(
    counts.reduce<number[]>((all, axis) => all.flatMap((a) => axis.map((b) => a * b)), [1]),
  );
}

/**
 * dy goes to the first place in each window, in row-major order, that holds the maximum. One tap of the window
 * after the other: providers have no scatter that runs everywhere.
 */
export function emitMaxPoolGradient(
  emission: Emission,
  value: Value,
  window: Window,
  [dy, x, y]: readonly Value[],
): Physical {
  const { builder } = emission;
  const { batch, input, output, channels } = sizesOf(value.shape, dy.shape);
  const maxima = placeChannelsFirst(emission, y);
  const zero = scalarConstant(builder, 0);
  let left = placeChannelsFirst(emission, dy);
  let sum: string | undefined;
  // What is outside the image is never the maximum.
  const taps = shifted(emission, window, x, output, -3.4028234663852886e38);
  offsets(window.kernel).forEach((offset, tap) => {
    const hit = addNode(builder, 'Equal', [taps[tap], maxima]);
    let part = addNode(builder, 'Where', [hit, left, zero]);
    left = addNode(builder, 'Where', [hit, zero, left]);
    const shape = [batch, channels, ...output];
    output.forEach((_, axis) => {
      part = insertZeros(emission, part, shape, axis + 2, window.strides[axis]);
      shape[axis + 2] *= window.strides[axis];
    });
    const before = offset.map((at, axis) => at - window.before[axis]);
    const after = input.map((length, axis) => length - shape[axis + 2] - before[axis]);
    const spread = padded(emission, part, shape, before, after);
    sum = sum === undefined ? spread : addNode(builder, 'Add', [sum, spread]);
  });
  if (sum === undefined) throw new Error('a pooling window is empty');
  return stored(sum, channelsFirst(value.shape.length));
}

export function emitUpsample(emission: Emission, value: Value, factors: Shape, x: Value): Physical {
  const scales = addConstant(emission.builder, Float32Array.of(1, 1, ...factors), [2 + factors.length]);
  const name = addNode(emission.builder, 'Resize', [placeChannelsFirst(emission, x), '', scales], {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  });
  return stored(name, channelsFirst(value.shape.length));
}

/** The sum over each block of repeated pixels. */
export function emitUpsampleGradient(emission: Emission, value: Value, factors: Shape, dy: Value): Physical {
  const { builder } = emission;
  const mean = addNode(builder, 'AveragePool', [placeChannelsFirst(emission, dy)], {
    kernel_shape: factors,
    strides: factors,
  });
  const name = addNode(builder, 'Mul', [mean, scalarConstant(builder, sizeOf(factors))]);
  return stored(name, channelsFirst(value.shape.length));
}
