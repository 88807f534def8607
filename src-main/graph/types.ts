import type { Tensor } from '@tensorflow/tfjs-core';

/** A logical shape, in the axis order of tfjs: images are [batch, rows, columns, channels]. */
export type Shape = readonly number[];
export type NamedShapes = Readonly<Record<string, Shape>>;

/** Values in the logical layout, row-major: `data.length` is the product of `shape`. */
export interface NamedArray {
  readonly data: Float32Array;
  readonly shape: Shape;
}
export type NamedArrays = Readonly<Record<string, NamedArray>>;
export type NamedTensors = Readonly<Record<string, Tensor>>;

/**
 * A training step as a pure tfjs function: state in, state out under the same names. It draws no random number
 * and reads no tensor: masks, noise and rates are inputs.
 */
export interface StepDefinition {
  /** Weights, moments, averages, counters; float32. */
  readonly state: NamedShapes;
  /** What is fed at each step; float32. */
  readonly inputs: NamedShapes;
  readonly step: (
    state: NamedTensors,
    inputs: NamedTensors,
  ) => { state: NamedTensors; outputs: NamedTensors };
}

/** A function of inputs whose parameters are frozen as constants. */
export interface InferenceDefinition {
  readonly parameters: NamedArrays;
  readonly inputs: NamedShapes;
  readonly apply: (parameters: NamedTensors, inputs: NamedTensors) => NamedTensors;
}

/** Which formulations the emitter chooses; the graph computes the same either way. */
export type Target = 'cpu' | 'webgpu';

export function sizeOf(shape: Shape): number {
  return shape.reduce((product, length) => product * length, 1);
}
