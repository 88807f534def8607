/**
 * Whether a smooth change makes tissues more alike in themselves: the entropy of the logarithms of brightness falls where a
 * field that was there is taken away, and grows where one is put in.
 */
import { planeLength, type Volume } from '../../imaging/volume.js';
import { ramp } from '../../noise/levels.js';
import { quantile } from '../../noise/robust.js';
import { type Compared, Ratio, type Sign } from './compared.js';

/** Root of the power of a change that is left once brightness around is matched, over that of all: up to the first it is smooth. */
const SMOOTH = [0.1, 0.25] as const;
const BINS = 64;
const RANGE = [0.02, 0.98] as const;
/** Entropy that goes with a field that is worth a word. */
const WORTH = 0.03;
const LEAST_VOXELS = 500;

export function tissues(volumes: Compared): Sign | null {
  const { before, after, planes } = volumes;
  if (before.units === 'HU') return null;
  const rough = ramp(roughShare(volumes), SMOOTH);
  if (rough === 1) return null;
  const ratio = new Ratio();
  for (const plane of planes) {
    const [own, other] = [before, after].map((volume) => logsOf(volumes, volume, plane));
    if (own.length < LEAST_VOXELS || other.length < LEAST_VOXELS) continue;
    ratio.add(plane, entropy(own) - entropy(other), WORTH);
  }
  const told = ratio.told();
  return told === null ? null : withRough(bounded(told), rough);
}

/**
 * A gain is 1 at most, and so is the end of its interval that is nearer to nothing: entropy that falls by five times what is
 * worth a word, give or take two, says all that can be said for a removal.
 */
function bounded({ ratio, error }: { readonly ratio: number; readonly error: number }): Sign {
  const size = Math.min(1, Math.abs(ratio));
  const least = Math.min(1, Math.abs(ratio) - error);
  return { gain: Math.sign(ratio) * size, error: size - least };
}

function withRough({ gain, error }: Sign, rough: number): Sign {
  return { gain: (1 - rough) * gain, error: error + rough };
}

function roughShare({ before, after, matched, planes, tissue }: Compared): number {
  const area = planeLength(before);
  let [rough, all] = [0, 0];
  for (const plane of planes)
    for (let at = plane * area; at < (plane + 1) * area; at++) {
      if (tissue[at] === 0) continue;
      rough += (matched[at] - after.data[at]) ** 2;
      all += (before.data[at] - after.data[at]) ** 2;
    }
  return all > 0 ? Math.sqrt(rough / all) : 1;
}

function logsOf({ before, tissue }: Compared, { data }: Volume, plane: number): Float64Array {
  const area = planeLength(before);
  const logs: number[] = [];
  for (let at = plane * area; at < (plane + 1) * area; at++)
    if (tissue[at] !== 0 && data[at] > 0) logs.push(Math.log(data[at]));
  return Float64Array.from(logs);
}

/** Of a histogram, in natural units, with the width of its bins: it does not tell brightness. */
function entropy(logs: Float64Array): number {
  const [low, high] = RANGE.map((share) => quantile(logs, share));
  if (!(high > low)) return 0;
  const counts = new Float64Array(BINS);
  let all = 0;
  for (const log of logs) {
    const bin = Math.floor((BINS * (log - low)) / (high - low));
    if (bin < 0 || bin >= BINS) continue;
    counts[bin]++;
    all++;
  }
  return counts.reduce(
    (sum, count) => (count === 0 ? sum : sum - (count / all) * Math.log(count / all)),
    Math.log((high - low) / BINS),
  );
}
