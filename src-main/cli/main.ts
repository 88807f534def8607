/** The command line's composition root. */
import { fileURLToPath } from 'node:url';
import { runCommandLine } from './program.js';

const compute = fileURLToPath(new URL('./compute.js', import.meta.url));
process.exitCode = await runCommandLine(process.argv.slice(2), { compute });
