// What probes tell of drawn heads, beside principal components and raw statistics:
//   npm run bench -- probe [--steps N] [--only FAMILY] [--write]
// --write keeps the rows in test/bench/results/probe.json and puts them into docs/encoders.md.
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Random } from '../../src-main/base/random.js';
import type { ProbeReport, ProbeScores } from '../../src-main/contract/encoders/probe.js';
import { writeNiftiFromVolume } from '../../src-main/imaging/nifti.js';
import { runJob } from '../../src-main/jobs/run.js';
import { runTrain } from '../../src-main/jobs/train/train.js';
import { trainRequest } from '../jobs/train-request.js';
import { headDrawer, ORIENTATIONS, WEIGHTINGS, type Weighting } from './drawn-heads.js';
import { benchOptions, keep, markdown, type Row } from './tables.js';

/** Patients that a model learns from without labels, and others that probes learn from and are judged on. */
const UNLABELLED = 6;
const LABELLED = 10;

const options = benchOptions({ steps: 400 });
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'limpid-probe-'));
process.env.LIMPID_HOME = path.join(root, 'home');
const lines = ['file,patient,weighting,orientation,noise'];
const draw = headDrawer();
const random = new Random(5);
for (let patient = 0; patient < UNLABELLED + LABELLED; patient++)
  for (const weighting of Object.keys(WEIGHTINGS) as Weighting[])
    for (const orientation of ORIENTATIONS) {
      const noise = 0.005 + 0.075 * random.uniform();
      const name = `${patient < UNLABELLED ? 'learn' : 'probe'}/p${patient}-${weighting}-${orientation}.nii`;
      fs.mkdirSync(path.join(root, path.dirname(name)), { recursive: true });
      const volume = draw(patient, weighting, orientation, noise);
      fs.writeFileSync(path.join(root, name), writeNiftiFromVolume(volume, { gzip: false }));
      if (patient >= UNLABELLED) lines.push([name, `p${patient}`, weighting, orientation, noise].join(','));
    }
const labels = path.join(root, 'labels.csv');
fs.writeFileSync(labels, lines.join('\n'));

const MODELS = [
  [
    'convolutional, 8 values for 8 x 8',
    { family: 'convolutional', settings: { base: 8, latent: 8 }, patchSize: 32 },
  ],
  [
    'variational, 16 values a plane, beta 0.1',
    { family: 'variational', settings: { base: 8, latent: 16, beta: 0.1 }, patchSize: 64 },
  ],
] as const;
for (const [name, settings] of MODELS) {
  if (options.only.length > 0 && !options.only.includes(settings.family)) continue;
  const rows: Row[] = [];
  const model = path.join(root, `${settings.family}.onnx`);
  await runTrain(
    trainRequest(path.join(root, 'learn'), model, {
      ...settings,
      batchSize: 8,
      budget: { unit: 'steps', value: options.steps },
      patience: 1000,
      augmentation: { flips: false, intensity: 0.1, elastic: 0 },
    }),
    () => {},
  );
  for (const column of ['weighting', 'orientation', 'noise']) {
    const output = path.join(root, `${settings.family}-${column}`);
    const result = await runJob(
      {
        type: 'probe',
        model,
        inputs: [path.join(root, 'probe')],
        output,
        labels,
        column,
        group: 'patient',
        kind: 'auto',
        predict: null,
        slices: 8,
        seed: 1,
        device: 'cpu',
        force: false,
      },
      () => {},
    );
    if ('stopped' in result) throw new Error(result.stopped.message);
    const report: ProbeReport = JSON.parse(fs.readFileSync(path.join(output, 'report.json'), 'utf8'));
    const of = (features: string, method = 'linear'): string => {
      const row = report.results.find((one) => one.features === features && one.method === method);
      return row === undefined ? '' : `${said(row.slices)}, ${said(row.series)}`;
    };
    const verdicts = report.comparisons.map(({ against, verdict }) => `${verdict} (${against})`);
    rows.push({
      model: name,
      told: column,
      'latents, linear': of('latent'),
      '5 nearest': of('latent', 'nearest'),
      'components, linear': of('pca'),
      'statistics, linear': of('raw'),
      'latents are': verdicts.join(', '),
    });
    console.log(markdown(rows.slice(-1)));
  }
  if (options.write)
    keep(
      'probe',
      settings.family,
      rows,
      MODELS.map(([, { family }]) => family),
      'docs/encoders.md',
    );
}
fs.rmSync(root, { recursive: true });

function said(scores: ProbeScores): string {
  const share = scores.kind === 'classes' ? scores.balancedAccuracy : scores.explained;
  return `${(100 * share).toFixed(1)} %`;
}
