import { Random } from '../../src-main/base/random.js';
import { classicalDenoiser } from '../../src-main/filters/denoiser.js';
import { guidedNoise } from '../../src-main/filters/guided-noise.js';
import { planeLength, type Volume, withData } from '../../src-main/imaging/volume.js';
import { estimateNoise } from '../../src-main/noise/estimate/estimate.js';
import { median } from '../../src-main/noise/robust.js';
import { gainMap, sigmaOfLevel, simulateNoise } from '../../src-main/noise/simulate.js';
import { openInput } from '../../src-main/series/open-input.js';
import { randomField } from '../../src-main/training/procedural/field.js';
import { proceduralVolume } from '../../src-main/training/procedural/volume.js';
import { volumeOf } from '../imaging/support.js';
import { PLAIN_SCANNER, type Scanner, simulateScan } from '../noise/scanner.js';
import { headDrawer, ORIENTATIONS, WEIGHTINGS, type Weighting } from './drawn-heads.js';

/** Scans of known level that nobody chose: anatomy, scanner, level, mask and rounding are drawn. */
export interface LevelScene {
  readonly volume: Volume;
  /** Median over the tissue of the standard deviation of one channel. */
  readonly sigma: number;
  /** What the files tell of it; nothing: ''. */
  readonly modality: string;
}

/** What is scanned: two ways to draw anatomy, heads bent and painted anew, real series without their noise, phantoms. */
const KINDS = [
  'anatomy',
  'leaves',
  'head',
  'real',
  'phantom',
  'anatomy',
  'leaves',
  'head',
  'real',
  'phantom',
] as const;
type Kind = (typeof KINDS)[number];
const SIDES = [48, 64, 80, 96, 112, 128, 160];
const SLICES = [1, 3, 4, 6];
/** Slices that a head is drawn with. */
const HEAD_SLICES = 8;
/**
 * Percent of the brightest value, between which levels are even by their logarithm, and the least of a share of scans,
 * which reach from there to what is usual. What real series and heads painted anew have of their own noise must be little
 * beside them.
 */
const LEVELS: Record<Kind, { readonly faint: number; readonly least: number; readonly most: number }> = {
  anatomy: { faint: 0.1, least: 0.7, most: 13 },
  leaves: { faint: 0.1, least: 0.7, most: 13 },
  phantom: { faint: 0.1, least: 0.7, most: 25 },
  head: { faint: 0.4, least: 0.7, most: 13 },
  real: { faint: 1, least: 1.5, most: 13 },
};
const FAINT_SHARE = 0.2;
/** Of the brightest value, above which masks leave what there is. */
const MASK = 0.1;

/** @param cleans real series without noise, none where there are none */
export function levelScenes(cleans: readonly Volume[]): (seed: number, scans: number) => LevelScene[] {
  const heads = new Map<number, ReturnType<typeof headDrawer>>();
  const kinds = KINDS.filter((kind) => kind !== 'real' || cleans.length > 0);
  return (seed, scans) => {
    const random = new Random(910_000 + seed);
    const kind = kinds[seed % kinds.length];
    const object = objectOf(kind, cleans, heads, random);
    if (!object.data.some((value) => value > 0)) return [];
    const { faint, least, most } = LEVELS[kind];
    return Array.from({ length: scans }, (_, i) => {
      const range = random.uniform() < FAINT_SHARE ? ([faint, least] as const) : ([least, most] as const);
      return scanOf(object, range, random, scans * seed + i);
    });
  };
}

export function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.integer(list.length)];
}

function objectOf(
  kind: Kind,
  cleans: readonly Volume[],
  heads: Map<number, ReturnType<typeof headDrawer>>,
  random: Random,
): Volume {
  const whole = wholeObject(kind, cleans, heads, random);
  return random.uniform() < 0.15 && whole.columns > 90 ? cropOf(whole, random) : whole;
}

