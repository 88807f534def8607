import type { Problem } from '../contract/errors.js';
import type { Emit, JobEvent, ResultEvent } from '../contract/events.js';
import type { JobRequest } from '../contract/requests.js';
import { exitCodeFor } from '../contract/results.js';
import type { ComputeMessage, StartMessage } from './port.js';
import { forkSpawn, type Spawn } from './spawn.js';

export interface RunningJob {
  /** Never rejects: a crash or a cancel is a result too. */
  readonly result: Promise<ResultEvent>;
  /** Kills the compute process; nothing half-written becomes visible, and a second run resumes. */
  cancel(): void;
}

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
  const result = new Promise<ResultEvent>((resolve) => {
    let last: ResultEvent | null = null;
    child.onMessage((message) => {
      if (message.kind === 'ready') child.send({ kind: 'start', request });
      else if (isResult(message.event)) {
        last = message.event;
        child.release();
      } else if (!cancelled) onEvent(message.event);
    });
    child.onExit((how) => {
      if (last !== null) resolve(last);
      else if (cancelled) resolve(stopped(request, CANCELLED));
      else resolve(stopped(request, crash(how)));
    });
  });
  return {
    result,
    cancel() {
      cancelled = true;
      child.kill();
    },
  };
}

function isResult(event: JobEvent): event is ResultEvent {
  return event.type === 'result';
}

function stopped(request: JobRequest, problem: Problem): ResultEvent {
  return { type: 'result', command: request.type, exitCode: exitCodeFor(problem), stopped: problem };
}

const CANCELLED: Problem = {
  code: 'E_CANCELLED',
  message: 'The run was cancelled.',
  remedy: 'Run the same command again: it goes on where it stopped.',
};

function crash(how: string): Problem {
  return {
    code: 'E_CRASH',
    message: `The compute process ${how}.`,
    remedy: 'Run the same command again: it resumes. If it happens again, try --device cpu and report it.',
  };
}
