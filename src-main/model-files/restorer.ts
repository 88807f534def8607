import type { CleanObjective, Objective } from '../training/samples/objective.js';
import type { Along } from '../training/samples/samples.js';

/** A network that is ready to run on windows of unit noise, wherever it came from. Close it. */
export interface Restorer {
  /** Neighbouring slices (or frames) on each side; the window has channelsOf(restorer) channels, channel fastest. */
  readonly context: number;
  /** Whether the centre slice follows the slices, folded (training/samples/folds.ts); absent: no. */
  readonly folded?: boolean;
  /** What the neighbours are; absent: slices. */
  readonly along?: Along;
  /** Planes that tell the network about the image, after the slices: none, or those of models/unet.ts. */
  readonly conditions: number;
  /** Rows and columns of a window are multiples of this. */
  readonly multiple: number;
  /** Reach of the network in pixels. */
  readonly radius: number;
  /** What it was trained for, because that decides what it must be fed. */
  readonly objective: Objective | CleanObjective;
  /** [rows, columns, channels] in, [rows, columns] of the centre slice out. */
  readonly restore: (window: Float32Array, rows: number, columns: number) => Promise<Float32Array>;
  readonly close: () => Promise<void>;
}
