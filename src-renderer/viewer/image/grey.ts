import { type DrawnPlane, levelsBetween, quantise, type ReadPlane } from './pixels.js';
import type { Screen } from './screen.js';

/** How a plane is shown in greys: white from center + width / 2 on, or black where inverted. */
export interface GreyScale {
  readonly center: number;
  readonly width: number;
  readonly invert: boolean;
}

/**
 * Words of an ImageData for each pixel of a plane. A table is kept for as long as window and scale stay, and grows
 * with the range of the planes: going through a series makes it once.
 */
export class GreyTable {
  #words: Uint32Array = new Uint32Array(0);
  #low = 0;
  #made: (GreyScale & Pick<DrawnPlane, 'slope' | 'intercept'>) | null = null;

  /** Greys of all pixels, or of those of a screen, written to `out`. */
  draw(plane: DrawnPlane | ReadPlane, scale: GreyScale, screen: Screen | null, out: Uint32Array): void {
    if ('pixels' in plane) this.#drawStored(plane, scale, screen, out);
    else if (screen === null) this.#drawStored(plane.whole(), scale, null, out);
    else this.#drawRead(plane, scale, screen, out);
  }

  #drawStored(plane: DrawnPlane, scale: GreyScale, screen: Screen | null, out: Uint32Array): void {
    this.#ensure(plane, scale);
    const [words, low] = [this.#words, this.#low];
    if (screen === null) greyAll(plane.pixels, words, low, out);
    else if (!screen.smooth) greyNearest(plane.pixels, words, low, screen, out);
    else for (let y = 0; y < screen.height; y++) greyMixed(plane.pixels, words, low, screen, y, out);
  }

  #drawRead({ read, low, high }: ReadPlane, scale: GreyScale, screen: Screen, out: Uint32Array): void {
    this.#ensure(levelsBetween(low, high), scale);
    const [words, lowest] = [this.#words, this.#low];
    const { width, height, smooth } = screen;
    const values = new Float32Array(width * (smooth ? 4 : 1));
    const levels = new Uint16Array(values.length);
    const line = smooth ? null : new Uint32Array(width);
    for (let y = 0; y < height; y++) {
      read(screen, y, values);
      quantise(values, low, high, levels);
      if (line === null) mixLevels(levels, words, lowest, screen, y, out);
      else {
        greyAll(levels, words, lowest, line);
        out.set(line, y * width);
      }
    }
  }

  #ensure({ slope, intercept, minimum, maximum }: Omit<DrawnPlane, 'pixels'>, scale: GreyScale): void {
    const made = this.#made;
    const isSame =
      made !== null &&
      made.slope === slope &&
      made.intercept === intercept &&
      made.center === scale.center &&
      made.width === scale.width &&
      made.invert === scale.invert;
    const [knownLow, knownHigh] = [this.#low, this.#low + this.#words.length - 1];
    if (isSame && minimum >= knownLow && maximum <= knownHigh) return;
    const low = isSame ? Math.min(minimum, knownLow) : minimum;
    const high = isSame ? Math.max(maximum, knownHigh) : maximum;
    this.#low = low;
    this.#words = greyWords(low, high, slope, intercept, scale);
    const { center, width, invert } = scale;
    this.#made = { slope, intercept, center, width, invert };
  }
}

function greyAll(pixels: DrawnPlane['pixels'], words: Uint32Array, low: number, out: Uint32Array): void {
  for (let i = 0; i < pixels.length; i++) out[i] = words[pixels[i] - low];
}

function greyNearest(
  pixels: DrawnPlane['pixels'],
  words: Uint32Array,
  low: number,
  { across, down, width, height }: Screen,
  out: Uint32Array,
): void {
  for (let y = 0, k = 0; y < height; y++)
    for (let x = 0; x < width; x++, k++) out[k] = words[pixels[down.first[y] + across.first[x]] - low];
}

/** One row of the screen: a function of its own, so that its loop is compiled as it stands. */
function greyMixed(
  pixels: DrawnPlane['pixels'],
  words: Uint32Array,
  low: number,
  { across: { first, second, weight }, down, width }: Screen,
  y: number,
  out: Uint32Array,
): void {
  const [upper, lower, w] = [down.first[y], down.second[y], down.weight[y]];
  const start = y * width;
  for (let x = 0; x < width; x++) {
    const i = first[x];
    const j = second[x];
    const v = weight[x];
    const upperLeft = words[pixels[upper + i] - low] & 255;
    const upperRight = words[pixels[upper + j] - low] & 255;
    const lowerLeft = words[pixels[lower + i] - low] & 255;
    const lowerRight = words[pixels[lower + j] - low] & 255;
    out[start + x] = mixed(upperLeft, upperRight, lowerLeft, lowerRight, v, w);
  }
}

/** As `greyMixed`, of levels that were read for this row: four for each of its pixels. */
function mixLevels(
  levels: Uint16Array,
  words: Uint32Array,
  low: number,
  { across: { weight }, down, width }: Screen,
  y: number,
  out: Uint32Array,
): void {
  const w = down.weight[y];
  const start = y * width;
  for (let x = 0, k = 0; x < width; x++, k += 4)
    out[start + x] = mixed(
      words[levels[k] - low] & 255,
      words[levels[k + 1] - low] & 255,
      words[levels[k + 2] - low] & 255,
      words[levels[k + 3] - low] & 255,
      weight[x],
      w,
    );
}

/** The word of four greys by the weights of the right and of the lower two, in 256ths. */
function mixed(
  upperLeft: number,
  upperRight: number,
  lowerLeft: number,
  lowerRight: number,
  right: number,
  lower: number,
): number {
  const top = 256 * upperLeft + (upperRight - upperLeft) * right;
  const bottom = 256 * lowerLeft + (lowerRight - lowerLeft) * right;
  const grey = (256 * top + (bottom - top) * lower + 0x8000) >> 16;
  return 0xff000000 | Math.imul(grey, 0x010101);
}

/** Linear as PS3.3 C.11.2.1.3.2 has it, opaque. */
function greyWords(
  low: number,
  high: number,
  slope: number,
  intercept: number,
  { center, width, invert }: GreyScale,
): Uint32Array {
  const words = new Uint32Array(high - low + 1);
  // It rounds and clips.
  const grey = new Uint8ClampedArray(1);
  for (let i = 0; i < words.length; i++) {
    const level = (((low + i) * slope + intercept - center) / width + 0.5) * 255;
    grey[0] = invert ? 255 - level : level;
    words[i] = (0xff000000 | (grey[0] * 0x010101)) >>> 0;
  }
  return words;
}
