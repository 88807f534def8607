import { pivots, size, stride } from './layout';

/**
 * Dense linear algebra on rows of f32 or f64 that lie `stride` values apart. One inner loop does nearly all of the work:
 * subtract() on four rows and two vectors, which fit the registers.
 */

/** c - a * b, rounded once where the processor can: then subtract() takes half as long. */
function less<T>(c: v128, a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_nmadd<T>(a, b, c);
  return v128.sub<T>(c, v128.mul<T>(a, b));
}

/** Bytes from a row to the next. */
export function pitch<T>(): usize {
  return stride * sizeof<T>();
}

/**
 * For 4 rows k and two vectors of columns m: out[k][m] -= sum over l < count of p[l][k] * q[l][m].
 */
export function subtract<T>(out: usize, p: usize, q: usize, count: i32): void {
  const next = pitch<T>();
  const out1 = out + next;
  const out2 = out1 + next;
  const out3 = out2 + next;
  let a0 = v128.load(out);
  let b0 = v128.load(out, 16);
  let a1 = v128.load(out1);
  let b1 = v128.load(out1, 16);
  let a2 = v128.load(out2);
  let b2 = v128.load(out2, 16);
  let a3 = v128.load(out3);
  let b3 = v128.load(out3, 16);
  for (let l = 0; l < count; l++) {
    const a = v128.load(q);
    const b = v128.load(q, 16);
    let value = v128.load_splat<T>(p);
    a0 = less<T>(a0, value, a);
    b0 = less<T>(b0, value, b);
    value = v128.load_splat<T>(p, sizeof<T>());
    a1 = less<T>(a1, value, a);
    b1 = less<T>(b1, value, b);
    value = v128.load_splat<T>(p, 2 * sizeof<T>());
    a2 = less<T>(a2, value, a);
    b2 = less<T>(b2, value, b);
    value = v128.load_splat<T>(p, 3 * sizeof<T>());
    a3 = less<T>(a3, value, a);
    b3 = less<T>(b3, value, b);
    p += next;
    q += next;
  }
  v128.store(out, a0);
  v128.store(out, b0, 16);
  v128.store(out1, a1);
  v128.store(out1, b1, 16);
  v128.store(out2, a2);
  v128.store(out2, b2, 16);
  v128.store(out3, a3);
  v128.store(out3, b3, 16);
}

/** 4 x 4 values become the columns of 4 rows. */
export function transpose(from: usize, to: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + pitch<f32>());
  const c = v128.load(from + 2 * pitch<f32>());
  const d = v128.load(from + 3 * pitch<f32>());
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  v128.store(to, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
  v128.store(to + pitch<f32>(), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
  const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to + 2 * pitch<f32>(), v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5));
  v128.store(to + 3 * pitch<f32>(), v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7));
}

/** The same for either type. */
function mirror<T>(from: usize, to: usize): void {
  if (sizeof<T>() === 4) {
    transpose(from, to);
    return;
  }
  for (let k: usize = 0; k < 4; k++)
    for (let m: usize = 0; m < 4; m++)
      store<T>(to + m * pitch<T>() + k * sizeof<T>(), load<T>(from + k * pitch<T>() + m * sizeof<T>()));
}

/**
 * Four rows, which lack nothing but each other, become rows of the upper factor U of A = U^T U, with one over the
 * diagonal on the diagonal; beyond the matrix they become those of U^-T times the right-hand sides. Below the diagonal
 * U is mirrored.
 */
