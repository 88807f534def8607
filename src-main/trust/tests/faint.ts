/** Discs of these radii, in voxels: the size of small lesions. */
const RADII = [1.5, 2.5] as const;
/** The part of the disc sums, in size, above which one voxel in a thousand lies; 3.29 for a normal deviate. */
const TAIL = 0.001;
const NORMAL_TAIL = 3.2905;
const BINS_A_SIGMA = 64;
const BINS = 32 * BINS_A_SIGMA;
/** Fewer discs than this have no thousandth worth the name. */
const ENOUGH = 5_000;

/**
 * Looks for small things in what was removed: sums over discs, each divided by what noise gives. Pure noise has
 * normal sums; a faint lesion of n voxels stands out root n times as far as its voxels do. This is the matched filter
 * for a disc in white noise, applied to the residual.
 */
export class FaintTally {
  readonly #columns: number;
  readonly #rows: number;
  readonly #discs: readonly Disc[];

  constructor(columns: number, rows: number, noise: { readonly x: number; readonly y: number }) {
    this.#columns = columns;
    this.#rows = rows;
    this.#discs = RADII.map((radius) => newDisc(radius, columns, noise));
  }

  /** One plane of standardised residuals, 0 outside the foreground. */
  add(residual: Float32Array, foreground: Uint8Array): void {
    for (const disc of this.#discs) addPlane(disc, residual, foreground, this.#columns, this.#rows);
  }

  /**
   * The disc sum that one in a thousand exceeds, over what it is in pure noise of the full level; the larger of the
   * two radii; null with too little foreground.
   */
  ratio(): number | null {
    const found = this.#discs.map(tailOf).filter((value) => value !== null);
    return found.length === 0 ? null : Math.max(...found);
  }
}

interface Disc {
  readonly reach: number;
  readonly offsets: Int32Array;
  /** 1 over the standard deviation of a sum in noise of this correlation. */
  readonly scale: number;
  readonly counts: Float64Array;
}

function newDisc(radius: number, columns: number, noise: { readonly x: number; readonly y: number }): Disc {
  const reach = Math.ceil(radius);
  const points: [number, number][] = [];
  for (let y = -reach; y <= reach; y++)
    for (let x = -reach; x <= reach; x++) if (x * x + y * y <= radius * radius) points.push([x, y]);
  const [rhoX, rhoY] = [noise.x, noise.y].map((rho) => Math.min(0.95, Math.max(0, rho)));
  let variance = 0;
  for (const [x, y] of points)
    for (const [u, v] of points) variance += rhoX ** Math.abs(x - u) * rhoY ** Math.abs(y - v);
  return {
    reach,
    offsets: Int32Array.from(points, ([x, y]) => y * columns + x),
    scale: 1 / Math.sqrt(variance),
    counts: new Float64Array(BINS),
  };
}

/** Every second column and row: neighbouring discs say the same. */
function addPlane(
  { reach, offsets, scale, counts }: Disc,
  residual: Float32Array,
  foreground: Uint8Array,
  columns: number,
  rows: number,
): void {
  for (let y = reach; y < rows - reach; y += 2)
    for (let x = reach; x < columns - reach; x += 2) {
      const at = y * columns + x;
      if (foreground[at] === 0) continue;
      let sum = 0;
      let inside = 0;
      for (const offset of offsets) {
        inside += foreground[at + offset];
        sum += residual[at + offset];
      }
      if (inside < offsets.length) continue;
      counts[Math.min(BINS - 1, Math.floor(Math.abs(sum) * scale * BINS_A_SIGMA))]++;
    }
}

function tailOf({ counts }: Disc): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total < ENOUGH) return null;
  let above = 0;
  let bin = BINS;
  while (bin > 0 && above < TAIL * total) above += counts[--bin];
  return (bin + 0.5) / BINS_A_SIGMA / NORMAL_TAIL;
}
