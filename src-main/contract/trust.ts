import {
  flag,
  known,
  list,
  nullOr,
  number,
  type Of,
  object,
  oneOf,
  optional,
  otherwise,
  text,
  tuple,
} from './schema/schema.js';
import { isFacts } from './words/template.js';

/** The sentence of the catalogues that a reason is, and what it tells; absent in what earlier versions wrote. */
const SAID = { reason: optional(text), facts: optional(known(isFacts)) };

export const Verdict = oneOf(['pass', 'warn', 'fail']);
export type Verdict = Of<typeof Verdict>;

export const ResidualMeasure = oneOf([
  'sdOverSigma',
  'meanOverSigma',
  'correlation',
  'edgeCorrelation',
  'edgeRatio',
  'localMeanRatio',
  'faintRatio',
  'voxels',
  'sigma',
]);
export type ResidualMeasure = Of<typeof ResidualMeasure>;

export const ResidualReason = object({
  measure: ResidualMeasure,
  verdict: oneOf(['warn', 'fail']),
  value: number,
  /** The threshold that the value crossed. */
  limit: number,
  ...SAID,
  message: text,
});
export type ResidualReason = Of<typeof ResidualReason>;

/** Statistics of the residual, input minus output, in the foreground; see trust/tests/residual.ts for each. */
export const ResidualReport = object({
  verdict: Verdict,
  reasons: list(ResidualReason),
  voxels: number,
  /** Standard deviation over sigma; about 1 or less. */
  sdOverSigma: nullOr(number),
  /** Mean over sigma; 0 without bias. */
  meanOverSigma: nullOr(number),
  /** Lag-1 correlation along each axis; that of the noise, 0 where it is white. */
  correlation: object({ x: nullOr(number), y: nullOr(number), z: nullOr(number) }),
  /** Pearson correlation of |residual| with the gradient magnitude of the output; 0 where no edge was touched. */
  edgeCorrelation: nullOr(number),
  /** SD of the residual at the steepest tenth of the foreground over that in its flattest half; 1 for noise. */
  edgeRatio: nullOr(number),
  /** SD of the means of 8 x 8 blocks over what noise of this level would give; 1 for noise. */
  localMeanRatio: nullOr(number),
  /** Disc sums that one in a thousand exceeds, over those of pure noise; more than 1 is small things removed. */
  faintRatio: nullOr(number),
});
export type ResidualReport = Of<typeof ResidualReport>;

const TrustTest = oneOf([
  'signal',
  'residual',
  'places',
  'level',
  'correlation',
  'remaining',
  'retention',
  'lines',
  'again',
  'clean',
  'familiarity',
  'umse',
  'airMasked',
  'probe',
]);
export const TrustReason = object({
  test: TrustTest,
  /** A note does not count against the result. */
  verdict: oneOf(['note', 'warn', 'fail']),
  /** null for notes without a number. */
  value: nullOr(number),
  limit: nullOr(number),
  ...SAID,
  message: text,
  remedy: text,
});
export type TrustReason = Of<typeof TrustReason>;

export const BlendReport = object({
  /** 0 is the input, 1 the full result. */
  share: number,
  why: oneOf(['fail', 'clean']),
});
export type BlendReport = Of<typeof BlendReport>;

/** Whether the full result still shows what the source shows; see trust/tests/signal.ts. */
export const SignalReport = object({
  /** Tissue of the source. */
  voxels: number,
  /** Share of it that is not dark in the result; null without any. */
  left: nullOr(number),
  /** Pearson correlation of source and result; null where the source shows noise alone. */
  alike: nullOr(number),
  /** Root mean square change there, over what noise makes; null where the level of the noise is not known. */
  changeOverSigma: nullOr(number),
  /** Share of the result that are no numbers. */
  notFinite: number,
});
export type SignalReport = Of<typeof SignalReport>;

