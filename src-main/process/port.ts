import { log, logEvent } from '../base/log.js';
import type { Emit, JobEvent, ResultEvent } from '../contract/events.js';
import type { JobRequest } from '../contract/requests/requests.js';
import type { Line } from './line.js';

/** How a job is asked to end early: with what it has, or so that it can go on from here. */
export type Wish = 'finish' | 'pause';

/** To the compute process: a request it serves, whether another may follow, and how it is to end early. */
export type StartMessage =
  | { readonly kind: 'start'; readonly request: JobRequest; readonly stay?: true }
  | { readonly kind: 'wish'; readonly wish: Wish };

/** From the compute process. */
export type ComputeMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'event'; readonly event: JobEvent };

/** `wish` is what was asked for by now. */
export type RunJob = (request: JobRequest, emit: Emit, wish: () => Wish | null) => Promise<ResultEvent>;

/** Serves one request, then ends the process unless it is to stay for another. A lost connection ends it at once: outputs are atomic. */
export function serve(line: Line<StartMessage, ComputeMessage>, run: RunJob): void {
  const fail = () => process.exit(1);
  line.onClose(fail);
  let wish: Wish | null = null;
  line.onMessage((message) => {
    if (message.kind === 'wish') {
      wish = message.wish;
      return;
    }
    wish = null;
    log('info', 'job', { type: message.request.type });
    const emit: Emit = (event) => {
      logEvent(event);
      // A failed send means that the other end is gone: onClose ends this process.
      line.send({ kind: 'event', event }).catch(() => undefined);
    };
    run(message.request, emit, () => wish)
      .then((result) => {
        logEvent(result);
        return line.send({ kind: 'event', event: result });
      })
      .then(() => {
        if (message.stay !== true) line.finish();
      })
      .catch(fail);
  });
  line.send({ kind: 'ready' }).catch(fail);
}
