import { ARTIFACTS, modelFor } from '../../artifacts/artifacts.js';
import type { ArtifactPlane } from '../../artifacts/plane.js';
import { Random } from '../../base/random.js';
import { fault } from '../../contract/errors.js';
import type { ArtifactName } from '../../contract/requests/choices.js';
import { FOLDS } from '../../models/family.js';
import { quantile } from '../../noise/robust.js';
import type { BatchSource, Part } from './batches.js';
import {
  type CorpusSeries,
  type IntensityScale,
  roleOf,
  SCALE_PERCENTILES,
  SLICE_JUDGES,
  SLICE_TRAINS,
  scaled,
} from './corpus.js';
import { foldedView } from './folds.js';
import { dihedral } from './samples.js';

/** Taking an artifact away, learnt from images without it. */
export type ArtifactObjective = {
  readonly kind: 'artifact';
  readonly artifact: ArtifactName;
  /** In the unit of the artifact; severities are drawn from 0 to one and a half times this one. */
  readonly severity: number;
};

/**
 * The objective of an artifact; null takes its usual severity.
 *
 * @throws LimpidError E_VALUES for a severity out of range
 */
export function artifactObjective(artifact: ArtifactName, severity: number | null): ArtifactObjective {
  const taken = severity ?? ARTIFACTS[artifact].severity.usual;
  modelFor(artifact, taken);
  return { kind: 'artifact', artifact, severity: taken };
}

interface PairSettings {
  readonly size: number;
  readonly batchSize: number;
  readonly seed: number;
  /** Whether an input has the folded plane as FOLDS more channels. */
  readonly folded: boolean;
}

const WORST = 1.5;
/** Bytes that simulated planes may take, and how many draws of the artifact, of rising severity, a series is under. */
const BUDGET = 384 * 2 ** 20;
const DRAWS = 24;
/** Planes by which the scale of a series under an artifact is told, and which of their pixels. */
const SCALE_PLANES = 5;
const SCALE_STRIDE = 3;

/**
 * Pairs of planes with and without an artifact, made on the fly. A plane is simulated whole, because most
 * artifacts reach over all of it; then a square is cut out and turned by one of the eight symmetries, since the
 * direction of phase encoding is not known. Both are on the scale of the series with the artifact, since that is all a
 * model is given later. Simulated planes are kept and used again; which one a draw gives is a function of the seed, so
 * a resumed run sees the same batches.
 *
 * @throws LimpidError E_TOO_FEW without planes of one part
 */
export function artifactBatches(
  corpus: readonly CorpusSeries[],
  objective: ArtifactObjective,
  { size, batchSize, seed, folded }: PairSettings,
): BatchSource {
  const places = { training: placesOf(corpus, SLICE_TRAINS), heldOut: placesOf(corpus, SLICE_JUDGES) };
  if (places.training.length === 0 || places.heldOut.length === 0) throw fault('E_TOO_FEW/planes');
  const simulate = simulator(objective, seed, places);
  const area = size * size;
  const channels = folded ? 1 + FOLDS : 1;
  return {
    batch(random, part) {
      const input = new Float32Array(batchSize * area * channels);
      const target = new Float32Array(batchSize * area);
      const weight = new Float32Array(batchSize * area);
      for (let n = 0; n < batchSize; n++) {
        const place = places[part][random.integer(places[part].length)];
        const { harmed, clean } = simulate(place, random);
        const { from, transposed } = cut(place, size, random, part);
        const { usable, columns, rows } = place.series;
        const start = place.plane * rows * columns;
        const seen = folded ? [harmed, ...foldedView(harmed, rows, columns, transposed)] : [harmed];
        for (let i = 0; i < area; i++) {
          for (let c = 0; c < channels; c++) input[(n * area + i) * channels + c] = seen[c][from[i]];
          target[n * area + i] = clean[from[i]];
          weight[n * area + i] = usable === null || usable[start + from[i]] === 1 ? 1 : 0;
        }
      }
      return { input, target, weight };
    },
  };
}

interface Place {
  readonly series: CorpusSeries;
  readonly plane: number;
  /** Of the series in the corpus. */
  readonly index: number;
}

function placesOf(corpus: readonly CorpusSeries[], role: number): Place[] {
  return corpus.flatMap((series, index) =>
    Array.from({ length: series.slices * series.frames }, (_, plane) => ({ series, plane, index })).filter(
      ({ plane }) => roleOf(series, plane) === role,
    ),
  );
}

/** A plane with and without its artifact, on the scale that a series with the artifact would have. */
interface Pair {
  readonly harmed: Float32Array;
  readonly clean: Float32Array;
}

/** A series under one draw of the artifact. */
interface Draw {
  readonly harm: (plane: number) => Float32Array;
  /** What becomes 0 and 1 where the series with the artifact is all that there is. */
  readonly scale: IntensityScale;
}

