import { ONNX_TYPE } from '../onnx.js';
import { sizeOf } from '../types.js';
import type { Operation, Value } from '../value.js';
import { addNode, integers, scalarConstant } from './builder.js';
import { biasedConvolution } from './convolution.js';
import {
  broadcastShape,
  type Emission,
  identity,
  isIdentity,
  type Operand,
  operandOf,
  type Physical,
  place,
  placeBroadcast,
  reshape,
  sizeOfOperand,
  stored,
} from './layout.js';

type Elementwise = Extract<Operation, { op: 'elementwise' }>;

export function emitElementwise(
  emission: Emission,
  value: Value,
  operation: Elementwise,
  inputs: readonly Value[],
): Physical {
  if (operation.type === 'Add') {
    const convolution = inputs.find((input) => emission.biased.has(input));
    if (convolution !== undefined) {
      const bias = inputs.find((input) => input !== convolution) ?? convolution;
      return biasedConvolution(emission, convolution, bias);
    }
  }
  if (operation.type === 'Mul') {
    const masked = reluGradient(emission, value, inputs);
    if (masked !== undefined) return masked;
  }
  if (operation.type === 'Step') return castTo(emission, value, positive(emission, inputs[0]), 'float32');
  if (operation.type === 'Greater' && isZero(emission, inputs[1]) && sameSize(value, inputs[0]))
    return positive(emission, inputs[0]).physical;
  const operands = inputs.map((input) => operandOf(emission, input));
  if (operation.type === 'Sign' && emission.target === 'webgpu') return sign(emission, value, operands[0]);
  const attributes = operation.alpha === undefined ? {} : { alpha: { float: operation.alpha } };
  return apply(emission, value, operands, (names) =>
    addNode(emission.builder, operation.type, names, attributes),
  );
}

export function emitCast(emission: Emission, value: Value, input: Value): Physical {
  const operand = operandOf(emission, input);
  return input.type === value.type ? operand.physical : castTo(emission, value, operand, value.type);
}

function castTo(emission: Emission, value: Value, operand: Operand, type: Value['type']): Physical {
  return apply(emission, value, [operand], (names) =>
    addNode(emission.builder, 'Cast', names, { to: { int: ONNX_TYPE[type] } }),
  );
}

/** dy * step(x) is a choice, and x may stand for its relu, so that convolution and relu fuse. */
function reluGradient(emission: Emission, value: Value, inputs: readonly Value[]): Physical | undefined {
  for (const [dy, mask] of [inputs, [...inputs].reverse()]) {
    const x = stepInput(mask);
    if (x === undefined || !sameSize(value, dy) || !sameSize(value, mask)) continue;
    const zero: Operand = {
      shape: [],
      physical: { kind: 'uniform', name: scalarConstant(emission.builder, 0) },
    };
    return apply(emission, value, [positive(emission, x), operandOf(emission, dy), zero], (names) =>
      addNode(emission.builder, 'Where', names),
    );
  }
  return undefined;
}

function stepInput(mask: Value): Value | undefined {
  let source = mask.source;
  while (source.kind === 'operation' && source.operation.op === 'cast') source = source.inputs[0].source;
  return source.kind === 'operation' &&
    source.operation.op === 'elementwise' &&
    source.operation.type === 'Step'
    ? source.inputs[0]
    : undefined;
}

/** x > 0 as bool. */
function positive(emission: Emission, x: Value): Operand {
  const activation = emission.activations.get(x);
  const signed = activation !== undefined && emission.physical.has(activation) ? activation : x;
  const zero = scalarConstant(emission.builder, 0);
  const physical = apply(emission, x, [operandOf(emission, signed)], ([name]) =>
    addNode(emission.builder, 'Greater', [name, zero]),
  );
  return { shape: x.shape, physical };
}

/** Sign runs on the CPU with the WebGPU provider: (x > 0) - (x < 0) does not. */
function sign(emission: Emission, value: Value, operand: Operand): Physical {
  const { builder } = emission;
  const zero = scalarConstant(builder, 0);
  const to = { to: { int: ONNX_TYPE.float32 } };
  return apply(emission, value, [operand], ([name]) =>
    addNode(builder, 'Sub', [
      addNode(builder, 'Cast', [addNode(builder, 'Greater', [name, zero])], to),
      addNode(builder, 'Cast', [addNode(builder, 'Less', [name, zero])], to),
    ]),
  );
}

/**
 * Lays the operands out alike, without moving the largest one, and applies `node`. Operands all alike in all
 * their elements give such a result; a result that is smaller than the value's shape is expanded.
 */
function apply(
  emission: Emission,
  value: Value,
  operands: readonly Operand[],
  node: (names: string[]) => string,
): Physical {
  const rank = value.shape.length;
  const spread = operands.map(toUniform);
  const real = spread.filter((operand) => operand.physical.kind !== 'uniform');
  const perm = commonLayout(real, rank);
  const single = real.every((operand) => sizeOfOperand(operand) === 1);
  const name = node(
    spread.map((operand) =>
      operand.physical.kind === 'uniform'
        ? operand.physical.name
        : single
          ? reshapeToScalar(emission, operand)
          : placeBroadcast(emission, operand, rank, perm),
    ),
  );
  if (single) return { kind: 'uniform', name };
  const shape = broadcastShape(real.map((operand) => operand.shape));
  if (sizeOf(shape) === sizeOf(value.shape) && shape.length === rank) return stored(name, perm);
  const target = perm.map((axis) => value.shape[axis]);
  return stored(addNode(emission.builder, 'Expand', [name, integers(emission.builder, target)]), perm);
}

function toUniform(operand: Operand): Operand {
  const { physical, shape } = operand;
  return physical.kind === 'stored' && shape.length === 0
    ? { shape, physical: { kind: 'uniform', name: physical.name } }
    : operand;
}

function reshapeToScalar(emission: Emission, operand: Operand): string {
  return reshape(emission, place(emission, operand, identity(operand.shape.length)), []);
}

function commonLayout(operands: readonly Operand[], rank: number): readonly number[] {
  let best = identity(rank);
  let size = 0;
  for (const { physical, shape } of operands) {
    if (physical.kind !== 'stored' || shape.length !== rank || isIdentity(physical.perm)) continue;
    if (sizeOf(shape) <= size) continue;
    best = [...physical.perm];
    size = sizeOf(shape);
  }
  return best;
}

function isZero(emission: Emission, value: Value): boolean {
  if (value.source.kind === 'constant') return value.source.data.every((item) => item === 0);
  const source = emission.physical.has(value) ? value.source : undefined;
  return source?.kind === 'operation' && source.operation.op === 'fill' && source.operation.value === 0;
}

function sameSize(a: Value, b: Value): boolean {
  return sizeOf(a.shape) === sizeOf(b.shape) && a.shape.length === b.shape.length;
}
