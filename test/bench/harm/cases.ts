import { simulateArtifact } from '../../../src-main/artifacts/artifacts.js';
import { acquiredGrid } from '../../../src-main/artifacts/remove/acquired.js';
import { extrapolatedPair } from '../../../src-main/artifacts/remove/planes/extrapolate.js';
import { circlesAbout, ringProfiles, withoutRings } from '../../../src-main/artifacts/remove/planes/rings.js';
import { despiked } from '../../../src-main/artifacts/remove/planes/spikes.js';
import { withoutLine } from '../../../src-main/artifacts/remove/planes/zipper-amounts.js';
import { kindsOf } from '../../../src-main/artifacts/remove/planes/zipper-places.js';
import type { About } from '../../../src-main/artifacts/remove/remover.js';
import { REMOVERS } from '../../../src-main/artifacts/remove/removers.js';
import { fft2, frequencyOf, inverseFft2 } from '../../../src-main/base/fft.js';
import { Random } from '../../../src-main/base/random.js';
import type { ArtifactName, CleanName } from '../../../src-main/contract/requests/choices.js';
import { planeLength, type Volume, withData } from '../../../src-main/imaging/volume.js';
import { quantile } from '../../../src-main/noise/robust.js';
import { withZippers } from '../../artifacts/remove/zippers.js';
import { gibbsKind } from '../clean/gibbs.js';
import type { Drawn } from '../clean/kind.js';

/** A removal that is right or wrong, and the image without the artifact. */
export interface Case {
  /** What it is the removal of, or `model`. */
  readonly kind: string;
  readonly what: string;
  readonly truth: Volume;
  readonly harmed: Volume;
  readonly remove: (volume: Volume) => Volume;
  /** What the files tell of it; absent: nothing. */
  readonly about?: About;
}

type PlaneFilter = (values: Float32Array, plane: number) => Float32Array;

/** Plane by plane. */
function byPlane(volume: Volume, filter: PlaneFilter): Volume {
  const area = planeLength(volume);
  const data = new Float32Array(volume.data.length);
  for (let plane = 0; plane < volume.slices * volume.frames; plane++)
    data.set(filter(volume.data.subarray(plane * area, (plane + 1) * area), plane), plane * area);
  return withData(volume, data);
}

const brightOf = (volume: Volume): number => quantile(volume.data, 0.99);

/** What a drawing adds, taken away: the artifact's pattern where there is none. */
function invented(volume: Volume, drawn: Volume): Volume {
  return withData(
    volume,
    volume.data.map((value, i) => Math.max(Math.min(value, 0), 2 * value - drawn.data[i])),
  );
}

/** Lines at columns that have none, by the remover's own fit. */
function forcedZipper(volume: Volume, shares: readonly number[], percent: number, every = 1): Volume {
  const { rows, columns } = volume;
  const bright = brightOf(volume);
  return byPlane(volume, (values, plane) => {
    if (plane % every !== 0) return values;
    let left: readonly Float32Array[] = Array.from({ length: columns }, (_, x) =>
      Float32Array.from({ length: rows }, (_, y) => values[y * columns + x]),
    );
    for (const share of shares)
      left = withoutLine(left, kindsOf(left, bright), {
        column: Math.round(share * columns),
        power: ((percent / 100) * bright) ** 2,
        share: 1,
        isCertain: true,
      });
    return Float32Array.from(values, (_, i) => left[i % columns][Math.floor(i / columns)]);
  });
}

/** Image and ghost solved for at a depth that is given. */
function forcedGhost(volume: Volume, percent: number, axis: 'x' | 'y'): Volume {
  const { rows, columns } = volume;
  const share = Math.sin(Math.atan(percent / 100)) ** 2;
  return byPlane(volume, (values) =>
    values.map((value, i) => {
      const [x, y] = [i % columns, Math.floor(i / columns)];
      const other =
        axis === 'y'
          ? values[((y + (rows >> 1)) % rows) * columns + x]
          : values[y * columns + ((x + (columns >> 1)) % columns)];
      return Math.sqrt(Math.max(0, ((1 - share) * value ** 2 - share * other ** 2) / (1 - 2 * share)));
    }),
  );
}

