/**
 * Sizes of the work, and where everything lies: addresses are in bytes, lengths in values. The module has
 * no data of its own, so the memory is ours from its start.
 */

export let columns: i32 = 0;
export let rows: i32 = 0;
export let slices: i32 = 0;
export let width: i32 = 0;
export let height: i32 = 0;
export let depth: i32 = 0;
export let reach: i32 = 0;
/** Patches of a group, and how many of them are restored. */
export let group: i32 = 0;
export let restored: i32 = 0;
/** Voxels of a patch, and these in whole vectors. */
export let voxels: i32 = 0;
export let size: i32 = 0;
/** Voxels of a patch whose noise hangs together: all, or those of a slice each. */
export let block: i32 = 0;
/** Values from a row of a matrix to the next: the matrix, what it is solved for, and a vector of zeros. */
export let stride: usize = 0;

/** From this span of the estimate in a reference patch on its group has a say; from twice as much on, all of it. */
export let flat: f32 = 0;
/** Variance of the noise where it is white, or 0. */
export let variance: f32 = 0;
/** Largest variance of a group for which single precision is enough. */
export let single: f32 = 0;
/** Say that groups must have in the middle of a reference patch for it to need none of its own. */
export let enough: f32 = 0;

/** Images as the grid has them: noisy values, the estimate, sums of new estimates and their number. */
export let frame: usize = 0;
export let pilot: usize = 0;
export let sums: usize = 0;
export let counts: usize = 0;
/** Pairs: rows and slices from the reference, in the order in which they are searched. */
export let lines: usize = 0;
export let lineCount: i32 = 0;
/** Covariance of the noise, `size` rows; and the pivots of its factor, none of which is 0. */
export let noise: usize = 0;
export let pivots: usize = 0;

/** Say of each voxel of a patch: less at its border, so that patches leave no edges. */
export let window: usize = 0;

/** The reference patch. */
export let reference: usize = 0;
/** Squared distances of 16 patches. */
export let distances: usize = 0;
/** The group as a heap: distances, and voxels where patches begin. */
export let far: usize = 0;
export let places: usize = 0;
/** A patch a row: noisy values without their mean; the estimate without its, divided by sqrt(n - 1); minus that. */
export let noisy: usize = 0;
export let guides: usize = 0;
export let negated: usize = 0;
/** Mean of the noisy patches. */
export let mean: usize = 0;
/** Covariance and factor, and beside them what is solved for: a patch a column. */
export let system: usize = 0;
export let product: usize = 0;
/** The same in double precision. */
export let wideGuides: usize = 0;
export let wideNegated: usize = 0;
export let wideSystem: usize = 0;

const PAGE: usize = 65536;
let top: usize = 0;

/**
 * Lays out zeroed memory for a task; then the host fills frame, pilot, lines, noise, pivots and window.
 *
 * @returns whether there was enough memory
 */
export function prepare(
  ofColumns: i32,
  ofRows: i32,
  ofSlices: i32,
  ofWidth: i32,
  ofHeight: i32,
  ofDepth: i32,
  ofBlock: i32,
  ofReach: i32,
  ofLines: i32,
  ofGroup: i32,
  ofRestored: i32,
  ofFlat: f32,
  ofVariance: f32,
  ofSingle: f32,
  ofEnough: f32,
): bool {
  columns = ofColumns;
  rows = ofRows;
  slices = ofSlices;
  width = ofWidth;
  height = ofHeight;
  depth = ofDepth;
  block = ofBlock;
  reach = ofReach;
  lineCount = ofLines;
  group = ofGroup;
  restored = ofRestored;
  flat = ofFlat;
  variance = ofVariance;
  single = ofSingle;
  enough = ofEnough;
  voxels = width * height * depth;
  size = whole(voxels, 4);
  const sides = whole(restored, 8);
  stride = size + sides + 4;
  const row = stride << 2;
  const image = (<usize>(columns * rows * slices)) << 2;
  top = 0;
  frame = take(image);
  pilot = take(image);
  sums = take(image);
  counts = take(image);
  lines = take((<usize>lineCount) << 3);
  noise = take(row * size);
  pivots = take((<usize>size) << 2);
  window = take((<usize>size) << 2);
  reference = take((<usize>size) << 2);
  distances = take(64);
  far = take((<usize>group) << 2);
  places = take((<usize>group) << 2);
  noisy = take(row * max(group, sides));
  guides = take(row * max(group, sides));
  negated = take(row * group);
  mean = take((<usize>size) << 2);
  system = take(row * size);
  product = take(row * size);
  wideGuides = take(2 * row * group);
  wideNegated = take(2 * row * group);
  wideSystem = take(2 * row * size);
  const pages = <i32>((top + PAGE - 1) / PAGE) - memory.size();
  if (pages > 0 && memory.grow(pages) < 0) return false;
  memory.fill(0, 0, top);
  return true;
}

/** Vectors may be read and written past an end: 64 bytes more. */
function take(bytes: usize): usize {
  const at = top;
  top = (at + bytes + 64 + 15) & ~15;
  return at;
}

/** The next multiple of a power of two. */
function whole(length: i32, step: i32): i32 {
  return (length + step - 1) & -step;
}
