/** What the viewer is told of images, and what is kept of how they are looked at. */
import {
  filled,
  flag,
  line,
  nullOr,
  number,
  type Of,
  object,
  oneOf,
  optional,
  shortList,
  text,
  whole,
} from './schema/schema.js';

/**
 * What millimetres in the plane are: sizes in the patient; such by an assumed magnification, or by an object of known
 * size (PS3.3 Pixel Spacing Calibration Type); sizes at the detector, which are larger; or not known.
 */
export const Calibration = oneOf(['patient', 'geometry', 'fiducial', 'detector', 'none']);
export type Calibration = Of<typeof Calibration>;

/** One element of a DICOM file. */
export interface TagEntry {
  /** Of the items it lies in: '00081140/0/00081150' is in the first item of the sequence 00081140. */
  readonly path: string;
  /** Eight hex digits in capitals. */
  readonly tag: string;
  /** How many sequences it lies in. */
  readonly depth: number;
  readonly vr: string;
  /** Keyword; '' where no dictionary has it. */
  readonly name: string;
  /** As text, cut where it is long; of a sequence the number of its items, of other bytes how many and a hash. */
  readonly value: string;
}

/** A plane of an open series: `index` = frame * slices + slice. */
export const PlaneName = object({ series: filled, index: whole });
export type PlaneName = Of<typeof PlaneName>;

const SHAPES = ['rectangle', 'ellipse', 'line', 'angle', 'arrow', 'text'] as const;

/** A number of a measurement: of the values of a region, of its area in mm2, a length in mm, an angle in degrees. */
export const MeasuredFigure = object({
  name: oneOf(['mean', 'sd', 'minimum', 'maximum', 'area', 'length', 'angle']),
  value: number,
});
export type MeasuredFigure = Of<typeof MeasuredFigure>;

/** A measurement as documents tell of it. */
export const MeasuredShape = object({
  id: filled,
  kind: oneOf(SHAPES),
  /** Column and row of each of its points, from the corner of the plane. */
  points: shortList(number),
  figures: shortList(MeasuredFigure),
  /** As a person wrote it. */
  text: optional(text),
});
export type MeasuredShape = Of<typeof MeasuredShape>;

export const MeasuredPlane = object({ plane: PlaneName, shape: MeasuredShape });
export type MeasuredPlane = Of<typeof MeasuredPlane>;

const Point = object({ x: number, y: number });
/** How a series was looked at, and what was measured in it: pixel coordinates are those of the plane, from its corner. */
export const KeptView = object({
  /** mm along the normal. */
  position: number,
  frame: whole,
  /** null: as the series opens. */
  window: nullOr(object({ center: number, width: number })),
  zoom: number,
  pan: Point,
  rotation: oneOf([0, 90, 180, 270]),
  flipX: flag,
  flipY: flag,
  invert: flag,
  measurements: shortList(
    object({
      id: filled,
      kind: oneOf(SHAPES),
      ...{ x0: number, y0: number, x1: number, y1: number },
      /** End of the second leg of an angle. */
      x2: optional(number),
      y2: optional(number),
      /** Of an arrow or a text, as a person wrote it. */
      text: optional(text),
      slice: whole,
      frame: whole,
    }),
  ),
  /** Images that a person has marked. */
  keyImages: optional(shortList(object({ slice: whole, frame: whole }))),
});
export type KeptView = Of<typeof KeptView>;

/** How viewports are arranged, by a name that a person gave. */
export const Arrangement = object({
  name: line,
  layout: oneOf(['one', 'two', 'three', 'four']),
  panes: shortList(oneOf(['before', 'after', 'swipe', 'flicker', 'residual', 'error'])),
  overlay: oneOf(['none', 'error', 'residual']),
  smoothed: flag,
  planes: flag,
  /** Two series that it puts side by side, where they are open: the last two results, or the halves of a complex image. */
  beside: optional(oneOf(['runs', 'halves'])),
});
export type Arrangement = Of<typeof Arrangement>;
