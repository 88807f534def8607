import { problemFrom } from '../../contract/errors.js';
import { type ExitCode, exitCodeFor } from '../../contract/exit.js';
import type { StoppedResult } from '../../contract/results.js';
import { scriptLine } from './json.js';
import { problemLine } from './words.js';

/** Tells why a command that is no job of the compute process ended, for scripts too, and returns its exit code. */
export function tellFailure(error: unknown, json: boolean): ExitCode {
  const stopped = problemFrom(error);
  const exitCode = exitCodeFor(stopped);
  process.stderr.write(`${problemLine(stopped)}\n`);
  const result: StoppedResult = { type: 'result', command: null, exitCode, stopped };
  if (json) process.stdout.write(scriptLine(result));
  return exitCode;
}
