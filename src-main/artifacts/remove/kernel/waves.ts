/**
 * What is left of a plane of magnitudes without waves that were added to the complex image, and its total variation
 * (`spikes.ts`). Planes have a pitch that is a multiple of 4, addresses are in bytes; values beyond the columns are 0.
 */

/** Where the planes of a task lie: the host writes the first six, the last two are made here. */
let magnitudes: usize = 0;
/** 1 where a place and the one to its right, or below, are tissue. */
let beside: usize = 0;
let under: usize = 0;
/** The sum of all other waves. */
let sumRe: usize = 0;
let sumIm: usize = 0;
/** The tissue that is left. */
let tissue: usize = 0;
let waves: usize = 0;
let single: usize = 0;
let lines: usize = 0;
let columns: i32 = 0;
let rows: i32 = 0;
let pitch: i32 = 0;

/** @param base address of the first plane; the others follow it, then room for four lines */
export function layWaves(base: usize, ofColumns: i32, ofRows: i32, ofPitch: i32): void {
  columns = ofColumns;
  rows = ofRows;
  pitch = ofPitch;
  const bytes = (<usize>(pitch * rows)) << 2;
  magnitudes = base;
  beside = base + bytes;
  under = base + 2 * bytes;
  sumRe = base + 3 * bytes;
  sumIm = base + 4 * bytes;
  tissue = base + 5 * bytes;
  waves = base + 6 * bytes;
  single = base + 7 * bytes;
  lines = base + 8 * bytes;
}

/**
 * Solves for the tissue without one wave more.
 *
 * @param cosines, sines of that wave, planes
 * @param c, s amplitude times cosine and sine of the phase
 * @param sign of the frequency
 * @param reach half side of the squares that tell which solution is meant
 * @param slack a solution may be below zero by this share of the waves
 * @returns total variation of the tissue
 */
export function without(
  cosines: usize,
  sines: usize,
  c: f32,
  s: f32,
  sign: f32,
  reach: i32,
  slack: f32,
): f64 {
  const most = roots(cosines, sines, c, s, sign);
  choose(most, reach, slack);
  return variation();
}

/** The larger solution everywhere, the real part of the waves, and 1 where there is no other. @returns twice the deepest wave */
function roots(cosines: usize, sines: usize, c: f32, s: f32, sign: f32): f32 {
  const end = (<usize>(pitch * rows)) << 2;
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const cc = f32x4.splat(c);
  const ss = f32x4.splat(s);
  const signedC = f32x4.splat(c * sign);
  const signedS = f32x4.splat(s * sign);
  let deepest = zero;
  for (let at: usize = 0; at < end; at += 16) {
    const cos = v128.load(cosines + at);
    const sin = v128.load(sines + at);
    const re = f32x4.add(v128.load(sumRe + at), f32x4.sub(f32x4.mul(cc, cos), f32x4.mul(signedS, sin)));
    const im = f32x4.add(v128.load(sumIm + at), f32x4.add(f32x4.mul(ss, cos), f32x4.mul(signedC, sin)));
    const m = v128.load(magnitudes + at);
    const root = f32x4.sqrt(f32x4.max(zero, f32x4.sub(f32x4.mul(m, m), f32x4.mul(im, im))));
    v128.store(waves + at, re);
    v128.store(tissue + at, f32x4.max(zero, f32x4.sub(root, re)));
    v128.store(single + at, v128.and(f32x4.ge(re, zero), one));
    deepest = f32x4.max(deepest, f32x4.neg(re));
  }
  return (
    2 *
    max(
      max(f32x4.extract_lane(deepest, 0), f32x4.extract_lane(deepest, 1)),
      max(f32x4.extract_lane(deepest, 2), f32x4.extract_lane(deepest, 3)),
    )
  );
}

/**
 * Where there may be two solutions, the one nearer to the places around that have one is taken. What is brighter than
 * any two solutions is clipped: beside bright tissue air is told from it.
 */
