import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { tensorflowFolder } from '../base/home.js';
import { LimpidError } from '../contract/errors.js';
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
  return loadBackend(PACKAGE, 'tensorflow', existsSync(own) ? own : import.meta.url);
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
  return new LimpidError(
    'E_DEVICE',
    'TensorFlow is not set up on this machine.',
    'Run `limpid setup-tensorflow`, which says what it needs, or use --device auto, which needs nothing.',
    undefined,
    cause,
  );
}

function broken(cause?: unknown): LimpidError {
  return new LimpidError(
    'E_DEVICE',
    'TensorFlow is set up, but does not load.',
    'Run `limpid setup-tensorflow --remove`, then `limpid setup-tensorflow`; or use --device auto.',
    undefined,
    cause,
  );
}
