// Learns to take each artifact away and prints the measured table of docs/families.md:
//   npm run bench -- artifacts [--steps N] [--only ARTIFACT,...] [--ct FOLDER] [--write]
// MR artifacts are simulated on a brain of Debian's mricron-data; those of CT on the series in FOLDER, and left out
// without one. --write keeps the rows in test/bench/results/artifacts.json, puts them into docs/families.md and
// makes the pictures in docs/pictures.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { ARTIFACTS, simulateArtifact } from '../../src-main/artifacts/artifacts.js';
import { Random } from '../../src-main/base/random.js';
import { ARTIFACT_NAMES, type ArtifactName } from '../../src-main/contract/requests/choices.js';
import { USUAL_TRAINING } from '../../src-main/contract/requests/training.js';
import { psnr } from '../../src-main/imaging/metrics.js';
import { readNifti } from '../../src-main/imaging/nifti.js';
import { grayPng } from '../../src-main/imaging/png.js';
import { sliceView, type Volume, withData } from '../../src-main/imaging/volume.js';
import { planOf } from '../../src-main/jobs/train/train-plan.js';
import { exportModel, openModelFile } from '../../src-main/model-files/model-file.js';
import { modelCard } from '../../src-main/model-files/trained-card.js';
import { restoreScaled } from '../../src-main/restore/scaled.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import { openInput } from '../../src-main/series/open-input.js';
import { trainFamily } from '../../src-main/training/family.js';
import { artifactObjective } from '../../src-main/training/samples/artifact-pairs.js';
import {
  type CorpusSeries,
  corpusSeries,
  intensityScale,
  SLICE_JUDGES,
  splitCorpus,
} from '../../src-main/training/samples/corpus.js';
import { CH2, slab } from '../imaging/support.js';
import { planFor } from '../training/brain.js';
import { benchOptions, keep, markdown, type Row } from './tables.js';

/**
 * PSNR before and after on held-out slices, for every artifact at its usual severity. A coil's field is known but for a
 * factor: it is also told what is left once the whole image is multiplied by the best one.
 */

const options = benchOptions({ steps: 1000 });
const ON_CT: readonly ArtifactName[] = ['ring', 'streak', 'starvation'];
const HELD_OUT = 0.2;
const SEED = 31;
const runtime = await openRuntime('cpu', { threads: options.threads });

interface Scene {
  readonly clean: Volume;
  readonly corpus: readonly CorpusSeries[];
  /** Slices that no training saw. */
  readonly judging: readonly number[];
}

function sceneOf(clean: Volume): Scene {
  const corpus = splitCorpus([corpusSeries(clean, 'one', null)], HELD_OUT, new Random(1));
  const judging = [...corpus[0].roles.keys()].filter((slice) => corpus[0].roles[slice] === SLICE_JUDGES);
  return { clean, corpus, judging };
}

function brain(): Volume {
  return slab(readNifti(fs.readFileSync(CH2)).volume, 50, 110);
}

/** The first series of a folder, at half its resolution: simulating projections at full size takes too long here. */
async function tomogram(folder: string): Promise<Volume> {
  const input = await openInput(folder, () => {}, { errorMap: false, suffix: 'unused' });
  try {
    const [stack] = input.units.flatMap(({ stacks }) => stacks);
    if (stack === undefined) throw new Error(`no series in ${folder}`);
    return halved((await stack.load(() => {})).volume);
  } finally {
    await input.close();
  }
}

/** Means of 2 x 2 pixels. */
function halved(volume: Volume): Volume {
  const [rows, columns] = [volume.rows >> 1, volume.columns >> 1];
  const data = new Float32Array(rows * columns * volume.slices);
  for (let slice = 0, i = 0; slice < volume.slices; slice++) {
    const plane = sliceView(volume, slice);
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++, i++) {
        const at = 2 * y * volume.columns + 2 * x;
        data[i] =
          (plane[at] + plane[at + 1] + plane[at + volume.columns] + plane[at + volume.columns + 1]) / 4;
      }
  }
  const [dx, dy, dz] = volume.spacing;
  return {
    ...volume,
    data,
    rows,
    columns,
    frames: 1,
    spacing: [2 * dx, 2 * dy, dz],
    measured: null,
  };
}