/** The strongest frequencies of anatomy taken out. */
function notched(volume: Volume, count: number): Volume {
  const { rows, columns } = volume;
  return byPlane(volume, (values) => {
    const image = { re: Float64Array.from(values), im: new Float64Array(values.length), rows, columns };
    fft2(image);
    const far = (i: number) =>
      Math.hypot(
        frequencyOf(i % columns, columns) / columns,
        frequencyOf(Math.floor(i / columns), rows) / rows,
      );
    const order = [...values.keys()]
      .filter((i) => far(i) > 0.06)
      .sort((a, b) => Math.hypot(image.re[b], image.im[b]) - Math.hypot(image.re[a], image.im[a]));
    for (const i of order.slice(0, 2 * count)) image.re[i] = image.im[i] = 0;
    inverseFft2(image);
    return Float32Array.from(image.re, (value) => Math.max(0, value));
  });
}

function forcedSpikes(volume: Volume): Volume {
  return byPlane(volume, (values) => {
    const { rows, columns } = volume;
    return despiked({ values, rows, columns }, 0.001).values;
  });
}

/** A smooth field that nothing made. */
function field(volume: Volume, range: number, seed: number): Float32Array {
  const random = new Random(seed);
  const [a, b, c, d] = Array.from({ length: 4 }, () => 2 * random.uniform() - 1);
  const { rows, columns, slices } = volume;
  const logs = Float32Array.from({ length: rows * columns * slices }, (_, i) => {
    const [u, v] = [(2 * (i % columns)) / columns - 1, (2 * (Math.floor(i / columns) % rows)) / rows - 1];
    return a * u + b * v + c * u * v + d * (u * u - v * v);
  });
  const [low, high] = [quantile(logs, 0.02), quantile(logs, 0.98)];
  return logs.map((log) => Math.exp((Math.log(1 + range / 100) * log) / (high - low)));
}

function divided(volume: Volume, range: number, seed: number): Volume {
  const factors = field(volume, range, seed);
  return withData(
    volume,
    volume.data.map((value, i) => value / factors[i % factors.length]),
  );
}

function multiplied(volume: Volume, range: number, seed: number): Volume {
  const factors = field(volume, range, seed);
  return withData(
    volume,
    volume.data.map((value, i) => value * factors[i % factors.length]),
  );
}

/** Ringing of a border of k-space at a share of what the matrix holds. */
function unrung(volume: Volume, share = 1): Volume {
  const { rows, columns } = volume;
  const truncation = {
    rows,
    columns,
    highestX: Math.round(share * (columns >> 1)) - 1,
    highestY: Math.round(share * (rows >> 1)) - 1,
  };
  const bright = brightOf(volume);
  return byPlane(volume, (values) =>
    extrapolatedPair(values, values, truncation, bright)[0].map((value) => Math.max(0, value)),
  );
}

/** Means over 3 x 3, in part. */
function blurred(volume: Volume, share: number): Volume {
  const { rows, columns } = volume;
  return byPlane(volume, (values) =>
    values.map((value, i) => {
      const [x, y] = [i % columns, Math.floor(i / columns)];
      if (Math.min(x, y, columns - 1 - x, rows - 1 - y) < 1) return value;
      let sum = 0;
      for (let dy = -1; dy <= 1; dy++) for (let dx = -1; dx <= 1; dx++) sum += values[i + dy * columns + dx];
      return (1 - share) * value + (share * sum) / 9;
    }),
  );
}

/** Half a pixel aside. */
function moved(volume: Volume): Volume {
  const { columns } = volume;
  return byPlane(volume, (values) =>
    values.map((value, i) => (i % columns === 0 ? value : (value + values[i - 1]) / 2)),
  );
}

