/**
 * Rings of CT: of all functions of the distance from the centre of rotation, the one without which the image has the
 * least total variation. Each sector of the circle tells one, and only what most of them have in common is a ring: an
 * edge of anatomy follows a circle over some of them.
 */
import { median } from '../../../noise/robust.js';

/** One plane, x (column) fastest. */
export interface RingPlane {
  readonly values: Float32Array;
  /** What each pixel is of, from 1 on: rings are told for each kind by itself; 0: of nothing that tells rings. */
  readonly kinds: Uint8Array;
}

/** Where the pixels of planes of one size lie about the centre of rotation. */
export interface Circles {
  readonly rows: number;
  readonly columns: number;
  /** Distance from the centre, in nodes of a profile. */
  readonly radii: Float32Array;
  /** Part of the circle, from 0. */
  readonly sectors: Uint8Array;
  readonly nodes: number;
}

/** Kinds of pixels that tell rings: object and air. */
const KINDS = 2;
/** Nodes of a profile a pixel. */
const FINE = 2;
/** Parts of the circle, and how many must tell of a ring. */
const [SECTORS, LEAST_SECTORS] = [12, 8];
/** Pixels on each side over which the median of a profile is no ring. */
const REACH = 12;
/** Passes of reweighted least squares. */
const PASSES = 4;
/** Weight of a profile's curvature, over that of a pair of pixels. */
const STIFF = 0.02;
/**
 * A profile over its error, as sectors differ, from which on some of it counts, and all. A ring is as strong in all
 * sectors; edges of anatomy that happen to point the same way differ by their multiples.
 */
const [SOME, ALL] = [4, 8];
/** Nearer to the centre a ring is not told from a spot; pixels. */
const INNERMOST = 3;
/** Nodes that one equation spans: two of each of two neighbours. */
const BAND = 2 * FINE;

/** @param centre column and row */
export function circlesAbout(rows: number, columns: number, [x, y]: readonly [number, number]): Circles {
  const radii = new Float32Array(rows * columns);
  const sectors = new Uint8Array(rows * columns);
  for (let i = 0; i < radii.length; i++) {
    const [dx, dy] = [(i % columns) - x, Math.floor(i / columns) - y];
    radii[i] = FINE * Math.hypot(dx, dy);
    sectors[i] = Math.floor((Math.atan2(dy, dx) / (2 * Math.PI) + 1) * SECTORS) % SECTORS;
  }
  const most = radii.reduce((far, radius) => Math.max(far, radius), 0);
  return { rows, columns, radii, sectors, nodes: Math.ceil(most) + 2 };
}

/** Profiles of the rings of a plane, one for each kind: a value for each node, from the centre on. */
export function ringProfiles(plane: RingPlane, circles: Circles): Float32Array[] {
  const told = profilesOfSectors(plane, circles);
  const rings = told.map((one) => ringsOf(one));
  return Array.from({ length: KINDS }, (_, kind) =>
    Float32Array.from({ length: circles.nodes }, (_, node) =>
      node < FINE * INNERMOST ? 0 : common(votes(rings, kind, node)),
    ),
  );
}

/** What each sector tells of a node: where too few do of this kind, sectors of another kind stand in for the others. */
function votes(rings: readonly Float64Array[], kind: number, node: number): number[] {
  const own = Array.from({ length: SECTORS }, (_, sector) => rings[sector * KINDS + kind][node]);
  const isTold = (value: number) => !Number.isNaN(value);
  if (own.filter(isTold).length >= LEAST_SECTORS) return own.filter(isTold);
  return own
    .map((value, sector) => (isTold(value) ? value : rings[sector * KINDS + 1 - kind][node]))
    .filter(isTold);
}

/** The values without rings; what is of no kind that tells them stays. */
export function withoutRings(
  { values, kinds }: RingPlane,
  { radii }: Circles,
  profiles: readonly Float32Array[],
): Float32Array {
  return values.map((value, i) => {
    if (kinds[i] === 0) return value;
    const profile = profiles[kinds[i] - 1];
    const low = Math.floor(radii[i]);
    const part = radii[i] - low;
    return value - (1 - part) * profile[low] - part * profile[low + 1];
  });
}

