import { requireSilence } from '../base/environment.js';
import { fault, LimpidError } from '../contract/errors.js';
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
      description: device === 'cpu' ? `${TITLES.cpu}, ${threads} threads` : TITLES[device],
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
function refusal(
  device: NativeDevice,
  cause: unknown,
  system: string = process.platform,
  cuda: boolean = hasCudaLibrary(),
): LimpidError {
  const [message, remedy] = wordsOn(device, cause, system, cuda);
  return new LimpidError('E_DEVICE', message, remedy, undefined, cause);
}

/** Message and remedy for a device that did not open. */
export function wordsOn(
  device: NativeDevice,
  cause: unknown,
  system: string,
  cuda: boolean,
): readonly [message: string, remedy: string] {
  const auto = 'Use --device auto, which takes the GPU through WebGPU where there is one.';
  switch (device) {
    case 'dml':
      if (system !== 'win32') return ['DirectML (dml) is a part of Windows.', auto];
      return [
        'DirectML (dml) does not open.',
        'Update Windows and the graphics driver, or use --device auto.',
      ];
    case 'coreml':
      if (system !== 'darwin') return ['Core ML (coreml) is a part of macOS.', auto];
      return ['Core ML (coreml) does not open.', 'Update macOS, or use --device auto.'];
    case 'webgpu':
      return [
        'No GPU that WebGPU can use was found.',
        `Update the graphics driver${system === 'linux' ? ' (it must offer Vulkan)' : ''}, or use --device auto.`,
      ];
    case 'cuda':
      return cudaWords(cause, system, cuda);
    case 'cpu':
      return ['ONNX Runtime does not compute on the CPU.', 'Install again with npm ci.'];
  }
}

function cudaWords(cause: unknown, system: string, cuda: boolean): readonly [string, string] {
  const auto = 'or use --device auto, which takes the GPU through WebGPU and needs neither.';
  if (system !== 'linux')
    return ['ONNX Runtime for Node.js has CUDA on Linux only.', 'Use --device auto, or dml on Windows.'];
  if (!cuda)
    return [
      'ONNX Runtime’s libraries for CUDA are not there: its npm package comes without them.',
      `docs/devices.md says how to add them, and which driver and CUDA they need; ${auto}`,
    ];
  const failure = /CUDA failure \d+: ([\w -]+)/
    .exec(cause instanceof Error ? cause.message : '')?.[1]
    ?.trim();
  if (failure !== undefined)
    return [`CUDA says: ${failure}.`, `Look at the NVIDIA GPU and its driver with nvidia-smi, ${auto}`];
  return [
    'ONNX Runtime’s libraries for CUDA do not load.',
    `They need the NVIDIA driver, CUDA and cuDNN as docs/devices.md says, where the system finds them (LD_LIBRARY_PATH); ${auto}`,
  ];
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
    choice: { device: 'wasm', description: `CPU through WebAssembly, ${threads} threads`, warnings: [] },
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
