/** The trust report: runs every test on one result, decides, and takes part of the result back where it failed. */
import { Random } from '../base/random.js';
import { LimpidError, sayingOf, spoken, whatIsSaid } from '../contract/errors.js';
import type {
  BlendReport,
  PlacesReport,
  ResidualReport,
  RetentionReport,
  TrainingStatistics,
  TrustReason,
  TrustReport,
  UncertaintyReport,
  Verdict,
} from '../contract/trust.js';
import type { Saying } from '../contract/words/template.js';
import { floats, type Place, pasteValues, wholePlace } from '../imaging/box.js';
import { type Volume, withData } from '../imaging/volume.js';
import { beyondDoubt } from '../noise/autocorrelation.js';
import { usableVoxels } from '../noise/domain.js';
import type { NoiseEstimate } from '../noise/noise-estimate.js';
import { CLEAN_PSNR, changePsnr, cleanness } from './clean.js';
import { familiarity } from './familiarity.js';
import { type Findings, reasonsOf, reasonsOfWritten, verdictOf } from './judgement.js';
import { type DenoiseFunction, foregroundMask } from './part.js';
import { type Probed, probe } from './probe.js';
import { foregroundThreshold } from './tests/foreground.js';
import { checkLevel } from './tests/level.js';
import { type NoiseModel, noiseModel } from './tests/noise-model.js';
import { joinedPlaces, placesOverTime } from './tests/over-time.js';
import { placesOf } from './tests/places.js';
import { residualStatistics } from './tests/residual.js';
import { believedNoise, isGone, signalReason, signalReport, withNumbers } from './tests/signal.js';
import { unsupervisedError } from './tests/umse.js';
import { doubted, unjudged } from './tests/verdict.js';
import { blendedUncertainty, CALIBRATION, uncertaintyMap } from './uncertainty.js';

export interface TrustInput {
  readonly before: Volume;
  /** What the denoiser made of it, with the strength that was asked for. */
  readonly after: Volume;
  readonly noise: NoiseEstimate;
  /** The same denoiser again; null where it cannot be run: then only the result is judged. */
  readonly denoise: DenoiseFunction | null;
  /** Slices on each side that a slice is restored from. */
  readonly context: number;
  readonly strength: number;
  readonly seed: number;
  /** Whether a frame is restored from others too: then these are no witnesses of it. Absent: no. */
  readonly mixesFrames?: boolean;
  /** What the model was trained on; null where it does not tell. */
  readonly training: TrainingStatistics | null;
  /** Whether a map of the whole volume is wanted; it takes four more passes over it. */
  readonly uncertainty: boolean;
}

export interface Trusted {
  readonly report: TrustReport;
  /** Of what is to be written. */
  readonly residual: ResidualReport;
  /** The part of the change that is to be written; 1 is all. */
  readonly share: number;
  readonly volume: Volume;
  /** One standard deviation of the error of `volume`, in its units, 0 outside tissue; null where not measured. */
  readonly uncertainty: UncertaintyPart | null;
}

/** What is known of the uncertainty: of the whole volume, or of the part that was probed. */
export interface UncertaintyPart {
  /** Slices from `from` to those before `to` were looked at. */
  readonly from: number;
  readonly to: number;
  /** As long as the volume; 0 outside tissue and where nothing was measured. */
  readonly values: Float32Array;
}

const MAP_DRAWS = 4;
/** Levels by two methods that differ by this factor are no knowledge of the level, whoever is right. */
const FAR_APART = 3;
/** Halvings by which the largest share of the change is looked for that does not fail: to a sixty-fourth. */
const HALVINGS = 6;

/**
 * Judges a result. Never throws for an odd image; a denoiser that cannot run on a part of the series is a note.
 *
 * @throws LimpidError E_CANCELLED and whatever of `denoise` is no LimpidError
 */
