/**
 * Fourier transforms of planes in single precision, eight lines at a time: a value is a row of eight, one of each line,
 * so that every step works on whole vectors. Any length: products of 2, 3, 4 and 5 by Stockham's passes, others by
 * Bluestein's convolution of such a length. Addresses are in bytes.
 *
 * A plan, which the host writes: length; inner length; count of factors and these; then cosines and sines of the inner
 * length's angles. Where the inner length is another: the chirp's cosines and sines, and the transform of what it is
 * convolved with, real and imaginary part.
 */

/** Bytes of a row of eight. */
const ROW: usize = 32;
/** Bytes of the head of a plan. */
const HEAD: usize = 64;
const THIRD: f32 = 0.8660254037844386;
const FIFTH_COS: f32 = 0.30901699437494745;
const FIFTH_COS2: f32 = -0.8090169943749475;
const FIFTH_SIN: f32 = 0.9510565162951535;
const FIFTH_SIN2: f32 = 0.5877852522924731;

let plan: usize = 0;
/** Inner length. */
let inner: i32 = 0;
/** Two buffers, real and imaginary part of each. */
let fromRe: usize = 0;
let fromIm: usize = 0;
let toRe: usize = 0;
let toIm: usize = 0;

function begin(ofPlan: usize, work: usize): void {
  plan = ofPlan;
  inner = load<i32>(plan, 4);
  const bytes = <usize>inner * ROW;
  fromRe = work;
  fromIm = work + bytes;
  toRe = work + 2 * bytes;
  toIm = work + 3 * bytes;
}

/**
 * Transforms columns of a plane, in place.
 *
 * @param re, im the plane; swapped, the transform is the inverse one
 * @param pitch values from a row to the next, a multiple of 8
 * @param from, to columns, multiples of 8
 * @param scale of the result
 * @param work room for 32 values times the inner length
 */
export function columns(
  re: usize,
  im: usize,
  pitch: i32,
  from: i32,
  to: i32,
  scale: f32,
  ofPlan: usize,
  work: usize,
): void {
  begin(ofPlan, work);
  const length = load<i32>(plan);
  const line = (<usize>pitch) << 2;
  for (let x = from; x < to; x += 8) {
    const offset = (<usize>x) << 2;
    for (let y = 0; y < length; y++) {
      const at = <usize>y * line + offset;
      const row = <usize>y * ROW;
      v128.store(fromRe + row, v128.load(re + at));
      v128.store(fromRe + row, v128.load(re + at, 16), 16);
      v128.store(fromIm + row, v128.load(im + at));
      v128.store(fromIm + row, v128.load(im + at, 16), 16);
    }
    transform(scale);
    for (let y = 0; y < length; y++) {
      const at = <usize>y * line + offset;
      const row = <usize>y * ROW;
      v128.store(re + at, v128.load(fromRe + row));
      v128.store(re + at, v128.load(fromRe + row, 16), 16);
      v128.store(im + at, v128.load(fromIm + row));
      v128.store(im + at, v128.load(fromIm + row, 16), 16);
    }
  }
}

/** Transforms rows of a plane, in place; as many as there are, in steps of 8, and the pitch is a multiple of 4. */
export function rows(
  re: usize,
  im: usize,
  pitch: i32,
  count: i32,
  scale: f32,
  ofPlan: usize,
  work: usize,
): void {
  begin(ofPlan, work);
  const length = load<i32>(plan);
  const line = (<usize>pitch) << 2;
  for (let y = 0; y < count; y += 8) {
    const at = <usize>y * line;
    gather(re + at, line, length, fromRe);
    gather(im + at, line, length, fromIm);
    transform(scale);
    scatter(fromRe, line, length, re + at);
    scatter(fromIm, line, length, im + at);
  }
}

/** Eight rows to rows of eight. What lies between the length and the pitch goes with it. */
function gather(from: usize, line: usize, length: i32, to: usize): void {
  for (let x = 0; x < length; x += 4) {
    const at = from + ((<usize>x) << 2);
    const row = to + <usize>x * ROW;
    turn(at, line, row, ROW);
    turn(at + 4 * line, line, row + 16, ROW);
  }
}

