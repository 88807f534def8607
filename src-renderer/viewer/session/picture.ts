import { sequentialColour } from '../../ui/palette.js';
import { pixelSpacing } from '../image/geometry.js';
import { type ColourScale, colourise, colourTable, quantise, rangeOf } from '../image/pixels.js';
import { type Sampling, WHOLE } from '../image/sampling.js';
import type { Canvas, Picture } from '../image/stage.js';
import type { ShownPlane } from './scene.js';

/** Pictures of single planes, for a stage. */

/** Dark for little, bright for much. */
export const SEQUENTIAL = colourTable(sequentialColour);

/** A plane in the greys of its pixels. */
export function storedPicture(shown: ShownPlane): Picture {
  return { ...place(shown), plane: storedPlane(shown) };
}

/**
 * Values on the pixels of a plane in colours, on a canvas of that size.
 *
 * @param values of the pixels that are sampled; others may be anything
 */
export function colourPicture(
  shown: ShownPlane,
  values: (sampling: Sampling) => Float32Array,
  scale: ColourScale,
  canvas: Canvas,
): Picture {
  const size = place(shown);
  const drawn = new Set<string>();
  return {
    ...size,
    canvas: canvas.element,
    draw(sampling) {
      if (drawn.has(sampling.key) || drawn.has(WHOLE.key)) return;
      drawn.add(sampling.key);
      colourise(values(sampling), scale, sampling, size, canvas.words);
      canvas.context.putImageData(canvas.image, 0, 0);
    },
  };
}

export function place({ card, frame }: ShownPlane): Pick<Picture, 'columns' | 'rows' | 'spacing'> {
  return { columns: frame.columns, rows: frame.rows, spacing: pixelSpacing(card) };
}

export function rangeOfFrame({ frame }: ShownPlane): { low: number; high: number } {
  const ends = [frame.minimum, frame.maximum].map((pixel) => pixel * frame.slope + frame.intercept);
  return { low: Math.min(...ends), high: Math.max(...ends) };
}

/** Whole numbers are drawn as they are, others in steps. */
function storedPlane(shown: ShownPlane): ReturnType<typeof quantise> {
  const { pixels, slope, intercept, minimum, maximum } = shown.frame;
  if (!(pixels instanceof Float32Array)) return { pixels, slope, intercept, minimum, maximum };
  const { values } = shown;
  const { low, high } = rangeOf(values);
  return quantise(values, low, high, new Uint16Array(values.length));
}
