export type Verdict = 'pass' | 'warn' | 'fail';

/** Statistics of the residual, input minus output, in the foreground; see trust/tests/residual.ts for each. */
export interface ResidualReport {
  readonly verdict: Verdict;
  readonly reasons: readonly ResidualReason[];
  readonly voxels: number;
  /** Standard deviation over sigma; about 1 or less. */
  readonly sdOverSigma: number | null;
  /** Mean over sigma; 0 without bias. */
  readonly meanOverSigma: number | null;
  /** Lag-1 correlation along each axis; that of the noise, 0 where it is white. */
  readonly correlation: { readonly x: number | null; readonly y: number | null; readonly z: number | null };
  /** Pearson correlation of |residual| with the gradient magnitude of the output; 0 where no edge was touched. */
  readonly edgeCorrelation: number | null;
  /** SD of the residual at the steepest tenth of the foreground over that in its flattest half; 1 for noise. */
  readonly edgeRatio: number | null;
  /** SD of the means of 8 x 8 blocks over what noise of this level would give; 1 for noise. */
  readonly localMeanRatio: number | null;
  /** Disc sums that one in a thousand exceeds, over those of pure noise; more than 1 is small things removed. */
  readonly faintRatio: number | null;
}

export type ResidualMeasure =
  | 'sdOverSigma'
  | 'meanOverSigma'
  | 'correlation'
  | 'edgeCorrelation'
  | 'edgeRatio'
  | 'localMeanRatio'
  | 'faintRatio'
  | 'voxels'
  | 'sigma';

export interface ResidualReason {
  readonly measure: ResidualMeasure;
  readonly verdict: 'warn' | 'fail';
  readonly value: number;
  /** The threshold that the value crossed. */
  readonly limit: number;
  readonly message: string;
}

/** The tests of a denoiser and its result, and what they lead to; see trust/assess.ts. */
export interface TrustReport {
  /** Of what was written: never pass where something was taken back. */
  readonly verdict: Verdict;
  /** What the tests found in the full result, before anything was taken back; worst first. */
  readonly reasons: readonly TrustReason[];
  /** Set where the full result failed, or had nothing to remove: the part of the change that was written. */
  readonly blend: BlendReport | null;
  /** Slices that the denoiser was run on again, from 1; null where it could not be. */
  readonly probe: { readonly first: number; readonly slices: number } | null;
  readonly signal: SignalReport;
  /** Places where more was removed than noise, of what was written; null where the level of the noise is not known. */
  readonly places: PlacesReport | null;
  readonly level: LevelReport | null;
  readonly retention: RetentionReport | null;
  /** What a second pass over the result changes. */
  readonly again: { readonly changeOverSigma: number | null } | null;
  /** Whether the input had noise to remove. */
  readonly clean: CleanReport;
  readonly uncertainty: UncertaintyReport | null;
  /** Distance from what the model was trained on; null where the model does not tell. */
  readonly familiarity: FamiliarityReport | null;
  /** Error against repeats; null without repeats. */
  readonly umse: UmseReport | null;
}

/** Whether the full result still shows what the source shows; see trust/tests/signal.ts. */
export interface SignalReport {
  /** Tissue of the source. */
  readonly voxels: number;
  /** Share of it that is not dark in the result; null without any. */
  readonly left: number | null;
  /** Pearson correlation of source and result; null where the source shows noise alone. */
  readonly alike: number | null;
  /** Root mean square change there, over what noise makes; null where the level of the noise is not known. */
  readonly changeOverSigma: number | null;
  /** Share of the result that are no numbers. */
  readonly notFinite: number;
}

type TrustTest =
  | 'signal'
  | 'residual'
  | 'places'
  | 'level'
  | 'correlation'
  | 'remaining'
  | 'retention'
  | 'again'
  | 'clean'
  | 'familiarity'
  | 'umse'
  | 'airMasked'
  | 'probe';

export interface TrustReason {
  readonly test: TrustTest;
  /** A note does not count against the result. */
  readonly verdict: 'note' | 'warn' | 'fail';
  /** null for notes without a number. */
  readonly value: number | null;
  readonly limit: number | null;
  readonly message: string;
  readonly remedy: string;
}

