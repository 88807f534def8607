/**
 * Whether the image lies where it did. What was removed is held against the gradients of the image, as motion is: no artifact
 * moves it. Displacements along both axes are linear functions of the place, so an image that was turned, stretched or sheared
 * is told, too.
 */
import { choleskyInPlace, choleskySolved } from '../../base/linear/cholesky.js';
import { planeLength } from '../../imaging/volume.js';
import { ramp } from '../../noise/levels.js';
import { type Compared, partOf, type Sign } from './compared.js';

/** Pixels of displacement that speak of nothing yet, and that speak against all of it; root mean square over the tissue. */
const MOVED = [0.1, 0.3] as const;
/** A constant and two slopes along each axis. */
const TERMS = 3;
const COUNT = 2 * TERMS;
const LEAST_PARTS = 8;
/** Pivots under this share of the largest sum: of an image without contrast no displacement is told. */
const SINGULAR = 1e-6;

/** Sums of a part of the image, of which displacements are told. */
interface Sums {
  /** COUNT x COUNT */
  readonly products: Float64Array;
  readonly rights: Float64Array;
}

const noSums = (): Sums => ({
  products: new Float64Array(COUNT * COUNT),
  rights: new Float64Array(COUNT),
});

/** Nothing (0) or against the removal; null where too little tells. */
export function position(volumes: Compared): Sign | null {
  const parts = partsOf(volumes);
  if (parts.length < LEAST_PARTS) return null;
  const all = noSums();
  for (const { sums } of parts) addTo(all, sums);
  const factor = all.products.slice();
  const least = SINGULAR * Math.max(...all.products);
  if (choleskyInPlace(factor, COUNT).some((pivot) => !(pivot > least))) return null;
  const terms = choleskySolved(factor, all.rights);
  const moved = Math.sqrt(meanSquare(parts, terms));
  // Parts are taken to be independent: what each would change of the terms.
  let square = 0;
  for (const { sums } of parts) {
    const rest = sums.rights.map(
      (right, i) => right - terms.reduce((sum, term, j) => sum + sums.products[i * COUNT + j] * term, 0),
    );
    square += meanSquare(parts, choleskySolved(factor, rest));
  }
  const width = MOVED[1] - MOVED[0];
  return {
    gain: 0 - ramp(moved, MOVED),
    error: Math.min(1, (2 * Math.sqrt(square)) / width),
  };
}

interface Part {
  readonly sums: Sums;
  readonly place: readonly [x: number, y: number];
  count: number;
}

function partsOf({ before, after, matched, tissue, planes }: Compared): Part[] {
  const { columns, rows } = before;
  const area = planeLength(before);
  const half = Math.max(columns, rows) / 2;
  const parts = new Map<number, Part>();
  for (const plane of planes)
    for (let y = 1; y < rows - 1; y++)
      for (let x = 1; x < columns - 1; x++) {
        const at = plane * area + y * columns + x;
        const around = [at - 1, at + 1, at - columns, at + columns];
        if (tissue[at] === 0 || around.some((other) => tissue[other] === 0)) continue;
        const place = [x / half - columns / (2 * half), y / half - rows / (2 * half)] as const;
        const key = partOf(before, at);
        const part = parts.get(key) ?? { sums: noSums(), place, count: 0 };
        parts.set(key, part);
        part.count++;
        // Of both images: so noise of the one is no gradient of the other.
        const [left, right, up, down] = around.map((other) => (matched[other] + after.data[other]) / 2);
        add(part.sums, (right - left) / 2, (down - up) / 2, place, matched[at] - after.data[at]);
      }
  return [...parts.values()];
}

function add(
  { products, rights }: Sums,
  dx: number,
  dy: number,
  [u, v]: readonly [number, number],
  change: number,
): void {
  const factors = [dx, dx * u, dx * v, dy, dy * u, dy * v];
  for (let i = 0; i < COUNT; i++) {
    rights[i] += factors[i] * change;
    for (let j = 0; j < COUNT; j++) products[i * COUNT + j] += factors[i] * factors[j];
  }
}

function addTo(all: Sums, { products, rights }: Sums): void {
  for (let i = 0; i < products.length; i++) all.products[i] += products[i];
  for (let i = 0; i < COUNT; i++) all.rights[i] += rights[i];
}

/** Of displacements in the parts; square pixels. */
function meanSquare(parts: readonly Part[], terms: Float64Array): number {
  let [sum, count] = [0, 0];
  for (const { place, count: voxels } of parts) {
    const [x, y] = [0, TERMS].map(
      (first) => terms[first] + terms[first + 1] * place[0] + terms[first + 2] * place[1],
    );
    sum += voxels * (x ** 2 + y ** 2);
    count += voxels;
  }
  return sum / count;
}
