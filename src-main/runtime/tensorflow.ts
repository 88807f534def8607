import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { tensorflowFolder } from '../base/home.js';
import { fault, type LimpidError } from '../contract/errors.js';
import { registerGradients } from '../graph/gradients.js';
import { eagerRuntime } from './eager.js';
import type { Runtime } from './types.js';

const PACKAGE = '@tensorflow/tfjs-node-gpu';

/**
 * Loads a CommonJS package that registers a tfjs backend. It brings another copy of tfjs-core, yet every copy of
 * one version shares the engine and the kernel and gradient tables, which tfjs keeps on the global object; so its
 * kernels serve ours. Our gradients are registered again in case it has registered those of tfjs.
 *
 * @param from a file in whose surroundings the package is looked for
 * @returns whether the engine knows `backend` afterwards.
 */
export function loadBackend(packageName: string, backend: string, from: string = import.meta.url): boolean {
  createRequire(from)(packageName);
  registerGradients();
  return tf.findBackendFactory(backend) !== null;
}

/**
 * The eager runtime on TensorFlow, where `limpid setup-tensorflow` or the user has installed it.
 *
 * @param files runs model files
 * @throws LimpidError E_DEVICE when it is missing or does not load.
 */
export async function openTensorflow(
  files: () => Promise<Runtime>,
  load: () => boolean = loadTensorflow,
): Promise<Runtime> {
  let loaded: boolean;
  try {
    loaded = load();
  } catch (error) {
    throw isMissing(error) ? missing(error) : broken(error);
  }
  if (!loaded) throw broken();
  return eagerRuntime(
    'tensorflow',
    {
      device: 'tensorflow',
      gpu: usesGpu(),
      description: usesGpu() ? 'TensorFlow on the GPU' : 'TensorFlow on the CPU',
      warnings: [],
    },
    await files(),
  );
}

function loadTensorflow(): boolean {
  // Its notes on the processor's instructions are nobody's business here.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
  // tfjs-node 4.22 calls a function that Node 23 removed.
  const legacy: { isNullOrUndefined?: (value: unknown) => boolean } = createRequire(import.meta.url)(
    'node:util',
  );
  legacy.isNullOrUndefined ??= (value) => value === undefined || value === null;
  const own = path.join(tensorflowFolder(), 'package.json');
  const loaded = quietly(() => loadBackend(PACKAGE, 'tensorflow', existsSync(own) ? own : import.meta.url));
  RESIZE_GRADIENTS.forEach(mendHalfPixels);
  return loaded;
}

/** tfjs warns of its own second copy. */
function quietly<T>(body: () => T): T {
  const { warn } = console;
  console.warn = () => undefined;
  try {
    return body();
  } finally {
    console.warn = warn;
  }
}

const RESIZE_GRADIENTS = ['ResizeBilinearGrad', 'ResizeNearestNeighborGrad'];

/** tfjs-node 4.22 drops the attribute on the way to TensorFlow: the gradient was that of another resizing. */
function mendHalfPixels(kernelName: string): void {
  const config = tf.getKernel(kernelName, 'tensorflow');
  if (config === undefined) return;
  tf.unregisterKernel(kernelName, 'tensorflow');
  tf.registerKernel({
    ...config,
    kernelFunc: ({ inputs, attrs, backend }) =>
      config.kernelFunc({
        inputs,
        ...(attrs === undefined ? {} : { attrs }),
        backend: attrs?.halfPixelCenters === true ? withHalfPixels(backend) : backend,
      }),
  });
}

/** The backend, telling TensorFlow what its kernel leaves out. */
function withHalfPixels(backend: object): object {
  const execute: unknown = Reflect.get(backend, 'executeSingleOutput');
  const binding: unknown = Reflect.get(backend, 'binding');
  if (typeof execute !== 'function' || typeof binding !== 'object' || binding === null)
    throw new Error('tfjs-node has another form than that of 4.22');
  const attribute = {
    name: 'half_pixel_centers',
    type: Reflect.get(binding, 'TF_ATTR_BOOL'),
    value: true,
  };
  const value = (name: string, attributes: readonly unknown[], inputs: unknown): unknown =>
    Reflect.apply(execute, backend, [name, [...attributes, attribute], inputs]);
  return Object.create(backend, { executeSingleOutput: { value } });
}

/** What tfjs-node says of itself. */
function usesGpu(): boolean {
  const backend: unknown = tf.engine().findBackend('tensorflow');
  return typeof backend === 'object' && backend !== null && Reflect.get(backend, 'isUsingGpuDevice') === true;
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'MODULE_NOT_FOUND' &&
    !existsSync(path.join(tensorflowFolder(), 'package.json'))
  );
}

function missing(cause: unknown): LimpidError {
  return fault('E_DEVICE/tensorflow-missing', {}, undefined, cause);
}

function broken(cause?: unknown): LimpidError {
  return fault('E_DEVICE/tensorflow', {}, undefined, cause);
}
