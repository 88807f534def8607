import type { Problem } from '../../contract/errors.js';
import type { ResidualMeasure, ResidualReason, ResidualReport } from '../../contract/trust.js';

/** What was measured, before it is judged. */
export type ResidualMeasures = Omit<ResidualReport, 'verdict' | 'reasons'> & {
  readonly noiseCorrelation: { readonly x: number; readonly y: number; readonly z: number };
};

/**
 * Where a measure begins to warn and to fail. On a T1 brain with 1 to 9 % noise, pure noise stays far below every
 * limit, and an in-plane Gaussian blur of 2.5 voxels fails (test/trust/tests/residual.test.ts). docs/report.md shows this
 * table.
 */
export const LIMITS = {
  /** More was removed than there was noise. */
  sdOverSigma: { warn: 1.2, fail: 1.5 },
  /** Hardly anything was removed. */
  sdTooSmall: { warn: 0.3 },
  meanOverSigma: { warn: 0.15, fail: 0.5 },
  /** Above the correlation of the noise itself. */
  correlation: { warn: 0.15, fail: 0.35 },
  edgeCorrelation: { warn: 0.15, fail: 0.35 },
  edgeRatio: { warn: 1.4, fail: 2 },
  localMeanRatio: { warn: 1.6, fail: 3 },
  /** Small things stand out of the noise in what was removed. */
  faintRatio: { warn: 1.15, fail: 1.6 },
  /** Fewer foreground voxels than this say nothing. */
  voxels: { warn: 1000 },
} as const;

/** Adds reasons and a verdict: the worst reason's. */
export function judge(measured: ResidualMeasures): ResidualReport {
  const { noiseCorrelation, ...measures } = measured;
  const reasons = reasonsOf(measures, excess(measures.correlation, noiseCorrelation));
  const verdict = reasons.some((reason) => reason.verdict === 'fail')
    ? 'fail'
    : reasons.length > 0
      ? 'warn'
      : 'pass';
  return { verdict, reasons, ...measures };
}

/** The report where the level of the noise is not known: nothing can be measured in sigma, and it says so. */
export function unjudged(): ResidualReport {
  const message = 'The level of the noise is not known, so what was removed cannot be judged.';
  return {
    verdict: 'warn',
    reasons: [{ measure: 'sigma', verdict: 'warn', value: 0, limit: 0, message }],
    voxels: 0,
    sdOverSigma: null,
    meanOverSigma: null,
    correlation: { x: null, y: null, z: null },
    edgeCorrelation: null,
    edgeRatio: null,
    localMeanRatio: null,
    faintRatio: null,
  };
}

/**
 * The same report where the level of the noise is in doubt: it never passes, because its measures rest on the level.
 *
 * @param why a clause without full stop
 */
export function doubted(report: ResidualReport, sigma: number, why: string): ResidualReport {
  const reason: ResidualReason = {
    measure: 'sigma',
    verdict: 'warn',
    value: sigma,
    limit: 0,
    message: `${why}, so what was removed may be fine structure.`,
  };
  const verdict = report.verdict === 'fail' ? 'fail' : 'warn';
  return { ...report, verdict, reasons: [...report.reasons, reason] };
}

/** The W_RESIDUAL warnings of a report; none when it passed. */
export function residualWarnings(report: ResidualReport): Problem[] {
  return report.reasons.map((reason) => ({
    code: 'W_RESIDUAL',
    message: reason.message,
    remedy: REMEDIES[reason.measure],
  }));
}

function reasonsOf(
  measures: Omit<ResidualReport, 'verdict' | 'reasons'>,
  correlationExcess: number | null,
): ResidualReason[] {
  if (measures.voxels < LIMITS.voxels.warn)
    return [
      {
        measure: 'voxels',
        verdict: 'warn',
        value: measures.voxels,
        limit: LIMITS.voxels.warn,
        message: 'There is too little foreground to judge the residual.',
      },
    ];
  const { sdOverSigma, meanOverSigma, edgeCorrelation, edgeRatio, localMeanRatio, faintRatio } = measures;
  const small = tooSmall(sdOverSigma);
  // the shape of next to nothing says nothing
  if (small !== null) return [small];
  const found: (ResidualReason | null)[] = [
    above('sdOverSigma', sdOverSigma, LIMITS.sdOverSigma, 'More was removed than there was noise.'),
    above(
      'meanOverSigma',
      meanOverSigma === null ? null : Math.abs(meanOverSigma),
      LIMITS.meanOverSigma,
      'The image became darker or brighter as a whole.',
    ),
    above(
      'correlation',
      correlationExcess,
      LIMITS.correlation,
      'Neighbouring voxels of what was removed are more alike than those of the noise.',
    ),
    above('edgeCorrelation', edgeCorrelation, LIMITS.edgeCorrelation, 'More was removed where edges are.'),
    above(
      'edgeRatio',
      edgeRatio,
      LIMITS.edgeRatio,
      'What was removed is larger at edges than in flat areas.',
    ),
    above(
      'localMeanRatio',
      localMeanRatio,
      LIMITS.localMeanRatio,
      'What was removed has a structure of its own: its local means do not average out.',
    ),
    above(
      'faintRatio',
      faintRatio,
      LIMITS.faintRatio,
      'Small faint things stand out of what was removed more than noise does.',
    ),
  ];
  return found.filter((reason) => reason !== null);
}

function tooSmall(value: number | null): ResidualReason | null {
  const limit = LIMITS.sdTooSmall.warn;
  if (value === null || value >= limit) return null;
  const message = 'Next to nothing was removed.';
  return { measure: 'sdOverSigma', verdict: 'warn', value, limit, message };
}

function above(
  measure: ResidualMeasure,
  value: number | null,
  limits: { readonly warn: number; readonly fail: number },
  message: string,
): ResidualReason | null {
  if (value === null || value <= limits.warn) return null;
  return value > limits.fail
    ? { measure, verdict: 'fail', value, limit: limits.fail, message }
    : { measure, verdict: 'warn', value, limit: limits.warn, message };
}

/** The largest excess of the residual's correlation over the noise's along any axis. */
function excess(
  residual: ResidualReport['correlation'],
  noise: { readonly x: number; readonly y: number; readonly z: number },
): number | null {
  const found = [
    residual.x === null ? null : residual.x - Math.max(0, noise.x),
    residual.y === null ? null : residual.y - Math.max(0, noise.y),
    residual.z === null ? null : residual.z - Math.max(0, noise.z),
  ].filter((value) => value !== null);
  return found.length > 0 ? Math.max(...found) : null;
}

const LOWER_STRENGTH =
  'Compare before and after where the error map is bright, and lower the strength or train longer if detail is gone.';

const JUDGE_BY_EYE = 'Judge the images by eye: compare before, after and residual.';

const REMEDIES: Record<ResidualMeasure, string> = {
  sdOverSigma:
    'Compare before and after: if nothing changed, the series may be clean already; if detail is gone, lower the strength.',
  meanOverSigma: 'Do not measure intensities on the output; lower the strength or train longer.',
  correlation: LOWER_STRENGTH,
  edgeCorrelation: LOWER_STRENGTH,
  edgeRatio: LOWER_STRENGTH,
  localMeanRatio: LOWER_STRENGTH,
  faintRatio: LOWER_STRENGTH,
  voxels: JUDGE_BY_EYE,
  sigma: JUDGE_BY_EYE,
};
