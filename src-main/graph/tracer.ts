import * as tf from '@tensorflow/tfjs-core';
import { fault, LimpidError } from '../contract/errors.js';
import { type Shape, sizeOf } from './types.js';
import type { ConstantData, ElementType, Operation, Value } from './value.js';

export const TRACE_BACKEND = 'limpid-trace';

/** The tfjs backend whose kernels record instead of compute; a tensor's dataId is found in `values`. */
class TraceBackend extends tf.KernelBackend {
  readonly values = new WeakMap<object, Value>();
  created = 0;

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    const data = constantData(values, elementType(dtype));
    const first = data[0];
    const value =
      data.length > 1 && data.every((item) => item === first)
        ? this.add(shape, elementType(dtype), {
            kind: 'operation',
            operation: { op: 'fill', value: first },
            inputs: [],
          })
        : this.add(shape, elementType(dtype), { kind: 'constant', data });
    this.values.set(value, value);
    return value;
  }

  override move(dataId: object, values: tf.BackendValues, shape: number[], dtype: tf.DataType): void {
    const type = elementType(dtype);
    this.values.set(
      dataId,
      this.add(shape, type, { kind: 'constant', data: constantData(values, type).slice() }),
    );
  }

  add(shape: Shape, type: ElementType, source: Value['source']): Value {
    return { index: this.created++, shape: [...shape], type, source };
  }

  override readSync(): tf.BackendValues {
    throw readError();
  }
  override read(): Promise<tf.BackendValues> {
    return Promise.reject(readError());
  }
  override refCount(): number {
    return 1;
  }
  override incRef(): void {}
  override disposeData(): boolean {
    return true;
  }
  override numDataIds(): number {
    return this.created;
  }
  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }
  override floatPrecision(): 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
  override dispose(): void {}
}

const backend = new TraceBackend();
tf.registerBackend(TRACE_BACKEND, () => backend, 0);

function readError(): LimpidError {
  return fault('E_OPERATOR/read-values');
}

/** Records one operation. */
export function record(
  operation: Operation,
  inputs: readonly Value[],
  shape: Shape,
  type: ElementType = 'float32',
): Value {
  return remember(backend.add(shape, type, { kind: 'operation', operation, inputs }));
}

export function constant(data: ConstantData, shape: Shape): Value {
  const type: ElementType =
    data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'bool';
  return remember(backend.add(shape, type, { kind: 'constant', data }));
}

export function scalar(value: number, type: ElementType = 'float32'): Value {
  return constant(constantData([value], type), []);
}

function remember(value: Value): Value {
  backend.values.set(value, value);
  return value;
}

/** The recorded value behind a tensor. A tensor of another backend comes in as a constant. */
export function recorded(tensor: tf.TensorInfo): Value {
  if (!backend.values.has(tensor.dataId)) tf.engine().moveData(backend, tensor.dataId);
  const value = backend.values.get(tensor.dataId);
  if (value === undefined) throw new Error('a tensor of the trace has no record');
  return value;
}

export function infoOf(value: Value): tf.TensorInfo {
  return { dataId: value, shape: [...value.shape], dtype: value.type };
}

/** A float32 placeholder. */
export function placeholder(name: string, shape: Shape): Value {
  return remember(backend.add(shape, 'float32', { kind: 'input', name }));
}

export function tensorOf(value: Value): tf.Tensor {
  return tf.engine().makeTensorFromTensorInfo(infoOf(value), backend);
}

/**
 * Runs `body` with the recording backend and gives the previous backend back.
 *
 * @throws LimpidError E_OPERATOR naming the kernel or gradient that tfjs asked for and the tracer lacks.
 */
export function tracing<T>(body: () => T): T {
  return withBackend(TRACE_BACKEND, () => {
    tf.engine().startScope('trace');
    try {
      return body();
    } catch (error) {
      throw operatorError(error);
    } finally {
      tf.engine().endScope();
    }
  });
}

/**
 * Runs synchronous `body` with a tfjs backend, then switches back. setBackend is declared asynchronous, yet for a
 * backend that initialises synchronously it has switched when it returns.
 */
export function withBackend<T>(name: string, body: () => T): T {
  const engine = tf.engine();
  const previous = engine.backendName;
  switchTo(name);
  try {
    return body();
  } finally {
    if (previous && previous !== name) switchTo(previous);
  }
}

function switchTo(name: string): void {
  if (tf.engine().backendName === name) return;
  let failure: unknown;
  tf.setBackend(name).catch((error: unknown) => {
    failure = error;
  });
  if (tf.engine().backendName !== name) throw failure ?? new Error('the tfjs backend did not start');
}

/** Names the kernel or gradient that tfjs did not find or refused with these attributes; other errors pass through. */
export function operatorError(error: unknown): unknown {
  if (error instanceof LimpidError || !(error instanceof Error)) return error;
  const kernel = /registered kernel '(\w+)'|kernel '(\w+)' not registered/i.exec(error.message);
  const gradient = /gradient function not found for (\w+)/.exec(error.message);
  const refused = /^Error in gradient of (\w+)/i.exec(error.message);
  const missing = kernel?.[1] ?? kernel?.[2] ?? gradient?.[1] ?? refused?.[1];
  if (missing === undefined) return error;
  return fault(
    (gradient ?? refused) ? 'E_OPERATOR/no-gradient' : 'E_OPERATOR/no-translation',
    { operator: missing },
    undefined,
    error,
  );
}

function elementType(dtype: tf.DataType): ElementType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw fault('E_OPERATOR/type', { type: dtype });
}

export function constantData(values: ArrayLike<unknown>, type: ElementType): ConstantData {
  const numbers = Array.from(values, Number);
  if (type === 'float32') return values instanceof Float32Array ? values : Float32Array.from(numbers);
  if (type === 'int32') return values instanceof Int32Array ? values : Int32Array.from(numbers);
  return Uint8Array.from(numbers);
}

/** Shared by the kernels: a value with another shape and the same elements in the same order. */
export function reshaped(value: Value, shape: Shape): Value {
  if (sizeOf(shape) !== sizeOf(value.shape)) throw new Error('a reshape must keep the number of elements');
  return record({ op: 'reshape' }, [value], shape, value.type);
}
