import type { FamilyCard } from '../contract/models.js';
import { applyToPlane } from '../denoise/family-apply.js';
import { exportFamily, openFamilyFile } from '../denoise/family-file.js';
import type { NamedArrays } from '../graph/types.js';
import { type CodeGrid, type CodePrior, fitCodePrior } from '../models/code-prior.js';
import { spread } from '../noise/planes.js';
import type { Runtime } from '../runtime/types.js';
import { type CorpusSeries, roleOf, SLICE_TRAINS } from '../training/corpus.js';
import type { TrainedFamily } from '../training/family.js';

/** Planes that a prior is fitted on: more would make model files large. */
const MOST_PLANES = 64;

/**
 * How the codes lie in up to 64 of the planes that a vector-quantised model learnt from, evenly chosen; null for
 * other families.
 *
 * @param corpus on its own grid
 */
export async function codePriorOf(
  runtime: Runtime,
  trained: TrainedFamily,
  card: FamilyCard,
  corpus: readonly CorpusSeries[],
): Promise<CodePrior | null> {
  const codebook = card.latent?.codebook ?? null;
  if (codebook === null) return null;
  const learnt = corpus.flatMap((series) =>
    Array.from({ length: series.slices * series.frames }, (_, plane) => ({ series, plane })).filter(
      ({ plane }) => roleOf(series, plane) === SLICE_TRAINS,
    ),
  );
  const model = await openFamilyFile(runtime, exportFamily(trained, card));
  try {
    const grids: CodeGrid[] = [];
    for (const index of spread(learnt.length, MOST_PLANES)) {
      const { series, plane } = learnt[index];
      const stack = { ...series, scale: { low: 0, high: 1 } };
      grids.push(codeGrid((await applyToPlane(model, stack, plane)).codes));
    }
    return grids.length === 0 ? null : fitCodePrior(grids, codebook);
  } finally {
    await model.close();
  }
}

/** @param codes what the encoder of a vector-quantised model gives for one plane */
export function codeGrid({ codes: { data, shape } }: NamedArrays): CodeGrid {
  return { indices: Uint16Array.from(data, Math.round), rows: shape[1], columns: shape[2] };
}
