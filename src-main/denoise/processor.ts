import type { Problem } from '../contract/errors.js';
import type { ProgressEvent, Stage } from '../contract/events.js';
import type {
  AlignedReport,
  DeviceReport,
  RaceReport,
  StageTiming,
  TrainingReport,
} from '../contract/report.js';
import type { TrainingStatistics } from '../contract/trust.js';
import type { Place } from '../imaging/box.js';
import type { Volume } from '../imaging/volume.js';
import type { NoiseModel } from '../noise/domain.js';
import type { NoiseEstimate } from '../noise/noise-estimate.js';

/** What a job does to one volume: denoising, or adding noise. A parameter of the job, so that tests need no GPU. */
export interface Processor {
  /** What runs it; null where no device is involved. */
  readonly device: DeviceReport | null;
  /** Appended to the description of the derived series. */
  readonly suffix: string;
  /** Appended to the name of a derived NIfTI file. */
  readonly fileSuffix: string;
  /** False where what is told of the noise is of no use, since it stays. */
  readonly heedsNoise?: false;
  /** Whether what it makes of a sample can go on slab by slab: all that it tells of the series, it tells of the sample. */
  readonly takesSlabs?: true;
  process(input: ProcessInput, hooks: ProcessHooks): Promise<Processed>;
  close(): Promise<void>;
}

/** Of values that are no part of the volume that was processed, but of its series. */
interface Elsewhere {
  readonly noise: NoiseModel;
  readonly onProgress: (done: number, total: number) => void;
}

/** What makes the slices of a slab the very same as those of the whole volume. */
export interface SlabNeeds {
  /** Slices on each side that must be read and restored with it. */
  readonly halo: number;
  /** What is read begins at a multiple of this, since windows or patches lie on a grid of that step. */
  readonly step: number;
}

export interface ProcessInput {
  readonly volume: Volume;
  readonly noise: NoiseEstimate;
  /** Neighbouring slices are no neighbours in space. */
  readonly only2d: boolean;
  /** Nothing tells how its frames lie: slices stand for those of a longer series, or values are parts of complex ones. */
  readonly unposed?: true;
}

export interface ProcessHooks {
  progress(
    stage: Stage,
    unit: ProgressEvent['unit'],
    done: number,
    total: number | null,
    extra?: { loss?: number; heldOut?: number | null },
  ): void;
  readonly checkpoint: {
    load(): Promise<Uint8Array | null>;
    save(bytes: Uint8Array): Promise<void>;
    moved(problem: Problem): void;
  };
}

export interface Processed {
  readonly volume: Volume;
  /** |input - output| over sigma, as long as the volume's data; null where it makes no sense. */
  readonly errorMap: Float32Array | null;
  /**
   * The very same denoiser (weights, noise, strength) on other values of the series, or of the part of it that the
   * place says, all frames: a map of the noise is cut there. For the trust report; it works until the processor
   * processes another volume or closes. Null where nothing can be run again.
   */
  readonly again: ((volume: Volume, place?: Place, elsewhere?: Elsewhere) => Promise<Volume>) | null;
  /**
   * Of what takes away another thing than noise: the same on a part of the series, for the tests of a removal. Absent:
   * noise alone is taken away, or nothing can be run again.
   */
  readonly removes?: (part: Volume) => Promise<Volume>;
  /** How a long series can be run again slab by slab, so that no seam shows; absent: not at all. */
  readonly slabs?: SlabNeeds;
  /** One standard deviation of the error, in units of the volume and as long; the trust report's, not a processor's. */
  readonly uncertainty?: Float32Array | null;
  /** What the model was trained on, where it tells. */
  readonly statistics?: TrainingStatistics | null;
  /** How the denoiser was chosen, where there was a choice. */
  readonly race?: RaceReport | null;
  /** Of MP-PCA where frames moved and it pays to take that off before; absent: frames were taken as they are. */
  readonly aligned?: AlignedReport;
  readonly training: TrainingReport | null;
  /** The estimate that was used, where the work corrected the one it was given. */
  readonly noise?: NoiseEstimate;
  /** What was trained, as a portable ONNX file. */
  readonly model: Uint8Array | null;
  /** What was done, for Derivation Description: ASCII, without patient attributes. */
  readonly description: string;
  /** Slices on each side that went into a slice. */
  readonly context: number;
  /** Frames on each side that went into a frame, of the same slice; absent: none. */
  readonly contextFrames?: number;
  readonly timings: readonly StageTiming[];
  readonly warnings: readonly Problem[];
  /** Set where something else than noise was taken away: tests against the noise level say nothing then. */
  readonly untested?: true;
}
