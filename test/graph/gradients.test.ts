import '@tensorflow/tfjs-backend-cpu';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import { eagerRuntime } from '../../src-main/runtime/eager.js';
import type { Runtime } from '../../src-main/runtime/types.js';
import { GRADIENT_CASES, gradientStep, inputsOf } from './cases.js';

const STEP = 2e-3;
let cpu: Runtime;
let eager: Runtime;

beforeAll(async () => {
  cpu = await openRuntime('cpu', { threads: 1 });
  eager = eagerRuntime('cpu', { device: 'cpu', description: 'tfjs', warnings: [] }, cpu);
});
afterAll(async () => {
  await cpu.close();
});

describe('gradients of traced functions', () => {
  it.each(GRADIENT_CASES)('$name: the slope along random directions', async (item) => {
    const program = await cpu.compileStep(gradientStep(item), {});
    const inputs = inputsOf(item);
    const outputs = await program.run(inputs);
    const random = new Random(3);
    for (const [i] of item.shapes.entries()) {
      const gradient = outputs[`g${i}`];
      const norm = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
      expect(Number.isFinite(norm)).toBe(true);
      for (let trial = 0; trial < 3; trial++) {
        const direction = gradient.map(() => (random.uniform() < 0.5 ? -1 : 1));
        const expected = gradient.reduce((sum, g, k) => sum + g * direction[k], 0);
        const at = async (h: number): Promise<number> =>
          (await program.run({ ...inputs, [`x${i}`]: inputs[`x${i}`].map((x, k) => x + h * direction[k]) }))
            .loss[0];
        const slope = ((await at(STEP)) - (await at(-STEP))) / (2 * STEP);
        expect(Math.abs(slope - expected)).toBeLessThan(0.01 * norm + 2e-3);
      }
    }
    await program.close();
  });

  it.each(GRADIENT_CASES.filter((item) => item.eager !== false))(
    '$name: the same as tfjs computes eagerly',
    async (item) => {
      const inputs = inputsOf(item);
      const [traced, direct] = [
        await cpu.compileStep(gradientStep(item), {}),
        await eager.compileStep(gradientStep(item), {}),
      ];
      const [got, expected] = [await traced.run(inputs), await direct.run(inputs)];
      for (const name of Object.keys(expected)) {
        const scale = expected[name].reduce((most, x) => Math.max(most, Math.abs(x)), 1);
        const error = got[name].reduce((most, x, k) => Math.max(most, Math.abs(x - expected[name][k])), 0);
        expect(error).toBeLessThan(2e-5 * scale);
        expect(got[name].length).toBe(expected[name].length);
      }
      await traced.close();
      await direct.close();
    },
  );
});
