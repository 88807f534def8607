import { sayingOf, spoken, whatIsSaid } from '../contract/errors.js';
import type {
  CleanReport,
  LevelReport,
  PlacesReport,
  ResidualReport,
  RetentionReport,
  SignalReport,
  TrustReason,
  UmseReport,
  Verdict,
} from '../contract/trust.js';
import type { Saying } from '../contract/words/template.js';
import type { NoiseEstimate } from '../noise/noise-estimate.js';
import { CLEAN_PSNR } from './clean.js';
import type { Familiarity } from './familiarity.js';
import { signalReason } from './tests/signal.js';

/** What the tests measured. */
export interface Findings {
  readonly signal: SignalReport;
  readonly residual: ResidualReport;
  readonly places: PlacesReport | null;
  readonly level: LevelReport;
  readonly retention: RetentionReport | null;
  readonly changeAgain: number | null;
  readonly clean: CleanReport;
  readonly familiarity: Familiarity | null;
  readonly umse: UmseReport | null;
}

/** Where each test begins to warn and to fail; docs/report.md shows this table and what it was set on. */
const TRUST_LIMITS = {
  /** Noise measured where the output is flat, over the level that was used. */
  level: { low: 0.7, high: 1.45 },
  /** Measured correlation of the noise above the one that was used. */
  correlation: { warn: 0.25 },
  /** Noise left in the output over sigma, beyond what the strength leaves on purpose. */
  remaining: { warn: 0.5 },
  /** Percent of visible faint lesions kept, mean. */
  retention: { fail: 65, warn: 80, high: 120 },
  /** Percent of faint thin lines kept, mean. */
  lines: { warn: 65 },
  /** What a second pass changes, over sigma. */
  again: { warn: 0.45, fail: 0.8 },
  /** Gain over the input against repeats, dB. */
  umse: { fail: -0.5, warn: 0 },
} as const;

/** All reasons, worst first. */
export function reasonsOf(found: Findings, noise: NoiseEstimate, strength: number): TrustReason[] {
  const reasons = [
    ...signalReason(found.signal, true),
    ...residualReason(found.residual),
    ...placesReason(found.places),
    ...levelReasons(found.level, noise, strength),
    ...retentionReason(found.retention),
    ...linesReason(found.retention),
    ...againReason(found.changeAgain),
    ...cleanReason(found.clean),
    ...familiarityReason(found.familiarity),
    ...umseReason(found.umse),
    ...noiseNotes(noise),
  ];
  const order = ['fail', 'warn', 'note'];
  return reasons.sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
}

/** The reasons of a result of which a share was written: places where structure went are those of what was written, as the list. */
export function reasonsOfWritten(
  reasons: readonly TrustReason[],
  places: PlacesReport | null,
): TrustReason[] {
  return reasons.flatMap((reason) => (reason.test === 'places' ? placesReason(places) : [reason]));
}

export function verdictOf(reasons: readonly TrustReason[]): Verdict {
  if (reasons.some(({ verdict }) => verdict === 'fail')) return 'fail';
  return reasons.some(({ verdict }) => verdict === 'warn') ? 'warn' : 'pass';
}

function residualReason(residual: ResidualReport): TrustReason[] {
  if (residual.verdict === 'pass') return [];
  const worst =
    residual.reasons.find(({ verdict }) => verdict === residual.verdict) ?? residual.reasons.at(0);
  if (worst === undefined) return [];
  const { verdict, value, limit } = worst;
  const said = spoken(sayingOf('trust/residual', { why: whatIsSaid(worst) }));
  return [{ test: 'residual', verdict, value, limit, ...said }];
}

function placesReason(places: PlacesReport | null): TrustReason[] {
  if (places === null || places.count === 0) return [];
  const { count } = places;
  return [
    {
      test: 'places',
      verdict: 'warn',
      value: count,
      limit: 0,
      ...spoken(sayingOf('trust/places', { count })),
    },
  ];
}

