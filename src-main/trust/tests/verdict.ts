import { type Problem, sayingOf, spoken, whatIsSaid } from '../../contract/errors.js';
import type { ResidualMeasure, ResidualReason, ResidualReport } from '../../contract/trust.js';
import type { PlainReason } from '../../contract/words/english.js';
import type { Saying } from '../../contract/words/template.js';

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
  return {
    verdict: 'warn',
    reasons: [
      {
        measure: 'sigma',
        verdict: 'warn',
        value: 0,
        limit: 0,
        ...sentenceOf(sayingOf('W_RESIDUAL/no-level')),
      },
    ],
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
 * @param why the whole sentence of the reason
 */
export function doubted(report: ResidualReport, sigma: number, why: Saying): ResidualReport {
  const reason: ResidualReason = {
    measure: 'sigma',
    verdict: 'warn',
    value: sigma,
    limit: 0,
    ...sentenceOf(why),
  };
  const verdict = report.verdict === 'fail' ? 'fail' : 'warn';
  return { ...report, verdict, reasons: [...report.reasons, reason] };
}

/** The W_RESIDUAL warnings of a report; none when it passed. */
export function residualWarnings(report: ResidualReport): Problem[] {
  return report.reasons.map((reason) => ({ code: 'W_RESIDUAL', ...spoken(whatIsSaid(reason)) }));
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
        ...sentenceOf(sayingOf('W_RESIDUAL/foreground')),
      },
    ];
  const { sdOverSigma, meanOverSigma, edgeCorrelation, edgeRatio, localMeanRatio, faintRatio } = measures;
  const small = tooSmall(sdOverSigma);
  // the shape of next to nothing says nothing
  if (small !== null) return [small];
  const found: (ResidualReason | null)[] = [
    above('sdOverSigma', sdOverSigma, LIMITS.sdOverSigma, 'W_RESIDUAL/large'),
    above(
      'meanOverSigma',
      meanOverSigma === null ? null : Math.abs(meanOverSigma),
      LIMITS.meanOverSigma,
      'W_RESIDUAL/mean',
    ),
    above('correlation', correlationExcess, LIMITS.correlation, 'W_RESIDUAL/correlation'),
    above('edgeCorrelation', edgeCorrelation, LIMITS.edgeCorrelation, 'W_RESIDUAL/at-edges'),
    above('edgeRatio', edgeRatio, LIMITS.edgeRatio, 'W_RESIDUAL/edges'),
    above('localMeanRatio', localMeanRatio, LIMITS.localMeanRatio, 'W_RESIDUAL/local-means'),
    above('faintRatio', faintRatio, LIMITS.faintRatio, 'W_RESIDUAL/faint'),
  ];
  return found.filter((reason) => reason !== null);
}

function tooSmall(value: number | null): ResidualReason | null {
  const limit = LIMITS.sdTooSmall.warn;
  if (value === null || value >= limit) return null;
  return {
    measure: 'sdOverSigma',
    verdict: 'warn',
    value,
    limit,
    ...sentenceOf(sayingOf('W_RESIDUAL/small')),
  };
}

function above(
  measure: ResidualMeasure,
  value: number | null,
  limits: { readonly warn: number; readonly fail: number },
  reason: PlainReason,
): ResidualReason | null {
  if (value === null || value <= limits.warn) return null;
  const said = sentenceOf(sayingOf(reason));
  return value > limits.fail
    ? { measure, verdict: 'fail', value, limit: limits.fail, ...said }
    : { measure, verdict: 'warn', value, limit: limits.warn, ...said };
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

/** What to do is told by the warnings, and by the reason of the trust report that tells of this one. */
function sentenceOf(saying: Saying): Pick<ResidualReason, 'reason' | 'facts' | 'message'> {
  const { remedy: _, ...said } = spoken(saying);
  return said;
}
