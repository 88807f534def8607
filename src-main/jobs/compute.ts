/** The compute process: everything heavy runs here, so that it can crash or be killed without its starter. */
import { openLog } from '../base/log.js';
import { openLine } from '../process/line.js';
import { serve } from '../process/port.js';
import { runJob } from './run.js';

openLog('compute');
// Ctrl-C in a terminal, or what ends a group of processes, reaches this one too; the one that started it decides and
// kills. Electron ends what it started by SIGTERM.
const forked = process.send !== undefined;
for (const signal of ['SIGINT', ...(forked ? (['SIGTERM', 'SIGHUP'] as const) : [])] as const)
  process.on(signal, () => undefined);
serve(openLine(), runJob);
