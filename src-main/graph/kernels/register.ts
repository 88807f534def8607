import * as tf from '@tensorflow/tfjs-core';
import { fault, type LimpidError } from '../../contract/errors.js';
import type { TermName } from '../../contract/words/terms.js';
import { infoOf, recorded, TRACE_BACKEND } from '../tracer.js';
import type { Value } from '../value.js';

/** The inputs and attributes of one kernel call, with the types that tfjs leaves open checked. */
export interface Call {
  readonly input: (name: string) => Value;
  /** All inputs in order, of kernels with a list of inputs. */
  readonly inputs: readonly Value[];
  readonly number: (name: string, otherwise?: number) => number;
  readonly boolean: (name: string) => boolean;
  readonly text: (name: string) => string | undefined;
  readonly numbers: (name: string) => number[];
  readonly raw: (name: string) => unknown;
}

/** Registers a kernel of the tracing backend under the name that tfjs gives it. */
export function kernel(name: string, trace: (call: Call) => Value | Value[]): void {
  if (tf.getKernel(name, TRACE_BACKEND) !== undefined) tf.unregisterKernel(name, TRACE_BACKEND);
  tf.registerKernel({
    kernelName: name,
    backendName: TRACE_BACKEND,
    kernelFunc: ({ inputs, attrs }) => {
      const result = trace(callOf(name, inputs, attrs));
      return Array.isArray(result) ? result.map(infoOf) : infoOf(result);
    },
  });
}

function callOf(
  kernelName: string,
  inputs: tf.NamedTensorInfoMap,
  attributes: tf.NamedAttrMap | undefined,
): Call {
  const raw = (name: string): unknown => attributes?.[name];
  const wrong = (name: string): LimpidError => fault('E_OPERATOR/attribute', { kernel: kernelName, name });
  return {
    raw,
    input: (name) => {
      const info = inputs[name];
      if (info === undefined) throw fault('E_OPERATOR/input', { kernel: kernelName, name });
      return recorded(info);
    },
    get inputs() {
      return Object.values(inputs).flatMap((info) => (info === undefined ? [] : [recorded(info)]));
    },
    number: (name, otherwise) => {
      const value = raw(name) ?? otherwise;
      if (typeof value !== 'number') throw wrong(name);
      return value;
    },
    boolean: (name) => raw(name) === true,
    text: (name) => {
      const value = raw(name);
      if (value !== undefined && value !== null && typeof value !== 'string') throw wrong(name);
      return value ?? undefined;
    },
    numbers: (name) => {
      const value = raw(name);
      if (typeof value === 'number') return [value];
      if (!Array.isArray(value)) throw wrong(name);
      return value.map(Number);
    },
  };
}

/** The error of a kernel call that the tracer cannot put into a graph. */
export function unsupported(kernel: string, what: TermName<'operator'>): LimpidError {
  return fault('E_OPERATOR/kernel', { kernel, what });
}
