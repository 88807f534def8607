/** An image before and after something was taken away, as the signs of harm look at it. */
import { planeLength, type Volume } from '../../imaging/volume.js';

export interface Compared {
  readonly before: Volume;
  readonly after: Volume;
  /** 1 where there is tissue before. */
  readonly tissue: Uint8Array;
  /** Planes that stand for all: frame * slices + slice. */
  readonly planes: readonly number[];
  /**
   * Before, as bright as after in the mean over what is around: how bright an image is has no say, and fields do not hide
   * what is narrow. Of Hounsfield units the means are made equal, of others their ratio. Only in `planes` and those beside.
   */
  readonly matched: Float32Array;
}

/** What speaks for a removal, or against it. */
export interface Sign {
  /** 1: all that was removed was an artifact; 0: as much harm as good; -1: it was none of it. */
  readonly gain: number;
  /** Two standard errors of it. */
  readonly error: number;
}

/** Pixels on each side over which brightness is matched. */
const AROUND = 6;

export function compared(
  before: Volume,
  after: Volume,
  tissue: Uint8Array,
  planes: readonly number[],
): Compared {
  const area = planeLength(before);
  const count = before.slices * before.frames;
  const matched = before.data.slice();
  const needed = new Set(
    planes.flatMap((plane) => [plane, plane - 1, plane + 1, plane - before.slices, plane + before.slices]),
  );
  for (const plane of needed) {
    if (plane < 0 || plane >= count) continue;
    const [own, others] = [before, after].map(({ data }) =>
      meansAround(data.subarray(plane * area, (plane + 1) * area), before),
    );
    for (let i = 0; i < area; i++) {
      const at = plane * area + i;
      if (before.units === 'HU') matched[at] += others[i] - own[i];
      else if (own[i] > 0) matched[at] *= others[i] / own[i];
    }
  }
  return { before, after, tissue, planes, matched };
}

/** Means over squares of a plane, within it. */
function meansAround(values: Float32Array, { rows, columns }: Volume): Float32Array {
  const along = slidingMeans(values, rows, columns, columns, 1);
  return slidingMeans(along, columns, rows, 1, columns);
}

function slidingMeans(
  values: Float32Array,
  lines: number,
  length: number,
  across: number,
  step: number,
): Float32Array {
  const means = new Float32Array(values.length);
  for (let line = 0; line < lines; line++) {
    const start = line * across;
    let [sum, count] = [0, 0];
    for (let at = -AROUND; at < length; at++) {
      const [next, last] = [at + AROUND, at - AROUND - 1];
      if (next < length) {
        sum += values[start + next * step];
        count++;
      }
      if (last >= 0) {
        sum -= values[start + last * step];
        count--;
      }
      if (at >= 0) means[start + at * step] = sum / count;
    }
  }
  return means;
}

/** Sums over parts of an image, of which a ratio and its error are told: parts are taken to be independent. */
export class Ratio {
  readonly #parts = new Map<number, [above: number, below: number]>();

  add(part: number, above: number, below: number): void {
    const sums = this.#parts.get(part);
    if (sums === undefined) this.#parts.set(part, [above, below]);
    else {
      sums[0] += above;
      sums[1] += below;
    }
  }

  /** null where too few parts tell. */
  told(): { readonly ratio: number; readonly error: number } | null {
    let [above, below] = [0, 0];
    for (const [a, b] of this.#parts.values()) {
      above += a;
      below += b;
    }
    if (this.#parts.size < LEAST_PARTS || !(below > 0)) return null;
    const ratio = above / below;
    let square = 0;
    for (const [a, b] of this.#parts.values()) square += (a - ratio * b) ** 2;
    return { ratio, error: (2 * Math.sqrt(square)) / below };
  }
}

const LEAST_PARTS = 4;

/** Side of a part of a plane. */
const PART = 16;

export function partOf({ columns, rows }: Volume, at: number): number {
  const area = columns * rows;
  const wide = Math.ceil(columns / PART);
  const plane = Math.floor(at / area);
  const [x, y] = [at % columns, Math.floor((at % area) / columns)];
  return (plane * Math.ceil(rows / PART) + Math.floor(y / PART)) * wide + Math.floor(x / PART);
}
