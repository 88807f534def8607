/**
 * Whether what was acquired is still what it was. Ringing is there because k-space ends: what takes it away adds what lies
 * beyond, and of the frequencies that were acquired it makes those of means over voxels, or a part of the way there. A blur,
 * a median or a border that was taken for too low changes them otherwise.
 */
import { type Axis, type ComplexImage, fft2, frequencyOf, inverseFft2 } from '../../base/fft.js';
import { planeLength, type Volume } from '../../imaging/volume.js';
import { ramp } from '../../noise/levels.js';
import { partOf, Ratio, type Sign } from './compared.js';

/** Frequencies along an axis of the plane, in cycles over the field of view. */
interface Acquired {
  /** The highest that was acquired: a voxel is a cycle of twice that. */
  readonly highest: number;
  /** Up to which both sides were acquired. */
  readonly both: number;
}

export type AcquiredAxes = Readonly<Record<Axis, Acquired>>;

/** Share of the frequencies that both sides have which are compared: beyond, magnitudes and coarse matrices fold into them. */
const COMPARED = 0.85;
/** Power of what was changed otherwise over that of all that was changed: up to the first all is well, from the second on nothing. */
const OTHERWISE = [0.07, 0.17] as const;

/** For or against the removal of ringing from tissue; null where too few parts of the planes tell. */
export function acquired(
  before: Volume,
  after: Volume,
  tissue: Uint8Array,
  planes: readonly number[],
  axes: AcquiredAxes,
): Sign | null {
  const area = planeLength(before);
  const images = planes.map((plane) => {
    const [own, other] = [before, after].map(({ data }) => data.subarray(plane * area, (plane + 1) * area));
    return { plane, own, other, ...changesOf(own, other, before, axes) };
  });
  // One removal is a part of the way to the means, the same everywhere.
  let [product, square] = [0, 0];
  for (const { meant, made } of images)
    for (let i = 0; i < area; i++) {
      product += meant[i] * made[i];
      square += meant[i] ** 2;
    }
  const way = square > 0 ? Math.max(0, Math.min(1, product / square)) : 0;
  const ratio = new Ratio();
  for (const { plane, own, other, meant, made } of images)
    for (let i = 0; i < area; i++) {
      const at = plane * area + i;
      if (tissue[at] !== 0)
        ratio.add(partOf(before, at), (made[i] - way * meant[i]) ** 2, (own[i] - other[i]) ** 2);
    }
  const told = ratio.told();
  if (told === null) return null;
  const width = OTHERWISE[1] - OTHERWISE[0];
  return { gain: 1 - 2 * ramp(told.ratio, OTHERWISE), error: Math.min(1, (2 * told.error) / width) };
}

/** Within the frequencies that are compared: what means over voxels would change of a plane, and what was changed. */
function changesOf(
  own: Float32Array,
  other: Float32Array,
  { rows, columns }: Volume,
  axes: AcquiredAxes,
): { readonly meant: Float64Array; readonly made: Float64Array } {
  const before: ComplexImage = {
    re: Float64Array.from(own),
    im: new Float64Array(own.length),
    rows,
    columns,
  };
  fft2(before);
  // Both are real images, so that one transform takes them back: the means in its real part, what was changed in the other.
  const change: ComplexImage = {
    re: Float64Array.from(own, (value, i) => other[i] - value),
    im: new Float64Array(own.length),
    rows,
    columns,
  };
  fft2(change);
  const both: ComplexImage = {
    re: new Float64Array(own.length),
    im: new Float64Array(own.length),
    rows,
    columns,
  };
  const across = weightsOf(columns, axes.x);
  const down = weightsOf(rows, axes.y);
  for (let i = 0; i < own.length; i++) {
    const [x, y] = [across[i % columns], down[Math.floor(i / columns)]];
    if (x === null || y === null) continue;
    const less = x * y - 1;
    both.re[i] = less * before.re[i] - change.im[i];
    both.im[i] = less * before.im[i] + change.re[i];
  }
  inverseFft2(both);
  return { meant: both.re, made: both.im };
}

/** What a mean over a voxel leaves of each frequency; null: it is not compared. */
function weightsOf(length: number, { highest, both }: Acquired): (number | null)[] {
  return Array.from({ length }, (_, i) => {
    const frequency = Math.abs(frequencyOf(i, length));
    if (frequency > COMPARED * both) return null;
    const angle = (Math.PI * frequency) / (2 * highest);
    return angle === 0 ? 1 : Math.sin(angle) / angle;
  });
}
