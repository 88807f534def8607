import type {
  CleanReport,
  FamiliarityReport,
  LevelReport,
  PlacesReport,
  ResidualReport,
  RetentionReport,
  SignalReport,
  TrustReason,
  UmseReport,
  Verdict,
} from '../contract/trust.js';
import type { NoiseEstimate } from '../noise/noise-estimate.js';
import { CLEAN_PSNR } from './clean.js';
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
  readonly familiarity: FamiliarityReport | null;
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

export function verdictOf(reasons: readonly TrustReason[]): Verdict {
  if (reasons.some(({ verdict }) => verdict === 'fail')) return 'fail';
  return reasons.some(({ verdict }) => verdict === 'warn') ? 'warn' : 'pass';
}

const COMPARE =
  'Compare before and after where the error map is bright; lower the strength if detail is gone.';

function residualReason(residual: ResidualReport): TrustReason[] {
  if (residual.verdict === 'pass') return [];
  const worst =
    residual.reasons.find(({ verdict }) => verdict === residual.verdict) ?? residual.reasons.at(0);
  if (worst === undefined) return [];
  const { verdict, value, limit, message } = worst;
  return [{ test: 'residual', verdict, value, limit, message, remedy: COMPARE }];
}

function placesReason(places: PlacesReport | null): TrustReason[] {
  if (places === null || places.count === 0) return [];
  const { count } = places;
  const where = count === 1 ? 'At one place' : `At ${count} places`;
  return [
    {
      test: 'places',
      verdict: 'warn',
      value: count,
      limit: 0,
      message: `${where} something was removed that noise does not explain: a small vessel, a lesion or an artifact may be fainter there.`,
      remedy:
        'Look at the places of the list, before and after; lower the strength where something is missing.',
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
      message: 'The denoiser was told of more noise than flat tissue shows, so it may have removed detail.',
      remedy: COMPARE,
    });
  // repeats see the noise itself; beside them the details of tissue see its texture too
  const byRepeats = noise.methods.repeats === noise.sigma;
  if (measured !== null && measured > high && !byRepeats)
    found.push({
      test: 'level',
      verdict: 'warn',
      value: measured,
      limit: high,
      message: 'Flat tissue shows more noise than the denoiser was told of, so noise is left.',
      remedy: 'See whether the noise estimate has warnings; the result is cautious, not wrong.',
    });
  const left = remaining === null ? null : remaining - (1 - strength);
  if (left !== null && left > TRUST_LIMITS.remaining.warn && !byRepeats)
    found.push({
      test: 'remaining',
      verdict: 'warn',
      value: left,
      limit: TRUST_LIMITS.remaining.warn,
      message: 'Most of the noise is still there.',
      remedy: 'Try another model, or train longer.',
    });
  const { x, y } = level.correlation;
  const excess = Math.max((x ?? 0) - noise.correlation.x, (y ?? 0) - noise.correlation.y);
  if (excess > TRUST_LIMITS.correlation.warn)
    found.push({
      test: 'correlation',
      verdict: 'warn',
      value: excess,
      limit: TRUST_LIMITS.correlation.warn,
      message: 'The noise is correlated between neighbours, and it was taken for white.',
      remedy: 'Where possible denoise the series as acquired, without interpolation.',
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
        message: 'Inserted faint lesions come back stronger than they were: the denoiser makes structure up.',
        remedy: 'Use another model, and do not rely on faint structures of this result.',
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
      message: `Of inserted faint lesions that can be seen in the noise, ${value.toFixed(0)} % of the contrast is kept.`,
      remedy: 'Lower the strength, or use a model that keeps more; see the table of sizes and contrasts.',
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
      message: `Of inserted faint thin lines, such as spaces around vessels, ${lines.mean.toFixed(0)} % of the contrast is kept.`,
      remedy:
        'Do not look for faint thin lines in this result alone: look at the source too, or lower the strength.',
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
      message:
        'Denoising the result once more changes it again: the denoiser goes on where no noise is left.',
      remedy: 'Look for structure that was not there before; use another model.',
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
            message:
              'The input has little noise, and some of that may be fine structure: part of the change is taken back.',
            remedy: 'Compare before and after at fine structures.',
          },
        ];
  return [
    {
      test: 'clean',
      verdict: 'warn',
      value: psnr,
      limit: CLEAN_PSNR,
      message: 'The input has next to no noise, or was denoised before: it is left almost unchanged.',
      remedy: 'Use the original series.',
    },
  ];
}

function familiarityReason(familiarity: FamiliarityReport | null): TrustReason[] {
  if (familiarity === null || familiarity.distance <= familiarity.limit) return [];
  return [
    {
      test: 'familiarity',
      verdict: 'warn',
      value: familiarity.distance,
      limit: familiarity.limit,
      message: `The series is unlike those that the model was trained on, most of all in: ${familiarity.furthest}.`,
      remedy: 'Use --model self, or a model that was trained on series like this one.',
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
      message: 'Against the repeats of the series, the result is further from the truth than the input.',
      remedy: 'Use the input, or average the repeats.',
    },
  ];
}

function noiseNotes(noise: NoiseEstimate): TrustReason[] {
  const notes: TrustReason[] = [];
  const note = (test: 'correlation' | 'airMasked', message: string, remedy: string) =>
    notes.push({ test, verdict: 'note', value: null, limit: null, message, remedy });
  if (noise.correlated)
    note(
      'correlation',
      'The noise is correlated between neighbours: the scanner interpolated or filtered the image.',
      'Where possible denoise the series as acquired, without interpolation.',
    );
  if (noise.airMasked)
    note(
      'airMasked',
      'The air is set to one value, so the level of the noise rests on the tissue alone.',
      'None needed.',
    );
  return notes;
}
