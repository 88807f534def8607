import type { SeriesCard } from '../../../src-main/contract/window/opened.js';
import type { Frame } from '../image/frames.js';

/** One series at one place. */
export interface ShownPlane {
  readonly card: SeriesCard;
  readonly slice: number;
  readonly frame: Frame;
  /** In the units of the series; made when first asked for. */
  readonly values: Float32Array;
}

/** What is on screen: planes of one place, shown together or not at all, so that no label lies. */
export interface Scene {
  readonly slice: number;
  readonly frame: number;
  readonly before: ShownPlane;
  readonly after: ShownPlane | null;
  readonly error: ShownPlane | null;
  /** Whether after, and the error map, lie on the pixels of before. */
  readonly comparable: boolean;
  readonly errorFits: boolean;
}