function wholeObject(
  kind: Kind,
  cleans: readonly Volume[],
  heads: Map<number, ReturnType<typeof headDrawer>>,
  random: Random,
): Volume {
  const side = pick(random, SIDES);
  const slices = pick(random, SLICES);
  switch (kind) {
    case 'real':
      return slabOf(pick(random, cleans), slices, random);
    case 'head': {
      const draw = heads.get(side) ?? headDrawer(side, HEAD_SLICES);
      heads.set(side, draw);
      const weighting = pick<Weighting>(random, Object.keys(WEIGHTINGS).filter(isWeighting));
      return draw(random.integer(1_000_000), weighting, pick(random, ORIENTATIONS), 0);
    }
    case 'phantom':
      return phantom({ columns: side, rows: side, slices }, random);
    default: {
      const rows = random.uniform() < 0.5 ? side : Math.round(side * (0.7 + 0.3 * random.uniform()));
      for (;;) {
        const drawn = proceduralVolume({ columns: side, rows, slices }, random, kind);
        if (drawn.magnitude)
          return volumeOf(
            drawn.values.map((value) => 100 * Math.max(0, value)),
            [side, rows, slices],
          );
      }
    }
  }
}

/** Share of phantoms that fill the image, so that there is no air. */
const FULL = 0.4;

/**
 * A sphere or a cylinder of fluid that fades slowly across, with inserts of other brightness, as quality is checked with;
 * some fill the image, some have fine weak waves in patches.
 */
function phantom(
  { columns, rows, slices }: { readonly columns: number; readonly rows: number; readonly slices: number },
  random: Random,
): Volume {
  const isFull = random.uniform() < FULL;
  const isSphere = !isFull && random.uniform() < 0.5;
  const radius = columns * (isFull ? 1 : 0.25 + 0.2 * random.uniform());
  const thick = radius / (1 + 3 * random.uniform());
  const fade = Array.from({ length: 4 }, () => 0.4 * random.uniform() - 0.2);
  const inserts = Array.from({ length: random.integer(6) }, () => {
    const [angle, far] = [2 * Math.PI * random.uniform(), 0.7 * radius * random.uniform()];
    const centre = [far * Math.cos(angle), far * Math.sin(angle)] as const;
    return { centre, radius: radius * (0.04 + 0.2 * random.uniform()), value: 1.3 * random.uniform() };
  });
  const waves = wavesIn(random);
  const texture = textureIn({ columns, rows, slices }, random);
  const valueAt = (x: number, y: number, z: number): number => {
    const off = isSphere ? (radius * z) / thick : 0;
    if (x * x + y * y + off * off > radius * radius) return 0;
    const [u, v] = [x / radius, y / radius];
    const shade = 1 + fade[0] * u + fade[1] * v + fade[2] * u * u + fade[3] * v * v;
    const insert = inserts.find(
      ({ centre, radius: r }) => (x - centre[0]) ** 2 + (y - centre[1]) ** 2 < r * r,
    );
    return 100 * shade * (insert?.value ?? 1) * (1 + waves(x, y));
  };
  const data = Float32Array.from({ length: columns * rows * slices }, (_, i) => {
    const [x, y] = [i % columns, Math.floor(i / columns) % rows];
    const z = Math.floor(i / (columns * rows)) - (slices - 1) / 2;
    return valueAt(x - columns / 2, y - rows / 2, z) * Math.max(0.05, 1 + texture(i));
  });
  return volumeOf(data, [columns, rows, slices]);
}

/** Texture that follows through the slices, fine or coarse, weak or strong, in half of the phantoms. */
function textureIn(
  grid: { readonly columns: number; readonly rows: number; readonly slices: number },
  random: Random,
): (i: number) => number {
  if (random.uniform() < 0.5) return () => 0;
  const strength = 0.01 * Math.exp(random.uniform() * Math.log(30));
  const settings = {
    cell: 1.5 + 6 * random.uniform(),
    octaves: 1 + random.integer(3),
    persistence: 0.3 + 0.6 * random.uniform(),
    anisotropy: 0.5 + 3 * random.uniform(),
  };
  const field = randomField(grid, settings, random);
  return (i) => strength * field[i];
}

/** Waves of other directions from patch to patch, in half of them none; for half of the phantoms there are none at all. */
function wavesIn(random: Random): (x: number, y: number) => number {
  if (random.uniform() < 0.5) return () => 0;
  const [strength, period, side] = [
    0.05 * random.uniform(),
    3 + 6 * random.uniform(),
    10 + 30 * random.uniform(),
  ];
  return (x, y) => {
    const patch = Math.floor(x / side) + 7 * Math.floor(y / side);
    if (patch % 2 === 0) return 0;
    return strength * Math.sin((2 * Math.PI * (x * Math.cos(patch) + y * Math.sin(patch))) / period);
  };
}

