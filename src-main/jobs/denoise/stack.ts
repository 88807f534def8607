import * as fs from 'node:fs/promises';
import { requireSpace, writeFileAtomic } from '../../base/files.js';
import { makeFolder } from '../../base/make-folder.js';
import { withoutPlace } from '../../contract/errors.js';
import type { NoiseReport, SeriesReport } from '../../contract/report.js';
import type { NoiseEstimate } from '../../noise/noise-estimate.js';
import type { StackInput } from '../../series/input.js';
import type { StackRecord } from '../../series/journal.js';
import { emptyReport, outputReport, sourceHash } from '../../series/stack-record.js';
import { residualWarnings } from '../../trust/tests/verdict.js';
import type { DeriveJob } from './job.js';
import { writeFieldMap, writeNoiseMap } from './maps.js';
import { partsOf, SLAB_LIMITS } from './slab-plan.js';
import { madeInSlabs, SPOOL_BYTES } from './slabs.js';
import { checkpointFile, type Made, type StackJob, startWatch } from './stack-job.js';
import { madeAsWhole } from './whole.js';

/**
 * One stack from its files to derived files in the work folder. Its warnings are told, not collected.
 *
 * @throws LimpidError whatever stops this stack; the others are not concerned
 */
export async function processStack(job: StackJob): Promise<StackRecord> {
  const { stack, unitInput } = job;
  const watch = startWatch();
  const limits = job.slabs ?? SLAB_LIMITS;
  const parts = job.trust !== null && canTakeSlabs(job) ? partsOf(stack, limits) : null;
  await requireRoom(job, parts === null ? 0 : SPOOL_BYTES);
  const made =
    parts === null
      ? await madeAsWhole(job, watch)
      : await madeInSlabs(job, { parts, limits, trust: job.trust }, watch);
  try {
    const written = await made.write();
    watch.lap('write');
    if (job.noiseMap !== undefined) await writeNoiseMap(job.noiseMap, job, made);
    if (job.fieldMap !== undefined) await writeFieldMap(job.fieldMap, job, made);
    if (job.pictures) await keepPictures(job, made);
    watch.lap('report');
    const { processed, noise, trusted, sha256 } = made;
    const residual = trusted?.residual ?? null;
    const doubts = residual === null ? [] : residualWarnings(residual);
    for (const problem of [...processed.warnings, ...written.warnings, ...doubts])
      job.emit({ type: 'warning', series: stack.id, problem });
    const report: SeriesReport = {
      ...emptyReport(stack),
      status: 'done',
      input: { instances: stack.instances, transferSyntaxes: stack.transferSyntaxes, sha256 },
      geometry: geometryOf(made, stack),
      noise: noiseReport(noise),
      race: processed.race ?? null,
      aligned: processed.aligned ?? null,
      cleaned: made.cleaned,
      training: processed.training,
      residual,
      trust: trusted?.report ?? null,
      timings: watch.timings(processed.timings),
      outputs: written.files.map((file) => outputReport(unitInput, file)),
    };
    await fs.rm(checkpointFile(job), { force: true });
    return { source: sourceHash(sha256), report, files: written.files };
  } finally {
    await made.close();
  }
}

/** Maps are of the whole volume, and a model that tells of all its slices must see them. */
function canTakeSlabs({ processor, unitInput, noise, noiseMap, clean }: StackJob): boolean {
  if (clean !== undefined) return false;
  if (noise?.byVoxel === true || noiseMap !== undefined) return false;
  const { errorMap, uncertainty } = unitInput.unit;
  return processor.takesSlabs === true && errorMap === null && uncertainty === null;
}

/** Bytes of a value in a derived image, and in a map. */
const [IMAGE_BYTES, MAP_BYTES] = [2, 4];

/**
 * A long run is not begun where its results would not fit.
 *
 * @param more bytes of a value that are needed while it runs
 * @throws LimpidError E_IO
 */
async function requireRoom({ stack, unitInput, folder }: StackJob, more: number): Promise<void> {
  if (stack.size === null) return;
  const maps = unitInput.entries.filter(({ name }) => name === 'error-map' || name === 'uncertainty');
  const bytes = (IMAGE_BYTES + MAP_BYTES * maps.length + more) * stack.size.values;
  await requireSpace(folder.own('journal.json'), bytes);
}

async function keepPictures(job: StackJob, made: Made): Promise<void> {
  await makeFolder(job.folder.own('pictures'));
  const file = picturesFile(job, job.stack.id);
  await writeFileAtomic(file, JSON.stringify(made.images()), { replace: true });
}

export function picturesFile(job: Pick<DeriveJob, 'folder'>, id: string): string {
  return job.folder.own('pictures', `${id}.json`);
}

function geometryOf({ shape }: Made, { calibration }: StackInput): SeriesReport['geometry'] {
  const { columns, rows, slices, frames, spacing, units } = shape;
  return { columns, rows, slices, frames, spacing, calibration, units };
}

function noiseReport({ map, airValue, ...noise }: NoiseEstimate): NoiseReport {
  return { ...noise, warnings: noise.warnings.map(withoutPlace) };
}
