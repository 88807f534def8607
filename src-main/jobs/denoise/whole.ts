import type { Processed } from '../../denoise/processor.js';
import { measuredNoise } from '../../filters/guided-noise.js';
import { magnitudeOf } from '../../imaging/complex.js';
import { withConstantPlanes, zeroOnConstantPlanes } from '../../imaging/constant.js';
import type { Volume } from '../../imaging/volume.js';
import type { NoiseEstimate } from '../../noise/noise-estimate.js';
import { withToldNoise } from '../../noise/told/told-noise.js';
import { renderSeriesImages } from '../../report/images.js';
import { gapsProblem } from '../../series/gaps.js';
import type { EntryName, LoadedStack, UnitInput } from '../../series/input.js';
import { loadWithin } from '../../series/memory.js';
import { sourceHash } from '../../series/stack-record.js';
import {
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
  const loaded = await loadWithin(stack, 'denoise', meterOf(job, 'read', stack.instances));
  watch.lap('read');
  await refuseOtherSource(job, sourceHash(loaded.sha256));
  const gaps = [gapsProblem(stack, loaded.volume)].flatMap((problem) => problem ?? []);
  for (const problem of [...gaps, ...(loaded.problems ?? [])])
    job.emit({ type: 'warning', series: stack.id, problem });
  const estimate = await noiseOf(job, loaded);
  watch.lap('noise');
  for (const problem of estimate.warnings) job.emit({ type: 'warning', series: stack.id, problem });
  const made = await runProcessor(job, loaded.volume, estimate);
  // Where noise is added or artifacts are, a plane of one value gets its share.
  const full = job.trust === null ? made : keepConstantPlanes(loaded.volume, made);
  const noise = full.noise ?? estimate;
  watch.skip();
  const trusted = await trustOf(job.trust, job.processor, loaded, noise, full);
  const processed =
    trusted === null
      ? full
      : certainOfConstantPlanes(loaded.volume, trustedResult(full, trusted, job.trust?.uncertainty === true));
  if (trusted !== null) watch.lap('trust');
  return {
    sha256: loaded.sha256,
    shape: loaded.magnitude ?? loaded.volume,
    noise,
    processed,
    trusted,
    write: () =>
      stack.write(
        {
          unit: unitInput.unit,
          folder: job.work,
          loaded,
          processed: askedFor(processed, unitInput),
          suffix: job.processor.suffix,
          now: job.journal.createdAt,
          finished: job.finished,
        },
        meterOf(job, 'write', stack.instances),
      ),
    images: () =>
      renderSeriesImages(stack.id, loaded.magnitude ?? loaded.volume, shownAfter(loaded, processed), {
        sigma: noise.map ?? noise.sigma,
        uncertainty: trusted?.uncertainty ?? null,
        calibration: stack.calibration,
      }),
    close: async () => {},
  };
}

/** The parts of a complex image have the noise that its magnitudes tell of, and no bias. */
async function noiseOf(
  { stack, noise: given }: StackJob,
  { volume, magnitude }: LoadedStack,
): Promise<NoiseEstimate> {
  const shown = magnitude ?? volume;
  const measured = await measuredNoise(shown, {
    modality: magnitude === undefined ? stack.modality : 'MR',
  });
  const estimate = given === undefined ? measured : withToldNoise(measured, shown, given.for(shown));
  return magnitude === undefined ? estimate : { ...estimate, distribution: 'gaussian', airMasked: false };
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
function askedFor(processed: Processed, { entries }: UnitInput): Processed {
  const isAsked = (map: EntryName) => entries.some(({ name }) => name === map);
  return {
    ...processed,
    errorMap: isAsked('error-map') ? processed.errorMap : null,
    uncertainty: isAsked('uncertainty') ? (processed.uncertainty ?? null) : null,
  };
}
