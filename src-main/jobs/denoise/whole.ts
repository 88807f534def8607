import type { Processed } from '../../denoise/processor.js';
import { measuredNoise } from '../../filters/guided-noise.js';
import { magnitudeOf } from '../../imaging/complex.js';
import { withConstantPlanes, zeroOnConstantPlanes } from '../../imaging/constant.js';
import type { Volume } from '../../imaging/volume.js';
import type { NoiseEstimate } from '../../noise/noise-estimate.js';
import { frameOutliers } from '../../noise/outliers/frame-outliers.js';
import { withOutliers } from '../../noise/outliers/outlier-warnings.js';
import { withToldNoise } from '../../noise/told/told-noise.js';
import { renderSeriesImages } from '../../report/images.js';
import { gapsProblem } from '../../series/gaps.js';
import type { EntryName, LoadedStack, UnitInput } from '../../series/input.js';
import { loadWithin } from '../../series/memory.js';
import { sourceHash } from '../../series/stack-record.js';
import { type Cleaned, cleanStack, removedByModel } from './cleaning.js';
import {
  begin,
  type Made,
  meterOf,
  refuseOtherSource,
  runProcessor,
  type StackJob,
  type Watch,
} from './stack-job.js';
import { trustedResult, trustOf } from './trust.js';

/** Reads a stack, processes and judges it as one volume. @throws LimpidError whatever stops this stack */
export async function madeAsWhole(job: StackJob, watch: Watch): Promise<Made> {
  const { stack, unitInput } = job;
  const read = await loadWithin(stack, 'denoise', meterOf(job, 'read', stack.instances));
  watch.lap('read');
  await refuseOtherSource(job, sourceHash(read.sha256));
  const gaps = [gapsProblem(stack, read.volume)].flatMap((problem) => problem ?? []);
  for (const problem of [...gaps, ...(read.problems ?? [])])
    job.emit({ type: 'warning', series: stack.id, problem });
  // What would pass for noise or for structure goes first: noise is measured and removed in what is left.
  const first = await cleanStack(job, read.volume, 'before', 0);
  const loaded = { ...read, volume: first.volume };
  begin(job, 'noise');
  const estimate = await noiseOf(job, loaded);
  watch.lap('noise');
  if (job.processor.heedsNoise !== false)
    for (const problem of estimate.warnings) job.emit({ type: 'warning', series: stack.id, problem });
  const made = await runProcessor(
    job,
    loaded.volume,
    estimate,
    loaded.magnitude === undefined ? {} : { unposed: true },
  );
  // Where noise is added or artifacts are, a plane of one value gets its share.
  const full = job.trust === null ? made : keepConstantPlanes(loaded.volume, made);
  const noise = full.noise ?? estimate;
  watch.skip();
  if (job.trust !== null) begin(job, 'judge');
  const trusted = await trustOf(job.trust, job.processor, loaded, noise, full);
  const denoised =
    trusted === null
      ? full
      : certainOfConstantPlanes(loaded.volume, trustedResult(full, trusted, job.trust?.uncertainty === true));
  if (trusted !== null) watch.lap('trust');
  const byModel = await removedByModel(job, loaded.volume, denoised, noise.sigma);
  const last = await cleanStack(job, denoised.volume, 'after', noise.sigma);
  if (job.clean !== undefined) watch.lap('clean');
  const cleaned = withCleaned(denoised, read.volume, noise, [first, last], isAsked(unitInput, 'error-map'));
  const processed = withoutUnasked(cleaned, unitInput);
  return {
    sha256: loaded.sha256,
    shape: loaded.magnitude ?? loaded.volume,
    noise,
    processed,
    trusted,
    cleaned: [...first.reports, ...byModel, ...last.reports],
    ...(last.field === undefined ? {} : { field: last.field }),
    write: () =>
      stack.write(
        {
          unit: unitInput.unit,
          folder: job.work,
          loaded: read,
          processed,
          suffix: job.processor.suffix,
          now: job.journal.createdAt,
          finished: job.finished,
        },
        meterOf(job, 'write', stack.instances),
      ),
    images: () =>
      renderSeriesImages(stack.id, read.magnitude ?? read.volume, shownAfter(read, processed), {
        sigma: noise.map ?? noise.sigma,
        uncertainty: trusted?.uncertainty ?? null,
        calibration: stack.calibration,
      }),
    close: async () => {},
  };
}

