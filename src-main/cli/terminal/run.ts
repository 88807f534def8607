import type { JobEvent, ResultEvent } from '../../contract/events.js';
import { EXIT, type ExitCode } from '../../contract/exit.js';
import type { JobRequest } from '../../contract/requests/requests.js';
import type { StoppedResult } from '../../contract/results.js';
import { startJob } from '../../process/client.js';
import { describeResult } from './describe.js';
import { scriptLine } from './json.js';
import { openNarrator } from './narrator.js';

/** How a command tells its result. */
export interface Telling {
  /** For scripts: all events, a line each. */
  readonly json: boolean;
  /** The result in another form than that for people. */
  readonly describe?: (result: Exclude<ResultEvent, StoppedResult>) => string;
}

/** Runs a request in the compute process, tells its events, and returns the exit code. */
export async function runRequest(
  request: JobRequest,
  compute: string,
  { json, describe = describeResult }: Telling,
): Promise<ExitCode> {
  const narrator = openNarrator({ bars: process.stderr.isTTY === true && !json });
  const tell = (event: JobEvent) => {
    if (json) process.stdout.write(scriptLine(event));
    narrator.tell(event, { describe: json ? null : describe });
  };
  const job = startJob(compute, request, tell);
  const cancel = () => job.cancel();
  process.on('SIGINT', cancel);
  process.on('SIGTERM', cancel);
  // The reader of a pipe may leave early, as head does: nobody is left to tell.
  let isLeft = false;
  const quit = () => {
    isLeft = true;
    job.cancel();
  };
  process.stdout.on('error', quit);
  try {
    const result = await job.result;
    // That nobody reads was told where it happened, if it was to be told: nobody has cancelled anything.
    if (!isLeft || result.exitCode !== EXIT.cancelled) tell(result);
    await flushed(process.stdout);
    return result.exitCode;
  } finally {
    narrator.close();
    process.off('SIGINT', cancel);
    process.off('SIGTERM', cancel);
  }
}

/** Everything written so far has left the process, or nobody reads any more. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}

/** Starts a request; what the commands call when their arguments are right. */
export type Start = (request: JobRequest, options: Telling) => Promise<void>;
