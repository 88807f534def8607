/**
 * Series that are too long to be held: a sample of slices decides how they are denoised and stands for them when the
 * result is judged; the slices themselves are read, denoised and put on the disk slab by slab, and written from there.
 */
import * as path from 'node:path';
import { startMeter } from '../../base/progress.js';
import { Spool } from '../../base/spool.js';
import { fault, type LimpidError, sayingOf, spoken } from '../../contract/errors.js';
import type { PlaceReport, PlacesReport, TrustReason } from '../../contract/trust.js';
import type { Processed } from '../../denoise/processor.js';
import { Gathering, mapAt, measuredSlices, type Sample, slicesOf } from '../../denoise/sample.js';
import { measuredNoise } from '../../filters/guided-noise.js';
import { runsOf, type SliceRange } from '../../filters/slab.js';
import { withConstantPlanes } from '../../imaging/constant.js';
import { type Volume, withData } from '../../imaging/volume.js';
import { outliersOf } from '../../noise/domain.js';
import type { FrameOutliers, NoiseEstimate } from '../../noise/noise-estimate.js';
import { LEAST_JUDGED, OutlierSearch } from '../../noise/outliers/frame-outliers.js';
import { withOutliers } from '../../noise/outliers/outlier-warnings.js';
import { withToldNoise } from '../../noise/told/told-noise.js';
import { renderSeriesImages } from '../../report/images.js';
import type { StackParts } from '../../series/input.js';
import { requireMemory } from '../../series/memory.js';
import { sourceHash } from '../../series/stack-record.js';
import { blended, type Trusted } from '../../trust/assess.js';
import { withNumbers } from '../../trust/tests/signal.js';
import { heldSize, type SlabLimits, samplePlaces, slabsOf } from './slab-plan.js';
import {
  begin,
  type Made,
  meterOf,
  refuseOtherSource,
  runProcessor,
  type StackJob,
  type Watch,
} from './stack-job.js';
import { type TrustSettings, trustedResult, trustOf } from './trust.js';

/** Bytes on the disk for each value, while a run lasts. */
export const SPOOL_BYTES = 4;

export interface SlabWork {
  readonly parts: StackParts;
  readonly limits: SlabLimits;
  readonly trust: TrustSettings | null;
}

/** Processes and judges a stack slab by slab. @throws LimpidError whatever stops this stack */
export async function madeInSlabs(job: StackJob, work: SlabWork, watch: Watch): Promise<Made> {
  const { stack, unitInput } = job;
  const { parts, limits } = work;
  const area = stack.size?.area ?? 0;
  await requireMemory('denoise', heldSize(parts, area, limits));
  const seen = await lookedThrough(job, work, area);
  watch.lap('read');
  await refuseOtherSource(job, sourceHash(seen.sha256));
  begin(job, 'noise');
  const noiseAt = await estimated(job, seen, parts);
  watch.lap('noise');
  const { sample } = seen;
  const decided = await runProcessor(job, sample.volume, noiseAt(sample.places), {
    untold: ['denoise'],
    unposed: true,
  });
  watch.skip();
  const spool = await Spool.open(path.join(job.work, `${stack.id}.slabs`));
  try {
    // the level may have been settled by what was run
    const factor = (decided.noise?.sigma ?? 1) / (decided.noise === undefined ? 1 : noiseAt([]).sigma);
    const settledAt = (slices: readonly number[]): NoiseEstimate =>
      withSettled(noiseAt(slices), decided.noise, factor);
    const { volume: _, ...rest } = decided;
    const after = await denoisedSlabs(job, work, { decided: rest, sample, noiseAt: settledAt, spool });
    watch.lap('denoise');
    const noise = settledAt(sample.places);
    const full: Processed = { ...rest, volume: after };
    if (work.trust !== null) begin(job, 'judge');
    const found = await trustOf(
      work.trust,
      job.processor,
      { volume: sample.volume, sha256: [] },
      noise,
      full,
    );
    const processed = found === null ? full : trustedResult(full, found, false);
    const trusted = found === null ? null : ofSeries(found, sample, parts.slices);
    if (trusted !== null) watch.lap('trust');
    const share = found?.share ?? 1;
    return {
      sha256: seen.sha256,
      shape: { ...sample.volume, slices: parts.slices },
      noise,
      processed,
      trusted,
      cleaned: [],
      write: () =>
        parts.write(
          {
            unit: unitInput.unit,
            folder: job.work,
            sha256: seen.sha256,
            processed: { ...processed, errorMap: null, uncertainty: null },
            suffix: job.processor.suffix,
            now: job.journal.createdAt,
            part: (range) => writtenPart(parts, spool, range, share),
          },
          meterOf(job, 'write', stack.instances),
        ),
      images: () =>
        renderSeriesImages(stack.id, sample.volume, processed.volume, {
          sigma: noise.map ?? noise.sigma,
          uncertainty: found?.uncertainty ?? null,
          calibration: stack.calibration,
          sampled: { places: sample.places, of: parts.slices },
        }),
      close: () => spool.close(),
    };
  } catch (error) {
    await spool.close();
    throw error;
  }
}