/** A part of a pixel aside along rows, by phases: nothing else of it is changed. */
function shifted(volume: Volume, pixels: number): Volume {
  const { rows, columns } = volume;
  return byPlane(volume, (values) => {
    const image = { re: Float64Array.from(values), im: new Float64Array(values.length), rows, columns };
    fft2(image);
    for (let i = 0; i < values.length; i++) {
      const phase = (-2 * Math.PI * pixels * frequencyOf(i % columns, columns)) / columns;
      const [re, im] = [image.re[i], image.im[i]];
      image.re[i] = re * Math.cos(phase) - im * Math.sin(phase);
      image.im[i] = re * Math.sin(phase) + im * Math.cos(phase);
    }
    inverseFft2(image);
    return Float32Array.from(image.re, (value) => Math.max(0, value));
  });
}

/** Turned about the middle, in degrees; between pixels linear. */
function turned(volume: Volume, degrees: number): Volume {
  const { rows, columns } = volume;
  const [cosine, sine] = [Math.cos((Math.PI * degrees) / 180), Math.sin((Math.PI * degrees) / 180)];
  return byPlane(volume, (values) =>
    values.map((_, i) => {
      const [u, v] = [(i % columns) - columns / 2, Math.floor(i / columns) - rows / 2];
      const x = Math.min(columns - 1.001, Math.max(0, cosine * u - sine * v + columns / 2));
      const y = Math.min(rows - 1.001, Math.max(0, sine * u + cosine * v + rows / 2));
      const [left, top] = [Math.floor(x), Math.floor(y)];
      const row = (at: number) =>
        values[at * columns + left] * (1 - x + left) + values[at * columns + left + 1] * (x - left);
      return row(top) * (1 - y + top) + row(top + 1) * (y - top);
    }),
  );
}

/** Means along rows. */
function smeared(volume: Volume, reach: number): Volume {
  const { columns } = volume;
  return byPlane(volume, (values) =>
    values.map((value, i) => {
      const x = i % columns;
      if (Math.min(x, columns - 1 - x) < reach) return value;
      let sum = 0;
      for (let step = -reach; step <= reach; step++) sum += values[i + step];
      return sum / (2 * reach + 1);
    }),
  );
}

/** Texture that was never there, in tissue. */
function textured(volume: Volume, percent: number): Volume {
  const random = new Random(5);
  const bright = brightOf(volume);
  const noise = blurred(
    withData(
      volume,
      volume.data.map(() => 2 * random.normal()),
    ),
    1,
  );
  return withData(
    volume,
    volume.data.map((value, i) =>
      value > 0.2 * bright ? Math.max(0, value + (noise.data[i] * percent * bright) / 100) : value,
    ),
  );
}

/** Spots that are like nothing around are painted over: what a model of one kind of tissue would do. */
function medianed(volume: Volume): Volume {
  const { rows, columns } = volume;
  return byPlane(volume, (values) =>
    values.map((value, i) => {
      const [x, y] = [i % columns, Math.floor(i / columns)];
      if (Math.min(x, y, columns - 1 - x, rows - 1 - y) < 2) return value;
      const around: number[] = [];
      for (let dy = -2; dy <= 2; dy++)
        for (let dx = -2; dx <= 2; dx++) around.push(values[i + dy * columns + dx]);
      return around.sort((a, b) => a - b)[12];
    }),
  );
}

/** Bright bars where there are none, such as a model that has seen other anatomy paints. */
function painted(volume: Volume, percent: number): Volume {
  const { rows, columns } = volume;
  const bright = brightOf(volume);
  return byPlane(volume, (values) =>
    values.map((value, i) => {
      const [u, v] = [(i % columns) / columns - 0.55, Math.floor(i / columns) / rows - 0.45];
      const height = Math.exp(-((u / 0.04) ** 2 + (v / 0.08) ** 2) / 2);
      return value > 0.2 * bright ? value + (height * percent * bright) / 100 : value;
    }),
  );
}

const MR = { modality: 'MR', phase: 'y', asked: true } as const;

function ours(name: CleanName, volume: Volume): Volume {
  const about = name === 'ring' ? { modality: 'CT', phase: null, asked: true } : MR;
  return REMOVERS[name].look(volume, about).remove();
}

const drawn = (volume: Volume, artifact: ArtifactName, severity: number, seed = 17): Volume =>
  simulateArtifact(volume, { artifact, severity, seed });

