import type { DrawnPlane } from './pixels.js';
import { eachRow, type Sampling } from './sampling.js';

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

  /** Greys of the pixels that are sampled, written to `out`. */
  draw(
    plane: DrawnPlane,
    scale: GreyScale,
    sampling: Sampling,
    size: { readonly columns: number; readonly rows: number },
    out: Uint32Array,
  ): void {
    this.#ensure(plane, scale);
    const [words, low] = [this.#words, this.#low];
    eachRow(sampling, size, (start) => {
      greyLine(plane.pixels, words, low, start, sampling.columns, size.columns, out);
    });
  }

  #ensure({ slope, intercept, minimum, maximum }: DrawnPlane, scale: GreyScale): void {
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

function greyLine(
  pixels: DrawnPlane['pixels'],
  words: Uint32Array,
  low: number,
  start: number,
  columns: Int32Array | null,
  width: number,
  out: Uint32Array,
): void {
  const count = columns === null ? width : columns.length;
  for (let k = 0; k < count; k++) {
    const i = start + (columns === null ? k : columns[k]);
    out[i] = words[pixels[i] - low];
  }
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
