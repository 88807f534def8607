/**
 * Motion between frames of drawn heads, found against true: ch2 and a macaque of Debian's mricron-data, as EPI and as
 * diffusion series, that drift, move at once, or otherwise in each frame.
 *
 *   npm run bench -- motion [--only NAMES] [--python PYTHON] [--mr FOLDER] [--write]
 *
 * NAMES: EPI, DWI, still. FOLDER holds a series in whose images the head lies still, as where the scanner follows it.
 * PYTHON has SimpleITK, which is measured beside then. With --write the table goes into docs/motion.md.
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { writeNiftiFromVolume } from '../../src-main/imaging/nifti.js';
import { estimateMotion, type SeriesMotion } from '../../src-main/noise/motion/motion.js';
import { IDENTITY, type Matrix } from '../../src-main/noise/motion/rigid.js';
import { ANATOMIES, type Course, drawMoved, errorOf, KINDS, type Moved } from './motion-series.js';
import { benchOptions, keep, markdown, type Row } from './tables.js';
import { timeSeries } from './video.js';

const options = benchOptions({});
const MOTIONS: readonly (readonly [Course, number])[] = [
  ['jitter', 0],
  ['jitter', 0.3],
  ['drift', 1],
  ['sudden', 2],
  ['jitter', 3],
];
const NOISE = { EPI: 0.02, DWI: 0.03 } as const;
const FRAMES = 16;
const NAMES = [...KINDS, 'still'];

for (const kind of KINDS) {
  if (isLeftOut(kind)) continue;
  const rows: Row[] = [];
  for (const anatomy of ANATOMIES)
    for (const [course, most] of MOTIONS) {
      const moved = drawMoved({ anatomy, kind, course, most, noise: NOISE[kind], seed: 3, frames: FRAMES });
      rows.push(
        measured(
          `${kind}, ${anatomy}`,
          most === 0 ? 'none' : `${course}, ${most} voxel${most === 1 ? '' : 's'}`,
          moved,
        ),
      );
    }
  if (options.write) keep('motion', kind, rows, NAMES, 'docs/motion.md');
}
if (options.mr !== null && !isLeftOut('still')) {
  const noisy = await timeSeries(options.mr);
  const motions = Array.from({ length: noisy.frames }, () => IDENTITY);
  const rows = [measured('positions follow the head', 'none', { noisy, motions })];
  if (options.write) keep('motion', 'still', rows, NAMES, 'docs/motion.md');
}

function isLeftOut(name: string): boolean {
  return options.only.length > 0 && !options.only.includes(name);
}

function measured(series: string, motion: string, moved: Pick<Moved, 'noisy' | 'motions'>): Row {
  const { frames } = moved.noisy;
  const start = process.cpuUsage();
  const found = estimateMotion(moved.noisy, { only2d: false });
  const { user, system } = process.cpuUsage(start);
  const motions = found.poses.map(({ motion }) => motion);
  const errors = errorOf(moved.motions, motions, found.reference, moved.noisy);
  const within = (own: boolean) => ofContrast(errors, found, own);
  const row = {
    Series: series,
    Motion: motion,
    'Error, voxels': rootMeanSquare(within(true)),
    Largest: Math.max(...within(true)).toFixed(3),
    'Other contrast': rootMeanSquare(within(false)),
    Unknown: String(motions.filter((motion) => motion === null).length),
    'Processor time a frame, s': ((user + system) / 1e6 / frames).toFixed(2),
    ...(options.python === null ? {} : peerOf(options.python, moved, found)),
  };
  console.log(markdown([row]).split('\n').at(-1));
  return row;
}

/** Of frames of the contrast that the reference has, or of all others; where a pose is known. */
function ofContrast(errors: readonly number[], { poses }: SeriesMotion, own: boolean): number[] {
  return errors.filter((error, f) => !Number.isNaN(error) && (poses[f]?.group === 0) === own);
}

function rootMeanSquare(values: readonly number[]): string {
  if (values.length === 0) return '';
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length).toFixed(3);
}

/** Error and time of SimpleITK on the same frames. */
function peerOf(
  python: string,
  { noisy, motions }: Pick<Moved, 'noisy' | 'motions'>,
  found: SeriesMotion,
): Row {
  const { reference } = found;
  const others = found.poses.flatMap(({ group }, frame) => (group === 0 ? [] : [frame]));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'limpid-'));
  try {
    const file = path.join(folder, 'series.nii');
    fs.writeFileSync(file, writeNiftiFromVolume(noisy, { gzip: false }));
    const script = path.resolve('test/bench/motion_sitk.py');
    const told: { motions: Matrix[]; seconds: number } = JSON.parse(
      execFileSync(
        python,
        [script, file, String(reference), ...(others.length === 0 ? [] : [others.join(',')])],
        { encoding: 'utf8' },
      ),
    );
    const errors = errorOf(motions, told.motions, reference, noisy);
    return {
      'SimpleITK, voxels': rootMeanSquare(ofContrast(errors, found, true)),
      'its other contrast': rootMeanSquare(ofContrast(errors, found, false)),
      'its time a frame, s': (told.seconds / noisy.frames).toFixed(2),
    };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}