function scatter(from: usize, line: usize, length: i32, to: usize): void {
  for (let x = 0; x < length; x += 4) {
    const at = to + ((<usize>x) << 2);
    const row = from + <usize>x * ROW;
    turn(row, ROW, at, line);
    turn(row + 16, ROW, at + 4 * line, line);
  }
}

/** Four by four values, turned. */
function turn(from: usize, step: usize, to: usize, toStep: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + step);
  const c = v128.load(from + 2 * step);
  const d = v128.load(from + 3 * step);
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
  v128.store(to + toStep, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
  v128.store(to + 2 * toStep, v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5));
  v128.store(to + 3 * toStep, v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7));
}

/** From the first buffer into the first buffer. */
function transform(scale: f32): void {
  const length = load<i32>(plan);
  if (length === inner) {
    passes();
    multiply(fromRe, length, scale);
    multiply(fromIm, length, scale);
    return;
  }
  const chirpCos = plan + HEAD + ((<usize>inner) << 3);
  const chirpSin = chirpCos + ((<usize>length) << 2);
  const kernelRe = chirpSin + ((<usize>length) << 2);
  const kernelIm = kernelRe + ((<usize>inner) << 2);
  turnBy(chirpCos, chirpSin, length, 1);
  const used = <usize>length * ROW;
  const free = <usize>(inner - length) * ROW;
  memory.fill(fromRe + used, 0, free);
  memory.fill(fromIm + used, 0, free);
  passes();
  turnBy(kernelRe, kernelIm, inner, 1);
  swap();
  passes();
  swap();
  turnBy(chirpCos, chirpSin, length, scale);
}

/** Real and imaginary part change places: a transform between two of these is the inverse one. */
function swap(): void {
  const one = fromRe;
  fromRe = fromIm;
  fromIm = one;
  const other = toRe;
  toRe = toIm;
  toIm = other;
}

function multiply(at: usize, length: i32, scale: f32): void {
  if (scale === 1) return;
  const factor = f32x4.splat(scale);
  const end = at + <usize>length * ROW;
  for (; at < end; at += 16) v128.store(at, f32x4.mul(v128.load(at), factor));
}

/** Multiplies each row of the first buffer by a complex number of its own. */
function turnBy(cosines: usize, sines: usize, length: i32, scale: f32): void {
  for (let i = 0; i < length; i++) {
    const c = f32x4.splat(scale * load<f32>(cosines + ((<usize>i) << 2)));
    const s = f32x4.splat(scale * load<f32>(sines + ((<usize>i) << 2)));
    const row = <usize>i * ROW;
    for (let part: usize = 0; part < ROW; part += 16) {
      const a = v128.load(fromRe + row + part);
      const b = v128.load(fromIm + row + part);
      v128.store(fromRe + row + part, f32x4.sub(f32x4.mul(a, c), f32x4.mul(b, s)));
      v128.store(fromIm + row + part, f32x4.add(f32x4.mul(a, s), f32x4.mul(b, c)));
    }
  }
}

/** Stockham's passes: one for each factor, from a buffer to the other. */
function passes(): void {
  const count = load<i32>(plan, 8);
  let left = inner;
  let stride = 1;
  for (let k = 0; k < count; k++) {
    const factor = load<i32>(plan + 12 + ((<usize>k) << 2));
    const part = left / factor;
    for (let p = 0; p < part; p++) {
      if (factor === 4) four(p, part, stride);
      else if (factor === 2) two(p, part, stride);
      else if (factor === 3) three(p, part, stride);
      else five(p, part, stride);
    }
    const re = fromRe;
    const im = fromIm;
    fromRe = toRe;
    fromIm = toIm;
    toRe = re;
    toIm = im;
    left = part;
    stride *= factor;
  }
}

// Where the butterfly that is worked on puts its vectors, and its angle: the k-th is turned back by its k-fold.
let outRe: usize = 0;
let outIm: usize = 0;
let angle: i32 = 0;

