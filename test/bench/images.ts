// What holds the shipped network back: drawn or real images, and its size.
//   npm run bench -- images VOLUMES drawn|real|both STEPS BASE OUT
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { Random } from '../../src-main/base/random.js';
import { denoiser } from '../../src-main/models/families/unet.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import { denoiserPlan, trainDenoiser } from '../../src-main/training/denoiser.js';
import { GENERAL } from '../../src-main/training/pretrain.js';
import { drawVolume, volumeBatches } from '../../src-main/training/procedural/batches.js';
import type { ProceduralVolume } from '../../src-main/training/procedural/volume.js';

/**
 * What holds the shipped network back, its drawings or its size: the same training on drawn volumes, on real ones and
 * on both, judged by the weighted squared error on the head that none of them saw.
 *
 * VOLUMES has list.json, [{name, slices, rows, columns, magnitude, mean}], and NAME.f32 of each, standard deviation 1;
 * `ch2` judges.
 */
interface Listed {
  readonly name: string;
  readonly slices: number;
  readonly rows: number;
  readonly columns: number;
  readonly magnitude: boolean;
  readonly mean: number;
}

const [volumes, kind, steps, base, out] = process.argv.slice(2);
const SIZE = 64;
const COUNT = 8;

async function read(listed: Listed): Promise<ProceduralVolume> {
  const bytes = await fs.readFile(path.join(volumes, `${listed.name}.f32`));
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  return { ...listed, values, air: null };
}

const list: Listed[] = JSON.parse(await fs.readFile(path.join(volumes, 'list.json'), 'utf8'));
const all = await Promise.all(list.map(async (one) => ({ name: one.name, volume: await read(one) })));
const judge = all.filter(({ name }) => name === 'ch2').map(({ volume }) => volume)[0];
const real = all.filter(({ name }) => name !== 'ch2').map(({ volume }) => volume);

const GRID = { columns: 128, rows: 128, slices: 12 };
const POOL = 48;
const root = new Random(1).fork('drawn volumes');
const pool = new Map<number, ProceduralVolume>();
function drawn(random: Random, step: number): ProceduralVolume {
  const first = Math.floor(step / 8);
  pool.delete(first - 1);
  const index = first + random.integer(POOL);
  const known = pool.get(index);
  if (known !== undefined) return known;
  const made = drawVolume(GRID, root.fork(`volume ${index}`));
  pool.set(index, made);
  return made;
}

const { settings } = GENERAL;
const model = denoiser({ ...settings, base: Number(base) });
const source = volumeBatches({ size: SIZE, count: COUNT, context: model.context }, (random, part, step) => {
  if (part === 'heldOut') return judge;
  const isReal = kind === 'real' || (kind === 'both' && random.uniform() < 0.5);
  return isReal ? real[random.integer(real.length)] : drawn(random, step);
});
const checkpoint = `${out}.checkpoint`;
const runtime = await openRuntime('cpu', { threads: 1 });
const objective = { kind: 'images', images: kind };
const plan = denoiserPlan(model, {
  objective,
  size: SIZE,
  batchSize: COUNT,
  steps: Number(steps),
  peakRate: 1e-3,
  seed: 1,
  evaluateEvery: 250,
  patience: Number.MAX_SAFE_INTEGER,
  images: kind,
});
const { result } = await trainDenoiser(runtime, model, plan, source, null, {
  checkpoint: {
    load: () => fs.readFile(checkpoint).catch(() => null),
    save: (bytes) => fs.writeFile(checkpoint, bytes),
  },
});
await fs.writeFile(
  `${out}.json`,
  JSON.stringify({
    kind,
    base: Number(base),
    settings,
    processor: process.cpuUsage(),
    ...result,
  }),
);
await runtime.close();
