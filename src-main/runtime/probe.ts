import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { childEnvironment } from '../base/environment.js';
import { Random } from '../base/random.js';
import { LimpidError } from '../contract/errors.js';
import type { InferenceDefinition, NamedArray } from '../graph/types.js';
import { PROBE_OUTCOMES, PROBED, type ProbeOutcome } from './probe-outcome.js';
import { nativeEngine } from './providers.js';
import { sessionRuntime } from './session.js';

/** What became of trying the GPU. `no binary`: onnxruntime-node itself is missing. */
export interface ProbeReport {
  readonly outcome: ProbeOutcome;
  readonly cpuMs?: number;
  readonly gpuMs?: number;
}

const CHANNELS = 32;
const SIZE = 128;
const LAYERS = 4;
const TOLERANCE = 1e-3;
const TIME_LIMIT_MS = 20_000;

/**
 * Runs a small convolutional network on the CPU and through WebGPU: the GPU must give the same numbers and take
 * less time. An emulated adapter (SwiftShader, WARP) gives the numbers and takes far longer.
 */
export async function probe(threads: number): Promise<ProbeReport> {
  const cpu = await timed('cpu', threads);
  if (cpu === undefined) return { outcome: 'no binary' };
  const gpu = await timed('webgpu', threads, cpu.ms);
  if (gpu === undefined) return { outcome: 'missing' };
  const times = { cpuMs: cpu.ms, gpuMs: gpu.ms };
  const scale = cpu.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const error = cpu.values.reduce((most, value, i) => Math.max(most, Math.abs(value - gpu.values[i])), 0);
  // A NaN is not within the tolerance either.
  if (!(error <= TOLERANCE * scale)) return { outcome: 'wrong', ...times };
  return { outcome: gpu.ms < cpu.ms ? 'faster' : 'slower', ...times };
}

/** The best of three runs after one to warm up; only that one when it takes 20 times `reference` already. */
async function timed(
  device: 'cpu' | 'webgpu',
  threads: number,
  reference = Number.POSITIVE_INFINITY,
): Promise<{ ms: number; values: Float32Array } | undefined> {
  try {
    const runtime = sessionRuntime(await nativeEngine(device, threads));
    try {
      const program = await runtime.compileInference(network());
      const image = new Random(2).normals(new Float32Array(SIZE * SIZE * CHANNELS));
      let values = new Float32Array();
      const run = async (): Promise<number> => {
        const start = performance.now();
        values = Float32Array.from((await program.run({ image })).result);
        return performance.now() - start;
      };
      let ms = await run();
      if (ms < 20 * reference || reference === Number.POSITIVE_INFINITY)
        for (let i = 0; i < 3; i++) ms = Math.min(ms, await run());
      return { ms, values };
    } finally {
      await runtime.close();
    }
  } catch (error) {
    if (error instanceof LimpidError && error.code === 'E_DEVICE') return undefined;
    throw error;
  }
}

function network(): InferenceDefinition {
  const random = new Random(1);
  const parameters: Record<string, NamedArray> = {};
  for (let i = 0; i < LAYERS; i++) {
    const data = random.normals(new Float32Array(9 * CHANNELS * CHANNELS));
    parameters[`w${i}`] = { data: data.map((x) => x / 17), shape: [3, 3, CHANNELS, CHANNELS] };
  }
  return {
    parameters,
    inputs: { image: [1, SIZE, SIZE, CHANNELS] },
    apply: (weights, { image }) => {
      let x = tf.reshape<tf.Rank.R4>(image, [1, SIZE, SIZE, CHANNELS]);
      for (let i = 0; i < LAYERS; i++) {
        const filter = tf.reshape<tf.Rank.R4>(weights[`w${i}`], [3, 3, CHANNELS, CHANNELS]);
        x = tf.relu(tf.conv2d(x, filter, 1, 'same'));
      }
      return { result: x };
    },
  };
}

/**
 * `probe` in a process of its own; in this one where its built script is not beside us, or inside Electron, whose
 * processes cannot fork Node (there the app probes first and tells the outcome through PROBED).
 */
export async function probeApart(threads: number): Promise<ProbeReport> {
  const told = PROBE_OUTCOMES.find((outcome) => outcome === process.env[PROBED]);
  if (told !== undefined) return { outcome: told };
  if (process.versions.electron !== undefined) return probe(threads);
  const script = ['./probe.js', '../probe.js']
    .map((name) => fileURLToPath(new URL(name, import.meta.url)))
    .find((file) => existsSync(file));
  return script === undefined ? probe(threads) : probeWith(script, threads);
}

/** Forks `script`, which sends one ProbeReport; a crash or silence is an answer too. */
export function probeWith(script: string, threads: number): Promise<ProbeReport> {
  return new Promise((resolve) => {
    const child = fork(script, [String(threads)], {
      env: childEnvironment(),
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const timer = setTimeout(() => settle({ outcome: 'late' }), TIME_LIMIT_MS);
    const settle = (report: ProbeReport): void => {
      clearTimeout(timer);
      child.removeAllListeners();
      child.kill('SIGKILL');
      resolve(report);
    };
    child.on('message', (message) => settle(isReport(message) ? message : { outcome: 'crashed' }));
    child.on('error', () => settle({ outcome: 'crashed' }));
    child.on('exit', () => settle({ outcome: 'crashed' }));
  });
}

function isReport(message: unknown): message is ProbeReport {
  return typeof message === 'object' && message !== null && 'outcome' in message;
}
