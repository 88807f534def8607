import { frequencyOf } from '../../src-main/base/fft.js';
import { Random } from '../../src-main/base/random.js';
import { type Volume, withData } from '../../src-main/imaging/volume.js';
import { median } from '../../src-main/noise/robust.js';
import { shapedNoise } from '../../src-main/noise/simulate.js';
import { randomField } from '../../src-main/training/procedural/field.js';
import { proceduralVolume } from '../../src-main/training/procedural/volume.js';
import { volumeOf } from '../imaging/support.js';
import { type LevelScene, pick, slabOf } from './level-scenes.js';

/**
 * CT, and other values with a sign, with noise of known level: no scanner is simulated, but what scanners leave of noise.
 * Its spectrum rises with frequency and falls by the kernel (Riederer, Pelc and Chesler 1978), or is that of iterative
 * reconstructions, which take high frequencies away; it is stronger where rays pass more, stretched where the body is
 * oval, weaker in air, and rounded and cut off as values are.
 */
const SIDES = [64, 96, 128, 160, 192];
const SLICES = [1, 3, 4, 6];
/** Hounsfield units, even by their logarithm, of most and of a share of the scans; real series have a little of their own. */
const LEVELS = { usual: [2, 80], faint: [0.4, 2], real: [6, 80] } as const;
const FAINT_SHARE = 0.15;
const AIR = -1000;
/** Where there is tissue: lung is none. */
const TISSUE = -500;

type Grid = { readonly columns: number; readonly rows: number; readonly slices: number };
const KINDS = ['anatomy', 'leaves', 'phantom', 'real', 'anatomy', 'leaves', 'signed', 'real'] as const;

/** @param cleans real series of magnitudes without noise, whose anatomy is given the values of soft tissue */
export function signedScenes(cleans: readonly Volume[]): (seed: number, scans: number) => LevelScene[] {
  const kinds = KINDS.filter((kind) => kind !== 'real' || cleans.length > 0);
  return (seed, scans) => {
    const random = new Random(730_000 + seed);
    const kind = kinds[seed % kinds.length];
    const object = objectOf(kind, cleans, random);
    return Array.from({ length: scans }, () => scanOf(object, kind, random));
  };
}

function objectOf(kind: (typeof KINDS)[number], cleans: readonly Volume[], random: Random): Volume {
  const side = pick(random, SIDES);
  const grid: Grid = { columns: side, rows: side, slices: pick(random, SLICES) };
  switch (kind) {
    case 'real':
      return softTissue(slabOf(pick(random, cleans), grid.slices, random), random);
    case 'phantom':
      return phantom(grid, random);
    case 'signed':
      return bothSigns(grid, random);
    default:
      return anatomy(grid, kind, random);
  }
}

/** Air where there is none of the brightness, and tissues as far apart as brightness is. */
function softTissue(volume: Volume, random: Random): Volume {
  const bright = volume.data.filter((value) => value > 0).sort();
  const typical = bright[Math.floor(0.7 * bright.length)];
  const [centre, spread] = [30 * random.uniform(), 20 * Math.exp(random.uniform() * Math.log(10))];
  const data = volume.data.map((value) => {
    const part = value / typical;
    return part < 0.2 ? Math.max(AIR, AIR + (part / 0.2) * (centre - AIR)) : centre + spread * (part - 0.2);
  });
  return withData(volume, data);
}

/** Drawn tissues: soft ones some tens of units apart, what is far brighter as bone, what is far darker as fat or lung. */
function anatomy(grid: Grid, kind: 'anatomy' | 'leaves', random: Random): Volume {
  const { values, air } = proceduralVolume(grid, random, kind);
  const [centre, spread] = [20 + 60 * random.uniform(), 8 * Math.exp(random.uniform() * Math.log(12))];
  const [bone, lung] = [400 * random.uniform(), random.uniform() < 0.3 ? 400 : 20 * random.uniform()];
  const middle = median(values.filter((_, i) => air === null || air[i] === 0));
  const data = values.map((value, i) => {
    if (air?.[i] === 1) return AIR;
    const v = value - middle;
    return Math.max(AIR, centre + spread * v + bone * Math.max(0, v - 1.2) + lung * Math.min(0, v + 1.5));
  });
  return volumeOf(data, [grid.columns, grid.rows, grid.slices]);
}

