/**
 * Whether what was removed was in the image. Details of an artifact know nothing of those of tissue, so what the image has
 * in common with what was removed is the artifact: of all of it 1, of twice as much as was there 1/2, and 0 where a removal
 * invents. The squared error of the image falls by 2 b - 1 times the square of what was removed.
 */
import { planeLength } from '../../imaging/volume.js';
import { ramp } from '../../noise/levels.js';
import { type Compared, partOf, Ratio, type Sign } from './compared.js';

/** A difference of a voxel and the mean of voxels around it. */
interface Difference {
  /** Steps to these, in pixels, slices and frames. */
  readonly others: readonly Step[];
}
type Step = readonly [x: number, y: number, slice: number, frame: number];

const pair = (x: number, y: number, slice = 0, frame = 0): Difference => ({
  others: [
    [x, y, slice, frame],
    [-x, -y, -slice, -frame],
  ],
});

/** Neighbours in the plane, further away along both axes, and the slices and frames beside. */
const DIFFERENCES: readonly Difference[] = [
  { others: [...pair(1, 0).others, ...pair(0, 1).others] },
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
  const { before, after, matched, tissue, planes } = volumes;
  const { columns, rows, slices, frames } = before;
  const area = planeLength(before);
  const steps = difference.others.map(
    ([x, y, slice, frame]) => ((frame * slices + slice) * rows + y) * columns + x,
  );
  const ratio = new Ratio();
  let [shown, all] = [0, 0];
  for (const plane of planes) {
    if (!isInside(difference, plane, slices, frames)) continue;
    for (let y = BORDER; y < rows - BORDER; y++)
      for (let x = BORDER; x < columns - BORDER; x++) {
        const at = plane * area + y * columns + x;
        if (tissue[at] === 0) continue;
        let [image, removed, isTissue] = [0, 0, true];
        for (const step of steps) {
          isTissue &&= tissue[at + step] !== 0;
          image += matched[at + step];
          removed += matched[at + step] - after.data[at + step];
        }
        if (!isTissue) continue;
        const own = matched[at] - after.data[at];
        image = matched[at] - image / steps.length;
        removed = own - removed / steps.length;
        if (removed === 0 && own === 0) continue;
        shown += removed ** 2;
        all += own ** 2;
        ratio.add(partOf(before, at), image * removed, removed ** 2);
      }
  }
  const told = ratio.told();
  if (told === null || shown < LEAST_SHOWN * all) return null;
  const weight = ramp(told.ratio, TOLD.least) * (1 - ramp(told.ratio, TOLD.most));
  return weight === 0
    ? null
    : { gain: weight * Math.min(1, 2 * told.ratio - 1), error: 2 * told.error + (1 - weight) };
}

function isInside({ others }: Difference, plane: number, slices: number, frames: number): boolean {
  const [own, time] = [plane % slices, Math.floor(plane / slices)];
  return others.every(
    ([, , slice, frame]) =>
      own + slice >= 0 && own + slice < slices && time + frame >= 0 && time + frame < frames,
  );
}
