import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { hasCode, requireSpace, writeFileAtomic } from '../../base/files.js';
import { type Meter, startMeter } from '../../base/progress.js';
import { withoutPlace } from '../../contract/errors.js';
import type { NoiseReport, SeriesReport, StageTiming } from '../../contract/report.js';
import type { Processed } from '../../denoise/processor.js';
import { magnitudeOf } from '../../imaging/complex.js';
import { withConstantPlanes, zeroOnConstantPlanes } from '../../imaging/constant.js';
import type { Volume } from '../../imaging/volume.js';
import { estimateNoise } from '../../noise/estimate.js';
import type { NoiseEstimate } from '../../noise/noise-estimate.js';
import { renderSeriesImages } from '../../report/images.js';
import { gapsProblem } from '../../series/gaps.js';
import type { EntryName, LoadedStack, StackInput, UnitInput, WrittenFile } from '../../series/input.js';
import type { StackRecord } from '../../series/journal.js';
import { loadWithin } from '../../series/memory.js';
import { changedSource, emptyReport, outputReport, sourceHash } from '../../series/stack-record.js';
import type { Trusted } from '../../trust/assess.js';
import { residualWarnings } from '../../trust/verdict.js';
import type { DeriveJob } from './job.js';
import { trustedResult, trustOf } from './trust.js';

export interface StackJob extends Omit<DeriveJob, 'pictures'> {
  readonly unitInput: UnitInput;
  readonly work: string;
  readonly stack: StackInput;
  /** Keep pictures of this stack for the report. */
  readonly pictures: boolean;
  /** Files of the other stacks of the unit that are finished. */
  readonly finished: readonly WrittenFile[];
  /** What an earlier run recorded; its files are gone or damaged. */
  readonly known: StackRecord | null;
}

/**
 * One stack from its files to derived files in the work folder. Its warnings are told, not collected.
 *
 * @throws LimpidError whatever stops this stack; the others are not concerned
 */
export async function processStack(job: StackJob): Promise<StackRecord> {
  const { stack, unitInput } = job;
  const watch = startWatch();
  await requireRoom(job);
  const loaded = await loadWithin(stack, 'denoise', meterOf(job, 'read', stack.instances));
  watch.lap('read');
  const source = sourceHash(loaded.sha256);
  await refuseOtherSource(job, source);
  const gaps = [gapsProblem(stack, loaded.volume)].flatMap((problem) => problem ?? []);
  for (const problem of gaps) job.emit({ type: 'warning', series: stack.id, problem });
  const estimate = noiseOf(loaded, stack.modality);
  watch.lap('noise');
  for (const problem of estimate.warnings) job.emit({ type: 'warning', series: stack.id, problem });
  const made = await runProcessor(job, loaded, estimate);
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
  const written = await stack.write(
    {
      unit: unitInput.unit,
      folder: job.work,
      namespace: job.journal.namespace,
      loaded,
      processed: askedFor(processed, unitInput),
      suffix: job.processor.suffix,
      now: job.journal.createdAt,
      finished: job.finished,
    },
    meterOf(job, 'write', stack.instances),
  );
  watch.lap('write');
  const residual = trusted?.residual ?? null;
  if (job.pictures) await keepPictures(job, loaded, noise, processed, trusted);
  watch.lap('report');
  const doubts = residual === null ? [] : residualWarnings(residual);
  for (const problem of [...processed.warnings, ...written.warnings, ...doubts])
    job.emit({ type: 'warning', series: stack.id, problem });
  const report: SeriesReport = {
    ...emptyReport(stack),
    status: 'done',
    input: {
      instances: stack.instances,
      transferSyntaxes: stack.transferSyntaxes,
      sha256: loaded.sha256,
    },
    geometry: geometryOf(loaded, stack),
    noise: noiseReport(noise),
    race: processed.race ?? null,
    training: processed.training,
    residual,
    trust: trusted?.report ?? null,
    timings: watch.timings(processed.timings),
    outputs: written.files.map((file) => outputReport(unitInput, file)),
  };
  await fs.rm(checkpointFile(job), { force: true });
  return { source, report, files: written.files };
}

/** The parts of a complex image have the noise that its magnitudes tell of, and no bias. */
function noiseOf({ volume, magnitude }: LoadedStack, modality: string): NoiseEstimate {
  if (magnitude === undefined) return estimateNoise(volume, { modality });
  return { ...estimateNoise(magnitude, { modality: 'MR' }), distribution: 'gaussian', airMasked: false };
}

