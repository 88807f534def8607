/**
 * What a probe is: a linear function from latents to labels, kept as a file, and the report of how well it does on
 * patients that it did not learn from. Plain data without patient attributes or file names; classes are what the
 * person's labels say.
 */
import {
  filled,
  list,
  nullOr,
  number,
  type Of,
  object,
  oneOf,
  only,
  optional,
  text,
  variants,
} from '../schema/schema.js';
import { VectorModel, Vectors } from './latent.js';

/** Mean and standard deviation that vectors are scaled by, number by number. */
export const Scaling = object({ mean: list(number), deviation: list(number) });
export type Scaling = Of<typeof Scaling>;

/** Classes, in the order of the outputs; or a number. */
export const ProbeTarget = variants('kind', [
  object({ kind: only('classes'), classes: list(filled) }),
  object({ kind: only('numbers') }),
]);
export type ProbeTarget = Of<typeof ProbeTarget>;

/** What `limpid probe` keeps as probe.json, and `--predict` takes. */
export const ProbeFile = object({
  format: only('limpid-probe-1'),
  notice: text,
  /** Of Limpid. */
  version: text,
  model: VectorModel,
  vectors: Vectors,
  target: ProbeTarget,
  scaling: Scaling,
  /** outputs * (length + 1): the factors of an output, then its constant. Softmax makes probabilities of classes. */
  factors: list(number),
});
export type ProbeFile = Of<typeof ProbeFile>;

/** Latents of the model, principal components of as many numbers, or statistics of intensities and gradients. */
export const PROBE_FEATURES = ['latent', 'pca', 'raw'] as const;
export type ProbeFeatures = (typeof PROBE_FEATURES)[number];
export const PROBE_METHODS = ['linear', 'nearest'] as const;
export type ProbeMethod = (typeof PROBE_METHODS)[number];

/** Of a class against all others. */
export interface RocCurve {
  readonly auc: number | null;
  /** False-positive and true-positive rate, from (0, 0) to (1, 1). */
  readonly points: readonly (readonly [number, number])[];
}

export interface ReliabilityBin {
  /** Slices, by their weights. */
  readonly count: number;
  /** Mean probability of the class that was chosen, and the share of right ones. */
  readonly confidence: number;
  readonly accuracy: number;
}

export interface ClassScores {
  readonly kind: 'classes';
  readonly count: number;
  readonly accuracy: number;
  /** Mean over the classes of the share that was told right. */
  readonly balancedAccuracy: number;
  /** Mean area under the curves of the classes; null where no class has both. */
  readonly auc: number | null;
  /** Nats. */
  readonly crossEntropy: number;
  /** Expected calibration error (Naeini 2015), ten bins of equal width. */
  readonly calibrationError: number;
  /** Row: what it is; column: what it was told to be; slices by their weights. */
  readonly confusion: readonly (readonly number[])[];
  /** Class by class. */
  readonly roc: readonly RocCurve[];
  readonly reliability: readonly ReliabilityBin[];
}

export interface NumberScores {
  readonly kind: 'numbers';
  readonly count: number;
  readonly meanError: number;
  readonly rootMeanSquare: number;
  /** 1 less the squared error over that of the mean of all. */
  readonly explained: number;
  /** Pearson's; null where either is the same everywhere. */
  readonly correlation: number | null;
}

export type ProbeScores = ClassScores | NumberScores;

export interface ProbeResultRow {
  readonly features: ProbeFeatures;
  readonly method: ProbeMethod;
  /** Numbers a slice. */
  readonly length: number;
  /** All slices of a series together count as much as those of any other; the weights are 1 on the mean. */
  readonly slices: ProbeScores;
  /** Of the mean over the slices of each series. */
  readonly series: ProbeScores;
}

/** Whether latents beat something else, on slices, by resampled patients: balanced accuracy, or the mean error saved. */
export interface ProbeComparison {
  readonly against: Exclude<ProbeFeatures, 'latent'>;
  /** Above 0: latents are better. */
  readonly difference: number;
  /** 95 % interval. */
  readonly interval: readonly [number, number];
  readonly verdict: 'better' | 'worse' | 'not told apart';
}

export interface ProbeReport {
  readonly format: 'limpid-probe-report-1';
  readonly notice: string;
  readonly version: string;
  readonly seed: number;
  readonly model: ProbeFile['model'];
  readonly vectors: ProbeFile['vectors'];
  readonly target: ProbeTarget;
  readonly counts: {
    readonly series: number;
    readonly slices: number;
    readonly patients: number;
    readonly folds: number;
    /** Series and patients of each class; empty for numbers. */
    readonly classes: readonly { readonly series: number; readonly patients: number }[];
  };
  /** Where patients were told from: a column of the labels, the images, or nothing but the file. */
  readonly patientsFrom: 'labels' | 'images';
  /** Of always guessing the class that most series have, or the mean. */
  readonly chance: { readonly accuracy: number | null; readonly meanError: number | null };
  readonly results: readonly ProbeResultRow[];
  readonly comparisons: readonly ProbeComparison[];
}

/** How well a probe does: balanced accuracy, or the share of the variance that is explained. */
const ProbeLine = object({
  features: oneOf(PROBE_FEATURES),
  method: oneOf(PROBE_METHODS),
  slices: number,
  series: number,
});

export const ProbeLearnt = object({
  target: oneOf(['classes', 'numbers']),
  patients: number,
  folds: number,
  lines: list(ProbeLine),
  comparisons: list(
    object({ against: oneOf(['pca', 'raw']), verdict: oneOf(['better', 'worse', 'not told apart']) }),
  ),
});
export type ProbeLearnt = Of<typeof ProbeLearnt>;

/** What a series is told to be: a class and how probable, or a number. */
export const ProbeTold = object({
  series: text,
  slices: number,
  class: nullOr(text),
  probability: nullOr(number),
  value: nullOr(number),
  /** For the person only: which file or series that is. */
  forPerson: optional(object({ description: text })),
});
export type ProbeTold = Of<typeof ProbeTold>;