export function eliminate<T>(system: usize, k: i32, end: i32): void {
  const next = pitch<T>();
  const row0 = system + <usize>k * (next + sizeof<T>());
  const row1 = row0 + next;
  const row2 = row1 + next;
  const row3 = row2 + next;
  const least = pivots + ((<usize>k) << 2);
  const p0 = pivot<T>(load<T>(row0), load<f32>(least));
  const u01 = load<T>(row0, sizeof<T>()) * p0;
  const u02 = load<T>(row0, 2 * sizeof<T>()) * p0;
  const u03 = load<T>(row0, 3 * sizeof<T>()) * p0;
  const p1 = pivot<T>(load<T>(row1, sizeof<T>()) - u01 * u01, load<f32>(least, 4));
  const u12 = (load<T>(row1, 2 * sizeof<T>()) - u01 * u02) * p1;
  const u13 = (load<T>(row1, 3 * sizeof<T>()) - u01 * u03) * p1;
  const p2 = pivot<T>(load<T>(row2, 2 * sizeof<T>()) - u02 * u02 - u12 * u12, load<f32>(least, 8));
  const u23 = (load<T>(row2, 3 * sizeof<T>()) - u02 * u03 - u12 * u13) * p2;
  const p3 = pivot<T>(
    load<T>(row3, 3 * sizeof<T>()) - u03 * u03 - u13 * u13 - u23 * u23,
    load<f32>(least, 12),
  );
  store<T>(row0, p0);
  store<T>(row0, u01, sizeof<T>());
  store<T>(row0, u02, 2 * sizeof<T>());
  store<T>(row0, u03, 3 * sizeof<T>());
  store<T>(row1, p1, sizeof<T>());
  store<T>(row1, u12, 2 * sizeof<T>());
  store<T>(row1, u13, 3 * sizeof<T>());
  store<T>(row2, p2, 2 * sizeof<T>());
  store<T>(row2, u23, 3 * sizeof<T>());
  store<T>(row3, p3, 3 * sizeof<T>());
  for (let at: usize = 4 * sizeof<T>(), last = <usize>(end - k) * sizeof<T>(); at < last; at += 16) {
    const a = v128.mul<T>(v128.load(row0 + at), v128.splat<T>(p0));
    let b = v128.sub<T>(v128.load(row1 + at), v128.mul<T>(v128.splat<T>(u01), a));
    let c = v128.sub<T>(v128.load(row2 + at), v128.mul<T>(v128.splat<T>(u02), a));
    let d = v128.sub<T>(v128.load(row3 + at), v128.mul<T>(v128.splat<T>(u03), a));
    b = v128.mul<T>(b, v128.splat<T>(p1));
    c = v128.mul<T>(v128.sub<T>(c, v128.mul<T>(v128.splat<T>(u12), b)), v128.splat<T>(p2));
    d = v128.sub<T>(v128.sub<T>(d, v128.mul<T>(v128.splat<T>(u13), b)), v128.mul<T>(v128.splat<T>(u23), c));
    v128.store(row0 + at, a);
    v128.store(row1 + at, b);
    v128.store(row2 + at, c);
    v128.store(row3 + at, v128.mul<T>(d, v128.splat<T>(p3)));
  }
  for (let m = k + 4; m < size; m += 4)
    mirror<T>(row0 + <usize>(m - k) * sizeof<T>(), system + <usize>m * next + <usize>k * sizeof<T>());
}

/** Rounding cannot make a pivot smaller than that of the noise alone, which in truth is never larger. */
function pivot<T>(square: T, least: f32): T {
  return <T>1 / sqrt<T>(max<T>(square, <T>least));
}

/** What eliminate() left of `sides` right-hand sides becomes their solution. */
export function substitute<T>(system: usize, sides: i32): void {
  const next = pitch<T>();
  const end = <usize>sides * sizeof<T>();
  for (let k = size - 4; k >= 0; k -= 4) {
    const diagonal = system + <usize>k * (next + sizeof<T>());
    const row = system + <usize>k * next + <usize>size * sizeof<T>();
    for (let at: usize = 0; at < end; at += 32)
      subtract<T>(row + at, diagonal + 4 * next, row + at + 4 * next, size - k - 4);
    const row1 = row + next;
    const row2 = row1 + next;
    const row3 = row2 + next;
    const p0 = v128.load_splat<T>(diagonal);
    const u01 = v128.load_splat<T>(diagonal, sizeof<T>());
    const u02 = v128.load_splat<T>(diagonal, 2 * sizeof<T>());
    const u03 = v128.load_splat<T>(diagonal, 3 * sizeof<T>());
    const p1 = v128.load_splat<T>(diagonal + next, sizeof<T>());
    const u12 = v128.load_splat<T>(diagonal + next, 2 * sizeof<T>());
    const u13 = v128.load_splat<T>(diagonal + next, 3 * sizeof<T>());
    const p2 = v128.load_splat<T>(diagonal + 2 * next, 2 * sizeof<T>());
    const u23 = v128.load_splat<T>(diagonal + 2 * next, 3 * sizeof<T>());
    const p3 = v128.load_splat<T>(diagonal + 3 * next, 3 * sizeof<T>());
    for (let at: usize = 0; at < end; at += 16) {
      const d = v128.mul<T>(v128.load(row3 + at), p3);
      let a = v128.sub<T>(v128.load(row + at), v128.mul<T>(u03, d));
      let b = v128.sub<T>(v128.load(row1 + at), v128.mul<T>(u13, d));
      const c = v128.mul<T>(v128.sub<T>(v128.load(row2 + at), v128.mul<T>(u23, d)), p2);
      b = v128.mul<T>(v128.sub<T>(b, v128.mul<T>(u12, c)), p1);
      a = v128.sub<T>(v128.sub<T>(a, v128.mul<T>(u02, c)), v128.mul<T>(u01, b));
      v128.store(row + at, v128.mul<T>(a, p0));
      v128.store(row1 + at, b);
      v128.store(row2 + at, c);
      v128.store(row3 + at, d);
    }
  }
}
