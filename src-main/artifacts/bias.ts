import type { Random } from '../base/random.js';
import { type ArtifactModel, type ArtifactPlane, between } from './plane.js';

/** A smooth field over the unit cube as a sum of low-order cosines. */
export interface BiasSettings {
  readonly waves: readonly {
    /** Half periods over the width, the height and the stack. */
    readonly x: number;
    readonly y: number;
    readonly z: number;
    readonly amplitude: number;
    readonly phase: number;
  }[];
  /** The field runs from 1 - range / 2 to 1 + range / 2 over the stack. */
  readonly range: number;
}

const WAVES = 4;
/** Places on each axis where the extremes of a field are looked for. */
const PROBES = 17;

/**
 * Intensity inhomogeneity of a receive coil: the image times a smooth field. Ranges as BrainWeb gives them: 40 %
 * means factors from 0.8 to 1.2 (Collins et al, IEEE Trans Med Imaging 17:463, 1998).
 */
export function bias(plane: ArtifactPlane, settings: BiasSettings): Float32Array {
  const field = biasField(settings);
  const { values, rows, columns, height } = plane;
  const out = new Float32Array(values.length);
  for (let y = 0, i = 0; y < rows; y++)
    for (let x = 0; x < columns; x++, i++)
      out[i] = values[i] * field((x + 0.5) / columns, (y + 0.5) / rows, height);
  return out;
}

/** The factor at a place of the unit cube. */
export function biasField({ waves, range }: BiasSettings): (x: number, y: number, z: number) => number {
  const raw = (x: number, y: number, z: number): number => {
    let sum = 0;
    for (const wave of waves)
      sum += wave.amplitude * Math.cos(Math.PI * (wave.x * x + wave.y * y + wave.z * z) + wave.phase);
    return sum;
  };
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < PROBES; k++)
    for (let j = 0; j < PROBES; j++)
      for (let i = 0; i < PROBES; i++) {
        const value = raw(i / (PROBES - 1), j / (PROBES - 1), k / (PROBES - 1));
        least = Math.min(least, value);
        most = Math.max(most, value);
      }
  const span = most > least ? most - least : 1;
  return (x, y, z) => 1 + range * ((raw(x, y, z) - least) / span - 0.5);
}

function drawWaves(random: Random): BiasSettings['waves'] {
  return Array.from({ length: WAVES }, () => ({
    x: between(random, -1.5, 1.5),
    y: between(random, -1.5, 1.5),
    z: between(random, -1, 1),
    amplitude: between(random, 0.5, 1),
    phase: between(random, 0, 2 * Math.PI),
  }));
}

export const biasModel: ArtifactModel = {
  severity: {
    unit: '%',
    meaning: 'range of the field over the stack: 40 means factors from 0.8 to 1.2 (BrainWeb)',
    usual: 40,
    least: 0,
    most: 180,
  },
  prepare: (severity, _size, random) => {
    const settings = { waves: drawWaves(random), range: severity / 100 };
    return (plane) => bias(plane, settings);
  },
};
