import { type Shape, sizeOf, type Target } from '../types.js';
import type { ConstantData, Value } from '../value.js';
import { addConstant, addNode, type Builder, integers, permuted } from './builder.js';

/**
 * Where a value's elements are. `stored`: a tensor whose axis i is the logical axis perm[i]. `uniform`: every
 * element equals a scalar tensor. `constant`: known now, written in whichever layout is asked for.
 */
export type Physical =
  | { readonly kind: 'stored'; readonly name: string; readonly perm: Shape }
  | { readonly kind: 'uniform'; readonly name: string }
  | { readonly kind: 'constant'; readonly data: ConstantData };

export interface Operand {
  readonly shape: Shape;
  readonly physical: Physical;
}

export interface Emission {
  readonly builder: Builder;
  readonly target: Target;
  readonly physical: Map<Value, Physical>;
  /** A pre-activation -> its (leaky) relu, which has the same sign. */
  readonly activations: ReadonlyMap<Value, Value>;
  /** A convolution that only this sum uses -> the sum with its bias. */
  readonly biased: ReadonlySet<Value>;
  /** Whether the graph should hold no length of an image: then axes are moved by Transpose even where a Reshape
   * would do, because a Reshape has its lengths written into it. */
  readonly sizeless: boolean;
}

export function identity(rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) => axis);
}

/** [N, C, ...spatial] of the logical [N, ...spatial, C]. */
export function channelsFirst(rank: number): number[] {
  return [0, rank - 1, ...identity(rank - 2).map((axis) => axis + 1)];
}

/** [out, in, ...kernel] of the logical [...kernel, in, out]. */
export function filtersFirst(rank: number): number[] {
  return [rank - 1, rank - 2, ...identity(rank - 2)];
}

export function isIdentity(perm: Shape): boolean {
  return perm.every((axis, i) => axis === i);
}

export function operandOf(emission: Emission, value: Value): Operand {
  const physical = emission.physical.get(value);
  if (physical === undefined) throw new Error('a value was used before it was emitted');
  return { shape: value.shape, physical };
}

/** The name of a tensor that holds the operand with physical axes `perm`. */
export function place(emission: Emission, operand: Operand, perm: Shape): string {
  const { builder } = emission;
  const { physical, shape } = operand;
  const target = perm.map((axis) => shape[axis]);
  if (physical.kind === 'uniform')
    return shape.length === 0
      ? physical.name
      : addNode(builder, 'Expand', [physical.name, integers(builder, target)]);
  if (physical.kind === 'constant')
    return addConstant(
      builder,
      isIdentity(perm) ? physical.data : permuted(physical.data, shape, perm),
      target,
    );
  if (sameOrder(physical.perm, perm)) return physical.name;
  const position = perm.map((axis) => physical.perm.indexOf(axis));
  const stored = physical.perm.map((axis) => shape[axis]);
  if (!emission.sizeless && keepsOrder(position, stored)) return reshape(emission, physical.name, target);
  return addNode(builder, 'Transpose', [physical.name], { perm: position });
}

export function placeValue(emission: Emission, value: Value, perm: Shape): string {
  return place(emission, operandOf(emission, value), perm);
}

export function placeLogical(emission: Emission, value: Value): string {
  return placeValue(emission, value, identity(value.shape.length));
}

export function placeChannelsFirst(emission: Emission, value: Value): string {
  return placeValue(emission, value, channelsFirst(value.shape.length));
}

/** A tensor in the layout that costs nothing, and that layout. */
export function placeAnywhere(emission: Emission, value: Value): { name: string; perm: Shape } {
  const operand = operandOf(emission, value);
  const perm = operand.physical.kind === 'stored' ? operand.physical.perm : identity(operand.shape.length);
  return { name: place(emission, operand, perm), perm };
}

/** Like `place`, for an operand of lower rank that broadcasts to `rank` axes. */
export function placeBroadcast(emission: Emission, operand: Operand, rank: number, perm: Shape): string {
  const missing = rank - operand.shape.length;
  if (missing === 0) return place(emission, operand, perm);
  const logical = identity(operand.shape.length);
  if (isIdentity(perm)) return place(emission, operand, logical);
  const shape = [...identity(missing).map(() => 1), ...operand.shape];
  const target = perm.map((axis) => shape[axis]);
  const name = place(emission, operand, logical);
  if (keepsOrder(perm, shape)) return reshape(emission, name, target);
  const padded: Operand = {
    shape,
    physical: { kind: 'stored', name: reshape(emission, name, shape), perm: identity(rank) },
  };
  return place(emission, padded, perm);
}

export function reshape(emission: Emission, name: string, shape: Shape): string {
  return addNode(emission.builder, 'Reshape', [name, integers(emission.builder, shape)]);
}

export function stored(name: string, perm: Shape): Physical {
  return { kind: 'stored', name, perm };
}

export function storedLogical(name: string, rank: number): Physical {
  return { kind: 'stored', name, perm: identity(rank) };
}

function sameOrder(a: Shape, b: Shape): boolean {
  return a.every((axis, i) => axis === b[i]);
}

/** True when moving axes so leaves every element where it is: only axes of length 1 change places. */
function keepsOrder(position: Shape, shape: Shape): boolean {
  const long = position.filter((axis) => shape[axis] !== 1);
  return long.every((axis, i) => i === 0 || axis > long[i - 1]);
}

export function broadcastShape(shapes: readonly Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return identity(rank).map((axis) =>
    Math.max(1, ...shapes.map((shape) => shape[axis - (rank - shape.length)] ?? 1)),
  );
}

export function sizeOfOperand(operand: Operand): number {
  return sizeOf(operand.shape);
}
