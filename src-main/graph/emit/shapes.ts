import { ONNX_TYPE } from '../onnx.js';
import { sizeOf } from '../types.js';
import type { Operation, Value } from '../value.js';
import { addConstant, addNode, integers, permuted } from './builder.js';
import {
  type Emission,
  identity,
  isIdentity,
  operandOf,
  type Physical,
  place,
  placeAnywhere,
  placeBroadcast,
  placeLogical,
  placeValue,
  reshape,
  stored,
  storedLogical,
} from './layout.js';

type Of<Name extends Operation['op']> = Extract<Operation, { op: Name }>;

export function emitReshape(emission: Emission, value: Value, input: Value): Physical {
  const { physical } = operandOf(emission, input);
  if (physical.kind !== 'stored' || value.shape.join() === input.shape.join()) return physical;
  const kept = sameButOnes(value, input, physical.perm);
  if (kept !== undefined)
    return stored(
      reshape(
        emission,
        physical.name,
        kept.map((axis) => value.shape[axis]),
      ),
      kept,
    );
  return storedLogical(reshape(emission, placeLogical(emission, input), value.shape), value.shape.length);
}

/** A layout that survives a reshape which only adds or drops axes of length 1. */
function sameButOnes(value: Value, input: Value, perm: readonly number[]): number[] | undefined {
  const from = identity(input.shape.length).filter((axis) => input.shape[axis] !== 1);
  const to = identity(value.shape.length).filter((axis) => value.shape[axis] !== 1);
  if (from.length !== to.length || from.some((axis, i) => input.shape[axis] !== value.shape[to[i]]))
    return undefined;
  const order = perm.filter((axis) => input.shape[axis] !== 1).map((axis) => from.indexOf(axis));
  if (isIdentity(order)) return undefined;
  const ones = identity(value.shape.length).filter((axis) => value.shape[axis] === 1);
  return [...order.map((i) => to[i]), ...ones];
}

export function emitTranspose(emission: Emission, operation: Of<'transpose'>, input: Value): Physical {
  const { physical } = operandOf(emission, input);
  if (physical.kind === 'uniform') return physical;
  if (physical.kind === 'constant')
    return { kind: 'constant', data: permuted(physical.data, input.shape, operation.perm) };
  // Nothing moves: the axes only change their names.
  return stored(
    physical.name,
    physical.perm.map((axis) => operation.perm.indexOf(axis)),
  );
}

export function emitSlice(emission: Emission, value: Value, operation: Of<'slice'>, input: Value): Physical {
  const { physical } = operandOf(emission, input);
  if (physical.kind === 'uniform') return physical;
  const { name, perm } = placeAnywhere(emission, input);
  const axes = identity(perm.length).filter((i) => input.shape[perm[i]] !== value.shape[perm[i]]);
  if (axes.length === 0) return stored(name, perm);
  const list = (of: (axis: number) => number): string =>
    integers(
      emission.builder,
      axes.map((i) => of(perm[i])),
    );
  const end = (axis: number): number =>
    operation.begin[axis] + (value.shape[axis] - 1) * operation.strides[axis] + 1;
  return stored(
    addNode(emission.builder, 'Slice', [
      name,
      list((axis) => operation.begin[axis]),
      list(end),
      integers(emission.builder, axes),
      list((axis) => operation.strides[axis]),
    ]),
    perm,
  );
}

export function emitReverse(emission: Emission, operation: Of<'reverse'>, input: Value): Physical {
  const { builder } = emission;
  const { name, perm } = placeAnywhere(emission, input);
  const axes = identity(perm.length).filter((i) => operation.axes.includes(perm[i]));
  if (axes.length === 0) return stored(name, perm);
  return stored(
    addNode(builder, 'Slice', [
      name,
      integers(
        builder,
        axes.map(() => -1),
      ),
      integers(
        builder,
        axes.map((i) => -input.shape[perm[i]] - 1),
      ),
      integers(builder, axes),
      integers(
        builder,
        axes.map(() => -1),
      ),
    ]),
    perm,
  );
}

export function emitConcat(emission: Emission, operation: Of<'concat'>, inputs: readonly Value[]): Physical {
  let perm: readonly number[] = identity(inputs[0].shape.length);
  let size = 0;
  for (const input of inputs) {
    const { physical } = operandOf(emission, input);
    if (physical.kind !== 'stored' || isIdentity(physical.perm) || sizeOf(input.shape) <= size) continue;
    perm = physical.perm;
    size = sizeOf(input.shape);
  }
  const names = inputs.map((input) => placeValue(emission, input, perm));
  return stored(
    addNode(emission.builder, 'Concat', names, { axis: { int: perm.indexOf(operation.axis) } }),
    perm,
  );
}