/** A spot or a thin line that the result does not show as the source does. */
export const PlaceReport = object({
  shape: oneOf(['spot', 'line']),
  /** What the result is there, beside the source. */
  change: oneOf(['darker', 'brighter']),
  /** From 1. */
  slice: number,
  frame: number,
  /** Last of the frames over which the result is off in the mean; null: it is off in the one. Reports of earlier versions have none. */
  lastFrame: otherwise(nullOr(number), null),
  /** From 0, as the window has them. */
  column: number,
  row: number,
  /** In the patient (LPS); mm. */
  position: tuple([number, number, number]),
  /** Full width at half maximum of a spot, length of a line; mm, pixels of a series that is not calibrated. */
  size: number,
  /** How far the result is off there, over the noise of one voxel. */
  changeOverSigma: number,
  /** How far that stands out, in standard deviations of what noise makes of such a place. */
  sigma: number,
});
export type PlaceReport = Of<typeof PlaceReport>;

/** Where something was removed that noise does not explain; see trust/tests/places.ts. */
export const PlacesReport = object({
  /** How many there are. */
  count: number,
  /** What stands out less than this is taken for noise; in standard deviations of what noise makes. */
  limit: number,
  /** Those that stand out most, the farthest out first; not all where there are many. */
  places: list(PlaceReport),
});
export type PlacesReport = Of<typeof PlacesReport>;

/** A second opinion on the noise, measured where the output is flat; see trust/tests/level.ts. null: too little tissue. */
export const LevelReport = object({
  /** Noise that the input shows over the level that was used; 1 where that was right. */
  measuredOverSigma: nullOr(number),
  /** Noise that the output still has over the level that was used. */
  remainingOverSigma: nullOr(number),
  /** Lag-1 correlation of the input's noise. */
  correlation: object({ x: nullOr(number), y: nullOr(number) }),
});
export type LevelReport = Of<typeof LevelReport>;

export const RetentionRow = object({
  /** mm; pixels of a series that is not calibrated. */
  diameter: number,
  /** Amplitude over sigma. */
  contrast: number,
  count: number,
  /** Contrast recovered, percent. */
  mean: number,
  /** Standard deviation between places; percent. */
  spread: number,
  /** Mean of those brighter and of those darker than the tissue; null where there is none. */
  bright: nullOr(number),
  dark: nullOr(number),
});
export type RetentionRow = Of<typeof RetentionRow>;

/** How much of inserted faint lesions survives the denoiser; see trust/retention.ts. */
export const RetentionReport = object({
  lesions: number,
  /**
   * The lesions whose matched-filter signal-to-noise ratio is 5 or more; mean over their sizes and contrasts, in percent
   * of what was inserted.
   */
  visible: object({
    count: number,
    mean: nullOr(number),
    /** Standard error of the mean: so far may it be off for the places that were drawn. */
    error: nullOr(number),
  }),
  /**
   * Thin lines of 2 and 3 sigma, 8 mm long and a pixel and a half wide or 1 mm, such as spaces around vessels; null where
   * there was no room. Mean and its standard error, percent.
   */
  lines: otherwise(nullOr(object({ count: number, mean: number, error: number })), null),
  rows: list(RetentionRow),
});
export type RetentionReport = Of<typeof RetentionReport>;

export const CleanReport = object({
  recognised: flag,
  /** 0: there is noise to remove, 1: none; between: of the change that a clean image would lose, a part is taken back. */
  degree: number,
  /** Range of the input over the change that was written, in the foreground; dB; null where nothing changed. */
  psnr: nullOr(number),
});
export type CleanReport = Of<typeof CleanReport>;

export const UncertaintyReport = object({
  /** Mean of the standard deviation of the error over sigma, in the foreground of the probed slices. */
  meanOverSigma: number,
  calibration: object({
    factor: number,
    /** What the factor was set on. */
    source: text,
    /** Share of voxels within the 90 % interval on other images of known truth: least and greatest. */
    coverage: tuple([number, number]),
    coverageSource: text,
  }),
});
export type UncertaintyReport = Of<typeof UncertaintyReport>;

export const FamiliarityReport = object({
  distance: number,
  /** Above this the series is foreign to the model. */
  limit: number,
  /** The feature that is furthest off. */
  furthest: text,
});
export type FamiliarityReport = Of<typeof FamiliarityReport>;

