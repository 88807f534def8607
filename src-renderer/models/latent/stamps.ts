/** A mark that is copied pixel by pixel: thousands of drawing calls a frame would be slow. */
export interface Stamp {
  /** Pixels along each side; the middle of the mark is at half of it. */
  readonly size: number;
  /** RGBA in the order of the machine, over the ground; 0 where the mark does not cover half of the pixel. */
  readonly pixels: Uint32Array;
}

/** Pixels of an image of width * height, RGBA as `Stamp`. */
export interface Ground {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint32Array;
}

/** Where stamps may leave pixels; pixels of the ground. */
export interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Copies a stamp with its middle at a place, as far as it lies within the bounds. */
export function press(ground: Ground, bounds: Bounds, stamp: Stamp, x: number, y: number): void {
  const [left, top] = [Math.round(x - stamp.size / 2), Math.round(y - stamp.size / 2)];
  const first = Math.max(0, Math.ceil(bounds.left) - left);
  const last = Math.min(stamp.size, Math.floor(Math.min(bounds.right, ground.width)) - left);
  const end = Math.min(stamp.size, Math.floor(Math.min(bounds.bottom, ground.height)) - top);
  for (let row = Math.max(0, Math.ceil(bounds.top) - top); row < end; row++)
    for (let column = first; column < last; column++) {
      const value = stamp.pixels[row * stamp.size + column];
      if (value !== 0) ground.pixels[(top + row) * ground.width + left + column] = value;
    }
}

/**
 * A mark over a ground of one colour.
 * @param mark RGBA of a square, not premultiplied
 * @param ground RGB, 0 to 255
 */
export function stampOf(mark: Uint8ClampedArray, ground: readonly number[]): Stamp {
  const rgba = new Uint8ClampedArray(mark.length);
  for (let at = 0; at < mark.length; at += 4) {
    const share = mark[at + 3] / 255;
    if (share < 0.5) continue;
    for (let band = 0; band < 3; band++)
      rgba[at + band] = share * mark[at + band] + (1 - share) * ground[band];
    rgba[at + 3] = 255;
  }
  return { size: Math.sqrt(mark.length / 4), pixels: new Uint32Array(rgba.buffer) };
}
