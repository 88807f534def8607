import { requireSilence } from '../base/environment.js';
import { fault, type LimpidError } from '../contract/errors.js';
import { encodeModel } from '../graph/onnx.js';
import { hasCudaLibrary } from './cuda.js';
import type { Engine, OrtModule } from './session.js';
import type { Device } from './types.js';

type NativeDevice = Extract<Device, 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml'>;

const TITLES: Readonly<Record<NativeDevice, string>> = {
  cpu: 'CPU',
  webgpu: 'GPU through WebGPU',
  cuda: 'NVIDIA GPU through CUDA',
  dml: 'GPU through DirectML',
  coreml: 'Apple GPU or Neural Engine through Core ML',
};

/**
 * onnxruntime-node with one execution provider, tried with a small graph.
 *
 * @throws LimpidError E_DEVICE when there is no native binary or the provider does not open; E_INTERNAL in a process that was
 * started without what keeps ONNX Runtime silent (`base/environment.ts`).
 */
export async function nativeEngine(device: NativeDevice, threads: number): Promise<Engine> {
  const ort = await loadNative();
  const engine: Engine = {
    ort,
    options: {
      executionProviders: device === 'cpu' ? ['cpu'] : [device],
      intraOpNumThreads: threads,
      graphOptimizationLevel: 'all',
      executionMode: 'sequential',
      enableCpuMemArena: true,
      // DirectML does not work with it.
      enableMemPattern: device !== 'dml',
      logSeverityLevel: 4,
    },
    // The convolution that is fastest on a CPU has a kernel as large as the image: nothing for a GPU.
    target: device === 'cpu' || device === 'coreml' ? 'cpu' : 'webgpu',
    keepsState: device === 'webgpu',
    choice: {
      device,
      ...(device === 'cpu'
        ? { description: `${TITLES.cpu}, ${threadsText(threads)}`, threads }
        : { description: TITLES[device] }),
      warnings: [],
    },
  };
  try {
    await trySession(engine);
  } catch (error) {
    throw refusal(device, error);
  }
  return engine;
}

/** Why a device does not open here, and what would change that. */
export function refusal(
  device: NativeDevice,
  cause: unknown,
  system: string = process.platform,
  cuda: boolean = hasCudaLibrary(),
): LimpidError {
  switch (device) {
    case 'dml':
      return fault(system === 'win32' ? 'E_DEVICE/dml' : 'E_DEVICE/dml-system', {}, undefined, cause);
    case 'coreml':
      return fault(system === 'darwin' ? 'E_DEVICE/coreml' : 'E_DEVICE/coreml-system', {}, undefined, cause);
    case 'webgpu':
      return fault(system === 'linux' ? 'E_DEVICE/webgpu-linux' : 'E_DEVICE/webgpu', {}, undefined, cause);
    case 'cuda':
      return cudaRefusal(cause, system, cuda);
    case 'cpu':
      return fault('E_DEVICE/cpu', {}, undefined, cause);
  }
}

function cudaRefusal(cause: unknown, system: string, cuda: boolean): LimpidError {
  if (system !== 'linux') return fault('E_DEVICE/cuda-system', {}, undefined, cause);
  if (!cuda) return fault('E_DEVICE/cuda-libraries', {}, undefined, cause);
  const failure = /CUDA failure \d+: ([\w -]+)/
    .exec(cause instanceof Error ? cause.message : '')?.[1]
    ?.trim();
  return failure === undefined
    ? fault('E_DEVICE/cuda', {}, undefined, cause)
    : fault('E_DEVICE/cuda-failure', { said: failure }, undefined, cause);
}

function threadsText(threads: number): string {
  return threads === 1 ? '1 thread' : `${threads} threads`;
}

async function loadNative(): Promise<OrtModule> {
  requireSilence();
  try {
    return await import('onnxruntime-node');
  } catch (error) {
    throw fault('E_DEVICE/no-binary', {}, undefined, error);
  }
}

/** onnxruntime-web on WebAssembly: slower, runs everywhere. */
export async function wasmEngine(threads: number): Promise<Engine> {
  const ort = await import('onnxruntime-web');
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = 'error';
  const engine: Engine = {
    ort,
    options: { executionProviders: ['wasm'], graphOptimizationLevel: 'all', logSeverityLevel: 4 },
    target: 'cpu',
    keepsState: false,
    choice: {
      device: 'wasm',
      description: `CPU through WebAssembly, ${threadsText(threads)}`,
      threads,
      warnings: [],
    },
  };
  try {
    await trySession(engine);
  } catch (error) {
    throw fault('E_DEVICE/webassembly', {}, undefined, error);
  }
  return engine;
}

async function trySession({ ort, options }: Engine): Promise<void> {
  const model = encodeModel({
    nodes: [{ type: 'Add', inputs: ['x', 'x'], output: 'y', attributes: {} }],
    initializers: [],
    inputs: [{ name: 'x', dims: [4] }],
    outputs: [{ name: 'y', dims: [4] }],
  });
  const session = await ort.InferenceSession.create(model, options);
  try {
    const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.of(1, 2, 3, 4), [4]) });
    if (!(y.data instanceof Float32Array) || y.data.join() !== '2,4,6,8')
      throw new Error('the provider adds wrongly');
  } finally {
    await session.release();
  }
}