/** Simulates planes and keeps what was simulated. */
function simulator(
  { artifact, severity }: ArtifactObjective,
  seed: number,
  places: Readonly<Record<Part, readonly Place[]>>,
): (place: Place, random: Random) => Pair {
  const root = new Random(seed).fork('artifact pairs');
  const variants = variantsWithin([...places.training, ...places.heldOut]);
  const { least, most } = ARTIFACTS[artifact].severity;
  const draws = new Map<string, Draw>();
  const kept = new Map<string, Pair>();
  const drawOf = (series: CorpusSeries, index: number, number: number): Draw => {
    const key = `${index} ${number}`;
    const known = draws.get(key);
    if (known !== undefined) return known;
    const own = root.fork(key);
    const drawn = (WORST * severity * (number + own.uniform())) / DRAWS;
    const taken = Math.min(most, Math.max(least, drawn));
    const apply = modelFor(artifact, taken).prepare(taken, series, own);
    const harm = (plane: number): Float32Array => {
      const harmed = apply(planeOf(series, plane), own.fork(`plane ${plane}`));
      for (let i = 0; i < harmed.length; i++) harmed[i] += series.physics.darkest;
      return harmed;
    };
    const draw = { harm, scale: scaleUnder(harm, series) };
    draws.set(key, draw);
    return draw;
  };
  return ({ series, plane, index }, random) => {
    // Planes keep some draws each, and not the same ones: all severities are seen, however few fit into memory.
    const number = (plane + random.integer(variants) * Math.floor(DRAWS / variants)) % DRAWS;
    const key = `${index} ${number} ${plane}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const { harm, scale } = drawOf(series, index, number);
    const pair = {
      harmed: scaled(harm(plane), null, scale),
      clean: scaled(cleanPlane(series, plane), null, scale),
    };
    kept.set(key, pair);
    return pair;
  };
}

/**
 * An artifact moves the percentiles that a model is fed by (training/samples/corpus.ts), and with them what it sees of
 * tissue: as much as between these planes with and without it.
 */
function scaleUnder(harm: Draw['harm'], series: CorpusSeries): IntensityScale {
  const count = series.slices * series.frames;
  const some = Array.from({ length: Math.min(SCALE_PLANES, count) }, (_, i) =>
    Math.floor(((i + 0.5) * count) / Math.min(SCALE_PLANES, count)),
  );
  const range = (planes: readonly Float32Array[]): number[] => {
    const sample = planes.flatMap((values) => [...values.filter((_, i) => i % SCALE_STRIDE === 0)]);
    return SCALE_PERCENTILES.map((percent) => quantile(sample, percent / 100));
  };
  const [cleanLow, cleanHigh] = range(some.map((plane) => cleanPlane(series, plane)));
  const [low, high] = range(some.map(harm));
  if (!(cleanHigh > cleanLow && high > low)) return { low: 0, high: 1 };
  return { low: low - cleanLow, high: low - cleanLow + (high - low) / (cleanHigh - cleanLow) };
}

function cleanPlane({ values, rows, columns }: CorpusSeries, plane: number): Float32Array {
  return values.slice(plane * rows * columns, (plane + 1) * rows * columns);
}

/** A plane counted from true zero signal on, which magnitudes need. */
function planeOf(series: CorpusSeries, plane: number): ArtifactPlane {
  const { rows, columns, slices, physics } = series;
  const slice = plane % slices;
  return {
    values: cleanPlane(series, plane).map((value) => value - physics.darkest),
    rows,
    columns,
    height: slices > 1 ? slice / (slices - 1) : 0.5,
    pixel: physics.pixel,
    air: physics.air - physics.darkest,
    water: physics.water - physics.darkest,
  };
}

function variantsWithin(places: readonly Place[]): number {
  const bytes = places.reduce((sum, { series }) => sum + 8 * series.rows * series.columns, 0);
  return Math.max(2, Math.min(DRAWS, Math.floor(BUDGET / bytes)));
}

interface Cut {
  readonly from: Int32Array;
  /** Whether rows of the square are columns of the plane. */
  readonly transposed: boolean;
}

/** Pixels of the plane that a square shows, at a place and under a symmetry drawn at random. */
function cut({ series }: Place, size: number, random: Random, part: Part): Cut {
  const { rows, columns } = series;
  const row = random.integer(rows - size + 1);
  const column = random.integer(columns - size + 1);
  const turn = part === 'training' ? random.integer(8) : 0;
  const from = new Int32Array(size * size);
  for (let y = 0, i = 0; y < size; y++)
    for (let x = 0; x < size; x++, i++) {
      const [v, u] = dihedral(turn, y, x, size);
      from[i] = (row + v) * columns + column + u;
    }
  return { from, transposed: (turn & 4) !== 0 };
}
