/** Fourier transforms by the kernel: its plans, and lengths that are fast. */
import { chirpOf, fft } from '../../../base/fft.js';
import type { Kernel } from '../kernel/planes.ts?wasm';
import { floatsAt, type Layout } from './memory.js';

/** Values of 4 bytes of the head of a plan, and rows of eight values that the kernel works on at a time. */
const [HEAD, LINES, BUFFERS] = [16, 8, 4];

/** What the kernel needs for one length: kernel/fourier.ts says what lies where. */
interface FourierPlan {
  readonly values: Float32Array;
  readonly inner: number;
}

const plans = new Map<number, FourierPlan>();

function planFor(length: number): FourierPlan {
  const known = plans.get(length);
  if (known !== undefined) return known;
  const plan = factorsOf(length) === null ? convolution(length) : direct(length);
  plans.set(length, plan);
  return plan;
}

/** @returns address of the plan, which `write` fills once the layout is open */
function placePlan(layout: Layout, plan: FourierPlan): { write(kernel: Kernel): void; at: number } {
  const at = layout.take(plan.values.length);
  return { at, write: (kernel) => floatsAt(kernel, at, plan.values.length).set(plan.values) };
}

/** Values of the room in which lines of these plans are transformed. */
function workOf(...some: readonly FourierPlan[]): number {
  return BUFFERS * LINES * (Math.max(...some.map(({ inner }) => inner)) + 1);
}

/** The least multiple of 8 that is at least so long and is fast: a product of 2, 3 and 5. */
export function fastLength(least: number): number {
  let length = eights(least);
  while (factorsOf(length) === null) length += LINES;
  return length;
}

/** In the order of the passes; null where there are others than 2, 3 and 5. */
function factorsOf(length: number): number[] | null {
  const factors: number[] = [];
  let left = length;
  for (const factor of [4, 2, 3, 5])
    while (left % factor === 0) {
      factors.push(factor);
      left /= factor;
    }
  return left === 1 ? factors : null;
}

function headOf(length: number, inner: number): Float32Array {
  const factors = factorsOf(inner) ?? [];
  const head = new Int32Array(HEAD);
  head.set([length, inner, factors.length, ...factors]);
  return new Float32Array(head.buffer);
}

function anglesOf(length: number): Float32Array {
  const angles = new Float32Array(2 * length);
  for (let i = 0; i < length; i++) {
    angles[i] = Math.cos((2 * Math.PI * i) / length);
    angles[length + i] = Math.sin((2 * Math.PI * i) / length);
  }
  return angles;
}

function direct(length: number): FourierPlan {
  return { values: joined([headOf(length, length), anglesOf(length)]), inner: length };
}

/** Bluestein 1970: any length as a convolution with a chirp, of a length that is fast. */
function convolution(length: number): FourierPlan {
  const inner = fastLength(2 * length - 1);
  const { re, im, kernelRe, kernelIm } = chirpOf(length, inner);
  const chirp = Float32Array.from([...re, ...im]);
  fft(kernelRe, kernelIm);
  // The passes of the kernel are not scaled: both of a convolution bring the inner length, a unitary transform its root.
  const scale = 1 / Math.sqrt(inner);
  const parts = [kernelRe, kernelIm].map((values) => Float32Array.from(values, (value) => scale * value));
  return { values: joined([headOf(length, inner), anglesOf(inner), chirp, ...parts]), inner };
}

/** Bits are copied: the head holds integers. */
function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  const bytes = new Uint8Array(whole.buffer);
  let at = 0;
  for (const { buffer, byteLength } of parts) {
    bytes.set(new Uint8Array(buffer, 0, byteLength), at);
    at += byteLength;
  }
  return whole;
}

/** A complex image in the kernel: `pitch` values from a row to the next. */
export interface KernelImage {
  readonly rows: number;
  readonly columns: number;
  readonly pitch: number;
  readonly length: number;
  readonly re: number;
  readonly im: number;
  readonly plans: readonly [x: number, y: number];
  readonly work: number;
}

/** Room for an image and for transforms of it. @returns `write` fills the plans once the layout is open */
export function placeImage(
  layout: Layout,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): { write(kernel: Kernel): void; image: KernelImage } {
  const pitch = eights(columns);
  const length = pitch * eights(rows);
  const some = [planFor(columns), planFor(rows)];
  const [re, im] = [layout.take(length), layout.take(length)];
  const [x, y] = some.map((plan) => placePlan(layout, plan));
  const image = {
    rows,
    columns,
    pitch,
    length,
    re,
    im,
    plans: [x.at, y.at] as const,
    work: layout.take(workOf(...some)),
  };
  return {
    image,
    write(kernel) {
      x.write(kernel);
      y.write(kernel);
    },
  };
}

/** Unitary transform of an image, in place; of its columns up to `to` only, all by default. Frequency 0 first. */
export function forward(kernel: Kernel, image: KernelImage, to = image.pitch): void {
  const { re, im, rows, columns, pitch, plans, work } = image;
  kernel.transformRows(re, im, pitch, rows, 1 / Math.sqrt(columns), plans[0], work);
  kernel.transformColumns(re, im, pitch, 0, to, 1 / Math.sqrt(rows), plans[1], work);
}

/** Unitary inverse of `forward`, in place. */
export function inverse(kernel: Kernel, image: KernelImage): void {
  forward(kernel, { ...image, re: image.im, im: image.re });
}

/** The next multiple of how many lines the kernel works on at a time. */
export function eights(length: number): number {
  return Math.ceil(length / LINES) * LINES;
}
