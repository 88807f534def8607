import {
  block,
  columns,
  counts,
  depth,
  enough,
  flat,
  frame,
  guides,
  height,
  mean,
  negated,
  noise,
  noisy,
  pilot,
  places,
  product,
  reference,
  restored,
  rows,
  single,
  size,
  sums,
  system,
  variance,
  voxels,
  wideGuides,
  wideNegated,
  wideSystem,
  width,
  window,
} from './layout';
import { eliminate, pitch, substitute, subtract, transpose } from './matrix';
import { search } from './search';

export { counts, frame, lines, noise, pilot, pivots, prepare, size, stride, sums, window } from './layout';

/**
 * Adds what the group of the reference patch that begins at a voxel says, unless others have said enough there; the
 * flatter the estimate there, the less.
 */
export function restore(x: i32, y: i32, z: i32): void {
  const place = (z * rows + y) * columns + x;
  const middle = place + ((depth >> 1) * rows + (height >> 1)) * columns + (width >> 1);
  if (load<f32>(counts + ((<usize>middle) << 2)) > enough) return;
  gather(pilot, place, reference);
  const say = min<f32>(1, span(reference) / flat - 1);
  if (say <= 0) return;
  const count = search(x, y, z);
  if (count === 0) return;
  const sides = (min(count, restored) + 7) & ~7;
  const spread = model(count);
  collect(count, sides);
  if (spread < single) solve<f32>(system, guides, negated, count, sides);
  else solveWide(count, sides);
  estimate(sides);
  for (let j = 0; j < min(count, restored); j++) {
    const at = (<usize>load<i32>(places + ((<usize>j) << 2))) << 2;
    scatter(guides + <usize>j * pitch<f32>(), at, say);
  }
}

/** A patch of an image to a row; what is left of its last vector is 0. */
function gather(image: usize, place: i32, to: usize): void {
  let plane = image + ((<usize>place) << 2);
  const line = (<usize>columns) << 2;
  const end = to + ((<usize>voxels) << 2);
  for (let w = 0; w < depth; w++) {
    let row = plane;
    for (let v = 0; v < height; v++) {
      // a vector may go beyond its row: the next one overwrites that
      for (let x = 0; x < width; x += 4)
        v128.store(to + ((<usize>x) << 2), v128.load(row + ((<usize>x) << 2)));
      to += (<usize>width) << 2;
      row += line;
    }
    plane += line * rows;
  }
  v128.store(end, f32x4.splat(0));
}

function span(patch: usize): f32 {
  let least: f32 = Infinity;
  let most: f32 = -Infinity;
  for (let k = 0; k < voxels; k++) {
    const value = load<f32>(patch + ((<usize>k) << 2));
    least = min(least, value);
    most = max(most, value);
  }
  return most - least;
}

/**
 * The patches of the estimate, so that their inner products make the covariance.
 *
 * @returns the largest variance
 */
function model(count: i32): f32 {
  for (let j = 0; j < count; j++)
    gather(pilot, load<i32>(places + ((<usize>j) << 2)), guides + <usize>j * pitch<f32>());
  const scale = f32x4.splat(sqrt<f32>(<f32>1 / <f32>max(1, count - 1)));
  let most = f32x4.splat(0);
  for (let at = <usize>0; at < (<usize>size) << 2; at += 16) {
    const average = meanOf(guides + at, count);
    let squares = f32x4.splat(0);
    for (let j = 0; j < count; j++) {
      const row = <usize>j * pitch<f32>() + at;
      const value = f32x4.mul(f32x4.sub(v128.load(guides + row), average), scale);
      v128.store(guides + row, value);
      v128.store(negated + row, f32x4.neg(value));
      squares = f32x4.add(squares, f32x4.mul(value, value));
    }
    most = f32x4.max(most, squares);
  }
  return max(
    max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  );
}

/** The noisy patches, as the right-hand sides of the covariance of the noise. */
function collect(count: i32, sides: i32): void {
  for (let j = 0; j < count; j++)
    gather(frame, load<i32>(places + ((<usize>j) << 2)), noisy + <usize>j * pitch<f32>());
  for (let j = count; j < sides; j++) memory.fill(noisy + <usize>j * pitch<f32>(), 0, (<usize>size) << 2);
  memory.copy(system, noise, pitch<f32>() * size);
  for (let at = <usize>0; at < (<usize>size) << 2; at += 16) {
    const average = meanOf(noisy + at, count);
    v128.store(mean + at, average);
    for (let j = 0; j < sides; j++) {
      const row = noisy + <usize>j * pitch<f32>() + at;
      v128.store(row, f32x4.sub(v128.load(row), average));
    }
    for (let r = 0; r < sides; r += 4)
      transpose(
        noisy + <usize>r * pitch<f32>() + at,
        system + (at >> 2) * pitch<f32>() + ((<usize>(size + r)) << 2),
      );
  }
}

