import { squaredDistance } from '../base/linear/clusters.js';
import { Random } from '../base/random.js';
import { fault } from '../contract/errors.js';
import type { ModelCard } from '../contract/models.js';
import type { NamedArray, NamedArrays } from '../graph/types.js';
import { exportModel, openModelFile, readModelWeights } from '../model-files/model-file.js';
import { type CodeGrid, type CodePrior, fitCodePrior } from '../models/code-prior.js';
import { fitPlanePrior, type PlanePrior } from '../models/plane-prior.js';
import { spread } from '../noise/planes.js';
import { encodePlane } from '../restore/apply.js';
import type { Runtime } from '../runtime/types.js';
import type { TrainedFamily } from '../training/family.js';
import { type CorpusSeries, roleOf, SLICE_TRAINS } from '../training/samples/corpus.js';
import { splitBuffers } from '../training/step.js';

/** Planes that priors are fitted on: more would make model files large. */
const MOST_PLANES = 64;

/** How the codes of a vector-quantised model lie in the planes that it learnt from; null: not known. */
interface CodePriors {
  /** Beside one another. */
  readonly prior: CodePrior | null;
  /** In whole planes; of enough planes of one size only. */
  readonly planes: PlanePrior | null;
}

const NONE: CodePriors = { prior: null, planes: null };
const PLANES_SEED = 1;

/**
 * How the codes lie in up to 64 of the planes that a vector-quantised model learnt from, evenly chosen; none for
 * other families.
 *
 * @param corpus on its own grid
 */
export async function codePriorsOf(
  runtime: Runtime,
  trained: TrainedFamily,
  card: ModelCard,
  corpus: readonly CorpusSeries[],
): Promise<CodePriors> {
  const codebook = card.latent?.codebook ?? null;
  if (codebook === null) return NONE;
  const learnt = corpus.flatMap((series) =>
    Array.from({ length: series.slices * series.frames }, (_, plane) => ({ series, plane })).filter(
      ({ plane }) => roleOf(series, plane) === SLICE_TRAINS,
    ),
  );
  const bytes = exportModel(trained, card);
  const book = codebookOf(bytes);
  const model = await openModelFile(runtime, bytes);
  try {
    const grids: CodeGrid[] = [];
    const latents: NamedArray[] = [];
    for (const index of spread(learnt.length, MOST_PLANES)) {
      const { series, plane } = learnt[index];
      const stack = { ...series, measured: series.usable, scale: { low: 0, high: 1 } };
      const codes = await encodePlane(model, stack, plane);
      grids.push(codeGrid(codes, book));
      latents.push(codes.latent);
    }
    if (grids.length === 0) return NONE;
    return {
      prior: fitCodePrior(grids, codebook),
      planes: fitPlanePrior(latents, new Random(PLANES_SEED)),
    };
  } finally {
    await model.close();
  }
}

/**
 * Codes of one plane from its quantised latent. The encoder's own output of indices is not used: where codes are
 * copies of one another, as revived ones of even ground are, it tells the mean of their indices.
 */
export function codeGrid({ latent: { data, shape } }: NamedArrays, { data: book }: NamedArray): CodeGrid {
  const [, rows, columns, channels] = shape;
  const indices = new Uint16Array(rows * columns);
  for (let cell = 0; cell < indices.length; cell++) {
    let least = Number.POSITIVE_INFINITY;
    for (let code = 0; code * channels < book.length; code++) {
      const distance = squaredDistance(data, cell * channels, book, code * channels, channels);
      if (distance >= least) continue;
      least = distance;
      indices[cell] = code;
    }
  }
  return { indices, rows, columns };
}

/** The codebook [codes, channels] of a vector-quantised model's file. @throws LimpidError E_MODEL */
export function codebookOf(bytes: Uint8Array): NamedArray {
  const { parameters, buffers } = splitBuffers(readModelWeights(bytes).weights);
  const codebook = buffers.codebook ?? parameters.codebook;
  if (codebook !== undefined) return codebook;
  throw fault('E_MODEL/no-codebook');
}

/** What a codebook says of a plane of codes: [1, rows, columns, channels]. */
export function latentOfCodes({ data: book, shape }: NamedArray, grid: CodeGrid): NamedArray {
  const channels = shape[1];
  const data = new Float32Array(grid.indices.length * channels);
  grid.indices.forEach((code, i) => {
    data.set(book.subarray(code * channels, (code + 1) * channels), i * channels);
  });
  return { data, shape: [1, grid.rows, grid.columns, channels] };
}
