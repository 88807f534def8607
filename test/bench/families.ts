// Trains every family on a brain of Debian's mricron-data and prints the measured table of docs/families.md:
//   npm run bench -- families [--steps N] [--only FAMILY,...] [--repeats FOLDER] [--write]
// --repeats: repeats of one scan (a series of several frames), on which video is measured too.
// --write keeps the rows in test/bench/results/families.json and puts them all into docs/families.md.
import { Random } from '../../src-main/base/random.js';
import type { FamilySettings } from '../../src-main/models/family.js';
import { rank4 } from '../../src-main/models/parameters.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import type { FamilyPlan, TrainedFamily } from '../../src-main/training/family.js';
import { type CorpusSeries, SLICE_TRAINS } from '../../src-main/training/samples/corpus.js';
import { splitBuffers } from '../../src-main/training/step.js';
import {
  apply,
  brainCorpus,
  heldOutImages,
  type Images,
  meanSquare,
  nudged,
  pcaError,
  planFor,
  squares,
  trainOn,
} from '../training/brain.js';
import { fineTuned } from './fine-tune.js';
import { maskedErrors } from './masked-fill.js';
import { benchOptions, keep, markdown, type Row } from './tables.js';
import { cineErrors, repeatErrors, type VideoErrors } from './video.js';

/** Measures what each family is for, on axial slices 50 to 109 of ch2, a fifth of them held out. */

const options = benchOptions({ steps: 1000 });
const STEPS = options.steps;
const SIZE = 32;
const runtime = await openRuntime('cpu', { threads: 2 });
const corpus = brainCorpus(50, 110);
const whole = squares(corpus, SIZE);
const images = heldOutImages(corpus, 128, SIZE);
const planes = heldOutImages(whole, 12, SIZE);

async function learn(
  family: string,
  settings: FamilySettings,
  changes: Partial<FamilyPlan> = {},
  on: readonly CorpusSeries[] = corpus,
): Promise<TrainedFamily> {
  process.stderr.write(`${family} ${JSON.stringify(settings)}\n`);
  return trainOn(runtime, on, planFor(family, { steps: STEPS, settings, size: SIZE, ...changes }));
}

const decibels = (error: number): number => -10 * Math.log10(error);
const dB = (error: number): string => `${decibels(error).toFixed(2)} dB`;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const row = (family: string, setting: string, measured: string, holds: boolean | null): Row => ({
  family,
  setting,
  'measured on held-out slices': measured,
  'what it must do': holds === null ? '' : holds ? 'done' : '**not reached**',
});

async function rebuilt(trained: TrainedFamily, on: Images = images): Promise<number> {
  const { reconstruction } = await apply(runtime, trained, on);
  return meanSquare(reconstruction, on.data);
}

/** |clean + n1 + i n2| with channels of standard deviation `sigma`. */
function rician(clean: Images, sigma: number): Images {
  const random = new Random(9);
  return {
    ...clean,
    data: clean.data.map((value) => Math.hypot(value + sigma * random.normal(), sigma * random.normal())),
  };
}

interface Gain {
  readonly before: number;
  readonly after: number;
}

/** Squared errors before and after, at a Rician noise of `sigma`. */
async function denoised(trained: TrainedFamily, sigma: number, clean = images): Promise<Gain> {
  const noisy = rician(clean, sigma);
  const { reconstruction } = await apply(runtime, trained, noisy);
  return {
    before: meanSquare(noisy.data, clean.data),
    after: meanSquare(reconstruction, clean.data),
  };
}

const UNDER_NOISE = { objective: { kind: 'rician', levels: [3, 10] } } as const;
const gainText = ({ before, after }: Gain): string => `${dB(before)} to ${dB(after)}`;

