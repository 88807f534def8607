import * as tf from '@tensorflow/tfjs-core';
import { Random } from '../base/random.js';
import { threadsAllowed } from '../base/threads.js';
import type { InferenceDefinition, NamedArray } from '../graph/types.js';
import { openRuntime } from './device.js';
import type { DeviceRequest } from './types.js';

/** What a device made of one network, beside the CPU. */
export interface SelfTest {
  /** Largest difference of an output pixel, in standard deviations of the input. */
  readonly largestDifference: number;
  /** Planes of 256 x 256 a second. */
  readonly rate: number;
  readonly cpuRate: number;
}

const SIZE = 256;
const CHANNELS = 16;
const LAYERS = 6;
const RUNS = 3;

/**
 * Runs a residual convolutional network over a plane of unit noise on the device and on the CPU.
 *
 * @throws LimpidError E_DEVICE when the device cannot be had
 */
export async function selfTest(device: DeviceRequest): Promise<SelfTest> {
  const threads = threadsAllowed();
  const cpu = await timed('cpu', threads);
  const other = await timed(device, threads);
  let largestDifference = 0;
  for (const [i, value] of cpu.values.entries()) {
    const difference = Math.abs(value - other.values[i]);
    // Written so that a NaN is the largest difference of all.
    if (!(difference <= largestDifference)) largestDifference = difference;
  }
  return { largestDifference, rate: other.rate, cpuRate: cpu.rate };
}

async function timed(
  device: DeviceRequest,
  threads: number,
): Promise<{ values: Float32Array; rate: number }> {
  const runtime = await openRuntime(device, { threads });
  try {
    const program = await runtime.compileInference(network());
    const plane = new Random(2).normals(new Float32Array(SIZE * SIZE));
    let values: Float32Array = Float32Array.from((await program.run({ plane })).result);
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < RUNS; i++) {
      const start = performance.now();
      values = Float32Array.from((await program.run({ plane })).result);
      best = Math.min(best, performance.now() - start);
    }
    return { values, rate: 1000 / best };
  } finally {
    await runtime.close();
  }
}

/** The input less what a stack of convolutions makes of it, as a residual denoiser computes. */
function network(): InferenceDefinition {
  const random = new Random(1);
  const parameters: Record<string, NamedArray> = {};
  const channelsAt = (i: number) => (i === 0 || i === LAYERS ? 1 : CHANNELS);
  for (let i = 0; i < LAYERS; i++) {
    const [from, to] = [channelsAt(i), channelsAt(i + 1)];
    const data = random.normals(new Float32Array(9 * from * to));
    // He initialisation: the variance stays that of the input.
    const scale = Math.sqrt(2 / (9 * from));
    parameters[`w${i}`] = { data: data.map((x) => x * scale), shape: [3, 3, from, to] };
  }
  return {
    parameters,
    inputs: { plane: [1, SIZE, SIZE, 1] },
    apply: (weights, { plane }) => {
      const image = tf.reshape<tf.Rank.R4>(plane, [1, SIZE, SIZE, 1]);
      let x = image;
      for (let i = 0; i < LAYERS; i++) {
        const filter = tf.reshape<tf.Rank.R4>(weights[`w${i}`], [3, 3, channelsAt(i), channelsAt(i + 1)]);
        const y = tf.conv2d(x, filter, 1, 'same');
        x = i === LAYERS - 1 ? y : tf.relu(y);
      }
      return { result: tf.sub(image, x) };
    },
  };
}
