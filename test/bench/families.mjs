// Bundles families.ts, which plain Node cannot run, and runs it: `node test/bench/families.mjs [STEPS]` trains every
// family on a brain of Debian's mricron-data and prints the table of docs/families.md.
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';

const outDir = path.resolve('node_modules/.cache/limpid-bench/families');
await build({
  configFile: false,
  logLevel: 'error',
  publicDir: false,
  ssr: { noExternal: [/^@tensorflow\/tfjs-core/] },
  build: {
    ssr: 'test/bench/families.ts',
    target: 'node20',
    outDir,
    emptyOutDir: true,
    minify: false,
    rollupOptions: { output: { format: 'es', entryFileNames: 'families.js' } },
  },
});
await import(pathToFileURL(path.join(outDir, 'families.js')).href);
