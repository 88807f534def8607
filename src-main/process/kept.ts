import { problemOf } from '../contract/errors.js';
import type { Emit, JobEvent, ResultEvent } from '../contract/events.js';
import { exitCodeFor } from '../contract/exit.js';
import type { JobRequest } from '../contract/requests/requests.js';
import type { ComputeMessage, StartMessage } from './port.js';
import { type Child, forkSpawn, type ProcessEnd, type Spawn } from './spawn.js';

/** Requests after which a process is replaced, so that nothing that a library keeps grows for ever. */
const MOST_REQUESTS = 100;

/** A compute process that serves one request after the other: starting one takes longer than a small series. */
export interface KeptCompute {
  /** Never rejects. One at a time. */
  run(request: JobRequest, onEvent?: Emit): Promise<ResultEvent>;
  /** Kills the process; what runs ends as cancelled, and the next request starts another. */
  cancel(): void;
}

interface Running {
  readonly request: JobRequest;
  readonly onEvent: Emit;
  readonly resolve: (result: ResultEvent) => void;
  cancelled: boolean;
}

/** @param entry the script of the process; the built dist/main/compute.js */
export function keepCompute(entry: string, spawn: Spawn = forkSpawn()): KeptCompute {
  let child: Child<StartMessage, ComputeMessage> | null = null;
  let ready: Promise<void> = Promise.resolve();
  let served = 0;
  let running: Running | null = null;

  const settle = (result: ResultEvent): void => {
    const done = running;
    running = null;
    done?.resolve(result);
  };
  const start = (): Child<StartMessage, ComputeMessage> => {
    const started = spawn<StartMessage, ComputeMessage>(entry);
    served = 0;
    ready = new Promise((resolve) => {
      started.onMessage((message) => {
        if (message.kind === 'ready') resolve();
        else if (child !== started) return;
        else if (isResult(message.event)) settle(message.event);
        else running?.onEvent(message.event);
      });
      started.onExit((how) => {
        resolve();
        if (child !== started) return;
        child = null;
        if (running !== null) settle(ended(running, how));
      });
    });
    return started;
  };
  const stop = (): void => {
    const stopped = child;
    child = null;
    stopped?.kill();
  };
  return {
    async run(request, onEvent = () => undefined) {
      if (served >= MOST_REQUESTS) stop();
      child ??= start();
      served++;
      const result = new Promise<ResultEvent>((resolve) => {
        running = { request, onEvent, resolve, cancelled: false };
      });
      const to = child;
      await ready;
      // One that ended before it was ready has settled the request.
      to.send({ kind: 'start', request, stay: true });
      return result;
    },
    cancel() {
      const current = running;
      stop();
      if (current !== null) settle(ended({ ...current, cancelled: true }, 'unstarted'));
    },
  };
}

function isResult(event: JobEvent): event is ResultEvent {
  return event.type === 'result';
}

function ended({ request, cancelled }: Running, how: ProcessEnd): ResultEvent {
  const stopped = cancelled
    ? problemOf('E_CANCELLED/run')
    : typeof how === 'string'
      ? problemOf('E_CRASH/compute', { how })
      : problemOf('E_CRASH/compute-ended', { how: how.by });
  return { type: 'result', command: request.type, exitCode: exitCodeFor(stopped), stopped };
}