/** A disc of water with rods in it, alike along the axis, some with weak texture. */
function phantom({ columns, rows, slices }: Grid, random: Random): Volume {
  const radius = columns * (0.3 + 0.3 * random.uniform());
  const base = 120 * random.uniform() - 40;
  const rods = Array.from({ length: 3 + random.integer(12) }, () => {
    const [angle, far] = [2 * Math.PI * random.uniform(), 0.85 * radius * random.uniform()];
    return {
      x: far * Math.cos(angle),
      y: far * Math.sin(angle),
      radius: radius * (0.02 + 0.15 * random.uniform()),
      value: pick(random, [5, 20, 60, 150, 400, 900, -100, -800]) * (0.5 + random.uniform()),
    };
  });
  const texture =
    random.uniform() < 0.6
      ? null
      : randomField(
          { columns, rows, slices },
          {
            cell: 2 + 6 * random.uniform(),
            octaves: 2,
            persistence: 0.6,
            anisotropy: 0.5 + 2 * random.uniform(),
          },
          random,
        );
  const strength = Math.exp(random.uniform() * Math.log(30));
  const data = Float32Array.from({ length: columns * rows * slices }, (_, i) => {
    const [x, y] = [(i % columns) - columns / 2, (Math.floor(i / columns) % rows) - rows / 2];
    const inside = soft(radius - Math.hypot(x, y));
    const rod = rods.reduce(
      (sum, one) => sum + one.value * soft(one.radius - Math.hypot(x - one.x, y - one.y)),
      0,
    );
    return AIR + inside * (base + rod + (texture === null ? 0 : strength * texture[i]) - AIR);
  });
  return volumeOf(data, [columns, rows, slices]);
}

/** An edge over about two pixels. */
function soft(distance: number): number {
  return 1 / (1 + Math.exp(-2 * distance));
}

/** Differences of images, fields, real parts: values about zero. */
function bothSigns(grid: Grid, random: Random): Volume {
  const { values } = proceduralVolume(grid, random, random.uniform() < 0.5 ? 'anatomy' : 'leaves');
  const settings = {
    cell: 10 + 40 * random.uniform(),
    octaves: 2,
    persistence: 0.5,
    anisotropy: 0.5 + 2 * random.uniform(),
  };
  const turn = randomField(grid, settings, random);
  const scale = 30 * Math.exp(random.uniform() * Math.log(10));
  const data = values.map((value, i) => scale * value * Math.max(-1, Math.min(1, turn[i])));
  return volumeOf(data, [grid.columns, grid.rows, grid.slices]);
}

function scanOf(object: Volume, kind: (typeof KINDS)[number], random: Random): LevelScene {
  const isCt = kind !== 'signed';
  const isFaint = random.uniform() < FAINT_SHARE;
  const [least, most] = kind === 'real' ? LEVELS.real : isFaint ? LEVELS.faint : LEVELS.usual;
  const sigma = least * Math.exp(random.uniform() * Math.log(most / least));
  const gains = isCt ? gainsOf(object, random) : new Float32Array(object.data.length).fill(1);
  const isTissue = (i: number): boolean => !isCt || object.data[i] > TISSUE;
  const typical = median(gains.filter((_, i) => isTissue(i)));
  const field = noiseOf(object, random);
  const finish = isCt ? endsOf(object, random) : { step: 0, value: (one: number) => one };
  const data = object.data.map((value, i) => {
    const noisy = finish.value(value + (sigma * gains[i] * field[i]) / typical, i);
    return finish.step > 0 ? finish.step * Math.round(noisy / finish.step) : noisy;
  });
  return {
    volume: { ...withData(object, data), quantum: finish.step, signed: true },
    sigma,
    modality: isCt && random.uniform() < 0.6 ? 'CT' : '',
  };
}