async function measure(artifact: ArtifactName, { clean, corpus, judging }: Scene): Promise<Row> {
  const objective = artifactObjective(artifact, null);
  // as `limpid train` sets it up
  const request = { ...USUAL_TRAINING, family: 'denoising', objective: 'artifact' } as const;
  const usual = planOf({ ...request, artifact: { name: artifact, severity: null } }, corpus, options.steps);
  const plan = planFor('denoising', {
    objective,
    settings: usual.settings,
    steps: options.steps,
    size: usual.size,
  });
  const started = performance.now();
  const trained = await trainFamily(runtime, corpus, plan);
  const seconds = (performance.now() - started) / 1000;
  const data = { series: 1, trainingPlanes: 1, heldOutPlanes: 1, modalities: [], noise: null };
  const card = modelCard(trained, { version: '0.0.0', device: 'cpu', data }, null);
  const model = await openModelFile(runtime, exportModel(trained, card));
  const harmed = simulateArtifact(clean, { artifact, severity: objective.severity, seed: SEED });
  const scale = intensityScale(harmed);
  const some = pick(harmed, judging);
  const restored = await restoreScaled(model, some, scale);
  await model.close();
  const truth = pick(clean, judging);
  const peak = quantileRange(clean);
  const [before, after] = [some, restored].map((image) => psnr(truth.data, image.data, null, peak));
  const [fittedBefore, fittedAfter] = [some, restored].map((image) =>
    psnr(truth.data, fitted(image.data, truth.data), null, peak),
  );
  const text = (raw: number, times: number): string =>
    `${raw.toFixed(2)} dB${artifact === 'bias' ? ` (${times.toFixed(2)} dB up to a factor)` : ''}`;
  process.stderr.write(`${artifact} ${before.toFixed(2)} ${after.toFixed(2)} ${seconds.toFixed(0)} s\n`);
  if (options.write) picture(artifact, some, restored);
  return {
    artifact,
    severity: `${objective.severity} ${ARTIFACTS[artifact].severity.unit}`,
    image: ON_CT.includes(artifact) ? 'head CT' : 'brain T1',
    steps: String(options.steps),
    before: text(before, fittedBefore),
    after: text(after, fittedAfter),
    gain: text(after - before, fittedAfter - fittedBefore),
  };
}

/** Times the factor that brings it nearest to the truth. */
function fitted(values: Float32Array, truth: Float32Array): Float32Array {
  let [product, square] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    product += values[i] * truth[i];
    square += values[i] ** 2;
  }
  return values.map((value) => (value * product) / square);
}

/** What becomes 0 to 1 in training: the peak of PSNR. */
function quantileRange(volume: Volume): number {
  const { low, high } = intensityScale(volume);
  return high - low;
}

function pick(volume: Volume, slices: readonly number[]): Volume {
  const area = volume.rows * volume.columns;
  const data = new Float32Array(area * slices.length);
  slices.forEach((slice, i) => {
    data.set(sliceView(volume, slice), i * area);
  });
  return withData({ ...volume, slices: slices.length, measured: null }, data);
}

/** The middle held-out slice with the artifact, and what the model makes of it, side by side. */
function picture(artifact: ArtifactName, before: Volume, after: Volume): void {
  const middle = before.slices >> 1;
  const [left, right] = [before, after].map((volume) => sliceView(volume, middle));
  const { rows, columns } = before;
  const both = new Float32Array(2 * rows * columns);
  // NIfTI rows run from the back to the front of the head.
  const up = before.units !== 'HU';
  for (let y = 0; y < rows; y++) {
    const from = (up ? rows - 1 - y : y) * columns;
    both.set(left.subarray(from, from + columns), 2 * y * columns);
    both.set(right.subarray(from, from + columns), (2 * y + 1) * columns);
  }
  const window = before.units === 'HU' ? { low: -20, high: 100 } : { low: 0, high: quantileRange(before) };
  const folder = path.resolve('docs/pictures');
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, `${artifact}.png`), grayPng(both, 2 * columns, rows, window));
}

const wanted = options.only.length > 0 ? options.only : ARTIFACT_NAMES;
const mr = sceneOf(brain());
const ct = options.ct === null ? null : sceneOf(await tomogram(options.ct));
const rows: Row[] = [];
for (const artifact of ARTIFACT_NAMES.filter((name) => wanted.includes(name))) {
  const scene = ON_CT.includes(artifact) ? ct : mr;
  if (scene === null) {
    process.stderr.write(`${artifact} left out: it needs --ct FOLDER\n`);
    continue;
  }
  const row = await measure(artifact, scene);
  if (options.write) keep('artifacts', artifact, [row], ARTIFACT_NAMES);
  rows.push(row);
}
await runtime.close();
process.stdout.write(`${markdown(rows)}\n`);
