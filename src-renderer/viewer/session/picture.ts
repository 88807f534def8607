import { sequentialColour } from '../../ui/palette.js';
import { pixelSpacing } from '../image/geometry.js';
import {
  type ColourScale,
  colourise,
  colourScreen,
  colourTable,
  type DrawnPlane,
  quantise,
  type ReadLine,
  type ReadPlane,
  readValues,
} from '../image/pixels.js';
import type { Screen } from '../image/screen.js';
import type { Picture } from '../image/stage.js';
import type { ShownPlane } from './scene.js';

/** Pictures of single planes, for a stage. */

/** Dark for little, bright for much. */
export const SEQUENTIAL = colourTable(sequentialColour);

/** A plane in the greys of its pixels. */
export function storedPicture(shown: ShownPlane): Picture {
  return { ...place(shown), plane: storedPlane(shown) };
}

/** Words that pictures of one name are worked out in, one after the other: a slider moves without a garbage collection. */
export class Words {
  #words = new Uint32Array(0);
  #held: { readonly colours: Colours; readonly key: string } | null = null;

  /** Those of all pixels, or of a screen, worked out unless they are the last ones that were. */
  of(
    colours: Colours,
    screen: Screen | null,
    { columns, rows }: { readonly columns: number; readonly rows: number },
  ) {
    const key = screen?.key ?? '';
    if (this.#held?.colours === colours && this.#held.key === key) return this.#words;
    const length = screen === null ? columns * rows : screen.width * screen.height;
    if (this.#words.length !== length) this.#words = new Uint32Array(length);
    colours(screen, this.#words);
    this.#held = { colours, key };
    return this.#words;
  }
}

/** Writes words of all pixels, or of those of a screen. */
type Colours = (screen: Screen | null, out: Uint32Array) => void;

/** A plane in colours, worked out once for the viewports that show the same pixels. */
function colourPicture(shown: ShownPlane, colours: Colours, words: Words = new Words()): Picture {
  const size = place(shown);
  return { ...size, colours: (screen) => words.of(colours, screen, size) };
}

/** Values on the pixels of a plane in the colours of a scale. */
export function scaledPicture(
  shown: ShownPlane,
  values: Float32Array,
  scale: ColourScale,
  words?: Words,
): Picture {
  return readPicture(shown, readValues(values), () => values, scale, words);
}

/** Values as a screen reads them, and all of them, on the pixels of a plane in the colours of a scale. */
export function readPicture(
  shown: ShownPlane,
  read: ReadLine,
  whole: () => Float32Array,
  scale: ColourScale,
  words?: Words,
): Picture {
  const colours: Colours = (screen, out) => {
    if (screen === null) colourise(whole(), scale, out);
    else colourScreen(read, scale, screen, out);
  };
  return colourPicture(shown, colours, words);
}

export function place({ card, frame }: ShownPlane): Pick<Picture, 'columns' | 'rows' | 'spacing'> {
  return { columns: frame.columns, rows: frame.rows, spacing: pixelSpacing(card) };
}

export function rangeOfFrame({ frame }: ShownPlane): { low: number; high: number } {
  const ends = [frame.minimum, frame.maximum].map((pixel) => pixel * frame.slope + frame.intercept);
  return { low: Math.min(...ends), high: Math.max(...ends) };
}

/** Whole numbers are drawn as they are, others in steps. */
function storedPlane(shown: ShownPlane): DrawnPlane | ReadPlane {
  const { pixels, slope, intercept, minimum, maximum } = shown.frame;
  if (!(pixels instanceof Float32Array)) return { pixels, slope, intercept, minimum, maximum };
  const { values } = shown;
  const { low, high } = rangeOfFrame(shown);
  return {
    read: readValues(values),
    low,
    high,
    whole: once(() => quantise(values, low, high, new Uint16Array(values.length))),
  };
}

/** What is made when it is first asked for. */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