export interface BlendReport {
  /** 0 is the input, 1 the full result. */
  readonly share: number;
  readonly why: 'fail' | 'clean';
}

export interface CleanReport {
  readonly recognised: boolean;
  /** Range of the input over the change that was written, in the foreground; dB; null where nothing changed. */
  readonly psnr: number | null;
}

export interface UncertaintyReport {
  /** Mean of the standard deviation of the error over sigma, in the foreground of the probed slices. */
  readonly meanOverSigma: number;
  readonly calibration: {
    readonly factor: number;
    /** What the factor was set on. */
    readonly source: string;
    /** Share of voxels within the 90 % interval on other images of known truth: least and greatest. */
    readonly coverage: readonly [number, number];
    readonly coverageSource: string;
  };
}

/** What a model was trained on, in numbers; in the card of the model. */
export interface TrainingStatistics {
  readonly features: readonly string[];
  readonly mean: readonly number[];
  readonly spread: readonly number[];
  /** Of the features between slices. */
  readonly covariance: readonly (readonly number[])[];
  readonly slices: number;
  /** Distance above which a series counts as foreign. */
  readonly limit: number;
}

export interface FamiliarityReport {
  readonly distance: number;
  /** Above this the series is foreign to the model. */
  readonly limit: number;
  /** The feature that is furthest off. */
  readonly furthest: string;
}

/** Mean squared errors over sigma squared, from repeats; see trust/tests/umse.ts. */
export interface UmseReport {
  readonly input: number;
  readonly output: number;
  /** dB; null where an error is too small to measure. */
  readonly gain: number | null;
  /** Repeats that were looked at. */
  readonly frames: number;
}

/** A second opinion on the noise, measured where the output is flat; see trust/tests/level.ts. null: too little tissue. */
export interface LevelReport {
  /** Noise that the input shows over the level that was used; 1 where that was right. */
  readonly measuredOverSigma: number | null;
  /** Noise that the output still has over the level that was used. */
  readonly remainingOverSigma: number | null;
  /** Lag-1 correlation of the input's noise. */
  readonly correlation: { readonly x: number | null; readonly y: number | null };
}

/** How much of inserted faint lesions survives the denoiser; see trust/retention.ts. */
export interface RetentionReport {
  readonly lesions: number;
  /**
   * The lesions whose matched-filter signal-to-noise ratio is 5 or more; mean over their sizes and contrasts, in percent
   * of what was inserted.
   */
  readonly visible: {
    readonly count: number;
    readonly mean: number | null;
    /** Standard error of the mean: so far may it be off for the places that were drawn. */
    readonly error: number | null;
  };
  readonly rows: readonly RetentionRow[];
}

export interface RetentionRow {
  /** mm; pixels of a series that is not calibrated. */
  readonly diameter: number;
  /** Amplitude over sigma. */
  readonly contrast: number;
  readonly count: number;
  /** Contrast recovered, percent. */
  readonly mean: number;
  /** Standard deviation between places; percent. */
  readonly spread: number;
  /** Mean of those brighter and of those darker than the tissue; null where there is none. */
  readonly bright: number | null;
  readonly dark: number | null;
}

/** Where something was removed that noise does not explain; see trust/tests/places.ts. */
export interface PlacesReport {
  /** How many there are. */
  readonly count: number;
  /** What stands out less than this is taken for noise; in standard deviations of what noise makes. */
  readonly limit: number;
  /** Those that stand out most, the farthest out first; not all where there are many. */
  readonly places: readonly PlaceReport[];
}

/** A spot or a thin line that the result does not show as the source does. */
export interface PlaceReport {
  readonly shape: 'spot' | 'line';
  /** What the result is there, beside the source. */
  readonly change: 'darker' | 'brighter';
  /** From 1. */
  readonly slice: number;
  readonly frame: number;
  /** From 0, as the window has them. */
  readonly column: number;
  readonly row: number;
  /** In the patient (LPS); mm. */
  readonly position: readonly [number, number, number];
  /** Full width at half maximum of a spot, length of a line; mm, pixels of a series that is not calibrated. */
  readonly size: number;
  /** How far the result is off there, over the noise of one voxel. */
  readonly changeOverSigma: number;
  /** How far that stands out, in standard deviations of what noise makes of such a place. */
  readonly sigma: number;
}
