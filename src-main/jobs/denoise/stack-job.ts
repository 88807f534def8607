import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { hasCode, writeFileAtomic } from '../../base/files.js';
import { makeFolder } from '../../base/make-folder.js';
import { type Meter, startMeter } from '../../base/progress.js';
import type { Stage } from '../../contract/events.js';
import type { CleanedReport, SeriesImages, StageTiming } from '../../contract/report.js';
import type { Processed } from '../../denoise/processor.js';
import type { Volume } from '../../imaging/volume.js';
import type { NoiseEstimate } from '../../noise/noise-estimate.js';
import type { StackInput, UnitInput, WrittenFile, WrittenStack } from '../../series/input.js';
import type { StackRecord } from '../../series/journal.js';
import { changedSource } from '../../series/stack-record.js';
import type { Trusted } from '../../trust/assess.js';
import type { DeriveJob } from './job.js';

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

/** A stack that was processed and is to be written: what is the same whether it was held as a whole or not. */
export interface Made {
  readonly sha256: readonly string[];
  /** Geometry of the whole stack. */
  readonly shape: Omit<Volume, 'data' | 'measured'>;
  readonly noise: NoiseEstimate;
  readonly processed: Omit<Processed, 'volume'>;
  readonly trusted: Trusted | null;
  /** Artifacts that were looked for. */
  readonly cleaned: readonly CleanedReport[];
  /** Field by which the images were divided, at each voxel of a frame; absent: by none. */
  readonly field?: Float32Array;
  /** @throws LimpidError E_SOURCE_CHANGED, E_IO */
  write(): Promise<WrittenStack>;
  images(): SeriesImages;
  close(): Promise<void>;
}

/** The first thing recorded of a stack is its source: a checkpoint must not go on with other images. */
export async function refuseOtherSource(job: StackJob, source: string): Promise<void> {
  if (job.known !== null && job.known.source !== source) throw changedSource();
  const file = path.join(job.work, `${job.stack.id}.source`);
  await makeFolder(job.work);
  try {
    if ((await fs.readFile(file, 'utf8')) !== source) throw changedSource();
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    await writeFileAtomic(file, source, { replace: true });
  }
}

/** What is processed is not the series itself. */
export interface StandIn {
  /** Stages that are told of by who calls, since they go on. */
  readonly untold?: readonly Stage[];
  /** As of `ProcessInput`. */
  readonly unposed?: true;
}

export function runProcessor(
  job: StackJob,
  volume: Volume,
  noise: NoiseEstimate,
  { untold = [], ...about }: StandIn = {},
): Promise<Processed> {
  const { stack, emit } = job;
  const meters = new Map<string, Meter>();
  const checkpoint = checkpointFile(job);
  return job.processor.process(
    { volume, noise, only2d: stack.only2d, ...about },
    {
      progress(stage, unit, done, total, extra) {
        if (untold.includes(stage)) return;
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

export function checkpointFile(job: StackJob): string {
  return path.join(job.work, `${job.stack.id}.checkpoint`);
}

/** Tells of a stage that begins, and whose end nobody knows: what is said of the one before is over. */
export function begin({ emit, stack }: StackJob, stage: Stage): void {
  startMeter(emit, { series: stack.id, stage, unit: 'rounds', total: null }).at(0);
}

export function meterOf(job: StackJob, stage: 'read' | 'write', total: number): (done: number) => void {
  const meter = startMeter(job.emit, { series: job.stack.id, stage, unit: 'files', total });
  return (done) => meter.at(done);
}

/** Wall time of the stages that follow one another. */
export type Watch = ReturnType<typeof startWatch>;

export function startWatch() {
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
