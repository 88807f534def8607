import { fault } from '../../contract/errors.js';
import { type Volume, withData } from '../../imaging/volume.js';
import { ramp } from '../../noise/levels.js';
import { requireMr } from './images.js';
import { type Found, fieldOf } from './n4/n4.js';
import { type Shrunk, shrunk } from './n4/shrink.js';
import { rowsOf, splineOn } from './n4/spline.js';
import { type About, type Look, type Progress, type Remover, UNTOLD } from './remover.js';

/** The smooth field of a coil, which makes the same tissue brighter here than there: images are divided by it. */
export const biasRemover: Remover = { name: 'bias', when: 'after', look };

/**
 * Spread of the field on the coarsest lattice from which on some of it is removed, and all of it. Anatomy alone came to
 * 0.010 to 0.022 on heads (docs/artifacts.md). Between, the share grows: a little more of a field changes a little more.
 */
const UNASKED = [0.025, 0.05] as const;
/** The same where it was asked for by name: what may be there goes, too. */
const ASKED = [0.0125, 0.025] as const;
/**
 * Contrast over the slices (`Evidence`) from which on `auto` takes some of a field away, and all of it. Where the object
 * is the same in all slices, its own pattern is not told from a field.
 */
const CONTRAST = [0.1, 0.15] as const;
/** Fewer places of tissue tell no field. */
const LEAST_TISSUE = 500;
/** Values below zero over those above, from which on these are no magnitudes with a few odd ones. */
const SIGNED = 0.02;

function look(volume: Volume, about: About): Look {
  requireMr(volume, about, 'bias');
  requireMagnitudes(volume);
  const image = shrunk(volume);
  if (image === null || tissueOf(image) < LEAST_TISSUE) throw fault('E_ARTIFACT/no-tissue');
  const found = fieldOf(image, lengthsOf(volume));
  const { contrast } = found.evidence;
  const share = about.share ?? shareOf(found, about.asked === true);
  const isTold = contrast > CONTRAST[0];
  const [least, most] = found.range.map((log) => Math.exp(share * log));
  return {
    sure: Math.min(isTold ? 0.99 : UNTOLD, found.coarse / UNASKED[1]),
    ...(isTold ? {} : { little: true }),
    amount: 100 * found.spread,
    unit: '%',
    share,
    facts: { coarse: 100 * found.coarse, contrast: 100 * contrast, share, least, most, ...jointOf(found) },
    words: `bias field (N4, factors ${least.toFixed(2)} to ${most.toFixed(2)}) removed`,
    field: () => factorsOf(volume, found, share),
    remove: (onProgress) => divided(volume, factorsOf(volume, found, share), onProgress),
    left: (after) => {
      const again = shrunk(after);
      return again === null ? null : 100 * fieldOf(again, lengthsOf(after)).spread;
    },
  };
}

/** In percent; what is not known is not there. */
function jointOf({ joint: { before, after } }: Found): Record<string, number> {
  return {
    ...(before === null ? {} : { cjvBefore: 100 * before }),
    ...(after === null ? {} : { cjvWithout: 100 * after }),
  };
}

function shareOf({ coarse, evidence: { contrast } }: Found, asked: boolean): number {
  return asked ? ramp(coarse, ASKED) : ramp(coarse, UNASKED) * ramp(contrast, CONTRAST);
}

/** @throws LimpidError E_ARTIFACT for values that no coil has scaled */
function requireMagnitudes({ data, units, signed }: Volume): void {
  let [below, above] = [0, 0];
  for (const value of data) {
    if (value < 0) below -= value;
    else above += value;
  }
  if (signed === true || units !== 'a.u.' || below > SIGNED * above) throw fault('E_ARTIFACT/no-magnitudes');
}

function tissueOf({ mask }: Shrunk): number {
  return mask.reduce((sum, one) => sum + one, 0);
}

function lengthsOf({ columns, rows, slices, spacing: [x, y, z] }: Volume): [number, number, number] {
  return [columns * x, rows * y, slices * z];
}

/** The field at each voxel of one frame. Beyond tissue it is not told, and stays within what it is there. */
function factorsOf(
  { columns, rows, slices }: Volume,
  { lattice, cells, range: [least, most] }: Found,
  share: number,
): Float32Array {
  const factors = new Float32Array(columns * rows * slices);
  let at = 0;
  for (const row of rowsOf(splineOn([columns, rows, slices], cells), lattice))
    for (const log of row) factors[at++] = Math.exp(share * Math.max(least, Math.min(most, log)));
  return factors;
}

function divided(volume: Volume, factors: Float32Array, onProgress?: Progress): Volume {
  const { measured } = volume;
  const data = volume.data.map((value, i) =>
    measured !== null && measured[i % measured.length] === 0 ? value : value / factors[i % factors.length],
  );
  const planes = volume.slices * volume.frames;
  onProgress?.(planes, planes);
  return withData(volume, data);
}