/** Values cut off at the least that is stored, and what lies outside of the reconstructed circle. */
function endsOf(
  { columns, rows }: Grid,
  random: Random,
): { readonly step: number; readonly value: (one: number, i: number) => number } {
  const least = pick(random, [-1024, -1024, -1000, -3000]);
  const circle = random.uniform() < 0.4 ? columns / 2 : Number.POSITIVE_INFINITY;
  const outside = pick(random, [-1024, -1000, -2000, -3024]);
  const value = (one: number, i: number): number => {
    const far = Math.hypot((i % columns) - columns / 2, (Math.floor(i / columns) % rows) - rows / 2);
    return far > circle ? outside : Math.max(least, one);
  };
  return { step: random.uniform() < 0.85 ? 1 : 0, value };
}

/** Relative level at each voxel: more in the middle of the body and along its long axis, less in air, more at edges. */
function gainsOf(object: Volume, random: Random): Float32Array {
  const { columns, rows, data } = object;
  const [rise, across, air] = [1.2 * random.uniform(), 0.6 * random.uniform(), 0.15 + 0.6 * random.uniform()];
  const edges = random.uniform() < 0.4 ? 0.8 * random.uniform() : 0;
  const turned = random.uniform() < 0.5;
  return data.map((value, i) => {
    const [x, y] = [(2 * (i % columns)) / columns - 1, (2 * (Math.floor(i / columns) % rows)) / rows - 1];
    const along = turned ? x : y;
    const body = 1 + rise * Math.max(0, 1 - x * x - y * y) - (across * along * along) / (1 + across);
    const slope = edges === 0 ? 0 : Math.min(1, Math.abs(value - data[i > 0 ? i - 1 : i]) / 100);
    return Math.max(0.1, body) * (1 + edges * slope) * (value > TISSUE ? 1 : air);
  });
}

/** Noise of deviation 1 of a spectrum by chance, plane after plane, which may hang together through the slices. */
function noiseOf({ columns, rows, slices }: Grid, random: Random): Float32Array {
  const gain = spectrumOf(rows, columns, random);
  const mix = random.uniform() < 0.5 ? 0 : 0.7 * random.uniform();
  const field = new Float32Array(columns * rows * slices);
  let last: Float64Array | null = null;
  for (let slice = 0; slice < slices; slice++) {
    const drawn = shapedNoise(rows, columns, gain, random);
    const before: Float64Array | null = last;
    last = before === null ? drawn : drawn.map((v, i) => Math.sqrt(1 - mix * mix) * v + mix * before[i]);
    field.set(last, slice * columns * rows);
  }
  return field;
}

/** Root of the power at each frequency, of mean square 1. */
function spectrumOf(rows: number, columns: number, random: Random): Float64Array {
  const way = random.uniform();
  const cut = 0.12 + 0.5 * random.uniform();
  const [floor, sharp, stretch] = [
    0.05 * random.uniform(),
    3 * random.uniform() ** 2,
    1 + 0.5 * random.uniform(),
  ];
  const [fall, power] = [0.03 + 0.2 * random.uniform(), 1 + 3 * random.uniform()];
  const width = random.uniform() < 0.3 ? 0 : 0.4 + 0.8 * random.uniform();
  const turned = random.uniform() < 0.5;
  const shape = (f: number): number => {
    if (way < 0.15) return Math.exp(-0.5 * (2 * Math.PI * f * width) ** 2);
    const kernel = f < cut ? (1 + sharp * (f / cut) ** 2) * Math.cos((Math.PI * f) / (2 * cut)) ** 2 : 0;
    const projected = Math.sqrt(f + 0.004) * kernel;
    const kept = way < 0.6 ? projected : projected / Math.sqrt(1 + (f / fall) ** power);
    return kept + 0.1 * floor;
  };
  const gain = Float64Array.from({ length: rows * columns }, (_, i) => {
    const [fx, fy] = [
      frequencyOf(i % columns, columns) / columns,
      frequencyOf(Math.floor(i / columns), rows) / rows,
    ];
    return shape(turned ? Math.hypot(fx * stretch, fy) : Math.hypot(fx, fy * stretch));
  });
  const mean = Math.sqrt(gain.reduce((sum, one) => sum + one * one, 0) / gain.length);
  return gain.map((one) => one / mean);
}
