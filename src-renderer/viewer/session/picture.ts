import { sequentialColour } from '../../ui/palette.js';
import { pixelSpacing } from '../image/geometry.js';
import { type ColourScale, colourise, colourTable, quantise, rangeOf } from '../image/pixels.js';
import type { Picture } from '../image/stage.js';
import type { Scene, ShownPlane } from './scene.js';

/** Pictures of single planes, for a stage. */

/** Dark for little, bright for much. */
export const SEQUENTIAL = colourTable(sequentialColour);

export interface Canvas {
  readonly element: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
  readonly image: ImageData;
  readonly words: Uint32Array;
}

export function createCanvas(columns: number, rows: number): Canvas {
  const element = document.createElement('canvas');
  element.width = columns;
  element.height = rows;
  const context = element.getContext('2d');
  if (context === null) throw new Error('This window cannot draw on a canvas.');
  const image = context.createImageData(columns, rows);
  return { element, context, image, words: new Uint32Array(image.data.buffer) };
}

/** A plane in the greys of its pixels. */
export function storedPicture(shown: ShownPlane): Picture {
  return { ...place(shown), plane: storedPlane(shown.frame, shown.values) };
}

/** Values on the pixels of a plane in colours, drawn on a canvas of that size. */
export function colourPicture(
  shown: ShownPlane,
  values: Float32Array,
  scale: ColourScale,
  canvas: Canvas,
): Picture {
  colourise(values, scale, canvas.words);
  canvas.context.putImageData(canvas.image, 0, 0);
  return { ...place(shown), canvas: canvas.element };
}

export function place({ card, frame }: ShownPlane): Pick<Picture, 'columns' | 'rows' | 'spacing'> {
  return { columns: frame.columns, rows: frame.rows, spacing: pixelSpacing(card) };
}

export function rangeOfFrame({ frame }: ShownPlane): { low: number; high: number } {
  const ends = [frame.minimum, frame.maximum].map((pixel) => pixel * frame.slope + frame.intercept);
  return { low: Math.min(...ends), high: Math.max(...ends) };
}

/** Whole numbers are drawn as they are, others in steps. */
function storedPlane(frame: Scene['before']['frame'], values: Float32Array): ReturnType<typeof quantise> {
  const { pixels, slope, intercept, minimum, maximum } = frame;
  if (!(pixels instanceof Float32Array)) return { pixels, slope, intercept, minimum, maximum };
  const { low, high } = rangeOf(values);
  return quantise(values, low, high, new Uint16Array(values.length));
}