/** Least squares for a profile of one sector and kind. */
interface Told {
  /** Lower half of the band matrix: `BAND` values a node, the diagonal first. */
  readonly matrix: Float64Array;
  readonly right: Float64Array;
  /** Pairs of pixels that each node is in. */
  readonly pairs: Float64Array;
  profile: Float64Array;
}

function profilesOfSectors(plane: RingPlane, circles: Circles): Told[] {
  const { nodes } = circles;
  const told = Array.from(
    { length: SECTORS * KINDS },
    (): Told => ({
      matrix: new Float64Array(nodes * BAND),
      right: new Float64Array(nodes),
      pairs: new Float64Array(nodes),
      profile: new Float64Array(nodes),
    }),
  );
  const noise = stepOf(plane, circles);
  for (let pass = 0; pass < PASSES; pass++) {
    for (const one of told) {
      one.matrix.fill(0);
      one.right.fill(0);
      one.pairs.fill(0);
    }
    addPairs(plane, circles, told, noise);
    for (const one of told) one.profile = solved(one);
  }
  return told;
}

/** The usual difference of neighbours. */
function stepOf({ values, kinds }: RingPlane, { columns }: Circles): number {
  const steps: number[] = [];
  for (let i = 0; i + columns < values.length; i += 7)
    if (kinds[i] === 1 && kinds[i + columns] === 1) steps.push(Math.abs(values[i + columns] - values[i]));
  return Math.max(steps.length === 0 ? 0 : median(steps), 1e-3);
}

function addPairs(plane: RingPlane, circles: Circles, told: readonly Told[], noise: number): void {
  const { kinds } = plane;
  const { rows, columns, sectors } = circles;
  for (let y = 0, i = 0; y < rows; y++)
    for (let x = 0; x < columns; x++, i++) {
      const kind = kinds[i];
      if (kind === 0) continue;
      const one = told[sectors[i] * KINDS + kind - 1];
      if (x + 1 < columns && kinds[i + 1] === kind)
        addPair(plane.values, circles.radii, one, i, i + 1, noise);
      if (y + 1 < rows && kinds[i + columns] === kind)
        addPair(plane.values, circles.radii, one, i, i + columns, noise);
    }
}

/**
 * The difference of two neighbours is that of the profile at their distances, but for a few edges. All is written out:
 * this is done for every pair of pixels, and arrays of four took ten times longer.
 */
function addPair(
  values: Float32Array,
  radii: Float32Array,
  { matrix, right, pairs, profile }: Told,
  i: number,
  j: number,
  noise: number,
): void {
  const isOutward = radii[i] < radii[j];
  const near = isOutward ? i : j;
  const far = isOutward ? j : i;
  const from = Math.floor(radii[near]);
  const to = Math.floor(radii[far]);
  const partFrom = radii[near] - from;
  const partTo = radii[far] - to;
  const apart = to - from;
  // Neighbours are at most a pixel apart, so of the four nodes from the nearer one on two are of each.
  const c0 = partFrom - 1 + (apart === 0 ? 1 - partTo : 0);
  const c1 = -partFrom + (apart === 0 ? partTo : apart === 1 ? 1 - partTo : 0);
  const c2 = apart === 1 ? partTo : apart === 2 ? 1 - partTo : 0;
  const c3 = apart === 2 ? partTo : 0;
  const step = values[far] - values[near];
  const last = from + 3 < profile.length ? profile[from + 3] : 0;
  const middle = from + 2 < profile.length ? profile[from + 2] : 0;
  const left = step - c0 * profile[from] - c1 * profile[from + 1] - c2 * middle - c3 * last;
  const size = Math.abs(left);
  const ratio = size > noise ? noise / size : 1;
  // Exponent 1.5 of the weights: 1 is total variation; more lets edges count for less.
  const weight = ratio * Math.sqrt(ratio);
  pairs[from]++;
  const at = from * BAND;
  const [w0, w1, w2, w3] = [weight * c0, weight * c1, weight * c2, weight * c3];
  right[from] += w0 * step;
  right[from + 1] += w1 * step;
  matrix[at] += w0 * c0;
  matrix[at + BAND + 1] += w1 * c0;
  matrix[at + BAND] += w1 * c1;
  if (apart === 0) return;
  right[from + 2] += w2 * step;
  matrix[at + 2 * BAND + 2] += w2 * c0;
  matrix[at + 2 * BAND + 1] += w2 * c1;
  matrix[at + 2 * BAND] += w2 * c2;
  if (apart === 1) return;
  right[from + 3] += w3 * step;
  matrix[at + 3 * BAND + 3] += w3 * c0;
  matrix[at + 3 * BAND + 2] += w3 * c1;
  matrix[at + 3 * BAND + 1] += w3 * c2;
  matrix[at + 3 * BAND] += w3 * c3;
}