/** What one look at every file leaves. */
interface Seen {
  readonly sha256: readonly string[];
  readonly sample: Sample;
  /** The slices that the noise is measured in. */
  readonly measured: Sample;
  /** The smallest value that was measured. */
  readonly least: number;
}

async function lookedThrough(job: StackJob, { parts, limits }: SlabWork, area: number): Promise<Seen> {
  const { stack } = job;
  const tell = meterOf(job, 'read', stack.instances);
  const hashes = new Map<number, string>();
  const sample = new Gathering(samplePlaces(parts, area, limits));
  const toMeasure = new Gathering(measuredSlices(parts.slices));
  let least = Number.POSITIVE_INFINITY;
  for (const range of runsOf(parts.slices, area * parts.frames)) {
    const { volume, hashes: some } = await parts.load(range);
    for (const [file, hash] of some) hashes.set(file, hash);
    for (const one of [sample, toMeasure]) one.add(volume, range.from);
    const { data, measured } = volume;
    for (let i = 0; i < data.length; i++) if (measured?.[i] !== 0 && data[i] < least) least = data[i];
    tell(hashes.size);
  }
  const sha256 = Array.from({ length: stack.instances }, (_, file) => hashes.get(file) ?? '');
  return { sha256, sample: sample.sample(), measured: toMeasure.sample(), least };
}

/** The noise of any slices: the very estimate of the whole, but for a map, which is drawn from that of the sample. */
async function estimated(job: StackJob, { measured, least }: Seen, parts: StackParts): Promise<NoiseAt> {
  const { volume } = measured;
  const found = await measuredNoise(volume, { modality: job.stack.modality });
  const told = job.noise === undefined ? found : withToldNoise(found, volume, job.noise.for(volume));
  const { map, outliers, ...estimate } = withOutliers(told, await oddFrames(parts, volume));
  for (const problem of estimate.warnings) job.emit({ type: 'warning', series: job.stack.id, problem });
  const known = estimate.airMasked ? { ...estimate, airValue: least } : estimate;
  const area = volume.columns * volume.rows;
  return (wanted) => ({
    ...known,
    map: map === null ? null : mapAt(map, area, parts.slices, wanted),
    ...outliersOf(outliers, wanted),
  });
}

/**
 * Frames of the whole series that are unlike the others, which takes one more look at every file.
 *
 * @param measured the slices that the noise is measured in
 */
async function oddFrames(parts: StackParts, measured: Volume): Promise<FrameOutliers[]> {
  if (parts.frames < LEAST_JUDGED) return [];
  const search = new OutlierSearch(measured, parts.slices);
  for (const range of runsOf(parts.slices, measured.columns * measured.rows * parts.frames))
    search.add((await parts.load(range)).volume, range.from);
  return search.found();
}

type NoiseAt = (slices: readonly number[]) => NoiseEstimate;

function withSettled(own: NoiseEstimate, settled: NoiseEstimate | undefined, factor: number): NoiseEstimate {
  if (settled === undefined) return own;
  const { map, outliers } = own;
  const scaled = map === null || factor === 1 ? map : map.map((level) => factor * level);
  return { ...settled, map: scaled, ...(outliers === undefined ? {} : { outliers }) };
}

interface Denoising {
  readonly decided: Omit<Processed, 'volume'>;
  readonly sample: Sample;
  readonly noiseAt: NoiseAt;
  readonly spool: Spool;
}

