/** npm run build: everything into dist/. */
import * as path from 'node:path';
import { build } from 'vite';

// The preload lies in the folder that the main side empties.
for (const name of ['main', 'threads', 'preload', 'report', 'app'])
  await build({
    configFile: path.join(import.meta.dirname, `vite.${name}.ts`),
    logLevel: 'warn',
    // How long which plugin took is no warning.
    build: { rolldownOptions: { checks: { pluginTimings: false } } },
  });
