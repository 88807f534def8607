import { ExitCode } from './exit.js';
import { problem } from './problem.js';
import { RunStatus } from './report.js';
import { list, nullOr, number, type Of, object, oneOf, only, text } from './schema/schema.js';

/** Where one frame lies against the frame of reference; null: nothing tells it. */
export const FrameMotion = object({
  /** Counted from 0. */
  frame: number,
  /** mm along the axes, then degrees about them, about the centre of the field of view. */
  values: nullOr(list(number)),
  /** mm from the frame before of the same group: the sum of six changes, angles as arcs on a sphere of 50 mm (Power 2012). */
  displacement: nullOr(number),
  /** mm that a place at 50 mm from the centre may be off by, one standard deviation. */
  deviation: nullOr(number),
  /** With the frames that it was held against. */
  correlation: number,
  /** Frames of like brightness are of one group. */
  group: number,
});
export type FrameMotion = Of<typeof FrameMotion>;

export const MotionSeries = object({
  id: text,
  status: RunStatus,
  problem: nullOr(problem),
  warnings: list(problem),
  /** `patient`: towards the left, the back and the head (LPS); `plane`: along rows, columns and their normal, of which only motion in the plane is told. */
  axes: nullOr(oneOf(['patient', 'plane'])),
  /** Frame that the others are told against. */
  reference: nullOr(number),
  /** mm; frames that are displaced by more are named. */
  limit: nullOr(number),
  frames: list(FrameMotion),
});
export type MotionSeries = Of<typeof MotionSeries>;

/** What `limpid motion` keeps as motion.json. */
export const MotionReport = object({
  format: only('limpid-motion-1'),
  notice: text,
  version: text,
  series: list(MotionSeries),
});
export type MotionReport = Of<typeof MotionReport>;

export const MotionResult = object({
  type: only('result'),
  command: only('motion'),
  exitCode: ExitCode,
  series: list(MotionSeries),
  /** Names in the output folder, motion.json last. */
  files: list(text),
  /** Files that were refused. */
  problems: list(problem),
});
export type MotionResult = Of<typeof MotionResult>;