function choose(most: f32, reach: i32, slack: f32): void {
  const bytes = (<usize>pitch) << 2;
  memory.fill(lines, 0, 2 * bytes);
  for (let y = -reach; y < reach; y++) addRow((y + rows) % rows, most, 1);
  for (let y = 0; y < rows; y++) {
    addRow((y + reach) % rows, most, 1);
    chooseRow(y, reach, slack);
    addRow((y - reach + rows) % rows, most, -1);
  }
}

/** Adds a row of the places with one solution to the sums of columns: values, then how many. */
function addRow(y: i32, most: f32, sign: f32): void {
  const bytes = (<usize>pitch) << 2;
  const row = <usize>y * bytes;
  const limit = f32x4.splat(most);
  const signs = f32x4.splat(sign);
  for (let x: usize = 0; x < bytes; x += 16) {
    const one = f32x4.mul(signs, v128.load(single + row + x));
    const value = f32x4.mul(one, f32x4.min(limit, v128.load(tissue + row + x)));
    v128.store(lines + x, f32x4.add(v128.load(lines + x), value));
    v128.store(lines + bytes + x, f32x4.add(v128.load(lines + bytes + x), one));
  }
}

function chooseRow(y: i32, reach: i32, slack: f32): void {
  const bytes = (<usize>pitch) << 2;
  const around = lines + 2 * bytes;
  const least = 1e-6 * <f64>((2 * reach + 1) * (2 * reach + 1));
  let sum: f64 = 0;
  let count: f64 = 0;
  for (let x = -reach; x < reach; x++) {
    const at = lines + ((<usize>((x + columns) % columns)) << 2);
    sum += load<f32>(at);
    count += load<f32>(at + bytes);
  }
  for (let x = 0; x < columns; x++) {
    const next = x + reach < columns ? x + reach : x + reach - columns;
    const last = x - reach >= 0 ? x - reach : x - reach + columns;
    const to = lines + ((<usize>next) << 2);
    sum += load<f32>(to);
    count += load<f32>(to + bytes);
    store<f32>(around + ((<usize>x) << 2), <f32>(sum / max(count, least)));
    const from = lines + ((<usize>last) << 2);
    sum -= load<f32>(from);
    count -= load<f32>(from + bytes);
  }
  const row = <usize>y * bytes;
  const zero = f32x4.splat(0);
  const double = f32x4.splat(-2);
  const share = f32x4.splat(slack);
  for (let x: usize = 0; x < bytes; x += 16) {
    const re = v128.load(waves + row + x);
    const out = v128.load(tissue + row + x);
    const near = v128.load(around + x);
    const lower = f32x4.sub(f32x4.mul(double, re), out);
    const nearer = f32x4.lt(f32x4.abs(f32x4.sub(lower, near)), f32x4.abs(f32x4.sub(out, near)));
    // Far below zero it is none: what is much brighter than the waves has one solution.
    const is = v128.and(v128.and(f32x4.lt(re, zero), nearer), f32x4.ge(lower, f32x4.mul(share, re)));
    v128.store(tissue + row + x, v128.bitselect(f32x4.max(zero, lower), out, is));
  }
}

/** Total variation over pairs of neighbours that are tissue. */
function variation(): f64 {
  const bytes = (<usize>pitch) << 2;
  let sum: f64 = 0;
  for (let y = 0; y < rows; y++) {
    const row = tissue + <usize>y * bytes;
    let along = f32x4.splat(0);
    for (let x: usize = 0; x < bytes; x += 16) {
      const at = row - tissue + x;
      const here = v128.load(row + x);
      const right = f32x4.abs(f32x4.sub(v128.load(row + x, 4), here));
      const below = f32x4.abs(f32x4.sub(v128.load(row + x + bytes), here));
      along = f32x4.add(
        along,
        f32x4.add(f32x4.mul(right, v128.load(beside + at)), f32x4.mul(below, v128.load(under + at))),
      );
    }
    sum +=
      <f64>(f32x4.extract_lane(along, 0) + f32x4.extract_lane(along, 1)) +
      <f64>(f32x4.extract_lane(along, 2) + f32x4.extract_lane(along, 3));
  }
  return sum;
}
