import type { Screen } from './screen.js';

/** A canvas and its pixels as words. */
interface Canvas {
  readonly element: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
  readonly image: ImageData;
  readonly words: Uint32Array;
}

/** Colours of a plane as words of an ImageData. */
export interface Coloured {
  readonly columns: number;
  readonly rows: number;
  /** Of all pixels, or of those of a screen; they hold until the next call. */
  readonly colours: (screen: Screen | null) => Uint32Array;
}

/**
 * One picture of a viewport on its way to a canvas. What is drawn smaller is worked out at the pixels of the screen;
 * else the plane has a canvas of its own, which the browser enlarges.
 */
export class Layer {
  #plane: Canvas | null = null;
  #screen: { readonly image: ImageData; readonly words: Uint32Array } | null = null;
  #holds: { readonly of: object; readonly key: string } | null = null;

  /** All pixels of the plane. @param of with `key` says what is drawn: the same again is not drawn again */
  plane(coloured: Coloured, of: object, key: string): HTMLCanvasElement {
    const { columns, rows } = coloured;
    const known = this.#plane;
    const fits = known?.element.width === columns && known.element.height === rows;
    const canvas = known !== null && fits ? known : createCanvas(columns, rows);
    if (canvas !== known || !this.#isHeld(of, `plane ${key}`)) {
      this.#plane = canvas;
      canvas.words.set(coloured.colours(null).subarray(0, canvas.words.length));
      canvas.context.putImageData(canvas.image, 0, 0);
      this.#holds = { of, key: `plane ${key}` };
    }
    return canvas.element;
  }

  /**
   * The pixels of the screen, put into a canvas of device pixels.
   *
   * @param share of their alpha that colours keep; of those that are mixed, which are opaque, 1
   */
  put(
    context: CanvasRenderingContext2D,
    coloured: Coloured,
    screen: Screen,
    of: object,
    key: string,
    share = 1,
  ): void {
    const { width, height, left, top } = screen;
    if (width === 0 || height === 0) return;
    const known = this.#screen;
    const fits = known?.image.width === width && known.image.height === height;
    const drawn = known !== null && fits ? known : createImage(context, width, height);
    const what = `screen ${screen.key} ${share} ${key}`;
    if (drawn !== known || !this.#isHeld(of, what)) {
      this.#screen = drawn;
      drawn.words.set(coloured.colours(screen).subarray(0, drawn.words.length));
      if (share < 1) fade(drawn.words, share);
      this.#holds = { of, key: what };
    }
    context.putImageData(drawn.image, left, top);
  }

  #isHeld(of: object, key: string): boolean {
    return this.#holds?.of === of && this.#holds.key === key;
  }
}

function createCanvas(columns: number, rows: number): Canvas {
  const element = document.createElement('canvas');
  element.width = columns;
  element.height = rows;
  const context = element.getContext('2d');
  if (context === null) throw new Error('This window cannot draw on a canvas.');
  return { element, context, ...createImage(context, columns, rows) };
}

function createImage(context: CanvasRenderingContext2D, width: number, height: number) {
  const image = context.createImageData(width, height);
  return { image, words: new Uint32Array(image.data.buffer) };
}

function fade(words: Uint32Array, share: number): void {
  const faded = Uint32Array.from({ length: 256 }, (_, alpha) => Math.round(share * alpha) << 24);
  for (let i = 0; i < words.length; i++) words[i] = (words[i] & 0xffffff) | faded[words[i] >>> 24];
}
