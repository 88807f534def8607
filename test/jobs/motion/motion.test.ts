import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../../src-main/base/random.js';
import type { JobEvent } from '../../../src-main/contract/events.js';
import type { MotionResult } from '../../../src-main/contract/motion.js';
import { writeNiftiFromVolume } from '../../../src-main/imaging/nifti.js';
import type { Volume } from '../../../src-main/imaging/volume.js';
import { runJob } from '../../../src-main/jobs/run.js';
import { volumeOf } from '../../imaging/support.js';
import { removeFolders, temporaryFolder } from '../fixtures.js';

const [SIDE, SLICES, FRAMES] = [24, 6, 5];
/** Columns by which the fourth frame is moved. */
const SHIFT = 2;
let input = '';
let root = '';

/** Blobs, of which the fourth frame has all moved. */
function series(frames: number): Volume {
  const random = new Random(4);
  const data = new Float32Array(SIDE * SIDE * SLICES * frames);
  for (let i = 0; i < data.length; i++) {
    const frame = Math.floor(i / (SIDE * SIDE * SLICES));
    const x = (i % SIDE) - 12 - (frame === 3 ? SHIFT : 0);
    const y = (Math.floor(i / SIDE) % SIDE) - 12;
    const z = (Math.floor(i / SIDE ** 2) % SLICES) - 2.5;
    const body = Math.exp(-((x / 6) ** 2 + (y / 7) ** 2 + (z / 4) ** 2));
    const spot = Math.exp(-(((x - 3) / 2) ** 2 + ((y + 2) / 2) ** 2 + ((z - 1) / 2) ** 2));
    data[i] = 500 * body + 400 * spot + 3 * random.normal();
  }
  return volumeOf(data, [SIDE, SIDE, SLICES, frames]);
}

const nifti = (frames: number) => writeNiftiFromVolume(series(frames), { gzip: false });

beforeAll(async () => {
  root = await temporaryFolder();
  input = path.join(root, 'in');
  await fs.mkdir(input);
  await fs.writeFile(path.join(input, 'moving.nii'), nifti(FRAMES));
  await fs.writeFile(path.join(input, 'still.nii'), nifti(1));
});

afterAll(removeFolders);

async function run(from: string, output: string): Promise<{ result: MotionResult; events: JobEvent[] }> {
  const events: JobEvent[] = [];
  const request = { type: 'motion', input: from, output: path.join(root, output) } as const;
  const result = await runJob(request, (event) => events.push(event));
  if (result.command !== 'motion' || 'stopped' in result) throw new Error(JSON.stringify(result));
  return { result, events };
}

describe('limpid motion', () => {
  it('tells where the frames of a series lie, as a table, a page and JSON, and leaves out what has one frame', async () => {
    const { result, events } = await run(input, 'out');
    expect(result.exitCode).toBe(0);
    expect(result.files).toEqual(['motion.csv', 'report.html', 'motion.json']);
    const [moving, still] = result.series;
    expect(still).toMatchObject({ status: 'skipped', axes: null, frames: [] });
    expect(still.problem?.reason).toBe('E_NOT_ELIGIBLE/motion');
    expect(moving).toMatchObject({ status: 'done', axes: 'patient' });
    // volumeOf counts columns towards the left
    expect(
      Math.abs((moving.frames[3].values?.[0] ?? 0) - (moving.frames[2].values?.[0] ?? 0)),
    ).toBeGreaterThan(SHIFT - 0.2);
    const warnings = events.flatMap((event) => (event.type === 'warning' ? event.problem : []));
    const large = warnings.find(({ reason }) => reason === 'W_MOTION/large');
    expect(large?.facts?.volumes).toMatch(/^4 \(.* mm\), 5 \(.* mm\)$/);

    const csv = await fs.readFile(path.join(root, 'out', 'motion.csv'), 'utf8');
    const [head, ...lines] = csv.trimEnd().split('\n');
    expect(lines).toHaveLength(FRAMES);
    for (const line of lines) expect(line.split(',')).toHaveLength(head.split(',').length);
    const page = await fs.readFile(path.join(root, 'out', 'report.html'), 'utf8');
    expect(page.match(/<svg/g)).toHaveLength(3);
    const json = await fs.readFile(path.join(root, 'out', 'motion.json'), 'utf8');
    for (const told of [csv, page, json]) expect(told).not.toMatch(/moving|still\.nii|NaN|undefined/);
  });

  it('fails where no series has several frames, and takes no folder of another run', async () => {
    const { result } = await run(path.join(input, 'still.nii'), 'none');
    expect(result.exitCode).toBe(1);
    const again = await runJob({ type: 'motion', input, output: path.join(root, 'none') }, () => {});
    expect('stopped' in again && again.stopped.code).toBe('E_EXISTS');
  });
});
