/** Details of an image as the signs look at them: the difference of a voxel and the mean of voxels around it, all of them tissue. */
import { planeLength } from '../../imaging/volume.js';
import type { Compared } from './compared.js';

type Step = readonly [x: number, y: number, slice: number, frame: number];

/** Steps to the voxels around, in pixels, slices and frames. */
export type Difference = readonly Step[];

export const pair = (x: number, y: number, slice = 0, frame = 0): Difference => [
  [x, y, slice, frame],
  [-x, -y, -slice, -frame],
];

/** @param border pixels at the border that have no say
 * @param visit gets the place, and the details there before, matched, and after */
export function eachDetail(
  { before, after, matched, tissue, planes }: Compared,
  difference: Difference,
  border: number,
  visit: (at: number, was: number, is: number) => void,
): void {
  const { columns, rows, slices, frames } = before;
  const area = planeLength(before);
  const steps = difference.map(([x, y, slice, frame]) => ((frame * slices + slice) * rows + y) * columns + x);
  for (const plane of planes) {
    if (!isInside(difference, plane, slices, frames)) continue;
    for (let y = border; y < rows - border; y++)
      for (let x = border; x < columns - border; x++) {
        const at = plane * area + y * columns + x;
        if (tissue[at] === 0) continue;
        let [was, is, isTissue] = [0, 0, true];
        for (const step of steps) {
          isTissue &&= tissue[at + step] !== 0;
          was += matched[at + step];
          is += after.data[at + step];
        }
        if (isTissue) visit(at, matched[at] - was / steps.length, after.data[at] - is / steps.length);
      }
  }
}

function isInside(difference: Difference, plane: number, slices: number, frames: number): boolean {
  const [own, time] = [plane % slices, Math.floor(plane / slices)];
  return difference.every(
    ([, , slice, frame]) =>
      own + slice >= 0 && own + slice < slices && time + frame >= 0 && time + frame < frames,
  );
}
