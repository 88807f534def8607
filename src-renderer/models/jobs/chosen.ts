import type { SeriesCard } from '../../../src-main/contract/window/opened.js';

/** Series that are to be looked at, each with the path that it is read from. */
export interface ChosenSeries {
  readonly path: string;
  readonly card: SeriesCard;
}