function meanOf(column: usize, count: i32): v128 {
  let sum = f32x4.splat(0);
  for (let j = 0; j < count; j++) sum = f32x4.add(sum, v128.load(column + <usize>j * pitch<f32>()));
  return f32x4.div(sum, f32x4.splat(<f32>count));
}

/** Adds the covariance of the estimate to that of the noise, four rows at a time, and solves. */
function solve<T>(system: usize, guides: usize, negated: usize, count: i32, sides: i32): void {
  const end = <usize>(size + sides) * sizeof<T>();
  for (let k = 0; k < size; k += 4) {
    const row = system + <usize>k * pitch<T>();
    const column = <usize>k * sizeof<T>();
    for (let at = column; at < <usize>size * sizeof<T>(); at += 32)
      subtract<T>(row + at, negated + column, guides + at, count);
    for (let at = column; at < end; at += 32) subtract<T>(row + at, system + column, system + at, k);
    eliminate<T>(system, k, size + sides);
  }
  substitute<T>(system, sides);
}

/** In double precision: single cannot tell noise from variances millions of times as large. */
function solveWide(count: i32, sides: i32): void {
  convert<f32, f64>(guides, wideGuides, count, 0, size);
  convert<f32, f64>(negated, wideNegated, count, 0, size);
  convert<f32, f64>(system, wideSystem, size, 0, size + sides);
  solve<f64>(wideSystem, wideGuides, wideNegated, count, sides);
  convert<f64, f32>(wideSystem, system, size, size, size + sides);
}

/** Columns [first, last) of a matrix. */
function convert<T, U>(from: usize, to: usize, rows: i32, first: i32, last: i32): void {
  for (let k = 0; k < rows; k++)
    for (let m = first; m < last; m++)
      store<U>(
        to + <usize>k * pitch<U>() + <usize>m * sizeof<U>(),
        <U>load<T>(from + <usize>k * pitch<T>() + <usize>m * sizeof<T>()),
      );
}

/** Noisy values less the noise found in them; the rows of the estimate are no longer needed and take them. */
function estimate(sides: i32): void {
  let removed = system + ((<usize>size) << 2);
  let scale = f32x4.splat(-variance);
  if (variance === 0) {
    multiply(removed, sides);
    removed = product;
    scale = f32x4.splat(1);
  }
  for (let r = 0; r < sides; r += 4)
    for (let at = <usize>0; at < (<usize>size) << 2; at += 16) {
      const average = v128.load(mean + at);
      const first = <usize>r * pitch<f32>() + at;
      transpose(removed + (at >> 2) * pitch<f32>() + ((<usize>r) << 2), guides + first);
      for (let row = first; row < first + 4 * pitch<f32>(); row += pitch<f32>()) {
        const difference = f32x4.mul(v128.load(guides + row), scale);
        v128.store(guides + row, f32x4.add(f32x4.add(v128.load(noisy + row), average), difference));
      }
    }
}

/** Minus the covariance of the noise times vectors; what lies outside its blocks on the diagonal is 0. */
function multiply(vectors: usize, sides: i32): void {
  memory.fill(product, 0, pitch<f32>() * size);
  for (let k = 0; k < size; k += 4) {
    // four rows may belong to two blocks, and what fills the last vector of a patch to the last one
    const from = (k / block) * block;
    const to = min(size, ((k + 3) / block + 1) * block);
    const known = noise + <usize>from * pitch<f32>() + ((<usize>k) << 2);
    const some = vectors + <usize>from * pitch<f32>();
    for (let at = <usize>0; at < (<usize>sides) << 2; at += 32)
      subtract<f32>(product + <usize>k * pitch<f32>() + at, known, some + at, to - from);
  }
}

/** Adds a patch to the sums, weighted, and its weights to theirs. */
function scatter(patch: usize, at: usize, say: f32): void {
  const line = (<usize>columns) << 2;
  const scale = f32x4.splat(say);
  let weights = window;
  for (let w = 0; w < depth; w++) {
    let row = at;
    for (let v = 0; v < height; v++) {
      for (let x = 0; x < width; x += 4) {
        const to = row + ((<usize>x) << 2);
        const inside = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(width - x));
        const weight = v128.and(f32x4.mul(v128.load(weights + ((<usize>x) << 2)), scale), inside);
        const value = f32x4.mul(v128.load(patch + ((<usize>x) << 2)), weight);
        v128.store(sums + to, f32x4.add(v128.load(sums + to), value));
        v128.store(counts + to, f32x4.add(v128.load(counts + to), weight));
      }
      patch += (<usize>width) << 2;
      weights += (<usize>width) << 2;
      row += line;
    }
    at += line * rows;
  }
}
