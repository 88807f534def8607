import type { Emit, JobEvent, ResultEvent } from '../contract/events.js';
import type { JobRequest } from '../contract/requests.js';
import type { Line } from './line.js';

/** To the compute process: the one request it serves. */
export interface StartMessage {
  readonly kind: 'start';
  readonly request: JobRequest;
}

/** From the compute process. */
export type ComputeMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'event'; readonly event: JobEvent };

export type RunJob = (request: JobRequest, emit: Emit) => Promise<ResultEvent>;

/** Serves one request, then ends the process. A lost connection ends it at once: outputs are atomic. */
export function serve(line: Line<StartMessage, ComputeMessage>, run: RunJob): void {
  const fail = () => process.exit(1);
  line.onClose(fail);
  line.onMessage(({ request }) => {
    const emit: Emit = (event) => {
      // A failed send means that the other end is gone: onClose ends this process.
      line.send({ kind: 'event', event }).catch(() => undefined);
    };
    run(request, emit)
      .then((result) => line.send({ kind: 'event', event: result }))
      .then(() => line.finish())
      .catch(fail);
  });
  line.send({ kind: 'ready' }).catch(fail);
}