/** Bytes of a value in a derived image, and in a map. */
const [IMAGE_BYTES, MAP_BYTES] = [2, 4];

/** A long run is not begun where its results would not fit. @throws LimpidError E_IO */
async function requireRoom({ stack, unitInput, folder }: StackJob): Promise<void> {
  if (stack.size === null) return;
  const maps = unitInput.entries.filter(({ name }) => name === 'error-map' || name === 'uncertainty');
  const bytes = (IMAGE_BYTES + MAP_BYTES * maps.length) * stack.size.values;
  await requireSpace(folder.own('journal.json'), bytes);
}

/** The first thing recorded of a stack is its source: a checkpoint must not go on with other images. */
async function refuseOtherSource(job: StackJob, source: string): Promise<void> {
  if (job.known !== null && job.known.source !== source) throw changedSource();
  const file = path.join(job.work, `${job.stack.id}.source`);
  await fs.mkdir(job.work, { recursive: true });
  try {
    if ((await fs.readFile(file, 'utf8')) !== source) throw changedSource();
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    await writeFileAtomic(file, source, { replace: true });
  }
}

function runProcessor(job: StackJob, loaded: LoadedStack, noise: NoiseEstimate): Promise<Processed> {
  const { stack, emit } = job;
  const meters = new Map<string, Meter>();
  const checkpoint = checkpointFile(job);
  return job.processor.process(
    { volume: loaded.volume, noise, only2d: stack.only2d },
    {
      progress(stage, unit, done, total, extra) {
        let meter = meters.get(stage);
        if (meter === undefined) {
          meter = startMeter(emit, { series: stack.id, stage, unit, total });
          meters.set(stage, meter);
        }
        meter.at(done, extra);
      },
      checkpoint: {
        async load() {
          try {
            return await fs.readFile(checkpoint);
          } catch (error) {
            if (hasCode(error, 'ENOENT')) return null;
            throw error;
          }
        },
        save: (bytes) => writeFileAtomic(checkpoint, bytes, { replace: true }),
        moved: (problem) => emit({ type: 'warning', series: stack.id, problem }),
      },
    },
  );
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

function checkpointFile(job: StackJob): string {
  return path.join(job.work, `${job.stack.id}.checkpoint`);
}

async function keepPictures(
  job: StackJob,
  loaded: LoadedStack,
  noise: NoiseEstimate,
  processed: Processed,
  trusted: Trusted | null,
): Promise<void> {
  const { volume, magnitude } = loaded;
  const after =
    magnitude === undefined
      ? processed.volume
      : { ...magnitude, data: magnitudeOf(processed.volume.data), quantum: 0 };
  const images = renderSeriesImages(job.stack.id, magnitude ?? volume, after, {
    sigma: noise.map ?? noise.sigma,
    uncertainty: trusted?.uncertainty ?? null,
    calibration: job.stack.calibration,
  });
  await fs.mkdir(job.folder.own('pictures'), { recursive: true });
  await writeFileAtomic(picturesFile(job, job.stack.id), JSON.stringify(images), { replace: true });
}

export function picturesFile(job: Pick<DeriveJob, 'folder'>, id: string): string {
  return job.folder.own('pictures', `${id}.json`);
}

function meterOf(job: StackJob, stage: 'read' | 'write', total: number): (done: number) => void {
  const meter = startMeter(job.emit, { series: job.stack.id, stage, unit: 'files', total });
  return (done) => meter.at(done);
}

function geometryOf(
  { volume, magnitude }: LoadedStack,
  { calibration }: StackInput,
): SeriesReport['geometry'] {
  const { columns, rows, slices, frames, spacing, units } = magnitude ?? volume;
  return { columns, rows, slices, frames, spacing, calibration, units };
}

function noiseReport({ map, ...noise }: NoiseEstimate): NoiseReport {
  return { ...noise, warnings: noise.warnings.map(withoutPlace) };
}

/** Wall time of the stages that follow one another. */
function startWatch() {
  const own: StageTiming[] = [];
  let split = 2;
  let since = performance.now();
  return {
    lap(stage: string) {
      const now = performance.now();
      own.push({ stage, seconds: (now - since) / 1000 });
      since = now;
    },
    /** The processor tells its own stages. */
    skip() {
      split = own.length;
      since = performance.now();
    },
    timings: (middle: readonly StageTiming[]) => [...own.slice(0, split), ...middle, ...own.slice(split)],
  };
}
