import { threadsAllowed } from '../base/threads.js';
import { LimpidError, type Problem, problemOf } from '../contract/errors.js';
import { type ProbeReport, probeApart } from './probe.js';
import { nativeEngine, wasmEngine } from './providers.js';
import { sessionRuntime } from './session.js';
import { openTensorflow } from './tensorflow.js';
import type { DeviceRequest, Runtime } from './types.js';

export type { DeviceRequest, Runtime } from './types.js';

export interface RuntimeOptions {
  /** Threads of the CPU provider; all cores when left out. */
  readonly threads?: number;
  /** How `auto` tries a GPU. The default starts a process, because a bad driver can end the one that asks. */
  readonly probe?: (threads: number) => Promise<ProbeReport>;
}

/**
 * Opens what computes. `auto` takes a GPU through WebGPU when it is there, right and faster than the CPU; what it
 * tried and did not take is in `choice.warnings`.
 *
 * @throws LimpidError E_DEVICE when the device that was asked for cannot be had.
 */
export async function openRuntime(request: DeviceRequest, options: RuntimeOptions = {}): Promise<Runtime> {
  const threads = options.threads ?? threadsAllowed();
  switch (request) {
    case 'auto':
      return openAuto(threads, options.probe ?? probeApart);
    case 'cpu':
      return openCpu(threads, []);
    case 'tensorflow':
      return openTensorflow(() => openCpu(threads, []));
    case 'webgpu':
    case 'cuda':
    case 'dml':
    case 'coreml':
      return sessionRuntime(await nativeEngine(request, threads));
  }
}

async function openAuto(threads: number, probe: (threads: number) => Promise<ProbeReport>): Promise<Runtime> {
  const report = await probe(threads);
  if (report.outcome === 'faster')
    try {
      return sessionRuntime(await nativeEngine('webgpu', threads));
    } catch (error) {
      if (!isMissing(error)) throw error;
      return openCpu(threads, [problemOf('W_DEVICE_FALLBACK/not-opened')]);
    }
  return openCpu(
    threads,
    report.outcome === 'no binary' ? [] : [problemOf('W_DEVICE_FALLBACK/probe', { why: report.outcome })],
  );
}

/** onnxruntime's native CPU, or its WebAssembly build where there is no binary for this machine. */
async function openCpu(threads: number, warnings: readonly Problem[]): Promise<Runtime> {
  try {
    const engine = await nativeEngine('cpu', threads);
    return sessionRuntime({ ...engine, choice: { ...engine.choice, warnings } });
  } catch (error) {
    if (!isMissing(error)) throw error;
    const engine = await wasmEngine(threads);
    const slow = problemOf('W_DEVICE_FALLBACK/no-binary');
    return sessionRuntime({ ...engine, choice: { ...engine.choice, warnings: [...warnings, slow] } });
  }
}

/** Only a device that is not there has a substitute. */
function isMissing(error: unknown): boolean {
  return error instanceof LimpidError && error.code === 'E_DEVICE';
}
