/** The command line's composition root. */

import { fileURLToPath } from 'node:url';
import { asFileError, hasCode } from '../base/files.js';
import { openLog } from '../base/log.js';
import { fault, problemFrom } from '../contract/errors.js';
import { EXIT } from '../contract/exit.js';
import { runCommandLine } from './program.js';
import { problemLine } from './terminal/words.js';

openLog('cli');

// The reader of a pipe may leave early, as head does: then there is nobody to tell. A disk that is full is told, once.
process.stdout.on('error', (error) => {
  if (hasCode(error, 'EPIPE') || process.exitCode === EXIT.failed) return;
  process.exitCode = EXIT.failed;
  const told = hasCode(error, 'ENOSPC', 'EDQUOT')
    ? fault('E_IO/standard-output', {}, undefined, error)
    : asFileError(error, 'standard output');
  process.stderr.write(`${problemLine(problemFrom(told))}\n`);
});
// What cannot be told cannot be told either that it could not.
process.stderr.on('error', () => undefined);

const at = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const exitCode = await runCommandLine(process.argv.slice(2), {
  compute: at('./compute.js'),
  library: at('./library.js'),
  devices: at('./devices.js'),
  app: at('../app/'),
  root: at('../../'),
});
process.exitCode ??= exitCode;
