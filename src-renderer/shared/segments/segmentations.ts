import type { SegmentSize } from '../../../src-main/contract/encoders/segment.js';
import type { SegmentRequest } from '../../../src-main/contract/requests/encoders.js';
import type { SegmentResult } from '../../../src-main/contract/results.js';
import type { JobId, JobRecord } from '../../../src-main/contract/window/app.js';
import type { SeriesCard } from '../../../src-main/contract/window/opened.js';
import { joinPath } from '../../state/paths.js';

/** Segments that a job marked in a series, as the viewer shows them. */
export interface Segmentation {
  readonly job: JobId;
  /** For the person. */
  readonly name: string;
  /** Time point that was marked, from 0. */
  readonly frame: number;
  /** In the order of their colours. */
  readonly segments: readonly SegmentSize[];
}

/** A job that marked pixels, and what came of it. */
export interface SegmentJob {
  readonly job: JobRecord;
  readonly request: SegmentRequest;
  readonly result: SegmentResult;
}

/** What of jobs has marked pixels, in their order. */
export function segmentJobs(jobs: readonly JobRecord[]): readonly SegmentJob[] {
  return jobs.flatMap((job) => {
    const { request, result } = job;
    return request.type === 'segment' && result?.command === 'segment' && 'sizes' in result
      ? [{ job, request, result }]
      : [];
  });
}

/**
 * Those of a series. All NIfTI files are called alike by jobs: their path tells them apart.
 *
 * @param path that the series was opened from @param nameOf what a job is called for the person
 */
export function segmentationsOf(
  jobs: readonly JobRecord[],
  card: SeriesCard,
  path: string | null,
  nameOf: (job: SegmentJob) => string,
): readonly Segmentation[] {
  return segmentJobs(jobs).flatMap((one) => {
    const isIts = card.kind === 'dicom' || one.request.input === path;
    const done = one.result.series.some(({ series, status }) => series === card.id && status === 'done');
    const sizes = one.result.sizes.find(({ series }) => series === card.id);
    if (!isIts || !done || sizes === undefined) return [];
    return [{ job: one.job.id, name: nameOf(one), frame: one.request.frame ?? 0, segments: sizes.segments }];
  });
}

/** What a job learnt to tell pixels by, as a file; null of one that applied another's. */
export function segmenterOf({ request, result }: SegmentJob): string | null {
  return result.files.includes('segmenter.json') ? joinPath(request.output, 'segmenter.json') : null;
}
