/** The compute process: everything heavy runs here, so that it can crash or be killed without its starter. */
import { openLog } from '../base/log.js';
import { openLine } from '../process/line.js';
import { serve } from '../process/port.js';
import { runJob } from './run.js';

openLog('compute');
// Ctrl-C in a terminal reaches this process too; the one that started it decides and kills.
process.on('SIGINT', () => undefined);
serve(openLine(), runJob);