function isWeighting(name: string): name is Weighting {
  return name in WEIGHTINGS;
}

export function slabOf(volume: Volume, most: number, random: Random): Volume {
  const slices = Math.min(most, volume.slices);
  const first = random.integer(volume.slices - slices + 1) * planeLength(volume);
  return { ...volume, data: volume.data.slice(first, first + slices * planeLength(volume)), slices };
}

/** As small fields of view have it. */
function cropOf(volume: Volume, random: Random): Volume {
  const [columns, rows] = [volume.columns, volume.rows].map((side) =>
    Math.floor(side * (0.5 + 0.4 * random.uniform())),
  );
  const [left, top] = [random.integer(volume.columns - columns + 1), random.integer(volume.rows - rows + 1)];
  const data = new Float32Array(columns * rows * volume.slices);
  for (let i = 0; i < data.length; i++) {
    const [x, y, z] = [i % columns, Math.floor(i / columns) % rows, Math.floor(i / (columns * rows))];
    data[i] = volume.data[(z * volume.rows + y + top) * volume.columns + x + left];
  }
  return { ...volume, data, columns, rows };
}

function scanOf(
  plain: Volume,
  [least, most]: readonly [number, number],
  random: Random,
  seed: number,
): LevelScene {
  const object = random.uniform() < 0.1 ? ghosted(plain, random) : plain;
  const brightest = plain.data.reduce((a, b) => Math.max(a, b), 0);
  const isTissue = (i: number): boolean => plain.data[i] > MASK * brightest;
  const { noisy, sigma } = noisyOf(
    object,
    sigmaOfLevel(plain, least * Math.exp(random.uniform() * Math.log(most / least))),
    isTissue,
    random,
    seed,
  );
  const isMasked = random.uniform() < 0.3;
  const step = random.uniform() < 0.3 ? brightest / (300 + random.integer(1700)) : 0;
  const data = noisy.data.map((value, i) => {
    if (isMasked && !isTissue(i)) return 0;
    return step > 0 ? step * Math.round(value / step) : value;
  });
  return { volume: { ...withData(noisy, data), quantum: step }, sigma, modality: 'MR' };
}

/** A part of the object once more, half a field of view away, as alternating lines leave it. */
function ghosted(object: Volume, random: Random): Volume {
  const area = planeLength(object);
  const [alongRows, share] = [random.uniform() < 0.5, 0.01 + 0.07 * random.uniform()];
  const { columns, rows } = object;
  const data = object.data.map((value, i) => {
    const [x, y] = [i % columns, Math.floor((i % area) / columns)];
    const from = alongRows
      ? y * columns + ((x + (columns >> 1)) % columns)
      : ((y + (rows >> 1)) % rows) * columns + x;
    return value + share * object.data[i - (i % area) + from];
  });
  return withData(object, data);
}

/** Of a scanner; or noise that hangs together where anatomy does not; or noise whose level varies without a scanner's reasons. */
function noisyOf(
  object: Volume,
  sigma: number,
  isTissue: (i: number) => boolean,
  random: Random,
  seed: number,
): { readonly noisy: Volume; readonly sigma: number } {
  const way = random.uniform();
  if (way < 0.8)
    return {
      noisy: simulateScan(object, { ...PLAIN_SCANNER, ...scannerOf(random) }, sigma, seed).noisy,
      sigma,
    };
  const correlation = correlationOf(random);
  if (way < 0.9) return { noisy: simulateNoise(object, { kind: 'rician', sigma, correlation, seed }), sigma };
  const gains = gainsOf(object, random);
  const typical = median(gains.filter((_, i) => isTissue(i)));
  const map = gains.map((gain) => (sigma * gain) / typical);
  return { noisy: simulateNoise(object, { kind: 'rician', sigma: map, correlation, seed }), sigma };
}

/** Bumps as of parallel imaging, or a rise along rows or columns, up to eightfold. */
function gainsOf(object: Volume, random: Random): Float32Array {
  const most = Math.exp(random.uniform() * Math.log(8));
  if (random.uniform() < 0.5) return gainMap(object, most, random.integer(1_000_000));
  const { columns, rows } = object;
  const alongRows = random.uniform() < 0.5;
  return Float32Array.from({ length: planeLength(object) * object.slices }, (_, i) => {
    const part = alongRows ? (i % columns) / columns : (Math.floor(i / columns) % rows) / rows;
    return most ** part;
  });
}

