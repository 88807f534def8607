/**
 * Answers of detectors to a plane, in vectors (detectors.ts says which). Planes that are filtered have a rim of zeros
 * around them, so that nothing is asked about a border; answers have none. Addresses are in bytes.
 */

/** Pixels of a rim, more than any filter reaches. */
export const RIM: i32 = 16;

let columns: i32 = 0;
let rows: i32 = 0;
/** Values of a row with its rims; whole vectors. */
export let pitch: i32 = 0;
/** Values of a plane with its rims. */
export let framed: i32 = 0;

/** A plane and what the Gaussians make of it, each with rims, one after the other. */
export let plane: usize = 0;
export let blurred: usize = 0;
let spare: usize = 0;
/** Spots that are looked at. */
export let spots: usize = 0;
/** Half a kernel, its middle first. */
export let weights: usize = 0;
/** Where the points of all lines lie from a pixel, in bytes. */
export let points: usize = 0;
/** Answers to each pixel; the largest so far over its deviation, its amplitude and its detector. */
export let answers: usize = 0;
export let sizes: usize = 0;
export let amplitudes: usize = 0;
export let detectors: usize = 0;
/** What a result can be too bright by at most. */
export let shown: usize = 0;

const PAGE: usize = 65536;
let top: usize = 0;

/**
 * Lays out zeroed memory; then the host fills points.
 *
 * @returns whether there was enough memory
 */
export function prepare(ofColumns: i32, ofRows: i32, scales: i32, ofSpots: i32, ofPoints: i32): bool {
  columns = ofColumns;
  rows = ofRows;
  pitch = (columns + 2 * RIM + 3) & ~3;
  framed = pitch * (rows + 2 * RIM);
  const area = columns * rows;
  top = 0;
  plane = take(framed);
  blurred = take(framed * scales);
  spare = take(framed);
  spots = take(framed * ofSpots);
  weights = take(RIM);
  points = take(ofPoints);
  answers = take(area);
  sizes = take(area);
  amplitudes = take(area);
  detectors = take(area);
  shown = take(area);
  const pages = <i32>((top + PAGE - 1) / PAGE) - memory.size();
  if (pages > 0 && memory.grow(pages) < 0) return false;
  memory.fill(0, 0, top);
  return true;
}

/** Four vectors may be read and written past an end: 64 bytes more. */
function take(values: i32): usize {
  const at = top;
  top = (at + ((<usize>values) << 2) + 64 + 15) & ~15;
  return at;
}

/** Where a row of a plane with rims begins, behind its rim. */
function rowOf(image: usize, row: i32): usize {
  return image + ((<usize>((row + RIM) * pitch + RIM)) << 2);
}

/** Blurs along rows, then along columns, with the weights up to a reach. */
export function blur(from: usize, to: usize, reach: i32): void {
  const end = (<usize>columns) << 2;
  for (let row = 0; row < rows; row++) {
    blurLine(rowOf(from, row), rowOf(spare, row), 4, reach);
    // what a vector wrote beyond the row is no pixel of it
    v128.store(rowOf(spare, row) + end, f32x4.splat(0));
  }
  for (let row = 0; row < rows; row++)
    blurLine(rowOf(spare, row), rowOf(to, row), (<usize>pitch) << 2, reach);
}

/** @param step bytes to the next neighbour */
function blurLine(from: usize, to: usize, step: usize, reach: i32): void {
  for (let x: usize = 0; x < (<usize>columns) << 2; x += 16) {
    const at = from + x;
    let sum = f32x4.mul(v128.load32_splat(weights), v128.load(at));
    for (let k = 1; k <= reach; k++) {
      const far = <usize>k * step;
      const both = f32x4.add(v128.load(at - far), v128.load(at + far));
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(weights + ((<usize>k) << 2)), both));
    }
    v128.store(to + x, sum);
  }
}

/** Takes the plane `around` places on from each blurred one, so that what changes slowly says nothing. */
export function differ(count: i32, around: i32): void {
  const next = (<usize>framed) << 2;
  for (let at = blurred, end = at + <usize>count * next; at < end; at += 16)
    v128.store(at, f32x4.sub(v128.load(at), v128.load(at + <usize>around * next)));
}

/** Adds a part of what lies where blurred planes do to the spots, or puts it in their place. */
export function add(count: i32, scale: f32, first: bool): void {
  const part = f32x4.splat(scale);
  for (let at: usize = 0, end = (<usize>(count * framed)) << 2; at < end; at += 16) {
    const value = f32x4.mul(part, v128.load(blurred + at));
    v128.store(spots + at, first ? value : f32x4.add(v128.load(spots + at), value));
  }
}

/** Answers of one detector: the sum of its points among the spots of one size. */
export function answer(spot: i32, firstPoint: i32, count: i32): void {
  const image = spots + ((<usize>(spot * framed)) << 2);
  const from = points + ((<usize>firstPoint) << 2);
  const to = from + ((<usize>count) << 2);
  const end = (<usize>columns) << 2;
  for (let row = 0; row < rows; row++) {
    const start = rowOf(image, row);
    const out = answers + <usize>row * end;
    // what is written beyond the row is overwritten by the next
    for (let x: usize = 0; x < end; x += 64) {
      let a = f32x4.splat(0);
      let b = a;
      let c = a;
      let d = a;
      for (let point = from; point < to; point += 4) {
        const at = start + x + load<i32>(point);
        a = f32x4.add(a, v128.load(at));
        b = f32x4.add(b, v128.load(at, 16));
        c = f32x4.add(c, v128.load(at, 32));
        d = f32x4.add(d, v128.load(at, 48));
      }
      v128.store(out + x, a);
      v128.store(out + x, b, 16);
      v128.store(out + x, c, 32);
      v128.store(out + x, d, 48);
    }
  }
}

/** Keeps the answers that are larger than those before, but for what a result cannot be too bright by. */
export function keepLarger(detector: i32, scale: f32, gain: f32): void {
  const name = i32x4.splat(detector);
  for (let at: usize = 0, end = (<usize>(columns * rows)) << 2; at < end; at += 16) {
    const value = v128.load(answers + at);
    const size = f32x4.mul(f32x4.abs(value), f32x4.splat(scale));
    const amplitude = f32x4.mul(value, f32x4.splat(gain));
    const isLarger = v128.and(
      f32x4.gt(size, v128.load(sizes + at)),
      f32x4.ge(amplitude, f32x4.neg(v128.load(shown + at))),
    );
    if (!v128.any_true(isLarger)) continue;
    v128.store(sizes + at, v128.bitselect(size, v128.load(sizes + at), isLarger));
    v128.store(amplitudes + at, v128.bitselect(amplitude, v128.load(amplitudes + at), isLarger));
    v128.store(detectors + at, v128.bitselect(name, v128.load(detectors + at), isLarger));
  }
}
