import {
  columns,
  depth,
  distances,
  far,
  group,
  height,
  lineCount,
  lines,
  pilot,
  places,
  reach,
  reference,
  restored,
  rows,
  slices,
  width,
} from './layout';

/** Patches found so far: a heap with the farthest on top. Of equal ones those found first stay. */
let count: i32 = 0;
/** What is not nearer than this need not be added. */
let limit: f32 = Infinity;

/**
 * Finds the patches of the estimate most like the reference, which begins at a voxel.
 *
 * @returns how many; where they begin is in `places`, those to be restored first
 */
export function search(x: i32, y: i32, z: i32): i32 {
  count = 0;
  limit = Infinity;
  const first = max(0, x - reach);
  const last = min(columns - width, x + reach);
  for (let line = 0; line < lineCount; line++) {
    const v = y + load<i32>(lines + ((<usize>line) << 3));
    const w = z + load<i32>(lines + ((<usize>line) << 3), 4);
    if (v < 0 || w < 0 || v > rows - height || w > slices - depth) continue;
    for (let u = first; u <= last; u += 16) {
      const place = (w * rows + v) * columns + u;
      if (measure(pilot + ((<usize>place) << 2))) keep(place, min(16, last - u + 1));
    }
  }
  if (restored < count) sort();
  return count;
}

/** Distances of 16 patches side by side; false once all of them are too far. */
function measure(start: usize): bool {
  let own = reference;
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  let c = f32x4.splat(0);
  let d = f32x4.splat(0);
  const line = (<usize>columns) << 2;
  const across = (<usize>width) << 2;
  for (let w = 0; w < depth; w++) {
    let row = start;
    for (let v = 0; v < height; v++) {
      for (let at = row, end = row + across; at < end; at += 4) {
        const value = v128.load32_splat(own);
        own += 4;
        let difference = f32x4.sub(v128.load(at), value);
        a = withSquare(a, difference);
        difference = f32x4.sub(v128.load(at, 16), value);
        b = withSquare(b, difference);
        difference = f32x4.sub(v128.load(at, 32), value);
        c = withSquare(c, difference);
        difference = f32x4.sub(v128.load(at, 48), value);
        d = withSquare(d, difference);
      }
      row += line;
    }
    const nearest = f32x4.min(f32x4.min(a, b), f32x4.min(c, d));
    if (!v128.any_true(f32x4.lt(nearest, f32x4.splat(limit)))) return false;
    start += line * rows;
  }
  v128.store(distances, a);
  v128.store(distances, b, 16);
  v128.store(distances, c, 32);
  v128.store(distances, d, 48);
  return true;
}

function withSquare(sum: v128, value: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(value, value, sum);
  return f32x4.add(sum, f32x4.mul(value, value));
}

function keep(place: i32, length: i32): void {
  for (let i = 0; i < length; i += 4) {
    let near = i32x4.bitmask(f32x4.lt(v128.load(distances + ((<usize>i) << 2)), f32x4.splat(limit)));
    for (; near !== 0; near &= near - 1) {
      const k = i + ctz(near);
      const distance = load<f32>(distances + ((<usize>k) << 2));
      if (k < length && distance < limit) add(place + k, distance);
    }
  }
}

function add(place: i32, distance: f32): void {
  if (count < group) rise(count++, place, distance);
  else sink(group, place, distance);
  if (count === group) limit = load<f32>(far);
}

function sort(): void {
  for (let length = count - 1; length > 0; length--) {
    const distance = distanceAt(length);
    const place = load<i32>(places + ((<usize>length) << 2));
    put(length, load<i32>(places), load<f32>(far));
    sink(length, place, distance);
  }
}

function rise(at: i32, place: i32, distance: f32): void {
  while (at > 0) {
    const above = (at - 1) >> 1;
    if (distanceAt(above) >= distance) break;
    move(above, at);
    at = above;
  }
  put(at, place, distance);
}

/** Puts a patch in the place of the farthest. */
function sink(length: i32, place: i32, distance: f32): void {
  let at = 0;
  for (let below = 1; below < length; below = 2 * at + 1) {
    if (below + 1 < length && distanceAt(below + 1) > distanceAt(below)) below++;
    if (distanceAt(below) <= distance) break;
    move(below, at);
    at = below;
  }
  put(at, place, distance);
}

function distanceAt(k: i32): f32 {
  return load<f32>(far + ((<usize>k) << 2));
}

function move(from: i32, to: i32): void {
  put(to, load<i32>(places + ((<usize>from) << 2)), distanceAt(from));
}

function put(at: i32, place: i32, distance: f32): void {
  store<f32>(far + ((<usize>at) << 2), distance);
  store<i32>(places + ((<usize>at) << 2), place);
}
