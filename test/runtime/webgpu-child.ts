import { openRuntime } from '../../src-main/runtime/device.js';
import { probe } from '../../src-main/runtime/probe.js';
import type { Feeds, Runtime } from '../../src-main/runtime/types.js';
import { GRADIENT_CASES, gradientStep, inputsOf } from '../graph/cases.js';
import { forward, initialWeights, unetStep } from '../graph/unet.js';
import { trainingFeeds } from './feeds.js';

/**
 * Compares WebGPU with the CPU and sends what differs: `step`, `inference` and each gradient case whose name
 * matches the first argument, as the largest error relative to the largest value. Runs as a process of its own,
 * because the Vulkan driver is chosen by the environment when it starts.
 */
const BASE = 4;
const BATCH = 2;
const SIZE = 16;

function relativeError(a: Feeds, b: Feeds): number {
  let worst = 0;
  for (const name of Object.keys(a)) {
    const scale = a[name].reduce((most, x) => Math.max(most, Math.abs(x)), 1e-3);
    a[name].forEach((x, i) => {
      const error = Math.abs(x - b[name][i]) / scale;
      if (!(error <= worst)) worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
    });
  }
  return worst;
}

async function trained(runtime: Runtime): Promise<Feeds> {
  const { definition, initial } = unetStep(BASE, BATCH, SIZE);
  const program = await runtime.compileStep(definition, initial);
  const losses: number[] = [];
  for (let i = 0; i < 6; i++) losses.push((await program.run(trainingFeeds(BATCH * SIZE * SIZE, i))).loss[0]);
  // State survives a round trip through the host.
  await program.writeState(await program.readState());
  losses.push((await program.run(trainingFeeds(BATCH * SIZE * SIZE, 6))).loss[0]);
  const state = await program.readState();
  await program.close();
  return {
    losses: Float32Array.from(losses),
    ...Object.fromEntries(
      Object.entries(state).flatMap(([name, { data }]) => (/^[wb]/.test(name) ? [[name, data]] : [])),
    ),
  };
}

async function inferred(runtime: Runtime): Promise<Feeds> {
  const program = await runtime.compileInference({
    parameters: initialWeights(BASE, 3),
    inputs: { image: [1, 32, 32, 1] },
    apply: (weights, { image }) => ({ clean: forward(BASE, weights, image) }),
  });
  return program.run({ image: Float32Array.from({ length: 1024 }, (_, i) => Math.sin(i)) });
}

async function gradients(runtime: Runtime, pattern: RegExp): Promise<Record<string, Feeds>> {
  const results: Record<string, Feeds> = {};
  for (const item of GRADIENT_CASES.filter(({ name }) => pattern.test(name))) {
    const program = await runtime.compileStep(gradientStep(item), {});
    results[item.name] = await program.run(inputsOf(item));
    await program.close();
  }
  return results;
}

const pattern = new RegExp(process.argv[2] ?? '.');
const cpu = await openRuntime('cpu', { threads: 1 });
const gpu = await openRuntime('webgpu', { threads: 1 });
const errors: Record<string, number> = {
  step: relativeError(await trained(cpu), await trained(gpu)),
  inference: relativeError(await inferred(cpu), await inferred(gpu)),
};
const expected = await gradients(cpu, pattern);
const got = await gradients(gpu, pattern);
for (const [name, outputs] of Object.entries(expected)) errors[name] = relativeError(outputs, got[name]);
const report = { errors, probe: await probe(1) };
if (process.send === undefined) console.log(JSON.stringify(report, undefined, 1));
else process.send(report);
process.disconnect?.();
