import { UMAP } from 'umap-js';
import { type Rows, rowCount } from '../base/linear/clusters.js';
import { principalComponents } from '../base/linear/pca.js';
import type { Random } from '../base/random.js';

/** Points of a plane for row vectors: x and y one after the other. */
export interface PrincipalPlane {
  /** count * 2 */
  readonly points: Float64Array;
  /** Share of the variance along x and along y. */
  readonly explained: readonly [number, number];
}

/** Rows along their first two principal components. */
export function principalPlane(rows: Rows, random: Random): PrincipalPlane {
  const { data, length } = rows;
  const count = rowCount(rows);
  const { mean, vectors, variances } = principalComponents(data, length, 2, random);
  const points = new Float64Array(2 * count);
  let total = 0;
  for (let i = 0; i < count; i++)
    for (let j = 0; j < length; j++) {
      const centred = data[i * length + j] - mean[j];
      total += centred ** 2 / count;
      for (let c = 0; c < variances.length; c++) points[2 * i + c] += centred * vectors[c * length + j];
    }
  const share = (c: number): number => (total > 0 && c < variances.length ? variances[c] / total : 0);
  return { points, explained: [share(0), share(1)] };
}

/** Fewer rows have no neighbourhoods to speak of. */
const FEWEST = 10;
const NEIGHBOURS = 15;
const LEAST_DISTANCE = 0.1;

/**
 * A UMAP of the rows (McInnes, Healy and Melville 2018): 15 neighbours, least distance 0.1. null for fewer than ten.
 *
 * @returns count * 2
 */
export function neighbourPlane(
  { data, length }: Rows,
  random: Random,
  onEpoch: (done: number, total: number) => void = () => {},
): Float64Array | null {
  const count = data.length / length;
  if (count < FEWEST) return null;
  const umap = new UMAP({
    nComponents: 2,
    nNeighbors: Math.min(NEIGHBOURS, count - 1),
    minDist: LEAST_DISTANCE,
    random: () => random.uniform(),
  });
  const vectors = Array.from({ length: count }, (_, i) =>
    Array.from(data.subarray(i * length, (i + 1) * length)),
  );
  const epochs = umap.initializeFit(vectors);
  for (let epoch = 1; epoch <= epochs; epoch++) {
    umap.step();
    onEpoch(epoch, epochs);
  }
  return Float64Array.from(umap.getEmbedding().flat());
}