/** Mean squared errors over sigma squared, from repeats; see trust/tests/umse.ts. */
export const UmseReport = object({
  input: number,
  output: number,
  /** dB; null where an error is too small to measure. */
  gain: nullOr(number),
  /** Repeats that were looked at. */
  frames: number,
});
export type UmseReport = Of<typeof UmseReport>;

/** The tests of a denoiser and its result, and what they lead to; see trust/assess.ts. */
export const TrustReport = object({
  /** Of what was written: never pass where something was taken back. */
  verdict: Verdict,
  /** What the tests found in the full result, before anything was taken back; worst first. */
  reasons: list(TrustReason),
  /** Set where the full result failed, or had nothing to remove: the part of the change that was written. */
  blend: nullOr(BlendReport),
  /** Slices that the denoiser was run on again, from 1; null where it could not be. */
  probe: nullOr(object({ first: number, slices: number })),
  signal: SignalReport,
  /** Places where more was removed than noise, of what was written; null where the level of the noise is not known, and of runs before there was this test. */
  places: otherwise(nullOr(PlacesReport), null),
  level: nullOr(LevelReport),
  retention: nullOr(RetentionReport),
  /** What a second pass over the result changes. */
  again: nullOr(object({ changeOverSigma: nullOr(number) })),
  /** Whether the input had noise to remove. */
  clean: CleanReport,
  uncertainty: nullOr(UncertaintyReport),
  /** Distance from what the model was trained on; null where the model does not tell. */
  familiarity: nullOr(FamiliarityReport),
  /** Error against repeats; null without repeats. */
  umse: nullOr(UmseReport),
});
export type TrustReport = Of<typeof TrustReport>;

/** What speaks for a removal or against it; see trust/signs. */
const SIGNS = ['presence', 'surroundings', 'copies', 'tissues', 'sharpness', 'position', 'acquired'] as const;

export const CleaningReason = object({
  test: oneOf(['signal', 'lesions', 'structure', 'signs', ...SIGNS]),
  verdict: oneOf(['warn', 'fail']),
  value: nullOr(number),
  limit: nullOr(number),
  ...SAID,
  message: text,
  remedy: text,
});
export type CleaningReason = Of<typeof CleaningReason>;

/** What taking an artifact away did to the image; see trust/cleaning.ts. */
export const CleaningTrust = object({
  verdict: Verdict,
  /** Why it did not pass, worst first; empty in reports of earlier versions. */
  reasons: otherwise(list(CleaningReason), []),
  /** Range of the input over the change, in the foreground; dB; null where nothing changed. */
  psnr: nullOr(number),
  /** Pearson correlation of what was removed with the details of the result: structure that went with it. */
  structure: nullOr(number),
  /** Contrast of inserted lesions that the result shows, %, at most 100; null where there was no room, or where nothing
   * was removed from the slices that they are put into. */
  kept: nullOr(number),
  lesions: number,
  /** Independent signs of whether the image is better without what was removed; see trust/signs. */
  signs: otherwise(
    list(
      object({
        sign: oneOf(SIGNS),
        /** 1: all that was removed was an artifact; 0: as much harm as good; -1: none of it was. */
        gain: number,
        /** Two standard errors. */
        error: number,
      }),
    ),
    [],
  ),
  /** Change of tissue that one voxel in a thousand exceeds, over the level of the noise; null: not measured. */
  largest: otherwise(nullOr(number), null),
  /** Where most was changed. */
  places: list(
    object({
      /** Both from 1. */
      slice: number,
      frame: number,
      /** From 0. */
      column: number,
      row: number,
      /** Root mean square of the change there over the brightness of the foreground; %. */
      change: number,
      /** Change that a twentieth of the tissue there exceeds, over the level of the noise; null: no tissue, or not measured. */
      changeOverSigma: otherwise(nullOr(number), null),
    }),
  ),
});
export type CleaningTrust = Of<typeof CleaningTrust>;

/** What a model was trained on, in numbers; in the card of the model. */
export const TrainingStatistics = object({
  features: list(text),
  mean: list(number),
  spread: list(number),
  /** Of the features between slices. */
  covariance: list(list(number)),
  slices: number,
  /** Distance above which a series counts as foreign. */
  limit: number,
});
export type TrainingStatistics = Of<typeof TrainingStatistics>;
