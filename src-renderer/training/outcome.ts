import type { TrainResult } from '../../src-main/contract/model-results.js';
import type { JobRecord, JobState } from '../../src-main/contract/window/app.js';

/** What a training made; null where it did not get so far. */
export function outcomeOf({ result }: JobRecord): TrainResult | null {
  return result !== null && result.command === 'train' && 'sha256' in result ? result : null;
}

/** A training that left out some series has made its model all the same. */
export function stateOf(job: JobRecord): JobState {
  return job.state === 'failed' && outcomeOf(job) !== null ? 'done' : job.state;
}

/** What a command, or the Denoise panel, is to be given to use the model: its id in the library, or its file. */
export function modelOf({ request, ...job }: JobRecord): string | null {
  const made = outcomeOf({ request, ...job });
  if (made === null || request.type !== 'train') return null;
  return made.kept ?? request.output;
}
