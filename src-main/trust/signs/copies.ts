/**
 * Whether the image holds less of its own copy half a field of view away. Details of power there know nothing of one
 * another: with a ghost they follow each other, and where more of it was taken than there was they go against each other.
 */
import type { Axis } from '../../base/fft.js';
import type { Volume } from '../../imaging/volume.js';
import { type Compared, partOf, Ratio, type Sign } from './compared.js';

/** Times its error that what copies have in common must change for anything to be told. */
const LEAST_CHANGE = 3;
/** Error of a sign at least: fields and waves change a little of what is alike, too. */
const LEAST_ERROR = 0.05;
/** What goes against a copy counts so many times: air cannot be darker than nothing, so it shows but a part. */
const TOO_DEEP = 3;
/** Pixels from the place half a field of view away to those that are held against it: anatomy is alike over more than a copy. */
const BESIDE = 5;
/** Levels of the noise whose power is added below: details of noise are none. */
const FLOOR = 4;

/** @param level of the noise */
export function copies(volumes: Compared, level: number): Sign | null {
  if (volumes.before.units === 'HU') return null;
  const signs = (['x', 'y'] as const).flatMap((axis) => signAlong(volumes, axis, level) ?? []);
  return signs.sort((a, b) => a.gain - b.gain).at(0) ?? null;
}

function signAlong({ before, after, planes }: Compared, axis: Axis, level: number): Sign | null {
  const was = new Ratio();
  const is = new Ratio();
  const change = new Ratio();
  const { rows, columns } = before;
  const area = rows * columns;
  const half = axis === 'x' ? columns >> 1 : rows >> 1;
  const step = axis === 'x' ? half : half * columns;
  for (const plane of planes) {
    const [one, other] = [before, after].map((volume) => contrasts(volume, plane, level));
    for (let i = 0; i < area; i++) {
      const along = axis === 'x' ? i % columns : Math.floor(i / columns);
      if (along < BESIDE || along >= half - BESIDE || i + step >= area) continue;
      const part = partOf(before, plane * area + i);
      const beyond = BESIDE * (axis === 'x' ? 1 : columns);
      const [a, b] = [one, other].map(
        (all) => all[i] * (all[i + step] - (all[i + step - beyond] + all[i + step + beyond]) / 2),
      );
      const [sizeA, sizeB] = [Math.abs(a), Math.abs(b)];
      if (sizeA + sizeB === 0) continue;
      was.add(part, a, sizeA);
      is.add(part, b, sizeB);
      change.add(part, a - b, (sizeA + sizeB) / 2);
    }
  }
  const [first, last, changed] = [was.told(), is.told(), change.told()];
  if (first === null || last === null || changed === null) return null;
  if (Math.abs(changed.ratio) < (LEAST_CHANGE / 2) * changed.error) return null;
  const [harmBefore, harmAfter] = [first, last].map(({ ratio }) => (ratio < 0 ? -TOO_DEEP * ratio : ratio));
  const both = harmBefore + harmAfter;
  const error = Math.hypot(first.error, last.error);
  return {
    gain: (harmBefore - harmAfter) / Math.max(both, error),
    error: Math.min(1, Math.hypot(LEAST_ERROR, changed.error / both)),
  };
}

/** Second differences of power over power, from -1 to 1: so faint copies in air have their say beside tissue. */
function contrasts(volume: Volume, plane: number, level: number): Float32Array {
  const { rows, columns, data } = volume;
  const start = plane * rows * columns;
  const found = new Float32Array(rows * columns);
  for (let y = 2; y < rows - 2; y++)
    for (let x = 2; x < columns - 2; x++) {
      const at = start + y * columns + x;
      const own = data[at] ** 2;
      const others =
        (data[at - 2] ** 2 + data[at + 2] ** 2 + data[at - 2 * columns] ** 2 + data[at + 2 * columns] ** 2) /
        4;
      found[y * columns + x] = (own - others) / (own + others + (FLOOR * level) ** 2);
    }
  return found;
}
