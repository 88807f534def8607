import type { Shape } from './types.js';

export type ElementType = 'float32' | 'int32' | 'bool';
export type ConstantData = Float32Array | Int32Array | Uint8Array;

/** The sliding window of a convolution or pooling over `kernel.length` spatial axes. */
export interface Window {
  readonly kernel: Shape;
  readonly strides: Shape;
  readonly dilations: Shape;
  readonly before: Shape;
  readonly after: Shape;
}

/** What the trace records, in logical axes. Composite kernels of tfjs are recorded as several of these. */
export type Operation =
  | { readonly op: 'elementwise'; readonly type: string; readonly alpha?: number }
  | { readonly op: 'cast' }
  | { readonly op: 'fill'; readonly value: number }
  | { readonly op: 'broadcast' }
  | { readonly op: 'reshape' }
  | { readonly op: 'transpose'; readonly perm: Shape }
  | { readonly op: 'slice'; readonly begin: Shape; readonly strides: Shape }
  | { readonly op: 'concat'; readonly axis: number }
  | { readonly op: 'pad'; readonly before: Shape; readonly after: Shape; readonly value: number }
  | { readonly op: 'tile'; readonly reps: Shape }
  | { readonly op: 'reverse'; readonly axes: Shape }
  | { readonly op: 'reduce'; readonly type: Reduction; readonly axes: Shape; readonly keepDims: boolean }
  | { readonly op: 'argument'; readonly type: 'ArgMax' | 'ArgMin'; readonly axis: number }
  | { readonly op: 'softmax'; readonly axis: number }
  | {
      readonly op: 'cumsum';
      readonly axis: number;
      readonly exclusive: boolean;
      readonly reverse: boolean;
    }
  | { readonly op: 'matMul'; readonly transposeA: boolean; readonly transposeB: boolean }
  | { readonly op: 'gather'; readonly axis: number }
  | { readonly op: 'conv'; readonly window: Window; readonly depthwise: boolean }
  | { readonly op: 'convInputGradient'; readonly window: Window; readonly depthwise: boolean }
  | { readonly op: 'convFilterGradient'; readonly window: Window; readonly depthwise: boolean }
  | { readonly op: 'pool'; readonly type: 'AveragePool' | 'MaxPool'; readonly window: Window }
  | { readonly op: 'averagePoolGradient'; readonly window: Window }
  | { readonly op: 'maxPoolGradient'; readonly window: Window }
  | { readonly op: 'upsample'; readonly factors: Shape }
  | { readonly op: 'upsampleGradient'; readonly factors: Shape };

export type Reduction = 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceMin' | 'ReduceProd';

/** A tensor of the trace: a shape and where it comes from, no data unless it is a constant. */
export interface Value {
  /** Order of creation, which is a topological order. */
  readonly index: number;
  readonly shape: Shape;
  readonly type: ElementType;
  readonly source:
    | { readonly kind: 'input'; readonly name: string }
    | { readonly kind: 'constant'; readonly data: ConstantData }
    | { readonly kind: 'operation'; readonly operation: Operation; readonly inputs: readonly Value[] };
}

/** Everything that `outputs` depend on, in topological order. */
export function reachable(outputs: readonly Value[]): Value[] {
  const seen = new Set<Value>(outputs);
  const pending = [...seen];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (value.source.kind !== 'operation') continue;
    for (const input of value.source.inputs)
      if (!seen.has(input)) {
        seen.add(input);
        pending.push(input);
      }
  }
  return [...seen].sort((a, b) => a.index - b.index);
}