const measures: Readonly<Record<string, () => Promise<Row[]>>> = {
  async plain() {
    const pca = pcaError(corpus, images, 16, 32);
    const plain = await rebuilt(await learn('plain', { latent: 32 }));
    return [
      row('PCA', '32 values for 16 x 16', `rebuilds at ${dB(pca)}`, null),
      row('plain', '32 values for 16 x 16', `rebuilds at ${dB(plain)}`, plain <= pca),
    ];
  },

  async convolutional() {
    const plain = await rebuilt(await learn('plain', { latent: 32 }));
    const error = await rebuilt(await learn('convolutional', { latent: 8 }));
    return [
      row(
        'convolutional',
        '8 values for 8 x 8, as many as plain',
        `rebuilds at ${dB(error)}; plain ${dB(plain)}`,
        error < plain,
      ),
    ];
  },

  async sparse() {
    const rows: Row[] = [];
    for (const rate of [0.05, 0.1]) {
      const trained = await learn('sparse', { latent: 64, rate });
      const { latent } = await apply(runtime, trained, images);
      const active = latent.reduce((sum, value) => sum + value, 0) / latent.length;
      const text = `mean activation ${active.toFixed(4)}; rebuilds at ${dB(await rebuilt(trained))}`;
      rows.push(row('sparse', `target rate ${rate}`, text, Math.abs(active / rate - 1) < 0.2));
    }
    // an eighth of 64 units active: as many as the convolutional model has values
    const sparse = await learn('sparse', { latent: 64, levels: 2, rate: 0.125 }, UNDER_NOISE);
    const other = await learn('convolutional', { latent: 8, levels: 2 }, UNDER_NOISE);
    const [low, high] = [await denoised(sparse, 0.05), await denoised(sparse, 0.09)];
    const [otherLow, otherHigh] = [await denoised(other, 0.05), await denoised(other, 0.09)];
    rows.push(
      row(
        'sparse',
        '64 units of which 8 are active, trained under 3 to 10 % Rician noise',
        `5 %: ${gainText(low)} (convolutional, 8 values: ${dB(otherLow.after)}); 9 %: ${gainText(high)} (${dB(otherHigh.after)})`,
        low.after <= otherLow.after && high.after <= otherHigh.after,
      ),
    );
    return rows;
  },

  async contractive() {
    const rows: Row[] = [];
    for (const kind of ['dense', 'convolutional']) {
      const latent = kind === 'dense' ? 64 : 8;
      const found = [];
      for (const weight of [0, 1]) {
        const trained = await learn('contractive', { kind, weight, latent });
        found.push({ ...(await steadiness(trained)), error: await rebuilt(trained) });
      }
      const [without, penalised] = found;
      const text = `Jacobian norm ${penalised.jacobian.toFixed(3)}, ${without.jacobian.toFixed(3)} without penalty; output moves ${percent(Math.sqrt(penalised.moved))} of 1 % noise, ${percent(Math.sqrt(without.moved))} without; rebuilds at ${dB(penalised.error)}, ${dB(without.error)} without`;
      rows.push(
        row(
          `contractive, ${kind}`,
          `weight 1, ${latent} values`,
          text,
          penalised.jacobian < without.jacobian && penalised.moved < without.moved,
        ),
      );
    }
    return rows;
  },

  async denoising() {
    const trained = await learn('denoising', {}, UNDER_NOISE);
    const [low, high] = [await denoised(trained, 0.05), await denoised(trained, 0.09)];
    return [
      row(
        'denoising',
        'trained under 3 to 10 % Rician noise',
        `5 %: ${gainText(low)}; 9 %: ${gainText(high)}`,
        low.after < low.before && high.after < high.before,
      ),
    ];
  },

  async variational() {
    const rows: Row[] = [];
    for (const beta of [0.1, 1, 4]) {
      const settings = { latent: 16, levels: 2, beta, warmup: Math.round(STEPS / 4) };
      const trained = await learn('variational', settings, {}, whole);
      const { kl = 0, active = 0 } = trained.result.curve[trained.result.curve.length - 1].measures ?? {};
      const error = await rebuilt(trained, planes);
      const { samples, real } = await likeness(trained);
      rows.push(
        row(
          'variational, whole planes',
          `beta ${beta}`,
          `KL ${kl.toFixed(1)} nats, ${percent(active)} of 16 latents active; rebuilds at ${dB(error)}; nearest training plane of a sample at ${dB(samples)}, of a real held-out plane at ${dB(real)}`,
          kl > 0 && active > 0.5,
        ),
      );
    }
    return rows;
  },

  async 'vector-quantised'() {
    const rows: Row[] = [];
    for (const codes of [64, 256]) {
      const trained = await learn('vector-quantised', { codes });
      const out = await apply(runtime, trained, images);
      const { used, bits } = usage(out.codes, codes);
      const cell = trained.model.coder?.cell ?? 1;
      rows.push(
        row(
          'vector-quantised',
          `${codes} codes for ${cell} x ${cell}`,
          `${percent(used)} of the codes used; ${(bits / cell ** 2).toFixed(3)} bits a pixel; rebuilds at ${dB(meanSquare(out.reconstruction, images.data))}`,
          used > 0.5,
        ),
      );
    }
    return rows;
  },

  async video() {
    const rows = [videoRow('a brain that moves and pulsates, 16 frames', await cineErrors(runtime, STEPS))];
    if (options.repeats !== null)
      rows.push(
        videoRow(
          'repeats of an EPI: the first half denoised, the mean of the other half as truth',
          await repeatErrors(runtime, options.repeats, STEPS),
        ),
      );
    return rows;
  },

  async masked() {
    const size = 64;
    const trained = await learn('masked', { patch: 8 }, { size, peakRate: 1e-3, batchSize: 16 });
    const squaresOf = heldOutImages(corpus, 32, size);
    const { model, mean, nearest } = await maskedErrors(runtime, trained, squaresOf);
    const rows: Row[] = [];
    for (const steps of [Math.round(STEPS / 5), STEPS]) {
      const { pretrained, scratch } = await fineTuned(runtime, corpus, trained, steps, size);
      const texts: string[] = [];
      for (const sigma of [0.05, 0.09]) {
        const [one, other] = [
          await denoised(pretrained, sigma, squaresOf),
          await denoised(scratch, sigma, squaresOf),
        ];
        texts.push(`${100 * sigma} %: ${gainText(one)} (from scratch ${dB(other.after)})`);
      }
      const setting = `pretrained for ${STEPS} steps, then ${steps} steps under 3 to 10 % Rician noise`;
      rows.push(row('masked, fine-tuned', setting, texts.join('; '), null));
    }
    return [
      row(
        'masked',
        '75 % of 8 x 8 patches hidden, planes of 64 x 64',
        `rebuilds the hidden ones at ${dB(model)}; filled with the mean ${dB(mean)}, with the nearest visible pixel ${dB(nearest)}`,
        model < mean && model < nearest,
      ),
      ...rows,
    ];
  },
};

