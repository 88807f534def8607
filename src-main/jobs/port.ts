import type { Emit, JobEvent, ResultEvent } from '../contract/events.js';
import type { JobRequest } from '../contract/requests.js';

/** To the compute process: the one request it serves. */
export interface StartMessage {
  readonly kind: 'start';
  readonly request: JobRequest;
}

/** From the compute process. */
export type ComputeMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'event'; readonly event: JobEvent };

/**
 * The compute process's end of the line to whoever started it: child_process.fork here, utilityProcess in Electron.
 */
export interface ComputePort {
  /** Resolves when the message has left this process. */
  send(message: ComputeMessage): Promise<void>;
  onStart(listener: (message: StartMessage) => void): void;
  /** The other end is gone. */
  onClose(listener: () => void): void;
}

/** The port of a process started by child_process.fork. */
export function forkedPort(): ComputePort {
  if (process.send === undefined) throw new Error('compute must be started by the limpid command or the app');
  const send = process.send.bind(process);
  return {
    send: (message) =>
      new Promise((resolve, reject) => {
        send(message, undefined, {}, (error) => (error === null ? resolve() : reject(error)));
      }),
    onStart(listener) {
      process.on('message', (message: StartMessage) => {
        if (message.kind === 'start') listener(message);
      });
    },
    onClose(listener) {
      process.on('disconnect', listener);
    },
  };
}

export type RunJob = (request: JobRequest, emit: Emit) => Promise<ResultEvent>;

/** Serves one request on `port`, then ends the process. A lost connection ends it at once: outputs are atomic. */
export function serve(port: ComputePort, run: RunJob, exit: (code: number) => void): void {
  port.onClose(() => exit(1));
  port.onStart(({ request }) => {
    const emit: Emit = (event) => {
      // A failed send means that the other end is gone: onClose ends this process.
      port.send({ kind: 'event', event }).catch(() => undefined);
    };
    run(request, emit)
      .then((result) => port.send({ kind: 'event', event: result }))
      .then(() => exit(0))
      .catch(() => exit(1));
  });
  port.send({ kind: 'ready' }).catch(() => exit(1));
}
