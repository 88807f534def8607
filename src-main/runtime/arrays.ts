import { fault } from '../contract/errors.js';
import { type NamedArray, type NamedArrays, type NamedShapes, type Shape, sizeOf } from '../graph/types.js';
import type { Feeds, LoadedModel } from './types.js';

/** @throws LimpidError E_SHAPE when a name is missing, or a length does not fill its shape. */
export function checkFeeds(shapes: NamedShapes, feeds: Feeds): void {
  for (const [name, shape] of Object.entries(shapes)) {
    const data = feeds[name];
    if (data === undefined) throw fault('E_SHAPE/input-missing', { name });
    if (data.length !== sizeOf(shape))
      throw fault('E_SHAPE/input', { name, found: data.length, shape: `[${shape.join()}]` });
  }
}

/** @throws LimpidError E_SHAPE when names or shapes are not exactly those expected. */
export function checkState(shapes: NamedShapes, state: NamedArrays): void {
  for (const name of Object.keys(state))
    if (shapes[name] === undefined) throw fault('E_SHAPE/state-other', { name });
  for (const [name, shape] of Object.entries(shapes)) {
    const array = state[name];
    if (array === undefined) throw fault('E_SHAPE/state-missing', { name });
    if (array.shape.join() !== shape.join() || array.data.length !== sizeOf(shape))
      throw fault('E_SHAPE/state', { name, shape: `[${shape.join()}]` });
  }
}

/** The shape of a value whose logical shape is `shape`, stored with axes in the order `perm`. */
export function physicalShape(shape: Shape, perm: Shape): number[] {
  return perm.map((axis) => shape[axis]);
}

/** The permutation that undoes `perm`. */
export function inverse(perm: Shape): number[] {
  return perm.map((_, axis) => perm.indexOf(axis));
}

/** `run` of a model without free lengths, by what runs it on given ones. @throws LimpidError E_MODEL for free lengths */
export function fixedRun(
  shapes: LoadedModel['inputShapes'],
  runShaped: LoadedModel['runShaped'],
): LoadedModel['run'] {
  return async (inputs) => {
    const arrays: Record<string, NamedArray> = {};
    for (const [name, shape] of Object.entries(shapes))
      arrays[name] = { data: inputs[name], shape: shape.map(fixedLength) };
    const outputs = Object.entries(await runShaped(arrays));
    return Object.fromEntries(outputs.map(([name, { data }]) => [name, data]));
  };
}

function fixedLength(length: number | null): number {
  if (length !== null) return length;
  throw fault('E_MODEL/free-lengths');
}
