import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { told } from '../../src-main/cli/terminal/words.js';
import { devicesOf } from '../../src-main/contract/devices.js';
import { problemFrom } from '../../src-main/contract/errors.js';
import { hasCudaLibrary } from '../../src-main/runtime/cuda.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import { refusal, wasmEngine } from '../../src-main/runtime/providers.js';
import { sessionRuntime } from '../../src-main/runtime/session.js';
import { unetStep } from '../graph/unet.js';
import { trainingFeeds } from './feeds.js';

describe('the choice of a device', () => {
  it.each(['slower', 'wrong', 'missing', 'crashed', 'late'] as const)(
    'auto computes on the CPU and says so when the GPU is %s',
    async (outcome) => {
      const runtime = await openRuntime('auto', { threads: 1, probe: async () => ({ outcome }) });
      expect(runtime.choice.device).toBe('cpu');
      expect(runtime.choice.warnings.map(({ code }) => code)).toEqual(['W_DEVICE_FALLBACK']);
      await runtime.close();
    },
  );

  it('cpu is taken without a warning', async () => {
    const runtime = await openRuntime('cpu', { threads: 1 });
    expect(runtime.choice).toEqual({ device: 'cpu', description: 'CPU, 1 thread', threads: 1, warnings: [] });
    await runtime.close();
  });

  it.runIf(process.platform === 'linux').each(['dml', 'coreml'] as const)(
    '%s, which Linux has not, is refused with E_DEVICE',
    async (device) => {
      await expect(openRuntime(device)).rejects.toMatchObject({ code: 'E_DEVICE' });
    },
  );
});

describe('the devices that a machine can have', () => {
  it.each([
    ['linux', 'x64', false, 'auto cpu webgpu tensorflow'],
    ['linux', 'x64', true, 'auto cpu webgpu cuda tensorflow'],
    ['linux', 'arm64', false, 'auto cpu webgpu'],
    ['win32', 'x64', false, 'auto cpu webgpu dml'],
    ['darwin', 'arm64', false, 'auto cpu webgpu coreml'],
  ])('%s on %s, CUDA %s: %s', (system, processor, cuda, names) => {
    expect(devicesOf({ system, processor, cuda }).join(' ')).toBe(names);
  });

  it('have CUDA only where its library lies beside that of ONNX Runtime, on Linux', async () => {
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'limpid-cuda-'));
    const native = path.join(folder, 'bin', 'napi-v6', 'linux', 'x64');
    await fs.mkdir(native, { recursive: true });
    expect(hasCudaLibrary('linux', 'x64', folder)).toBe(false);
    await fs.writeFile(path.join(native, 'libonnxruntime_providers_cuda.so'), '');
    expect(hasCudaLibrary('linux', 'x64', folder)).toBe(true);
    expect(hasCudaLibrary('win32', 'x64', folder)).toBe(false);
    expect(hasCudaLibrary('linux', 'x64', null)).toBe(false);
    await fs.rm(folder, { recursive: true });
  });

  const noGpu = new Error('cuda_call.cc:154 CUDA failure 100: no CUDA-capable device is detected ; GPU=-1');
  it.each([
    ['dml', 'linux', false, /Windows/, /--device auto/],
    ['coreml', 'win32', false, /macOS/, /--device auto/],
    ['cuda', 'linux', false, /libraries for CUDA are not there/, /docs\/devices\.md.*--device auto/],
    ['cuda', 'linux', true, /^CUDA says: no CUDA-capable device is detected\.$/, /nvidia-smi/],
    ['cuda', 'win32', false, /on Linux only/, /dml/],
    ['webgpu', 'linux', false, /No GPU/, /Vulkan/],
  ] as const)('say why %s does not open on %s (library: %s)', (device, system, cuda, message, remedy) => {
    const { message: said, remedy: then } = told(problemFrom(refusal(device, noGpu, system, cuda)));
    expect(said).toMatch(message);
    expect(then).toMatch(remedy);
    expect(then).not.toMatch(/install its driver/i);
  });

  it('say that libraries do not load, where CUDA did not say anything itself', () => {
    expect(refusal('cuda', new Error('Failed to load shared library'), 'linux', true).remedy).toMatch(
      /LD_LIBRARY_PATH/,
    );
  });
});

describe('WebAssembly', () => {
  it('trains to the weights that the native CPU gives', async () => {
    const results = [];
    for (const runtime of [sessionRuntime(await wasmEngine(1)), await openRuntime('cpu', { threads: 1 })]) {
      const { definition, initial } = unetStep(2, 2, 8);
      const program = await runtime.compileStep(definition, initial);
      for (let i = 0; i < 3; i++) await program.run(trainingFeeds(128, i));
      results.push(await program.readState());
      await runtime.close();
    }
    const [wasm, native] = results;
    for (const [name, { data }] of Object.entries(native))
      if (/^[wb]/.test(name))
        data.forEach((value, i) => {
          expect(Math.abs(value - wasm[name].data[i])).toBeLessThan(1e-4);
        });
  });
});
