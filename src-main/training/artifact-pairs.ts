import { Random } from '../base/random.js';
import { LimpidError } from '../contract/errors.js';
import type { ArtifactName } from '../contract/requests.js';
import { FOLDS } from '../models/family.js';
import { ARTIFACTS, modelFor } from '../noise/artifacts/artifacts.js';
import type { ArtifactPlane } from '../noise/artifacts/plane.js';
import type { BatchSource, Part } from './batches.js';
import { type CorpusSeries, roleOf, SLICE_JUDGES, SLICE_TRAINS } from './corpus.js';
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
/** Bytes that simulated planes may take, and how often a plane is simulated at most. */
const BUDGET = 256 * 2 ** 20;
const MOST_VARIANTS = 24;

/**
 * Pairs of planes with and without an artifact, made on the fly. A plane is simulated whole, because most
 * artifacts reach over all of it; then a square is cut out and turned by one of the eight symmetries, since the
 * direction of phase encoding is not known. Simulated planes are kept and used again; which one a draw gives is a
 * function of the seed, so a resumed run sees the same batches.
 *
 * @throws LimpidError E_TOO_FEW without planes of one part
 */
export function artifactBatches(
  corpus: readonly CorpusSeries[],
  objective: ArtifactObjective,
  { size, batchSize, seed, folded }: PairSettings,
): BatchSource {
  const places = { training: placesOf(corpus, SLICE_TRAINS), heldOut: placesOf(corpus, SLICE_JUDGES) };
  if (places.training.length === 0 || places.heldOut.length === 0)
    throw new LimpidError(
      'E_TOO_FEW',
      'There are too few planes to learn from some and judge by others.',
      'Give more images, or another share of images that judge.',
    );
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
        const harmed = simulate(place, random);
        const { from, transposed } = cut(place, size, random, part);
        const { values, usable, columns, rows } = place.series;
        const start = place.plane * rows * columns;
        const seen = folded ? [harmed, ...foldedView(harmed, rows, columns, transposed)] : [harmed];
        for (let i = 0; i < area; i++) {
          for (let c = 0; c < channels; c++) input[(n * area + i) * channels + c] = seen[c][from[i]];
          target[n * area + i] = values[start + from[i]];
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
  /** Unlike that of any other place. */
  readonly key: string;
}

function placesOf(corpus: readonly CorpusSeries[], role: number): Place[] {
  return corpus.flatMap((series, index) =>
    Array.from({ length: series.slices * series.frames }, (_, plane) => ({
      series,
      plane,
      key: `${index} ${plane}`,
    })).filter(({ plane }) => roleOf(series, plane) === role),
  );
}

/** Simulates planes, on the scale of the corpus, and keeps what was simulated. */
function simulator(
  { artifact, severity }: ArtifactObjective,
  seed: number,
  places: Readonly<Record<Part, readonly Place[]>>,
): (place: Place, random: Random) => Float32Array {
  const root = new Random(seed).fork('artifact pairs');
  const variants = variantsWithin([...places.training, ...places.heldOut]);
  const { least, most } = ARTIFACTS[artifact].severity;
  const kept = new Map<string, Float32Array>();
  return (place, random) => {
    const key = `${place.key} ${random.integer(variants)}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const own = root.fork(key);
    const drawn = Math.min(most, Math.max(least, WORST * severity * own.uniform()));
    const plane = planeOf(place);
    const { darkest } = place.series.physics;
    const harmed = modelFor(artifact, drawn).prepare(drawn, plane, own)(plane, own);
    for (let i = 0; i < harmed.length; i++) harmed[i] += darkest;
    kept.set(key, harmed);
    return harmed;
  };
}

/** A plane counted from true zero signal on, which magnitudes need. */
function planeOf({ series, plane }: Place): ArtifactPlane {
  const { rows, columns, slices, values, physics } = series;
  const area = rows * columns;
  const slice = plane % slices;
  return {
    values: values.slice(plane * area, (plane + 1) * area).map((value) => value - physics.darkest),
    rows,
    columns,
    height: slices > 1 ? slice / (slices - 1) : 0.5,
    pixel: physics.pixel,
    air: physics.air - physics.darkest,
    water: physics.water - physics.darkest,
  };
}

function variantsWithin(places: readonly Place[]): number {
  const bytes = places.reduce((sum, { series }) => sum + 4 * series.rows * series.columns, 0);
  return Math.max(2, Math.min(MOST_VARIANTS, Math.floor(BUDGET / bytes)));
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
