/**
 * A plane of magnitudes in the kernel, from which waves are taken that were added to the complex image: what is left,
 * its total variation, and its spectrum.
 */
import type { Kernel } from '../kernel/planes.ts?wasm';
import { eights, forward, type KernelImage, placeImage } from './fourier.js';
import { floatsAt, Layout } from './memory.js';

/** A plane of magnitudes, x fastest. */
export interface Magnitudes {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** With 1 where a value is surely more than noise of air. */
export interface Plane extends Magnitudes {
  readonly tissue: Uint8Array;
}

/** Cycles over the plane. */
export interface Wave {
  readonly kx: number;
  readonly ky: number;
}

/** A wave with its complex amplitude, and of which sign its frequency is: of one alone that makes no difference. */
export interface Fitted {
  readonly wave: Wave;
  /** Where the kernel has its cosines and sines. */
  readonly slot: number;
  readonly c: number;
  readonly s: number;
  readonly sign: number;
}

/** A solution may be below zero by this share of the waves, as far as these are not known to the last. */
const SLACK = 0.5;
/** Half side of the squares that tell which solution is meant, at most. */
const MOST_REACH = 12;
/** Planes that the kernel lays out from one address on: kernel/waves.ts says which. */
const [PLANES, MAGNITUDES, BESIDE, UNDER, SUM_RE, SUM_IM, TISSUE] = [8, 0, 1, 2, 3, 4, 5];

export class WavePlane {
  readonly #plane: Plane;
  readonly #kernel: Kernel;
  readonly #pitch: number;
  readonly #base: number;
  readonly #slots: number;
  readonly #spectrum: KernelImage;

