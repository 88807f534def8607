/** How often each class met each cluster: rows of classes. */
function table(classes: ArrayLike<number>, clusters: ArrayLike<number>): number[][] {
  const rows: number[][] = [];
  let most = 0;
  for (let i = 0; i < classes.length; i++) {
    rows[classes[i]] ??= [];
    rows[classes[i]][clusters[i]] = (rows[classes[i]][clusters[i]] ?? 0) + 1;
    most = Math.max(most, clusters[i] + 1);
  }
  return Array.from(rows, (row) => Array.from({ length: most }, (_, k) => row?.[k] ?? 0));
}

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);
const pairs = (count: number): number => (count * (count - 1)) / 2;

/** Adjusted Rand index (Hubert and Arabie 1985): 1 for the same parting, 0 in the mean by chance. */
export function adjustedRand(classes: ArrayLike<number>, clusters: ArrayLike<number>): number {
  const counts = table(classes, clusters);
  const both = sum(counts.flat().map(pairs));
  const ofClasses = sum(counts.map((row) => pairs(sum(row))));
  const ofClusters = sum((counts[0] ?? []).map((_, k) => pairs(sum(counts.map((row) => row[k])))));
  const chance = (ofClasses * ofClusters) / pairs(classes.length);
  const most = (ofClasses + ofClusters) / 2;
  return most === chance ? 1 : (both - chance) / (most - chance);
}

/** Mean overlap (Dice) of the classes with a cluster each, by the choice of clusters for which it is largest. */
export function matchedDice(classes: ArrayLike<number>, clusters: ArrayLike<number>): number {
  const counts = table(classes, clusters);
  const sizes = (counts[0] ?? []).map((_, k) => sum(counts.map((row) => row[k])));
  const best = (from: number, taken: ReadonlySet<number>): number => {
    if (from === counts.length) return 0;
    // A class may stay without a cluster, where there are fewer.
    let most = best(from + 1, taken);
    for (const [k, count] of counts[from].entries()) {
      if (taken.has(k)) continue;
      const dice = (2 * count) / (sum(counts[from]) + sizes[k]);
      most = Math.max(most, dice + best(from + 1, new Set([...taken, k])));
    }
    return most;
  };
  return best(0, new Set()) / counts.length;
}
