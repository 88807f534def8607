import { type Problem, problemOf } from '../contract/errors.js';
import type { Emit, JobEvent, ResultEvent } from '../contract/events.js';
import { exitCodeFor } from '../contract/exit.js';
import type { JobRequest } from '../contract/requests/requests.js';
import type { ComputeMessage, StartMessage } from './port.js';
import { forkSpawn, type ProcessEnd, type Spawn } from './spawn.js';

export interface RunningJob {
  /** Never rejects: a crash or a cancel is a result too. */
  readonly result: Promise<ResultEvent>;
  /** Kills the compute process; nothing half-written becomes visible, and a second run resumes. */
  cancel(): void;
  /** As cancel, but a training that has begun writes its checkpoint first, so that no step is lost. */
  pause(): void;
  /** Ends a training with the best weights so far, as if its budget were used up; nothing else heeds it. */
  finish(): void;
}

/** How long a training may take to write its checkpoint; a step takes a second at most. */
const PAUSE_MS = 8000;

/**
 * Runs one request in a compute process of its own.
 *
 * @param entry the script of the process; the built dist/main/compute.js
 * @param onEvent every event but the result
 * @param spawn how processes are started here
 * @param env added to the environment of the process
 */
export function startJob(
  entry: string,
  request: JobRequest,
  onEvent: Emit,
  spawn: Spawn = forkSpawn(),
  env: Readonly<Record<string, string>> = {},
): RunningJob {
  const child = spawn<StartMessage, ComputeMessage>(entry, env);
  let cancelled = false;
  let training = false;
  const cancel = (): void => {
    cancelled = true;
    child.kill();
  };
  const result = new Promise<ResultEvent>((resolve) => {
    let last: ResultEvent | null = null;
    child.onMessage((message) => {
      if (message.kind === 'ready') child.send({ kind: 'start', request });
      else if (isResult(message.event)) {
        last = message.event;
        child.release();
      } else if (!cancelled) {
        training ||= request.type === 'train' && isTraining(message.event);
        onEvent(message.event);
      }
    });
    child.onExit((how) => {
      if (last !== null) resolve(last);
      else if (cancelled) resolve(stopped(request, CANCELLED));
      else resolve(stopped(request, crash(how)));
    });
  });
  return {
    result,
    cancel,
    pause() {
      if (!training) return cancel();
      child.send({ kind: 'wish', wish: 'pause' });
      const late = setTimeout(cancel, PAUSE_MS);
      void result.then(() => clearTimeout(late));
    },
    finish: () => child.send({ kind: 'wish', wish: 'finish' }),
  };
}

function isTraining(event: JobEvent): boolean {
  return event.type === 'progress' && event.stage === 'train';
}

function isResult(event: JobEvent): event is ResultEvent {
  return event.type === 'result';
}

function stopped(request: JobRequest, problem: Problem): ResultEvent {
  return { type: 'result', command: request.type, exitCode: exitCodeFor(problem), stopped: problem };
}

const CANCELLED: Problem = problemOf('E_CANCELLED/run');

function crash(how: ProcessEnd): Problem {
  return typeof how === 'string'
    ? problemOf('E_CRASH/compute', { how })
    : problemOf('E_CRASH/compute-ended', { how: how.by });
}