  /**
   * Takes the memory of the kernel: one at a time.
   *
   * @param slots waves whose cosines and sines are kept
   * @throws LimpidError E_INTERNAL where there is not enough memory
   */
  constructor(plane: Plane, slots: number) {
    this.#plane = plane;
    this.#pitch = eights(plane.columns);
    const layout = new Layout();
    this.#base = layout.take(PLANES * this.#area + 4 * this.#pitch);
    this.#slots = layout.take(2 * slots * this.#area);
    const spectrum = placeImage(layout, plane);
    this.#spectrum = spectrum.image;
    this.#kernel = layout.open();
    spectrum.write(this.#kernel);
    this.#kernel.layWaves(this.#base, plane.columns, plane.rows, this.#pitch);
    this.#fill();
  }

  /** Writes a wave of amplitude 1 into a slot, and nothing beyond the columns: what the memory held there would count. */
  place({ kx, ky }: Wave, slot: number): void {
    const { rows, columns } = this.#plane;
    const [cos, sin] = this.#waveform(slot);
    if (this.#pitch > columns) for (const part of [cos, sin]) part.fill(0);
    const [acrossCos, acrossSin] = turns(kx, columns);
    const [downCos, downSin] = turns(ky, rows);
    for (let y = 0; y < rows; y++)
      for (let x = 0, i = y * this.#pitch; x < columns; x++, i++) {
        cos[i] = acrossCos[x] * downCos[y] - acrossSin[x] * downSin[y];
        sin[i] = acrossSin[x] * downCos[y] + acrossCos[x] * downSin[y];
      }
  }

  copy(from: number, to: number): void {
    const length = 2 * this.#area;
    this.#at(this.#slots + 4 * to * length, length).set(this.#at(this.#slots + 4 * from * length, length));
  }

  /** These waves are there, whatever else is: what follows is besides them. */
  suppose(waves: readonly Fitted[]): void {
    const [re, im] = [this.#own(SUM_RE), this.#own(SUM_IM)];
    re.fill(0);
    im.fill(0);
    for (const { slot, c, s, sign } of waves) {
      const [cos, sin] = this.#waveform(slot);
      for (let i = 0; i < re.length; i++) {
        re[i] += c * cos[i] - s * sign * sin[i];
        im[i] += s * cos[i] + c * sign * sin[i];
      }
    }
  }

  /** Total variation over pairs of tissue without one wave more: in air a wave that is none makes noise less, too. */
  without({ wave, slot, c, s, sign }: Fitted): number {
    const period = 1 / Math.hypot(wave.kx / this.#plane.columns, wave.ky / this.#plane.rows);
    const reach = Math.min(MOST_REACH, Math.max(2, Math.round(period / 2)));
    const cosines = this.#slots + 8 * slot * this.#area;
    return this.#kernel.without(cosines, cosines + 4 * this.#area, c, s, sign, reach, SLACK);
  }

  /** What was left of the plane when it was last asked how much variation that has. */
  tissue(): Float32Array {
    const { rows, columns } = this.#plane;
    const own = this.#own(TISSUE);
    const values = new Float32Array(rows * columns);
    for (let y = 0; y < rows; y++)
      values.set(own.subarray(y * this.#pitch, y * this.#pitch + columns), y * columns);
    return values;
  }

  /** Complex amplitude of the wave of a slot in an image: twice its mean product with the conjugate wave. */
  amplitude(values: Float32Array, slot: number, sign: number): [number, number] {
    const { rows, columns } = this.#plane;
    const [cos, sin] = this.#waveform(slot);
    let [c, s] = [0, 0];
    for (let y = 0, i = 0; y < rows; y++)
      for (let x = 0, at = y * this.#pitch; x < columns; x++, at++, i++) {
        c += values[i] * cos[at];
        s -= sign * values[i] * sin[at];
      }
    return [(2 * c) / values.length, (2 * s) / values.length];
  }

  /** Logarithms of the magnitudes of k-space, of the tissue of an image alone; frequency 0 first. */
  logSpectrum(values: Float32Array): Float32Array {
    const { rows, columns, tissue } = this.#plane;
    const image = this.#spectrum;
    const [re, im] = [image.re, image.im].map((at) => this.#at(at, image.length));
    re.fill(0);
    im.fill(0);
    for (let y = 0, i = 0; y < rows; y++)
      for (let x = 0, at = y * image.pitch; x < columns; x++, at++, i++) re[at] = values[i] * tissue[i];
    // The other half of k-space is the same, since the image is real.
    const half = (columns >> 1) + 1;
    forward(this.#kernel, image, eights(half));
    const logs = new Float32Array(rows * columns);
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < half; x++) {
        const at = y * image.pitch + x;
        const log = 0.5 * Math.log(re[at] * re[at] + im[at] * im[at] + 1e-12);
        logs[y * columns + x] = log;
        if (x > 0) logs[(y === 0 ? 0 : rows - y) * columns + columns - x] = log;
      }
    return logs;
  }

  get #area(): number {
    return this.#pitch * this.#plane.rows;
  }

  #fill(): void {
    const { values, tissue, rows, columns } = this.#plane;
    this.#at(this.#base, PLANES * this.#area).fill(0);
    const [magnitudes, beside, under] = [MAGNITUDES, BESIDE, UNDER].map((plane) => this.#own(plane));
    for (let y = 0, i = 0; y < rows; y++)
      for (let x = 0, at = y * this.#pitch; x < columns; x++, at++, i++) {
        magnitudes[at] = values[i];
        if (x + 1 < columns) beside[at] = tissue[i] * tissue[i + 1];
        if (y + 1 < rows) under[at] = tissue[i] * tissue[i + columns];
      }
  }

  #own(plane: number): Float32Array {
    return this.#at(this.#base + 4 * plane * this.#area, this.#area);
  }

  #waveform(slot: number): [Float32Array, Float32Array] {
    const at = this.#slots + 8 * slot * this.#area;
    return [this.#at(at, this.#area), this.#at(at + 4 * this.#area, this.#area)];
  }

  #at(address: number, length: number): Float32Array {
    return floatsAt(this.#kernel, address, length);
  }
}

/** Cosines and sines of so many turns over a length. */
function turns(count: number, length: number): [Float64Array, Float64Array] {
  const angle = (i: number) => 2 * Math.PI * (((count * i) / length) % 1);
  return [
    Float64Array.from({ length }, (_, i) => Math.cos(angle(i))),
    Float64Array.from({ length }, (_, i) => Math.sin(angle(i))),
  ];
}
