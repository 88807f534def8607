import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as os from 'node:os';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../base/environment.js';
import { errorFrom, fault, type LimpidError } from '../contract/errors.js';
import { type NamedArrays, sizeOf } from '../graph/types.js';
import type { FromApart, ToApart } from './apart-messages.js';
import { fixedRun } from './arrays.js';
import type { DeviceRequest, LoadedModel } from './types.js';

/** What a run may take before it is ended; that of a run grows with its image. */
export interface ApartBounds {
  readonly seconds: number;
  readonly bytes: number;
  readonly bytesPerPixel: number;
}

/** A U-Net of 64 channels takes some 2 KiB a pixel, a transformer ten times that. */
const BOUNDS: ApartBounds = { seconds: 30, bytes: 2 ** 30, bytesPerPixel: 32 * 2 ** 10 };
/** How many times longer a pixel may take than in the slowest run before. */
const PATIENCE = 20;
/** A network may not take more of the memory that is free than this share: the rest keeps the machine usable. */
const SHARE = 0.7;

/**
 * Loads a network of unknown origin in a process of its own, which is ended where a run takes too long or too much
 * memory; the next run starts another. Null where no such process can be started: unbuilt, or in Electron, whose
 * programs cannot fork Node.
 *
 * @throws LimpidError E_MODEL, E_DEVICE as `Runtime.loadModel`; E_MODEL where it takes too much
 */
export async function loadApart(onnx: Uint8Array, device: DeviceRequest): Promise<LoadedModel | null> {
  if (process.versions.electron !== undefined) return null;
  const script = ['./apart.js', '../apart.js']
    .map((name) => fileURLToPath(new URL(name, import.meta.url)))
    .find((file) => existsSync(file));
  return script === undefined ? null : loadApartWith(script, onnx, device);
}

/** `loadApart` with the built script. */
export async function loadApartWith(
  script: string,
  onnx: Uint8Array,
  device: DeviceRequest,
  bounds: ApartBounds = BOUNDS,
): Promise<LoadedModel> {
  let child: ChildProcess | null = null;
  let secondsPerPixel = 0;
  const bytesFor = (pixels: number): number =>
    Math.min(SHARE * os.freemem(), bounds.bytes + pixels * bounds.bytesPerPixel);
  const end = (): void => {
    child?.removeAllListeners();
    child?.kill('SIGKILL');
    child = null;
  };
  const tell = async (message: ToApart, seconds: number): Promise<FromApart> => {
    child ??= started(script);
    try {
      return await asked(child, message, seconds);
    } catch (error) {
      end();
      throw error;
    }
  };
  const load = async (): Promise<Extract<FromApart, { type: 'loaded' }>> => {
    const bytes = bytesFor(0) + 4 * onnx.length;
    const reply = await tell({ type: 'load', onnx, device, bytes }, bounds.seconds + onnx.length / 1e7);
    if (reply.type === 'loaded') return reply;
    end();
    throw refusalOf(reply);
  };
  const { metadata, inputShapes, outputShapes } = await load();
  const runShaped = async (inputs: NamedArrays): Promise<NamedArrays> => {
    if (child === null) await load();
    const pixels = Math.max(...Object.values(inputs).map(({ shape }) => sizeOf(shape)));
    const before = performance.now();
    const seconds = bounds.seconds + PATIENCE * secondsPerPixel * pixels;
    const reply = await tell({ type: 'run', inputs, bytes: bytesFor(pixels) }, seconds);
    if (reply.type !== 'ran') throw refusalOf(reply);
    secondsPerPixel = Math.max(secondsPerPixel, (performance.now() - before) / 1000 / pixels);
    return reply.outputs;
  };
  return {
    metadata,
    inputShapes,
    outputShapes,
    runShaped,
    run: fixedRun(inputShapes, runShaped),
    close: async () => end(),
  };
}

function started(script: string): ChildProcess {
  return fork(script, [String(process.pid)], {
    env: childEnvironment(),
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

/** One message and its answer. @throws LimpidError E_MODEL where the process ends before it, or has to be ended */
function asked(child: ChildProcess, message: ToApart, seconds: number): Promise<FromApart> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      child.removeAllListeners();
      act();
    };
    const late = fault('E_MODEL/slow', { seconds: Math.round(seconds) });
    const timer = setTimeout(() => settle(() => reject(late)), 1000 * seconds);
    child.on('message', (reply: FromApart) => settle(() => resolve(reply)));
    child.on('error', () => settle(() => reject(fault('E_MODEL/process'))));
    child.on('exit', (_, signal) =>
      settle(() => reject(fault(signal === 'SIGKILL' ? 'E_MODEL/memory' : 'E_MODEL/crashed'))),
    );
    child.send(message);
  });
}

function refusalOf(reply: FromApart): LimpidError {
  return reply.type === 'failed' ? errorFrom(reply.problem) : fault('E_MODEL/answer');
}