/** @param hasField whether the head was drawn with a field */
export function mrCases(truth: Volume, hasField: boolean): Case[] {
  const right = (kind: CleanName, what: string, harmed: Volume): Case => ({
    kind,
    what: `${what} removed`,
    truth,
    harmed,
    remove: (volume) => ours(kind, volume),
  });
  const wrong = (
    kind: string,
    what: string,
    remove: (volume: Volume) => Volume,
    harmed: Volume = truth,
  ): Case => ({ kind, what, truth, harmed, remove });
  const at = (share: number, percent: number) => [{ at: Math.round(share * truth.columns), percent }];
  const zipper = withZippers(truth, at(0.56, 50), 41);
  return [
    right('zipper', 'line of 20 %', withZippers(truth, at(0.37, 20), 41)),
    right('zipper', 'line of 50 %', zipper),
    right(
      'zipper',
      'two lines of 30 %',
      withZippers(truth, [...at(0.45, 30), { at: 0.62 * truth.columns, percent: 30 }], 41),
    ),
    ...[5, 15, 40].map((percent) =>
      wrong('zipper', `no line taken for one of ${percent} %`, (volume) =>
        forcedZipper(volume, [0.42, 0.55], percent),
      ),
    ),
    wrong('zipper', 'no line taken for one of 30 %, one plane in six', (volume) =>
      forcedZipper(volume, [0.42, 0.55], 30, 6),
    ),
    wrong('zipper', 'line of 50 % sought elsewhere', (volume) => forcedZipper(volume, [0.45], 50), zipper),
    wrong('zipper', 'line invented, 15 %', (volume) =>
      invented(volume, withZippers(volume, at(0.45, 15), 9)),
    ),
    ...[5, 10, 20, 40].map((percent) => right('ghost', `${percent} %`, drawn(truth, 'ghost', percent))),
    ...[8, 15, 30].map((percent) =>
      wrong('ghost', `none taken for ${percent} %`, (volume) => forcedGhost(volume, percent, 'y')),
    ),
    wrong(
      'ghost',
      '20 % sought along the wrong axis',
      (volume) => forcedGhost(volume, 20, 'x'),
      drawn(truth, 'ghost', 20),
    ),
    ...[
      [10, 20],
      [20, 26],
      [20, 40],
      [20, 15],
      [30, 20],
    ].map(([is, told]) =>
      wrong(
        'ghost',
        `${is} % told as ${told} %`,
        (volume) => forcedGhost(volume, told, 'y'),
        drawn(truth, 'ghost', is),
      ),
    ),
    right('spike', 'of 20 %', drawn(truth, 'spike', 20)),
    right('spike', 'of 60 %', drawn(truth, 'spike', 60)),
    wrong('spike', 'any wave taken for one', forcedSpikes),
    ...[1, 4].map((count) =>
      wrong('spike', `${count} of the strongest frequencies`, (volume) => notched(volume, count)),
    ),
    ...[10, 40].map((percent) =>
      wrong('spike', `invented, ${percent} %`, (volume) => invented(volume, drawn(volume, 'spike', percent))),
    ),
    ...[20, 60].map((range) =>
      wrong(
        'bias',
        `field of ${range} % undone`,
        (volume) => divided(volume, range, 3),
        multiplied(truth, range, 3),
      ),
    ),
    ...[10, 25, 60].map((range) =>
      wrong('bias', `field of ${range} % invented`, (volume) => divided(volume, range, 3)),
    ),
    // Of a head that has a field of its own its removal is right.
    ...(hasField ? [] : [wrong('bias', 'none, asked for', (volume) => ours('bias', volume))]),
    ...[0.5, 1].map((share) => wrong('model', `blur of ${share}`, (volume) => blurred(volume, share))),
    wrong('model', 'median of 5 x 5', medianed),
    wrong('model', 'half a pixel aside', moved),
    wrong('model', 'a third of a pixel aside, nothing else', (volume) => shifted(volume, 1 / 3)),
    wrong('model', 'turned by a degree', (volume) => turned(volume, 1)),
    wrong('model', 'smeared over five pixels', (volume) => smeared(volume, 2)),
    ...[3, 8].map((percent) =>
      wrong('model', `texture of ${percent} % invented`, (volume) => textured(volume, percent)),
    ),
    ...[5, 20].map((percent) =>
      wrong('model', `spot of ${percent} % invented`, (volume) => painted(volume, percent)),
    ),
  ];
}