function cosine(k: i32): v128 {
  return f32x4.splat(load<f32>(plan + HEAD + ((<usize>(angle * k)) << 2)));
}

function sine(k: i32): v128 {
  return f32x4.splat(load<f32>(plan + HEAD + ((<usize>(inner + angle * k)) << 2)));
}

function two(p: i32, part: i32, stride: i32): void {
  const bytes = <usize>stride * ROW;
  const re = fromRe + <usize>p * bytes;
  const im = fromIm + <usize>p * bytes;
  const step = <usize>part * bytes;
  outRe = toRe + <usize>(2 * p) * bytes;
  outIm = toIm + <usize>(2 * p) * bytes;
  angle = p * stride;
  const c1 = cosine(1);
  const s1 = sine(1);
  const k1: usize = 1 * bytes;
  for (let at: usize = 0; at < bytes; at += 16) {
    const a = v128.load(re + at);
    const b = v128.load(re + at + step);
    const c = v128.load(im + at);
    const d = v128.load(im + at + step);
    v128.store(outRe + at, f32x4.add(a, b));
    v128.store(outIm + at, f32x4.add(c, d));
    const x1 = f32x4.sub(a, b);
    const y1 = f32x4.sub(c, d);
    v128.store(outRe + k1 + at, f32x4.add(f32x4.mul(x1, c1), f32x4.mul(y1, s1)));
    v128.store(outIm + k1 + at, f32x4.sub(f32x4.mul(y1, c1), f32x4.mul(x1, s1)));
  }
}

function three(p: i32, part: i32, stride: i32): void {
  const bytes = <usize>stride * ROW;
  const re = fromRe + <usize>p * bytes;
  const im = fromIm + <usize>p * bytes;
  const step = <usize>part * bytes;
  outRe = toRe + <usize>(3 * p) * bytes;
  outIm = toIm + <usize>(3 * p) * bytes;
  angle = p * stride;
  const c1 = cosine(1);
  const s1 = sine(1);
  const k1: usize = 1 * bytes;
  const c2 = cosine(2);
  const s2 = sine(2);
  const k2: usize = 2 * bytes;
  const half = f32x4.splat(0.5);
  const third = f32x4.splat(THIRD);
  for (let at: usize = 0; at < bytes; at += 16) {
    const aRe = v128.load(re + at);
    const aIm = v128.load(im + at);
    const bRe = v128.load(re + at + step);
    const bIm = v128.load(im + at + step);
    const cRe = v128.load(re + at + 2 * step);
    const cIm = v128.load(im + at + 2 * step);
    const sumRe = f32x4.add(bRe, cRe);
    const sumIm = f32x4.add(bIm, cIm);
    const midRe = f32x4.sub(aRe, f32x4.mul(half, sumRe));
    const midIm = f32x4.sub(aIm, f32x4.mul(half, sumIm));
    const sideRe = f32x4.mul(third, f32x4.sub(bIm, cIm));
    const sideIm = f32x4.mul(third, f32x4.sub(cRe, bRe));
    v128.store(outRe + at, f32x4.add(aRe, sumRe));
    v128.store(outIm + at, f32x4.add(aIm, sumIm));
    const x1 = f32x4.add(midRe, sideRe);
    const y1 = f32x4.add(midIm, sideIm);
    v128.store(outRe + k1 + at, f32x4.add(f32x4.mul(x1, c1), f32x4.mul(y1, s1)));
    v128.store(outIm + k1 + at, f32x4.sub(f32x4.mul(y1, c1), f32x4.mul(x1, s1)));
    const x2 = f32x4.sub(midRe, sideRe);
    const y2 = f32x4.sub(midIm, sideIm);
    v128.store(outRe + k2 + at, f32x4.add(f32x4.mul(x2, c2), f32x4.mul(y2, s2)));
    v128.store(outIm + k2 + at, f32x4.sub(f32x4.mul(y2, c2), f32x4.mul(x2, s2)));
  }
}

