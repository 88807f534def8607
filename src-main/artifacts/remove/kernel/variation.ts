/**
 * The image of least total variation of all that have the same known frequencies (`extrapolate.ts`): the steps of
 * Chambolle and Pock, on two images at a time, real and imaginary part of one. Sizes are multiples of 8, the images go
 * on at their borders, addresses are in bytes.
 */
import { columns as alongColumns, rows as alongRows } from './fourier';

/** @param re, im, aheadRe, aheadIm, px, py...: planes; known: k-space of which the frequencies up to the highest count */
export function leastVariation(
  re: usize,
  im: usize,
  aheadRe: usize,
  aheadIm: usize,
  duals: usize,
  knownRe: usize,
  knownIm: usize,
  columns: i32,
  rows: i32,
  highestX: i32,
  highestY: i32,
  dual: f32,
  primal: f32,
  iterations: i32,
  planX: usize,
  planY: usize,
  work: usize,
): void {
  const bytes = (<usize>(columns * rows)) << 2;
  for (let iteration = 0; iteration < iterations; iteration++) {
    descend(re, aheadRe, duals, duals + bytes, columns, rows, dual, primal);
    descend(im, aheadIm, duals + 2 * bytes, duals + 3 * bytes, columns, rows, dual, primal);
    project(re, im, knownRe, knownIm, columns, rows, highestX, highestY, planX, planY, work);
    extrapolate(re, aheadRe, bytes);
    extrapolate(im, aheadIm, bytes);
  }
}

/** Puts the known frequencies in. Along columns only those need transforms that hold some. */
function project(
  re: usize,
  im: usize,
  knownRe: usize,
  knownIm: usize,
  columns: i32,
  rows: i32,
  highestX: i32,
  highestY: i32,
  planX: usize,
  planY: usize,
  work: usize,
): void {
  const low = (highestX + 8) & ~7;
  const high = max(low, (columns - highestX) & ~7);
  alongRows(re, im, columns, rows, 1, planX, work);
  alongColumns(re, im, columns, 0, low, 1, planY, work);
  alongColumns(re, im, columns, high, columns, 1, planY, work);
  const line = (<usize>columns) << 2;
  const first = (<usize>(highestX + 1)) << 2;
  const last = (<usize>highestX) << 2;
  for (let y = 0; y < rows; y++) {
    if (y > highestY && y < rows - highestY) continue;
    const at = <usize>y * line;
    memory.copy(re + at, knownRe + at, first);
    memory.copy(im + at, knownIm + at, first);
    memory.copy(re + at + line - last, knownRe + at + line - last, last);
    memory.copy(im + at + line - last, knownIm + at + line - last, last);
  }
  const scale = <f32>1 / <f32>rows;
  alongColumns(im, re, columns, 0, low, scale, planY, work);
  alongColumns(im, re, columns, high, columns, scale, planY, work);
  alongRows(im, re, columns, rows, <f32>1 / <f32>columns, planX, work);
}

/** Where the image is about to be: twice what it is, less what it was. */
function extrapolate(values: usize, ahead: usize, bytes: usize): void {
  const two = f32x4.splat(2);
  for (let at: usize = 0; at < bytes; at += 16)
    v128.store(ahead + at, f32x4.sub(f32x4.mul(two, v128.load(values + at)), v128.load(ahead + at)));
}

/** One step of the dual variable upwards, and of the image down its divergence; `ahead` is what it was then. */
function descend(
  values: usize,
  ahead: usize,
  px: usize,
  py: usize,
  columns: i32,
  rows: i32,
  dual: f32,
  primal: f32,
): void {
  const line = (<usize>columns) << 2;
  const end = line * <usize>rows;
  const step = f32x4.splat(dual);
  const one = f32x4.splat(1);
  for (let row: usize = 0; row < end; row += line) {
    const below = row + line < end ? line : line - end;
    for (let x: usize = 0; x < line; x += 16) {
      const at = row + x;
      const here = v128.load(ahead + at);
      const right =
        x + 16 < line
          ? v128.load(ahead + at, 4)
          : v128.shuffle<f32>(here, v128.load(ahead + row), 1, 2, 3, 4);
      const dx = f32x4.add(v128.load(px + at), f32x4.mul(step, f32x4.sub(right, here)));
      const dy = f32x4.add(
        v128.load(py + at),
        f32x4.mul(step, f32x4.sub(v128.load(ahead + at + below), here)),
      );
      const square = f32x4.add(f32x4.mul(dx, dx), f32x4.mul(dy, dy));
      const length = f32x4.sqrt(f32x4.max(one, square));
      v128.store(px + at, f32x4.div(dx, length));
      v128.store(py + at, f32x4.div(dy, length));
    }
  }
  const down = f32x4.splat(primal);
  for (let row: usize = 0; row < end; row += line) {
    const above = row > 0 ? line : line - end;
    for (let x: usize = 0; x < line; x += 16) {
      const at = row + x;
      const here = v128.load(px + at);
      const left =
        x > 0 ? v128.load(px + at - 4) : v128.shuffle<f32>(v128.load(px + row + line - 16), here, 3, 4, 5, 6);
      const divergence = f32x4.add(
        f32x4.sub(here, left),
        f32x4.sub(v128.load(py + at), v128.load(py + at - above)),
      );
      const was = v128.load(values + at);
      v128.store(ahead + at, was);
      v128.store(values + at, f32x4.add(was, f32x4.mul(down, divergence)));
    }
  }
}