/** Solves for the profile by Cholesky's decomposition of the band. */
function solved({ matrix, right }: Told): Float64Array {
  const nodes = right.length;
  for (let node = 0; node < nodes; node++) {
    matrix[node * BAND] += 1e-6;
    if (node < 2) continue;
    // The curvature: one, minus two and one.
    matrix[(node - 2) * BAND] += STIFF;
    matrix[(node - 1) * BAND] += 4 * STIFF;
    matrix[node * BAND] += STIFF;
    matrix[(node - 1) * BAND + 1] -= 2 * STIFF;
    matrix[node * BAND + 1] -= 2 * STIFF;
    matrix[node * BAND + 2] += STIFF;
  }
  for (let node = 0; node < nodes; node++)
    for (let back = Math.min(BAND - 1, node); back >= 0; back--) {
      const column = node - back;
      let sum = matrix[node * BAND + back];
      for (let k = Math.max(0, node - BAND + 1, column - BAND + 1); k < column; k++)
        sum -= matrix[node * BAND + node - k] * matrix[column * BAND + column - k];
      matrix[node * BAND + back] = back === 0 ? Math.sqrt(Math.max(sum, 1e-12)) : sum / matrix[column * BAND];
    }
  const profile = Float64Array.from(right);
  for (let node = 0; node < nodes; node++) {
    for (let back = 1; back <= Math.min(BAND - 1, node); back++)
      profile[node] -= matrix[node * BAND + back] * profile[node - back];
    profile[node] /= matrix[node * BAND];
  }
  for (let node = nodes - 1; node >= 0; node--) {
    for (let on = 1; on < BAND && node + on < nodes; on++)
      profile[node] -= matrix[(node + on) * BAND + on] * profile[node + on];
    profile[node] /= matrix[node * BAND];
  }
  return profile;
}

/** A profile less its median around, within what pixels tell of; NaN beyond. */
function ringsOf({ profile, pairs }: Told): Float64Array {
  const rings = new Float64Array(profile.length).fill(Number.NaN);
  const isTold = (node: number) => pairs[node] + (pairs[node - 1] ?? 0) > 0;
  for (let from = 0; from < profile.length; from++) {
    if (!isTold(from)) continue;
    let to = from;
    while (to < profile.length && isTold(to)) to++;
    const part = profile.subarray(from, to);
    if (part.length > FINE * REACH) rings.set(minusMedian(part), from);
    from = to;
  }
  return rings;
}

/** As many nodes on each side: what grows evenly, as towards a bright spot in the middle, is its own median. */
function minusMedian(values: Float64Array): Float64Array {
  return values.map((value, i) => {
    const reach = Math.min(FINE * REACH, i, values.length - 1 - i);
    return value - median(Array.from(values.subarray(i - reach, i + reach + 1)));
  });
}

/** What most sectors have in common. */
function common(known: readonly number[]): number {
  if (known.length < LEAST_SECTORS) return 0;
  const value = median(known);
  const error =
    (1.4826 * 1.2533 * median(known.map((one) => Math.abs(one - value)))) / Math.sqrt(known.length);
  const over = error > 0 ? Math.abs(value) / error : ALL;
  return value * Math.max(0, Math.min(1, (over - SOME) / (ALL - SOME)));
}
