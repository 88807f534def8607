/**
 * Whether what was removed was in the image. Details of an artifact know nothing of those of tissue, so what the image has
 * in common with what was removed is the artifact: of all of it 1, of twice as much as was there 1/2, and 0 where a removal
 * invents. The squared error of the image falls by 2 b - 1 times the square of what was removed.
 */
import { ramp } from '../../noise/levels.js';
import { type Compared, partOf, Ratio, type Sign } from './compared.js';
import { type Difference, eachDetail, pair } from './details.js';

/** Neighbours in the plane, further away along both axes, and the slices and frames beside. */
const DIFFERENCES: readonly Difference[] = [
  [...pair(1, 0), ...pair(0, 1)],
  pair(3, 0),
  pair(0, 3),
  pair(0, 0, 1),
  pair(0, 0, 0, 1),
];
/** Pixels at the border that have no say. */
const BORDER = 3;
/** A difference tells where it shows this share of what was removed. */
const LEAST_SHOWN = 0.2;
/** Shares in the image that can be told: what lies far beyond is structure of the image itself that was removed or brought. */
const TOLD = { least: [-0.5, -0.25], most: [1.5, 1.75] } as const;

/** The sign of the difference that speaks most against the removal; null where none tells. */
export function presence(volumes: Compared): Sign | null {
  const signs = DIFFERENCES.flatMap((difference) => signOf(volumes, difference) ?? []);
  return signs.sort((a, b) => a.gain + a.error - b.gain - b.error).at(0) ?? null;
}

function signOf(volumes: Compared, difference: Difference): Sign | null {
  const { before, after, matched } = volumes;
  const ratio = new Ratio();
  let [shown, all] = [0, 0];
  eachDetail(volumes, difference, BORDER, (at, was, is) => {
    const own = matched[at] - after.data[at];
    const removed = was - is;
    if (removed === 0 && own === 0) return;
    shown += removed ** 2;
    all += own ** 2;
    ratio.add(partOf(before, at), was * removed, removed ** 2);
  });
  const told = ratio.told();
  if (told === null || shown < LEAST_SHOWN * all) return null;
  const weight = ramp(told.ratio, TOLD.least) * (1 - ramp(told.ratio, TOLD.most));
  return weight === 0
    ? null
    : { gain: weight * Math.min(1, 2 * told.ratio - 1), error: 2 * told.error + (1 - weight) };
}