/** White, or hanging together within planes or through them too. */
function correlationOf(random: Random): [number, number, number] {
  if (random.uniform() < 0.3) return [0, 0, 0];
  const width = 1 + 1.2 * random.uniform();
  return [width, random.uniform() < 0.6 ? width : 0, random.uniform() < 0.3 ? width : 0];
}

function scannerOf(random: Random): Partial<Scanner> {
  const part = (): number => (random.uniform() < 0.4 ? 1 : 0.5 + 0.5 * random.uniform());
  const across = part();
  const down = random.uniform() < 0.5 ? across : part();
  const kind = pick(random, [
    'one',
    'one',
    'adaptive',
    'adaptive',
    'quiet',
    'quiet',
    'squares',
    'accelerated',
  ] as const);
  const coils = kind === 'one' ? 1 : pick(random, [4, 6, 8]);
  return {
    coils,
    acquired: [across, down],
    window: pick(random, ['none', 'none', 'fermi', 'hann'] as const),
    acceleration: kind === 'accelerated' ? pick(random, coils === 4 ? [2] : [2, 3]) : 1,
    airGain: kind === 'quiet' ? 0.25 + 0.7 * random.uniform() : 1,
    combination: kind === 'squares' ? 'sum-of-squares' : 'adaptive',
    normalised: kind === 'one' || kind === 'squares' ? false : random.uniform() < 0.7,
  };
}

/** Frames from which on their mean has little noise; of fewer one is filtered. */
const FRAMES = 6;
/** Of so many frames three means are made: they differ as directions of diffusion do. */
const MANY_FRAMES = 18;
/** Slices of a series that are kept, and the least side. */
const KEPT = 40;
const LEAST_SIDE = 48;
/** Percent of the brightness of tissue above which a level is none of what filtering leaves clean. */
const NOISY = 10;

/** Magnitude series under a folder without their noise, as far as means and filters take it off. */
export async function cleanSeries(folder: string): Promise<Volume[]> {
  const input = await openInput(folder, () => {}, { errorMap: false, uncertainty: false, suffix: 'unused' });
  const found: Volume[] = [];
  try {
    for (const stack of input.units.flatMap(({ stacks }) => stacks)) {
      if (stack.modality !== 'MR') continue;
      // Phases alone and maps of the field are refused by their own words, which is no matter here.
      const loaded = await stack.load(() => {}).catch(() => null);
      if (loaded === null || Math.min(loaded.volume.columns, loaded.volume.rows) < LEAST_SIDE) continue;
      for (const mean of meansOf(loaded.volume)) {
        const clean = await withoutNoise(mean, loaded.volume.frames);
        if (clean !== null) found.push(clean);
      }
    }
  } finally {
    await input.close();
  }
  return found;
}

function meansOf(volume: Volume): Volume[] {
  const length = volume.data.length / volume.frames;
  const sets = volume.frames >= MANY_FRAMES ? 3 : 1;
  const frames = volume.frames >= FRAMES ? volume.frames : 1;
  return Array.from({ length: sets }, (_, set) => {
    const mean = new Float32Array(length);
    let count = 0;
    for (let frame = set; frame < frames; frame += sets, count++)
      for (let i = 0; i < length; i++) mean[i] += volume.data[frame * length + i];
    const data = mean.map((sum) => Math.max(0, sum / count));
    return middleOf({ ...volume, data, frames: 1, measured: null });
  });
}

function middleOf(volume: Volume): Volume {
  if (volume.slices <= KEPT) return volume;
  const first = Math.floor((volume.slices - KEPT) / 2) * planeLength(volume);
  const data = volume.data.slice(first, first + KEPT * planeLength(volume));
  return { ...volume, data, slices: KEPT };
}

/** Null where nothing tells how much noise there is in a single frame, or there is too much. */
async function withoutNoise(volume: Volume, frames: number): Promise<Volume | null> {
  const hint = { modality: 'MR' };
  const noise = await guidedNoise(volume, estimateNoise(volume, hint), hint);
  if (noise.relative > NOISY) return null;
  if (!(noise.sigma > 0)) return frames >= FRAMES ? volume : null;
  const { data } = await classicalDenoiser('nlm', { threads: 1 })(volume, noise, false);
  return withData(
    volume,
    data.map((value) => Math.max(0, value)),
  );
}
