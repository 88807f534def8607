import { type Problem, problemOf } from '../../contract/errors.js';
import type { FrameOutliers, NoiseEstimate } from '../noise-estimate.js';

/** Volumes and slices that are named; of more their number is told. */
const MOST_NAMED = 20;

/** An estimate with the volumes that are unlike the others, and warnings of them. */
export function withOutliers(estimate: NoiseEstimate, outliers: readonly FrameOutliers[]): NoiseEstimate {
  if (outliers.length === 0) return estimate;
  return { ...estimate, outliers, warnings: [...estimate.warnings, ...outlierWarnings(outliers)] };
}

/** What a person should know of such volumes; volumes and slices are counted from 1. */
function outlierWarnings(outliers: readonly FrameOutliers[]): Problem[] {
  const lost = outliers.filter(({ dropOuts }) => dropOuts.length > 0);
  const striped = outliers.filter(({ spikes }) => spikes.length > 0);
  const moved = outliers.filter(({ displaced }) => displaced !== null);
  const warnings: Problem[] = [];
  if (lost.length > 0)
    warnings.push(
      problemOf('W_OUTLIERS/drop-outs', {
        count: lost.length,
        volumes: listed(lost.map(({ frame, dropOuts }) => withSlices(frame, dropOuts))),
      }),
    );
  if (striped.length > 0)
    warnings.push(
      problemOf('W_OUTLIERS/spikes', {
        count: striped.length,
        volumes: listed(striped.map(({ frame, spikes }) => withSlices(frame, spikes))),
      }),
    );
  if (moved.length > 0)
    warnings.push(
      problemOf('W_OUTLIERS/displaced', {
        count: moved.length,
        volumes: listed(
          moved.map(({ frame, displaced }) => `${frame + 1} (${(displaced ?? 0).toFixed(0)} mm)`),
        ),
      }),
    );
  return warnings;
}

function withSlices(frame: number, slices: readonly number[]): string {
  return `${frame + 1} [${listed(slices.map((slice) => `${slice + 1}`))}]`;
}

function listed(names: readonly string[]): string {
  const rest = names.length - MOST_NAMED;
  return `${names.slice(0, MOST_NAMED).join(', ')}${rest > 0 ? `, +${rest}` : ''}`;
}
