// Trains the families on a brain and makes the pictures of docs/families.md with the jobs of the command line:
//   npm run bench -- families-pictures [--steps N] [--only rebuilds,denoised,generated]
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Random } from '../../src-main/base/random.js';
import { readNifti, writeNiftiFromVolume } from '../../src-main/imaging/nifti.js';
import { grayPng } from '../../src-main/imaging/png.js';
import { sliceView, type Volume, withData } from '../../src-main/imaging/volume.js';
import { runGenerate } from '../../src-main/jobs/codes/generate.js';
import { runLatent } from '../../src-main/jobs/latent/latent.js';
import { runTrain } from '../../src-main/jobs/train/train.js';
import { openModelFile } from '../../src-main/model-files/model-file.js';
import type { FamilySettings } from '../../src-main/models/family.js';
import { applyToPlane, type ScaledStack, scaledStack } from '../../src-main/restore/apply.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import { CH2 } from '../imaging/support.js';
import { trainRequest } from '../jobs/train-request.js';
import { benchOptions } from './tables.js';

/** Pictures of docs/families.md: ch2 without slices 74 to 85 teaches, slice 80 is shown. */

const { steps, only } = benchOptions({ steps: 600 });
const wanted = (name: string): boolean => only.length === 0 || only.includes(name);
const [FROM, TO, APART_FROM, APART_TO, SHOWN] = [50, 110, 74, 86, 80];
const FACTOR = 4;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'limpid-pictures-'));
const pictures = path.resolve('docs/pictures');
const at = (name: string): string => path.join(folder, name);
const whole = readNifti(fs.readFileSync(CH2)).volume;

function slices(wanted: (slice: number) => boolean): Volume {
  const kept = Array.from({ length: whole.slices }, (_, i) => i).filter(wanted);
  const area = whole.rows * whole.columns;
  const data = new Float32Array(area * kept.length);
  kept.forEach((slice, i) => {
    data.set(sliceView(whole, slice), i * area);
  });
  return withData({ ...whole, slices: kept.length, measured: null }, data);
}

function save(name: string, volume: Volume): void {
  fs.writeFileSync(at(name), writeNiftiFromVolume(volume, { gzip: false }));
}

save(
  'train.nii',
  slices((i) => i >= FROM && i < TO && (i < APART_FROM || i >= APART_TO)),
);
save(
  'all.nii',
  slices((i) => i >= FROM - 20 && i < TO + 20 && i % 2 === 0),
);
const shown = scaledStack(slices((i) => i === SHOWN));

async function train(family: string, settings: FamilySettings, name = family): Promise<string> {
  process.stderr.write(`${name}\n`);
  await runTrain(
    trainRequest(at('train.nii'), at(`${name}.onnx`), {
      family,
      settings,
      objective: family === 'denoising' ? 'rician' : 'reconstruct',
      levels: [3, 10],
      budget: { unit: 'steps', value: steps },
      patchSize: family === 'masked' || family === 'variational' ? 64 : 32,
      batchSize: 8,
      heldOut: 0.15,
      // a brain upside down is no plane of this kind
      augmentation: { flips: family !== 'variational', intensity: 0.1, elastic: 0 },
    }),
    () => {},
  );
  return at(`${name}.onnx`);
}

const runtime = await openRuntime('cpu', { threads: 2 });

async function applied(file: string, stack: ScaledStack): Promise<Float32Array> {
  const model = await openModelFile(runtime, fs.readFileSync(file));
  const reconstruction = await applyToPlane(model, stack, 0);
  await model.close();
  return reconstruction;
}

/** Planes in a row a line, the front of the head up. */
function sheet(lines: readonly (readonly Float32Array[])[]): Uint8Array {
  const { rows, columns } = shown;
  const width = columns * lines[0].length;
  const out = new Float32Array(width * rows * lines.length);
  lines.forEach((line, j) => {
    line.forEach((plane, i) => {
      for (let y = 0; y < rows; y++)
        out.set(
          plane.subarray((rows - 1 - y) * columns, (rows - y) * columns),
          (j * rows + y) * width + i * columns,
        );
    });
  });
  return grayPng(out, width, rows * lines.length, { low: 0, high: 1 });
}

const keep = (name: string, bytes: Uint8Array | string): void =>
  fs.writeFileSync(path.join(pictures, name), bytes);

async function rebuilds(): Promise<void> {
  const rebuilt: Float32Array[] = [shown.values];
  for (const [family, settings] of [
    ['plain', { latent: 32 }],
    ['convolutional', { latent: 8 }],
    ['sparse', {}],
    ['contractive', {}],
    ['vector-quantised', { codes: 64 }],
    ['masked', {}],
  ] as const)
    rebuilt.push(await applied(await train(family, settings), shown));
  const errors = rebuilt.map((plane) => plane.map((value, i) => FACTOR * Math.abs(value - shown.values[i])));
  keep('families-rebuilt.png', sheet([rebuilt, errors]));
}

async function denoised(): Promise<void> {
  const denoiser = await train('denoising', {});
  const random = new Random(5);
  const noisy: ScaledStack = {
    ...shown,
    values: shown.values.map((value) => Math.hypot(value + 0.09 * random.normal(), 0.09 * random.normal())),
  };
  keep('families-denoised.png', sheet([[noisy.values, await applied(denoiser, noisy), shown.values]]));
}

async function drawn(name: string, model: string): Promise<void> {
  const output = at(`new-${name}`);
  await runGenerate({ type: 'generate', model, output, count: 8, seed: 7, device: 'cpu' }, () => {});
  keep(`generated-${name}.png`, fs.readFileSync(path.join(output, 'synthetic.png')));
}

async function variational(): Promise<void> {
  const settings = { latent: 16, levels: 2, beta: 8, warmup: Math.round(steps / 3) };
  const model = await train('variational', settings);
  await drawn('variational', model);
  await runLatent(
    {
      type: 'latent',
      model,
      inputs: [at('all.nii')],
      output: at('map'),
      clusters: null,
      nearest: null,
      seed: 1,
      device: 'cpu',
      force: false,
    },
    () => {},
  );
  keep('latent-map.svg', fs.readFileSync(at('map/map.svg')));
  keep('latent-clusters.png', fs.readFileSync(at('map/clusters.png')));
}

if (wanted('rebuilds')) await rebuilds();
if (wanted('denoised')) await denoised();
if (wanted('variational')) await variational();
if (wanted('codes')) await drawn('vector-quantised', await train('vector-quantised', { codes: 64 }, 'codes'));
await runtime.close();
fs.rmSync(folder, { recursive: true });
