import { problemOf } from '../../contract/errors.js';
import type { ResultEvent } from '../../contract/events.js';
import type { DenoiseRequest, JobRequest } from '../../contract/requests/requests.js';
import type { JobId, JobRecord, QueueState } from '../../contract/window/app.js';
import type { RunningJob } from '../../process/client.js';

/** Jobs of watched folders, done by the queue of the window: one after the other with all others, and seen there. */
export interface QueuedJobs {
  /** @param label what the job is called in the list */
  start(request: DenoiseRequest, label: string): RunningJob;
  /** To be told of each change of the queue. */
  changed(state: QueueState): void;
  /** From now on what is cancelled stays in the queue: the app ends, and it goes on at the next start. */
  close(): void;
}

/** What is asked of the queue. */
interface Jobs {
  add(request: JobRequest, place: 'first' | 'last', label?: string): Promise<JobId>;
  retry(job: JobId): Promise<void>;
  cancel(job: JobId): Promise<void>;
  remove(job: JobId): Promise<void>;
  state(): QueueState;
}

/** @param queue the queue, once it is open */
export function queuedJobs(queue: () => Jobs): QueuedJobs {
  const waiting = new Map<JobId, ((result: ResultEvent) => void)[]>();
  let closed = false;

  const tell = (id: JobId, result: ResultEvent): void => {
    const told = waiting.get(id) ?? [];
    waiting.delete(id);
    for (const one of told) one(result);
  };
  const changed = ({ jobs }: QueueState): void => {
    for (const id of [...waiting.keys()]) {
      const result = resultOf(jobs.find((one) => one.id === id));
      if (result !== null) tell(id, result);
    }
  };
  /** Once, whatever was before: a job with this output that waits or runs since the last start is that one. */
  const place = async (request: DenoiseRequest, label: string): Promise<JobId> => {
    const known = queue()
      .state()
      .jobs.find((one) => 'output' in one.request && one.request.output === request.output);
    if (known === undefined) return queue().add(request, 'last', label);
    if (known.state === 'failed' || known.state === 'cancelled') await queue().retry(known.id);
    return known.id;
  };
  const resultAfter = (id: JobId): Promise<ResultEvent> =>
    new Promise((resolve) => {
      waiting.set(id, [...(waiting.get(id) ?? []), resolve]);
      changed(queue().state());
    });
  const giveUp = async (id: JobId): Promise<void> => {
    if (closed) return tell(id, CANCELLED);
    await queue().cancel(id);
    // It is put there again, and goes on, once its folder is watched again.
    await queue().remove(id);
  };

  return {
    start(request, label) {
      const placed = place(request, label);
      return {
        result: placed.then(resultAfter),
        // One that is done or forgotten meanwhile needs no more.
        cancel: () => void placed.then(giveUp).catch(() => undefined),
        pause: () => undefined,
        finish: () => undefined,
      };
    },
    changed,
    close() {
      closed = true;
    },
  };
}

/** null: it is still to come. */
function resultOf(job: JobRecord | undefined): ResultEvent | null {
  if (job === undefined) return CANCELLED;
  if (job.state === 'waiting' || job.state === 'running') return null;
  return job.result ?? CANCELLED;
}

const CANCELLED: ResultEvent = {
  type: 'result',
  command: 'denoise',
  exitCode: 130,
  stopped: problemOf('E_CANCELLED/run'),
};