/** Puts every slice of the result on the disk, and returns those of the sample. */
async function denoisedSlabs(
  job: StackJob,
  { parts, limits }: SlabWork,
  { decided, sample, noiseAt, spool }: Denoising,
): Promise<Volume> {
  const { columns, rows, frames } = sample.volume;
  const area = columns * rows;
  const after = new Gathering(sample.places);
  // a series that is left as it is has no denoiser to be run again
  const needs = decided.slabs ?? { halo: 0, step: 1 };
  if (decided.again !== null && decided.slabs === undefined) throw withoutSlabs();
  const planes = parts.slices * frames;
  const meter = startMeter(job.emit, {
    series: job.stack.id,
    stage: 'denoise',
    unit: 'slices',
    total: planes,
  });
  for (const { core, read } of slabsOf(parts, area, needs, limits)) {
    const { volume } = await parts.load(read);
    const looked = { from: core.from - read.from, to: core.to - read.from };
    const made =
      decided.again === null
        ? volume
        : await decided.again(
            volume,
            { box: boxOf(volume), looked },
            {
              noise: noiseAt(slicesOf(read)),
              onProgress: (done, total) =>
                meter.at(Math.floor((core.from + (done / total) * (core.to - core.from)) * frames)),
            },
          );
    const kept = coreOf(withConstantPlanes(volume, made), looked);
    after.add(kept, core.from);
    await spooled(kept, core.from, parts.slices, (values, start) => spool.write(values, start));
    meter.at(core.to * frames);
  }
  return withData(sample.volume, after.sample().volume.data);
}

function boxOf({ columns, rows, slices }: Volume) {
  return { column: 0, row: 0, slice: 0, columns, rows, slices };
}

/** Some slices as they were and as they are to be written: constant planes are as they were already. */
async function writtenPart(parts: StackParts, spool: Spool, range: SliceRange, share: number) {
  const { volume: before } = await parts.load(range);
  const made = withData(before, new Float32Array(before.data.length));
  await spooled(made, range.from, parts.slices, (values, start) => spool.read(values, start));
  return { before, after: blended(before, withNumbers(before, made), share) };
}

/** Visits the values of each frame of a part with their place in the whole, in which frames follow one another. */
async function spooled(
  { data, columns, rows, slices, frames }: Volume,
  from: number,
  all: number,
  visit: (values: Float32Array, start: number) => Promise<void>,
): Promise<void> {
  const area = columns * rows;
  const length = slices * area;
  for (let frame = 0; frame < frames; frame++)
    await visit(data.subarray(frame * length, (frame + 1) * length), (frame * all + from) * area);
}

/** Slices of a volume, its values not copied where it has one frame. */
function coreOf(volume: Volume, { from, to }: SliceRange): Volume {
  const { data, columns, rows, slices, frames } = volume;
  const area = columns * rows;
  const [length, kept] = [slices * area, (to - from) * area];
  if (frames === 1)
    return { ...volume, slices: to - from, data: data.subarray(from * area, to * area), measured: null };
  const values = new Float32Array(frames * kept);
  for (let frame = 0; frame < frames; frame++) {
    const start = frame * length + from * area;
    values.set(data.subarray(start, start + kept), frame * kept);
  }
  return { ...volume, slices: to - from, data: values, measured: null };
}

/** What was found in a sample, told of the series it stands for. */
function ofSeries(found: Trusted, { places, volume }: Sample, slices: number): Trusted {
  const { probe } = found.report;
  const reasons = places.length === slices ? [] : [sampled(places.length, slices)];
  return {
    ...found,
    report: {
      ...found.report,
      probe: probe === null ? null : { ...probe, first: places[probe.first - 1] + 1 },
      places: inSeries(found.report.places, places, volume),
      reasons: [...found.report.reasons, ...reasons],
    },
  };
}

/** Places of a sample, whose slices lie closer together than those of the series. */
function inSeries(
  found: PlacesReport | null,
  slices: readonly number[],
  { affine }: Volume,
): PlacesReport | null {
  if (found === null) return null;
  const places = found.places.map((place): PlaceReport => {
    const slice = slices[place.slice - 1];
    const beyond = slice - (place.slice - 1);
    const [x, y, z] = place.position;
    return {
      ...place,
      slice: slice + 1,
      position: [x + beyond * affine[2], y + beyond * affine[6], z + beyond * affine[10]],
    };
  });
  return { ...found, places };
}

function sampled(held: number, slices: number): TrustReason {
  return {
    test: 'probe',
    verdict: 'note',
    value: null,
    limit: null,
    ...spoken(sayingOf('trust/sample', { held, slices })),
  };
}

function withoutSlabs(): LimpidError {
  return fault('E_INTERNAL/slabs');
}
