/**
 * Whether what was removed is the image itself with less of its details. An artifact knows nothing of the image that is left,
 * so of what was removed nothing is in there; of a blur all is. At a size of details of which a blur leaves nothing it is not
 * told, but at a coarser one.
 */
import { ramp } from '../../noise/levels.js';
import { type Compared, partOf, Ratio, type Sign } from './compared.js';
import { type Difference, eachDetail, pair } from './details.js';

/** Details of three sizes along both axes, and from slice to slice and frame to frame. */
const DIFFERENCES: readonly Difference[] = [
  ...[2, 4, 8].flatMap((reach) => [pair(reach, 0), pair(0, reach)]),
  pair(0, 0, 1),
  pair(0, 0, 0, 1),
];
const BORDER = 8;
/** Share of what was removed that is the image itself: what removals of artifacts reach, and what speaks against all of it. */
const ITSELF = [0.2, 0.5] as const;
/** Share of the details that was removed: up to the first it is next to nothing. */
const REMOVED = [0.02, 0.1] as const;

/** Nothing (0) or against the removal: of the size and direction of details that tells most. null where none is told. */
export function sharpness(volumes: Compared): Sign | null {
  const signs = DIFFERENCES.flatMap((difference) => signOf(volumes, difference) ?? []);
  return signs.sort((a, b) => a.gain + a.error - b.gain - b.error).at(0) ?? null;
}

function signOf(volumes: Compared, difference: Difference): Sign | null {
  const inResult = new Ratio();
  let [product, left, all] = [0, 0, 0];
  eachDetail(volumes, difference, BORDER, (at, was, is) => {
    inResult.add(partOf(volumes.before, at), (was - is) * is, (was - is) * was);
    product += was * is;
    left += is ** 2;
    all += was ** 2;
  });
  const told = inResult.told();
  if (told === null || !(left > 0)) return null;
  // Of an image that is h times what it was this is 1 whatever h; of one without an artifact that knows nothing of it 0.
  const scale = product / left;
  const weight = ramp(1 - product / all, REMOVED);
  const width = ITSELF[1] - ITSELF[0];
  return {
    gain: 0 - weight * ramp(scale * told.ratio, ITSELF),
    error: Math.min(1, (weight * Math.abs(scale) * told.error) / width),
  };
}