function videoRow(what: string, { noisy, neighbours, single, paired, video }: VideoErrors): Row {
  const share = (error: number): string => `${error.toFixed(2)} %`;
  const text = `error, of the median foreground: ${share(noisy)} before, ${share(video)} after; frame by frame ${share(single)} (blind spots) and ${share(paired)} (pairs of frames); mean of the 4 neighbours ${share(neighbours)}`;
  return row(
    'video',
    `${what}; learnt from the noisy series alone in ${STEPS} steps`,
    text,
    video < single && video < paired,
  );
}

/** Squared Frobenius norm of the encoder's Jacobian for one latent vector, and how far outputs move, over 1 % noise. */
async function steadiness(trained: TrainedFamily): Promise<{ jacobian: number; moved: number }> {
  const step = 0.01;
  const rest = await apply(runtime, trained, images);
  const shaken = await apply(runtime, trained, nudged(images, step, 3));
  const channels = trained.model.coder?.channels ?? 1;
  return {
    jacobian: (meanSquare(rest.latent, shaken.latent) * channels) / step ** 2,
    moved: meanSquare(rest.reconstruction, shaken.reconstruction) / step ** 2,
  };
}

/** Share of the codebook that occurs, and entropy of a code in bits. */
function usage(codes: Float32Array, size: number): { used: number; bits: number } {
  const counts = new Map<number, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  const bits = [...counts.values()].reduce((sum, count) => {
    const share = count / codes.length;
    return sum - share * Math.log2(share);
  }, 0);
  return { used: counts.size / size, bits };
}

/**
 * Mean squared distance to the nearest plane of the training set: of decoded draws from the prior, and of real
 * planes that were held out.
 */
async function likeness({ model, kept }: TrainedFamily): Promise<{ samples: number; real: number }> {
  const { decode = null, channels = 0 } = model.coder ?? {};
  if (decode === null) throw new Error('nothing to draw from');
  const count = 32;
  const program = await runtime.compileInference({
    parameters: kept,
    inputs: { latent: [count, 1, 1, channels] },
    apply: (parameters, { latent }) => {
      const pass = { ...splitBuffers(parameters), drawn: null, learning: false, ramp: null, updates: {} };
      return { image: model.head.image(decode(pass, rank4(latent))) };
    },
  });
  const { image } = await program.run({
    latent: new Random(11).normals(new Float32Array(count * channels)),
  });
  await program.close();
  return { samples: nearestDistance(image), real: nearestDistance(planes.data) };
}

function nearestDistance(data: Float32Array): number {
  const area = SIZE * SIZE;
  const known = whole.flatMap(({ values, slices, roles }) =>
    Array.from({ length: slices }, (_, i) => i)
      .filter((i) => roles[i] === SLICE_TRAINS)
      .map((i) => values.subarray(i * area, (i + 1) * area)),
  );
  let sum = 0;
  for (let at = 0; at < data.length; at += area) {
    const one = data.subarray(at, at + area);
    sum += Math.min(...known.map((plane) => meanSquare(one, plane)));
  }
  return sum / (data.length / area);
}

const names = Object.keys(measures);
const rows: Row[] = [];
for (const name of options.only.length > 0 ? options.only : names) {
  const measure = measures[name];
  if (measure === undefined) throw new Error(`--only takes ${names.join(', ')}`);
  const found = await measure();
  for (const one of found) process.stderr.write(`${Object.values(one).join(' | ')}\n`);
  // A bench that is stopped keeps what it has measured.
  if (options.write) keep('families', name, found, names);
  rows.push(...found);
}
await runtime.close();
process.stdout.write(`${markdown(rows)}\n`);