export async function assess(given: TrustInput): Promise<Trusted> {
  const { before } = given;
  const noise = believedNoise(before, given.noise);
  const after = withNumbers(before, given.after);
  const input = { ...given, after, noise };
  const model = noiseModel(noise.map ?? noise.sigma, noise.distribution);
  const foreground = foregroundOf(after, noise, model);
  const degree = cleanness(before, noise);
  const clean = degree === 1;
  const probed = await tryProbe(input, model, foreground, clean || !(noise.sigma > 0));
  const found: Findings = {
    signal: signalReport(before, given.after, model),
    residual: judgeResidual(before, after, noise),
    places: placesIn(input, after),
    level: checkLevel(before, after, residualOptions(noise)),
    retention: probed.found?.retention ?? null,
    changeAgain: probed.found?.changeAgain ?? null,
    clean: { recognised: clean, degree, psnr: changePsnr(before, after, foreground) },
    familiarity: input.training === null ? null : familiarity(before, noise, input.training),
    umse: input.mixesFrames === true ? null : unsupervisedError(before, after, foreground, noise, model),
  };
  const reasons = [...reasonsOf(found, noise, input.strength), ...probed.notes];
  const blend = blendFor(found, verdictOf(reasons), input, foreground, model);
  const share = blend?.share ?? 1;
  const volume = blended(before, after, share);
  const places = share === 1 ? found.places : placesIn(input, volume);
  const part = probed.found?.uncertainty ?? null;
  return {
    report: {
      verdict: blend === null ? verdictOf(reasons) : blend.share > 0 ? 'warn' : 'fail',
      reasons: reasonsOfWritten(reasons, places),
      blend,
      probe:
        probed.found === null
          ? null
          : { first: probed.found.from + 1, slices: probed.found.to - probed.found.from },
      signal: found.signal,
      places,
      level: found.level,
      retention: found.retention,
      again: probed.found === null ? null : { changeOverSigma: found.changeAgain },
      clean: share === 1 ? found.clean : { ...found.clean, psnr: changePsnr(before, volume, foreground) },
      uncertainty: part === null ? null : uncertaintyReport(part, model),
      familiarity: found.familiarity,
      umse: found.umse,
    },
    residual: share === 1 ? found.residual : judgeResidual(before, volume, noise),
    share,
    volume,
    uncertainty: part === null ? null : partOf(part, share, model),
  };
}

/**
 * The one question that can be asked of a result from which something else than noise was to go: whether the image is
 * still there. Null where it is; else nothing of the change is to be written.
 */
export function assessSignal(before: Volume, after: Volume): Trusted | null {
  const signal = signalReport(before, after, null);
  const reasons = signalReason(signal, false);
  if (reasons.length === 0) return null;
  return {
    report: {
      verdict: 'fail',
      reasons,
      blend: { share: 0, why: 'fail' },
      probe: null,
      signal,
      places: null,
      level: { measuredOverSigma: null, remainingOverSigma: null, correlation: { x: null, y: null } },
      retention: null,
      again: null,
      clean: { recognised: false, degree: 0, psnr: null },
      uncertainty: null,
      familiarity: null,
      umse: null,
    },
    residual: unjudged(),
    share: 0,
    volume: withData(before, before.data.slice()),
    uncertainty: null,
  };
}

/** What no denoiser takes for noise, padding and air that was set to one value, is not measured. */
function withNoise(before: Volume, noise: NoiseEstimate): Volume {
  return { ...before, measured: usableVoxels(before, noise) };
}

/** Places in single frames, and where frames were restored from one another those that are off over some of them. */
function placesIn({ before, noise, mixesFrames }: TrustInput, after: Volume): PlacesReport | null {
  const seen = withNoise(before, noise);
  const inFrames = placesOf(seen, after, residualOptions(noise));
  const overTime = mixesFrames === true ? placesOverTime(seen, after, residualOptions(noise)) : null;
  return inFrames === null || overTime === null ? inFrames : joinedPlaces(inFrames, overTime);
}

function residualOptions(noise: NoiseEstimate) {
  return {
    sigma: noise.map ?? noise.sigma,
    distribution: noise.distribution,
    noiseCorrelation: noise.correlation,
  };
}

function judgeResidual(before: Volume, after: Volume, noise: NoiseEstimate): ResidualReport {
  const report = residualStatistics(before, after, residualOptions(noise));
  const why = doubtOf(noise);
  return why === null ? report : doubted(report, noise.sigma, why);
}

/** Why the level of the noise is in doubt: a result that rests on it never passes. */
function doubtOf({ certain, warnings, methods }: NoiseEstimate): Saying | null {
  if (!certain) return sayingOf('W_RESIDUAL/guess');
  const alarm = warnings.find(({ code }) => code === 'W_NOISE_DISAGREE');
  if (alarm !== undefined) return sayingOf('W_RESIDUAL/alarm', { why: whatIsSaid(alarm) });
  // who knows the level need not measure it
  if (methods.told !== null) return null;
  const levels = Object.values(methods)
    .filter((level) => level !== null)
    .filter((level) => level > 0);
  const factor = Math.max(...levels) / Math.min(...levels);
  if (levels.length < 2 || factor < FAR_APART) return null;
  return sayingOf('W_RESIDUAL/disagree', { factor });
}

function foregroundOf(after: Volume, noise: NoiseEstimate, model: NoiseModel): Uint8Array {
  const threshold = foregroundThreshold(after, model.typical, noise.distribution === 'rician');
  return foregroundMask(after, threshold);
}

interface ProbeOutcome {
  readonly found: {
    /** Slices that were looked at. */
    readonly from: number;
    readonly to: number;
    readonly retention: RetentionReport | null;
    readonly changeAgain: number | null;
    readonly uncertainty: UncertaintyPart;
  } | null;
  readonly notes: readonly TrustReason[];
}

const NOT_PROBED: ProbeOutcome = { found: null, notes: [] };