function four(p: i32, part: i32, stride: i32): void {
  const bytes = <usize>stride * ROW;
  const re = fromRe + <usize>p * bytes;
  const im = fromIm + <usize>p * bytes;
  const step = <usize>part * bytes;
  outRe = toRe + <usize>(4 * p) * bytes;
  outIm = toIm + <usize>(4 * p) * bytes;
  angle = p * stride;
  const c1 = cosine(1);
  const s1 = sine(1);
  const k1: usize = 1 * bytes;
  const c2 = cosine(2);
  const s2 = sine(2);
  const k2: usize = 2 * bytes;
  const c3 = cosine(3);
  const s3 = sine(3);
  const k3: usize = 3 * bytes;
  for (let at: usize = 0; at < bytes; at += 16) {
    const aRe = v128.load(re + at);
    const aIm = v128.load(im + at);
    const bRe = v128.load(re + at + step);
    const bIm = v128.load(im + at + step);
    const cRe = v128.load(re + at + 2 * step);
    const cIm = v128.load(im + at + 2 * step);
    const dRe = v128.load(re + at + 3 * step);
    const dIm = v128.load(im + at + 3 * step);
    const acRe = f32x4.add(aRe, cRe);
    const acIm = f32x4.add(aIm, cIm);
    const bdRe = f32x4.add(bRe, dRe);
    const bdIm = f32x4.add(bIm, dIm);
    const lessRe = f32x4.sub(aRe, cRe);
    const lessIm = f32x4.sub(aIm, cIm);
    // i times b less d.
    const turnedRe = f32x4.sub(dIm, bIm);
    const turnedIm = f32x4.sub(bRe, dRe);
    v128.store(outRe + at, f32x4.add(acRe, bdRe));
    v128.store(outIm + at, f32x4.add(acIm, bdIm));
    const x1 = f32x4.sub(lessRe, turnedRe);
    const y1 = f32x4.sub(lessIm, turnedIm);
    v128.store(outRe + k1 + at, f32x4.add(f32x4.mul(x1, c1), f32x4.mul(y1, s1)));
    v128.store(outIm + k1 + at, f32x4.sub(f32x4.mul(y1, c1), f32x4.mul(x1, s1)));
    const x2 = f32x4.sub(acRe, bdRe);
    const y2 = f32x4.sub(acIm, bdIm);
    v128.store(outRe + k2 + at, f32x4.add(f32x4.mul(x2, c2), f32x4.mul(y2, s2)));
    v128.store(outIm + k2 + at, f32x4.sub(f32x4.mul(y2, c2), f32x4.mul(x2, s2)));
    const x3 = f32x4.add(lessRe, turnedRe);
    const y3 = f32x4.add(lessIm, turnedIm);
    v128.store(outRe + k3 + at, f32x4.add(f32x4.mul(x3, c3), f32x4.mul(y3, s3)));
    v128.store(outIm + k3 + at, f32x4.sub(f32x4.mul(y3, c3), f32x4.mul(x3, s3)));
  }
}

