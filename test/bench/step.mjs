// Bundles step.ts, which plain Node cannot run, and runs it.
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';

const outDir = path.resolve('node_modules/.cache/limpid-bench');
await build({
  configFile: false,
  logLevel: 'error',
  publicDir: false,
  ssr: { noExternal: [/^@tensorflow\/tfjs-core/] },
  build: {
    ssr: 'test/bench/step.ts',
    target: 'node20',
    outDir,
    emptyOutDir: true,
    minify: false,
    rollupOptions: { output: { format: 'es', entryFileNames: 'step.js' } },
  },
});
await import(pathToFileURL(path.join(outDir, 'step.js')).href);
