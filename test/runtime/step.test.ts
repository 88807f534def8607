import { describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import type { Runtime } from '../../src-main/runtime/types.js';
import { unetStep } from '../graph/unet.js';

const BATCH = 2;
const SIZE = 16;

async function train(runtime: Runtime, steps: number): Promise<{ losses: number[]; state: Buffer }> {
  const { definition, initial } = unetStep(4, BATCH, SIZE);
  const program = await runtime.compileStep(definition, initial);
  const random = new Random(5);
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const x = random.normals(new Float32Array(BATCH * SIZE * SIZE));
    const y = x.map((value) => 0.5 * value + 0.1);
    losses.push((await program.run({ x, y, rate: Float32Array.of(3e-3) })).loss[0]);
  }
  const state = await program.readState();
  await program.close();
  return {
    losses,
    state: Buffer.concat(Object.values(state).map(({ data }) => Buffer.from(data.buffer.slice(0)))),
  };
}

describe('a training step on the CPU', () => {
  it('lowers the loss, and gives the same bytes again on two threads', async () => {
    const runtime = await openRuntime('cpu', { threads: 2 });
    const first = await train(runtime, 30);
    const second = await train(runtime, 30);
    expect(first.losses[29]).toBeLessThan(0.5 * first.losses[0]);
    expect(second.losses).toEqual(first.losses);
    expect(second.state.equals(first.state)).toBe(true);
    await runtime.close();
  });
});
