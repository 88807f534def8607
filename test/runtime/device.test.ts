import { describe, expect, it } from 'vitest';
import { openRuntime } from '../../src-main/runtime/device.js';
import { wasmEngine } from '../../src-main/runtime/providers.js';
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
    expect(runtime.choice).toEqual({ device: 'cpu', description: 'CPU, 1 threads', warnings: [] });
    await runtime.close();
  });

  it.runIf(process.platform === 'linux').each(['dml', 'coreml'] as const)(
    '%s, which Linux has not, is refused with E_DEVICE',
    async (device) => {
      await expect(openRuntime(device)).rejects.toMatchObject({ code: 'E_DEVICE' });
    },
  );
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
