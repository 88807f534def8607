/** The command line's composition root. */

import { fileURLToPath } from 'node:url';
import { openLog } from '../base/log.js';
import { runCommandLine } from './program.js';

openLog('cli');

// The reader of a pipe may leave early, as head does: then there is nobody to tell, and no reason to crash.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

const at = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
process.exitCode = await runCommandLine(process.argv.slice(2), {
  compute: at('./compute.js'),
  library: at('./library.js'),
  devices: at('./devices.js'),
  app: at('../app/'),
  root: at('../../'),
});