/** A clean input is left as it is: there is nothing to ask about. */
async function tryProbe(
  input: TrustInput,
  model: NoiseModel,
  foreground: Uint8Array,
  clean: boolean,
): Promise<ProbeOutcome> {
  const { before, after, noise, denoise, context } = input;
  if (denoise === null || clean || input.strength === 0 || !foreground.includes(1)) return NOT_PROBED;
  const random = new Random(input.seed).fork('trust');
  try {
    const probed = await probe(denoise, before, after, foreground, noise, context, random);
    const found = { ...probed, ...slicesOf(probed.place) };
    if (!input.uncertainty) return { found: { ...found, uncertainty: partially(before, probed) }, notes: [] };
    const values = await uncertaintyMap(denoise, before, after, foreground, {
      noise: model,
      correlation: { x: beyondDoubt(noise.correlation.x), y: beyondDoubt(noise.correlation.y) },
      draws: MAP_DRAWS,
      random: random.fork('map'),
      place: wholePlace(before),
    });
    return { found: { ...found, uncertainty: { from: 0, to: before.slices, values } }, notes: [] };
  } catch (error) {
    if (!(error instanceof LimpidError) || error.code === 'E_CANCELLED') throw error;
    return { found: null, notes: [notProbed(error)] };
  }
}

function slicesOf({ box, looked }: Place): { from: number; to: number } {
  return { from: box.slice + looked.from, to: box.slice + looked.to };
}

function partially(volume: Volume, { place, uncertainty }: Probed): UncertaintyPart {
  const values = floats(volume.data.length);
  pasteValues(values, uncertainty, volume, place.box);
  return { ...slicesOf(place), values };
}

function notProbed(error: LimpidError): TrustReason {
  return {
    test: 'probe',
    verdict: 'note',
    value: null,
    limit: null,
    ...spoken(sayingOf('trust/not-probed', { code: error.code })),
  };
}

/** What is to be taken back: all but 51 dB of a clean input, a part of that where little speaks of noise; of a failed result as much as makes it fail no more. */
function blendFor(
  found: Findings,
  verdict: Verdict,
  input: TrustInput,
  foreground: Uint8Array,
  model: NoiseModel,
): BlendReport | null {
  const { psnr, degree } = found.clean;
  const { before, after, noise, strength } = input;
  // Nothing of a change can be trusted that leaves no image.
  if (isGone(found.signal)) return { share: 0, why: 'fail' };
  const cleanShare = psnr === null ? 1 : Math.min(1, 10 ** ((degree * (psnr - CLEAN_PSNR)) / 20));
  const forClean: BlendReport | null = cleanShare < 1 ? { share: cleanShare, why: 'clean' } : null;
  if (degree === 1 && forClean !== null) return forClean;
  if (verdict !== 'fail') return forClean;
  const fails = (share: number): boolean => {
    const volume = blended(before, after, share);
    const residual = judgeResidual(before, volume, noise);
    const umse = found.umse === null ? null : unsupervisedError(before, volume, foreground, noise, model);
    const signal = signalReport(before, volume, model);
    const parts = { ...found, signal, residual, umse, ...scaled(found, share) };
    return verdictOf(reasonsOf(parts, noise, strength * share)) === 'fail';
  };
  // with none of the change there is nothing to fail; results that are alike have shares that are alike
  let [kept, failing] = [0, 1];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (kept + failing) / 2;
    if (fails(middle)) failing = middle;
    else kept = middle;
  }
  return forClean !== null && cleanShare < kept ? forClean : { share: kept, why: 'fail' };
}

/** What the probes would have found of a blend: it is linear in the change. */
function scaled(found: Findings, share: number): Pick<Findings, 'retention' | 'changeAgain'> {
  const { retention, changeAgain } = found;
  const mean = retention?.visible.mean ?? null;
  return {
    retention:
      retention === null || mean === null
        ? retention
        : {
            ...retention,
            visible: { ...retention.visible, mean: 100 + share * (mean - 100) },
            lines: retention.lines && {
              ...retention.lines,
              mean: 100 + share * (retention.lines.mean - 100),
            },
          },
    changeAgain: changeAgain === null ? null : share * changeAgain,
  };
}

/** before + share (after - before). */
export function blended(before: Volume, after: Volume, share: number): Volume {
  if (share === 1) return after;
  return withData(
    before,
    after.data.map((value, i) => before.data[i] + share * (value - before.data[i])),
  );
}

function uncertaintyReport({ values }: UncertaintyPart, model: NoiseModel): UncertaintyReport {
  let sum = 0;
  let count = 0;
  for (const value of values)
    if (value > 0) {
      sum += value;
      count++;
    }
  return { meanOverSigma: count === 0 ? 0 : sum / count / model.typical, calibration: CALIBRATION };
}

function partOf(part: UncertaintyPart, share: number, model: NoiseModel): UncertaintyPart {
  if (share === 1) return part;
  return { ...part, values: blendedUncertainty(part.values, share, model.typical) };
}