/** With the artifacts gone that were found: what is told of the change tells of these too. */
function withCleaned(
  denoised: Processed,
  source: Volume,
  noise: NoiseEstimate,
  [first, last]: readonly [Cleaned, Cleaned],
  wantsErrorMap: boolean,
): Processed {
  const words = [...first.words, ...last.words];
  const volume = withConstantPlanes(source, last.volume);
  if (words.length === 0 && first.reports.length + last.reports.length === 0) return denoised;
  const told = words.length === 0 ? ['no artifact found to remove'] : words;
  return {
    ...denoised,
    volume,
    errorMap:
      !wantsErrorMap || (words.length === 0 && denoised.errorMap !== null)
        ? denoised.errorMap
        : overNoise(source, volume, noise),
    description: [denoised.description, ...told].join('; '),
  };
}

/** |input - output| over the level of the noise; where none was measured, in units of the volume. */
function overNoise(before: Volume, after: Volume, { sigma, map }: NoiseEstimate): Float32Array {
  return before.data.map((value, i) => {
    const level = map === null ? sigma : map[i % map.length];
    return Math.abs(value - after.data[i]) / (level > 0 ? level : 1);
  });
}

/** The parts of a complex image have the noise that its magnitudes tell of, and no bias. */
async function noiseOf(
  { stack, noise: given }: StackJob,
  { volume, magnitude }: LoadedStack,
): Promise<NoiseEstimate> {
  const shown = magnitude ?? volume;
  const found = await measuredNoise(shown, {
    modality: magnitude === undefined ? stack.modality : 'MR',
  });
  const told = given === undefined ? found : withToldNoise(found, shown, given.for(shown));
  const estimate = withOutliers(told, frameOutliers(shown));
  if (magnitude === undefined) return estimate;
  const { outliers = [] } = estimate;
  // the imaginary parts of all frames come after the real ones
  const inParts = outliers.flatMap((one) => [one, { ...one, frame: one.frame + magnitude.frames }]);
  return {
    ...estimate,
    distribution: 'gaussian',
    airMasked: false,
    ...(inParts.length === 0 ? {} : { outliers: inParts }),
  };
}

/** Of a complex image its magnitudes. */
function shownAfter({ magnitude }: LoadedStack, { volume }: Processed): Volume {
  if (magnitude === undefined) return volume;
  return { ...magnitude, data: magnitudeOf(volume.data), quantum: 0 };
}

/** Planes of one value as they were, and no error on them. */
function keepConstantPlanes(source: Volume, made: Processed): Processed {
  const { errorMap } = made;
  return {
    ...made,
    volume: withConstantPlanes(source, made.volume),
    errorMap: errorMap === null ? null : zeroOnConstantPlanes(source, errorMap),
  };
}

/** Nothing was changed on planes of one value: there is nothing to be uncertain of. */
function certainOfConstantPlanes(source: Volume, processed: Processed): Processed {
  const { uncertainty } = processed;
  if (uncertainty === undefined || uncertainty === null) return processed;
  return { ...processed, uncertainty: zeroOnConstantPlanes(source, uncertainty) };
}

/** Without maps that were not asked for: they would have no place among the outputs. */
function withoutUnasked(processed: Processed, unit: UnitInput): Processed {
  return {
    ...processed,
    errorMap: isAsked(unit, 'error-map') ? processed.errorMap : null,
    uncertainty: isAsked(unit, 'uncertainty') ? (processed.uncertainty ?? null) : null,
  };
}

function isAsked({ entries }: UnitInput, map: EntryName): boolean {
  return entries.some(({ name }) => name === map);
}