function levelReasons(level: LevelReport, noise: NoiseEstimate, strength: number): TrustReason[] {
  const found: TrustReason[] = [];
  const { measuredOverSigma: measured, remainingOverSigma: remaining } = level;
  const { low, high } = TRUST_LIMITS.level;
  if (measured !== null && measured < low)
    found.push({
      test: 'level',
      verdict: 'warn',
      value: measured,
      limit: low,
      ...spoken(sayingOf('trust/level-low')),
    });
  // repeats see the noise itself and how it hangs together; beside them the details of tissue see its texture too
  const byRepeats = noise.methods.repeats === noise.sigma;
  if (measured !== null && measured > high && !byRepeats)
    found.push({
      test: 'level',
      verdict: 'warn',
      value: measured,
      limit: high,
      ...spoken(sayingOf('trust/level-high')),
    });
  const left = remaining === null ? null : remaining - (1 - strength);
  if (left !== null && left > TRUST_LIMITS.remaining.warn && !byRepeats)
    found.push({
      test: 'remaining',
      verdict: 'warn',
      value: left,
      limit: TRUST_LIMITS.remaining.warn,
      ...spoken(sayingOf('trust/remaining')),
    });
  const { x, y } = level.correlation;
  const excess = Math.max((x ?? 0) - noise.correlation.x, (y ?? 0) - noise.correlation.y);
  if (excess > TRUST_LIMITS.correlation.warn && !byRepeats)
    found.push({
      test: 'correlation',
      verdict: 'warn',
      value: excess,
      limit: TRUST_LIMITS.correlation.warn,
      ...spoken(sayingOf('trust/white')),
    });
  return found;
}

function retentionReason(retention: RetentionReport | null): TrustReason[] {
  const value = retention?.visible.mean ?? null;
  if (value === null) return [];
  const { fail, warn, high } = TRUST_LIMITS.retention;
  if (value > high)
    return [
      {
        test: 'retention',
        verdict: 'warn',
        value,
        limit: high,
        ...spoken(sayingOf('trust/retention-high')),
      },
    ];
  // the places that were drawn may be bad ones
  const likely = value + (retention?.visible.error ?? 0);
  if (likely >= warn) return [];
  const failed = likely < fail;
  return [
    {
      test: 'retention',
      verdict: failed ? 'fail' : 'warn',
      value,
      limit: failed ? fail : warn,
      ...spoken(sayingOf('trust/retention-low', { percent: value })),
    },
  ];
}

function linesReason(retention: RetentionReport | null): TrustReason[] {
  const lines = retention?.lines ?? null;
  const { warn } = TRUST_LIMITS.lines;
  if (lines === null || lines.mean + lines.error >= warn) return [];
  return [
    {
      test: 'lines',
      verdict: 'warn',
      value: lines.mean,
      limit: warn,
      ...spoken(sayingOf('trust/lines', { percent: lines.mean })),
    },
  ];
}

function againReason(value: number | null): TrustReason[] {
  const { warn, fail } = TRUST_LIMITS.again;
  if (value === null || value <= warn) return [];
  const failed = value > fail;
  return [
    {
      test: 'again',
      verdict: failed ? 'fail' : 'warn',
      value,
      limit: failed ? fail : warn,
      ...spoken(sayingOf('trust/again')),
    },
  ];
}

function cleanReason({ recognised, degree, psnr }: CleanReport): TrustReason[] {
  if (!recognised)
    return degree === 0 || psnr === null || psnr >= CLEAN_PSNR
      ? []
      : [
          {
            test: 'clean',
            verdict: 'warn',
            value: psnr,
            limit: CLEAN_PSNR,
            ...spoken(sayingOf('trust/little')),
          },
        ];
  return [
    {
      test: 'clean',
      verdict: 'warn',
      value: psnr,
      limit: CLEAN_PSNR,
      ...spoken(sayingOf('trust/clean')),
    },
  ];
}

function familiarityReason(familiarity: Familiarity | null): TrustReason[] {
  if (familiarity === null || familiarity.distance <= familiarity.limit) return [];
  return [
    {
      test: 'familiarity',
      verdict: 'warn',
      value: familiarity.distance,
      limit: familiarity.limit,
      ...spoken(sayingOf('trust/unfamiliar', { feature: familiarity.furthest })),
    },
  ];
}

function umseReason(umse: UmseReport | null): TrustReason[] {
  const { warn, fail } = TRUST_LIMITS.umse;
  if (umse === null || umse.gain === null || umse.gain >= warn) return [];
  const failed = umse.gain < fail;
  return [
    {
      test: 'umse',
      verdict: failed ? 'fail' : 'warn',
      value: umse.gain,
      limit: failed ? fail : warn,
      ...spoken(sayingOf('trust/repeats')),
    },
  ];
}

function noiseNotes(noise: NoiseEstimate): TrustReason[] {
  const notes: TrustReason[] = [];
  const note = (test: 'correlation' | 'airMasked', saying: Saying) =>
    notes.push({ test, verdict: 'note', value: null, limit: null, ...spoken(saying) });
  if (noise.correlated) note('correlation', sayingOf('trust/correlated'));
  if (noise.airMasked) note('airMasked', sayingOf('trust/air-masked'));
  return notes;
}
