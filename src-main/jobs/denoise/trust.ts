import { fault, type Problem, problemOf, whatIsSaid } from '../../contract/errors.js';
import { type SeriesReport, verdictOf } from '../../contract/report.js';
import type { TrustOutcome } from '../../contract/results.js';
import type { Processed, Processor } from '../../denoise/processor.js';
import type { NoiseEstimate } from '../../noise/noise-estimate.js';
import { isMeasured } from '../../noise/warnings.js';
import type { LoadedStack } from '../../series/input.js';
import { assess, assessSignal, type Trusted } from '../../trust/assess.js';

/** How a result is judged, and what is done where it fails. */
export interface TrustSettings {
  readonly strength: number;
  readonly seed: number;
  /** Make a map of the whole volume. */
  readonly uncertainty: boolean;
  /** Refuse what fails instead of taking part of it back. */
  readonly strict: boolean;
}

/**
 * The trust report of a result, while its denoiser can still be run; null where nothing was denoised.
 *
 * @throws LimpidError E_TRUST where the result fails and the settings are strict
 */
export async function trustOf(
  settings: TrustSettings | null,
  processor: Processor,
  loaded: LoadedStack,
  noise: NoiseEstimate,
  processed: Processed,
): Promise<Trusted | null> {
  if (settings === null || processor.device === null) return null;
  const trusted = await judged(settings, loaded, noise, processed);
  const failed = trusted?.report.reasons.find(({ verdict }) => verdict === 'fail');
  if (settings.strict && failed !== undefined) throw fault('E_TRUST/strict', { why: whatIsSaid(failed) });
  return trusted;
}

/** Where there is no noise to measure in, or another thing than noise was to go, only whether the image is still there. */
async function judged(
  settings: TrustSettings,
  loaded: LoadedStack,
  noise: NoiseEstimate,
  processed: Processed,
): Promise<Trusted | null> {
  if (processed.untested || !isMeasured(noise)) return assessSignal(loaded.volume, processed.volume);
  return assess({
    before: loaded.volume,
    after: processed.volume,
    noise,
    denoise: processed.again,
    context: processed.context,
    mixesFrames: (processed.contextFrames ?? 0) > 0,
    strength: settings.strength,
    seed: settings.seed,
    training: processed.statistics ?? null,
    uncertainty: settings.uncertainty,
  });
}

/** What is to be written: the change that can be trusted, its error map, its uncertainty, and a word of all that. */
export function trustedResult(
  processed: Processed,
  { report, share, volume, uncertainty }: Trusted,
  wanted: boolean,
): Processed {
  const whole = uncertainty !== null && uncertainty.to - uncertainty.from === volume.slices;
  return {
    ...processed,
    volume,
    errorMap:
      share === 1
        ? processed.errorMap
        : (processed.errorMap?.map((value) => (Number.isFinite(value) ? share * value : 0)) ?? null),
    uncertainty: wanted && whole ? uncertainty.values : null,
    description: [processed.description, ...words(report, share)].join('; '),
    warnings: [...processed.warnings, ...blendWarning(report)],
  };
}

/** What was judged, for who sees no report; null where nothing was. */
export function trustOutcome(report: SeriesReport): TrustOutcome | null {
  const verdict = verdictOf(report);
  return verdict === null ? null : { verdict, blend: report.trust?.blend ?? null };
}

function blendWarning({ blend, reasons }: Trusted['report']): Problem[] {
  if (blend === null) return [];
  const { share, why } = blend;
  if (why === 'clean') return [problemOf('W_BLENDED/clean', { share })];
  return [problemOf('W_BLENDED/failed', { share, why: whatIsSaid(reasons[0]) })];
}

/** For Derivation Description: ASCII and short. */
function words({ verdict, retention, blend }: Trusted['report'], share: number): string[] {
  const kept = retention?.visible.mean ?? null;
  return [
    `trust ${verdict}`,
    ...(kept === null ? [] : [`${kept.toFixed(0)} % of faint lesion contrast kept by the denoiser`]),
    ...(blend === null ? [] : [`only ${(100 * share).toFixed(0)} % of the change applied`]),
  ];
}
