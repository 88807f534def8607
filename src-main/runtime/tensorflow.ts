import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
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
 * @returns whether the engine knows `backend` afterwards.
 */
export function loadBackend(packageName: string, backend: string): boolean {
  createRequire(import.meta.url)(packageName);
  registerGradients();
  return tf.findBackendFactory(backend) !== null;
}

/**
 * The eager runtime on TensorFlow, where the user has installed tfjs-node-gpu.
 *
 * @throws LimpidError E_DEVICE when it is missing or does not load.
 */
export async function openTensorflow(load: () => boolean = loadTensorflow): Promise<Runtime> {
  let loaded: boolean;
  try {
    loaded = load();
  } catch (error) {
    throw deviceError(error);
  }
  if (!loaded) throw deviceError();
  return eagerRuntime('tensorflow', {
    device: 'tensorflow',
    description: 'TensorFlow through tfjs-node-gpu',
    warnings: [],
  });
}

function loadTensorflow(): boolean {
  // tfjs-node 4.22 calls a function that Node 23 removed.
  const legacy: { isNullOrUndefined?: (value: unknown) => boolean } = createRequire(import.meta.url)(
    'node:util',
  );
  legacy.isNullOrUndefined ??= (value) => value === undefined || value === null;
  return loadBackend(PACKAGE, 'tensorflow');
}

function deviceError(cause?: unknown): LimpidError {
  return new LimpidError(
    'E_DEVICE',
    `The device tensorflow needs the package ${PACKAGE}, which is not installed or does not load.`,
    `Run: npm install ${PACKAGE}@4.22.0. It needs CUDA and cuDNN; --device auto needs neither.`,
    undefined,
    cause,
  );
}