/** Planes that ringing is drawn over, of one frame: few tell, and all take long. */
const RINGING_PLANES = 4;

/**
 * Ringing of half of k-space removed rightly, in part and twice; taken from images that have none; with a border of k-space
 * that is too low; put in instead; and blurs in its place. What is right is the mean over acquired voxels.
 */
export function ringingCases(head: Volume): Case[] {
  const slices = Math.min(RINGING_PLANES, head.slices);
  const from = ((head.slices - slices) >> 1) * planeLength(head);
  const data = head.data.slice(from, from + slices * planeLength(head));
  const truth: Volume = { ...head, slices, frames: 1, data };
  const kind = gibbsKind(null);
  const drawings = kind
    .cases(truth)
    .filter(({ drawn: name }) => /zero-filled|as acquired|6\/8, zeros$/.test(name));
  return [
    { kind: 'gibbs', what: 'no ringing', truth, harmed: truth, remove: (volume) => unrung(volume, 0.5) },
    ...drawings.flatMap((one) => ringingOf(one, { ...kind.about, ...one.about })),
  ];
}

function ringingOf({ drawn: name, harmed, truth }: Drawn, about: About): Case[] {
  const right = (volume: Volume) => REMOVERS.gibbs.look(volume, about).remove();
  const { x } = acquiredGrid(harmed);
  const acquired = x.highest / x.most;
  const mixed = (of: number) => (volume: Volume) => {
    const after = right(volume).data;
    return withData(
      volume,
      volume.data.map((value, i) => Math.max(0, value + of * (after[i] - value))),
    );
  };
  const removals: (readonly [string, (volume: Volume) => Volume])[] = [
    ['removed', right],
    ['half of it removed', mixed(0.5)],
    ['removed twice', mixed(2)],
    ['put in', mixed(-1)],
    ...[0.5, 0.7].map(
      (share) =>
        [
          `border of k-space at ${share} of where it is`,
          (volume: Volume) => unrung(volume, share * acquired),
        ] as const,
    ),
    ...[0.5, 1].map((share) => [`blur of ${share}`, (volume: Volume) => blurred(volume, share)] as const),
    ['median of 5 x 5', medianed],
    ['smeared over five pixels', (volume) => smeared(volume, 2)],
  ];
  return removals.map(([what, remove]) => ({
    kind: 'gibbs',
    what: `${name}: ${what}`,
    truth,
    harmed,
    remove,
    about,
  }));
}

export function ctCases(truth: Volume): Case[] {
  const { rows, columns } = truth;
  const about = (volume: Volume, centre: readonly [number, number]): Volume => {
    const circles = circlesAbout(rows, columns, centre);
    return byPlane(volume, (values) => {
      const plane = { values, kinds: Uint8Array.from(values, (value) => (value > -500 ? 1 : 2)) };
      return withoutRings(plane, circles, ringProfiles(plane, circles));
    });
  };
  const ringed = drawn(truth, 'ring', 2, 29);
  const wrong = (what: string, remove: (volume: Volume) => Volume, harmed = truth): Case => ({
    kind: 'ring',
    what,
    truth,
    harmed,
    remove,
  });
  return [
    ...[0.5, 2, 5].map((severity) =>
      wrong(
        `gains wrong by ${severity} % removed`,
        (volume) => ours('ring', volume),
        drawn(truth, 'ring', severity, 29),
      ),
    ),
    wrong('sought about another centre', (volume) => about(volume, [columns / 2 + 12, rows / 2 - 8]), ringed),
    wrong('none, without a threshold', (volume) => about(volume, [columns / 2 + 12, rows / 2 - 8])),
    ...[1, 4].map((severity) =>
      wrong(`invented, ${severity} %`, (volume) => {
        const rings = drawn(volume, 'ring', severity, 7);
        return withData(
          volume,
          volume.data.map((value, i) => 2 * value - rings.data[i]),
        );
      }),
    ),
  ];
}
