import type { Problem } from '../contract/errors.js';

/** What is wrong with one frame of a series: with some of its slices, or with where it lies. */
export interface FrameOutliers {
  readonly frame: number;
  /** Slices that lost signal, as by motion under a diffusion gradient, ascending. */
  readonly dropOuts: readonly number[];
  /** Slices with stripes all over, as a spike in k-space makes them, ascending. */
  readonly spikes: readonly number[];
  /** How far the frame lies from where the others do, mm; null where it does not. */
  readonly displaced: number | null;
}

/** What is known of the noise of one series. Levels in the units of the volume. */
export interface NoiseEstimate {
  /** Standard deviation of the Gaussian noise in each channel of the underlying complex signal. */
  readonly sigma: number;
  readonly distribution: 'rician' | 'gaussian';
  /** The level by each method; null where it does not apply. */
  readonly methods: {
    readonly background: number | null;
    readonly wavelet: number | null;
    readonly spectrum: number | null;
    /** From tissue that a filtered image shows to be flat. */
    readonly guided: number | null;
    /** Of a single magnitude image, by what a network learnt from scans of known level. */
    readonly learnt: number | null;
    /** From frames: differences of repeats, or the principal components that hold noise. */
    readonly repeats: number | null;
    /** From the loss that training could not get under; null until it was tried. */
    readonly training: number | null;
    /** What a person gave instead; null where nobody did. */
    readonly told: number | null;
  };
  /** sigma over the median foreground, percent; CT counts from air, -1000 HU, values around 0 from the darkest. */
  readonly relative: number;
  /** Lag-1 correlation of the noise along columns, rows and slices. */
  readonly correlation: { readonly x: number; readonly y: number; readonly z: number };
  /**
   * Correlation by distance, 0 to 7 along a row and along a column, row by row (noise/spectrum.ts); absent where the
   * tissue is too little to tell.
   */
  readonly lags?: readonly number[];
  readonly correlated: boolean;
  /**
   * False where the level rests on the details of tissue alone and these look correlated, or where tissue is nowhere
   * flat: then fine structure may pass for noise, and the true level can be many times lower. Nothing may rely on the
   * level then; it is 0 where nothing is known.
   */
  readonly certain: boolean;
  /** How much speaks for the level, from 0 to 1: from a half on it is certain. Neighbours have neighbours. */
  readonly certainty: number;
  /** 0 where tissue has flat parts, 1 where what it shows may all be structure. */
  readonly structured: number;
  /** The level at each voxel of a frame (slices * rows * columns); null where one level serves. */
  readonly map: Float32Array | null;
  /** (90th - 10th percentile) / median of the level over the tissue; includes the map's own scatter, some 0.1. */
  readonly mapVariation: number;
  /** True when the scanner or an anonymiser set the air to one value. */
  readonly airMasked: boolean;
  /** The value of masked air, where it is known of the whole series (noise/domain.ts). */
  readonly airValue?: number;
  /** Distinct values in the sample (at most 65536) and the smallest step between them. */
  readonly quantisation: { readonly levels: number; readonly step: number };
  /** Share of the voxels that is tissue, 0 to 1. */
  readonly foreground: number;
  /** Frames that are unlike the others; absent where none was found, or nobody looked (noise/outliers). */
  readonly outliers?: readonly FrameOutliers[];
  readonly warnings: readonly Problem[];
}
