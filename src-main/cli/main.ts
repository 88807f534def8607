/** The command line's composition root. */
import { fileURLToPath } from 'node:url';
import { runCommandLine } from './program.js';

const at = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
process.exitCode = await runCommandLine(process.argv.slice(2), {
  compute: at('./compute.js'),
  library: at('./library.js'),
  devices: at('./devices.js'),
  app: at('../app/'),
  root: at('../../'),
});
