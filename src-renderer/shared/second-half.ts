import type { SeriesCard } from '../../src-main/contract/app.js';

/** Whether it is denoised as part of another one: of a complex image the phase, or the imaginary parts. */
export function isSecondHalf({ complex, id }: SeriesCard): boolean {
  return complex !== undefined && complex.denoisedAs !== id;
}