export function emitPad(emission: Emission, operation: Of<'pad'>, input: Value): Physical {
  const { builder } = emission;
  const { name, perm } = placeAnywhere(emission, input);
  const pads = [...perm.map((axis) => operation.before[axis]), ...perm.map((axis) => operation.after[axis])];
  const value = addConstant(
    builder,
    input.type === 'int32' ? Int32Array.of(operation.value) : Float32Array.of(operation.value),
    [],
  );
  return stored(addNode(builder, 'Pad', [name, integers(builder, pads), value]), perm);
}

export function emitTile(emission: Emission, operation: Of<'tile'>, input: Value): Physical {
  const { physical } = operandOf(emission, input);
  if (physical.kind === 'uniform') return physical;
  const { name, perm } = placeAnywhere(emission, input);
  const reps = integers(
    emission.builder,
    perm.map((axis) => operation.reps[axis]),
  );
  return stored(addNode(emission.builder, 'Tile', [name, reps]), perm);
}

export function emitBroadcast(emission: Emission, value: Value, input: Value): Physical {
  const operand = operandOf(emission, input);
  if (operand.physical.kind === 'uniform') return operand.physical;
  const rank = value.shape.length;
  const perm =
    operand.physical.kind === 'stored' && input.shape.length === rank
      ? operand.physical.perm
      : identity(rank);
  const name = placeBroadcast(emission, operand, rank, perm);
  const target = perm.map((axis) => value.shape[axis]);
  return stored(addNode(emission.builder, 'Expand', [name, integers(emission.builder, target)]), perm);
}

export function emitReduce(emission: Emission, operation: Of<'reduce'>, input: Value): Physical {
  const { builder } = emission;
  const { name, perm } = placeAnywhere(emission, input);
  const axes = identity(perm.length).filter((i) => operation.axes.includes(perm[i]));
  const keepdims = { int: operation.keepDims ? 1 : 0 };
  const reduced =
    operation.type === 'ReduceSum'
      ? addNode(builder, operation.type, [name, integers(builder, axes)], { keepdims })
      : addNode(builder, operation.type, [name], { axes, keepdims });
  return stored(reduced, operation.keepDims ? perm : without(perm, operation.axes));
}

export function emitArgument(emission: Emission, operation: Of<'argument'>, input: Value): Physical {
  const { builder } = emission;
  const { name, perm } = placeAnywhere(emission, input);
  const found = addNode(builder, operation.type, [name], {
    axis: { int: perm.indexOf(operation.axis) },
    keepdims: { int: 0 },
  });
  return stored(
    addNode(builder, 'Cast', [found], { to: { int: ONNX_TYPE.int32 } }),
    without(perm, [operation.axis]),
  );
}

/** A layout after axes are gone, the rest renumbered. */
function without(perm: readonly number[], axes: readonly number[]): number[] {
  const left = identity(perm.length).filter((axis) => !axes.includes(axis));
  return perm.filter((axis) => !axes.includes(axis)).map((axis) => left.indexOf(axis));
}

export function emitSoftmax(emission: Emission, operation: Of<'softmax'>, input: Value): Physical {
  const { name, perm } = placeAnywhere(emission, input);
  const axis = { int: perm.indexOf(operation.axis) };
  return stored(addNode(emission.builder, 'Softmax', [name], { axis }), perm);
}

export function emitCumsum(emission: Emission, operation: Of<'cumsum'>, input: Value): Physical {
  const { builder } = emission;
  const { name, perm } = placeAnywhere(emission, input);
  const axis = addConstant(builder, Int32Array.of(perm.indexOf(operation.axis)), []);
  return stored(
    addNode(builder, 'CumSum', [name, axis], {
      exclusive: { int: operation.exclusive ? 1 : 0 },
      reverse: { int: operation.reverse ? 1 : 0 },
    }),
    perm,
  );
}

export function emitGather(
  emission: Emission,
  value: Value,
  operation: Of<'gather'>,
  [input, indices]: readonly Value[],
): Physical {
  const names = [placeLogical(emission, input), placeLogical(emission, indices)];
  const name = addNode(emission.builder, 'Gather', names, { axis: { int: operation.axis } });
  return storedLogical(name, value.shape.length);
}

export function emitMatMul(
  emission: Emission,
  value: Value,
  operation: Of<'matMul'>,
  [a, b]: readonly Value[],
): Physical {
  const { transposeA, transposeB } = operation;
  const rank = value.shape.length;
  if (a.shape.length === 2 && b.shape.length === 2 && (transposeA || transposeB)) {
    const names = [placeLogical(emission, a), placeLogical(emission, b)];
    const attributes = { transA: { int: transposeA ? 1 : 0 }, transB: { int: transposeB ? 1 : 0 } };
    return storedLogical(addNode(emission.builder, 'Gemm', names, attributes), rank);
  }
  const names = [factor(emission, a, transposeA), factor(emission, b, transposeB)];
  return storedLogical(addNode(emission.builder, 'MatMul', names), rank);
}

function factor(emission: Emission, value: Value, transpose: boolean): string {
  const perm = identity(value.shape.length);
  if (transpose) perm.push(...perm.splice(-2).reverse());
  return place(emission, operandOf(emission, value), perm);
}