function five(p: i32, part: i32, stride: i32): void {
  const bytes = <usize>stride * ROW;
  const re = fromRe + <usize>p * bytes;
  const im = fromIm + <usize>p * bytes;
  const step = <usize>part * bytes;
  outRe = toRe + <usize>(5 * p) * bytes;
  outIm = toIm + <usize>(5 * p) * bytes;
  angle = p * stride;
  const c1 = cosine(1);
  const s1 = sine(1);
  const k1: usize = 1 * bytes;
  const c2 = cosine(2);
  const s2 = sine(2);
  const k2: usize = 2 * bytes;
  const c3 = cosine(3);
  const s3 = sine(3);
  const k3: usize = 3 * bytes;
  const c4 = cosine(4);
  const s4 = sine(4);
  const k4: usize = 4 * bytes;
  const cos = f32x4.splat(FIFTH_COS);
  const cos2 = f32x4.splat(FIFTH_COS2);
  const sin = f32x4.splat(FIFTH_SIN);
  const sin2 = f32x4.splat(FIFTH_SIN2);
  for (let at: usize = 0; at < bytes; at += 16) {
    const aRe = v128.load(re + at);
    const aIm = v128.load(im + at);
    const bRe = v128.load(re + at + step);
    const bIm = v128.load(im + at + step);
    const cRe = v128.load(re + at + 2 * step);
    const cIm = v128.load(im + at + 2 * step);
    const dRe = v128.load(re + at + 3 * step);
    const dIm = v128.load(im + at + 3 * step);
    const eRe = v128.load(re + at + 4 * step);
    const eIm = v128.load(im + at + 4 * step);
    const beRe = f32x4.add(bRe, eRe);
    const beIm = f32x4.add(bIm, eIm);
    const cdRe = f32x4.add(cRe, dRe);
    const cdIm = f32x4.add(cIm, dIm);
    const fromBeRe = f32x4.sub(bRe, eRe);
    const fromBeIm = f32x4.sub(bIm, eIm);
    const fromCdRe = f32x4.sub(cRe, dRe);
    const fromCdIm = f32x4.sub(cIm, dIm);
    v128.store(outRe + at, f32x4.add(aRe, f32x4.add(beRe, cdRe)));
    v128.store(outIm + at, f32x4.add(aIm, f32x4.add(beIm, cdIm)));
    const nearRe = f32x4.add(aRe, f32x4.add(f32x4.mul(cos, beRe), f32x4.mul(cos2, cdRe)));
    const nearIm = f32x4.add(aIm, f32x4.add(f32x4.mul(cos, beIm), f32x4.mul(cos2, cdIm)));
    const farRe = f32x4.add(aRe, f32x4.add(f32x4.mul(cos2, beRe), f32x4.mul(cos, cdRe)));
    const farIm = f32x4.add(aIm, f32x4.add(f32x4.mul(cos2, beIm), f32x4.mul(cos, cdIm)));
    const nearSideRe = f32x4.add(f32x4.mul(sin, fromBeIm), f32x4.mul(sin2, fromCdIm));
    const nearSideIm = f32x4.add(f32x4.mul(sin, fromBeRe), f32x4.mul(sin2, fromCdRe));
    const farSideRe = f32x4.sub(f32x4.mul(sin2, fromBeIm), f32x4.mul(sin, fromCdIm));
    const farSideIm = f32x4.sub(f32x4.mul(sin2, fromBeRe), f32x4.mul(sin, fromCdRe));
    const x1 = f32x4.add(nearRe, nearSideRe);
    const y1 = f32x4.sub(nearIm, nearSideIm);
    v128.store(outRe + k1 + at, f32x4.add(f32x4.mul(x1, c1), f32x4.mul(y1, s1)));
    v128.store(outIm + k1 + at, f32x4.sub(f32x4.mul(y1, c1), f32x4.mul(x1, s1)));
    const x4 = f32x4.sub(nearRe, nearSideRe);
    const y4 = f32x4.add(nearIm, nearSideIm);
    v128.store(outRe + k4 + at, f32x4.add(f32x4.mul(x4, c4), f32x4.mul(y4, s4)));
    v128.store(outIm + k4 + at, f32x4.sub(f32x4.mul(y4, c4), f32x4.mul(x4, s4)));
    const x2 = f32x4.add(farRe, farSideRe);
    const y2 = f32x4.sub(farIm, farSideIm);
    v128.store(outRe + k2 + at, f32x4.add(f32x4.mul(x2, c2), f32x4.mul(y2, s2)));
    v128.store(outIm + k2 + at, f32x4.sub(f32x4.mul(y2, c2), f32x4.mul(x2, s2)));
    const x3 = f32x4.sub(farRe, farSideRe);
    const y3 = f32x4.add(farIm, farSideIm);
    v128.store(outRe + k3 + at, f32x4.add(f32x4.mul(x3, c3), f32x4.mul(y3, s3)));
    v128.store(outIm + k3 + at, f32x4.sub(f32x4.mul(y3, c3), f32x4.mul(x3, s3)));
  }
}
