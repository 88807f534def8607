import { builtinModules } from 'node:module';
import * as path from 'node:path';
import { defineConfig } from 'vite';
import { THREAD_ENTRIES } from './entries.js';
import { assembly } from './vite.assembly.js';

/**
 * Bundles what runs in worker threads, apart from all else: in the installed app these files lie beside the archive,
 * because threads cannot rely on reading from it, and what the app starts from must not: a chunk for both would. They end in
 * .mjs, since there is no package.json beside them.
 */
export default defineConfig({
  root: path.resolve(import.meta.dirname, '..'),
  publicDir: false,
  plugins: [assembly()],
  ssr: { noExternal: ['valibot', 'daikon'] },
  build: {
    ssr: true,
    target: 'node20',
    outDir: 'dist/threads',
    emptyOutDir: true,
    minify: false,
    sourcemap: true,
    rollupOptions: {
      external: builtinModules.flatMap((name) => [name, `node:${name}`]),
      input: THREAD_ENTRIES,
      output: { format: 'es', entryFileNames: '[name].mjs', chunkFileNames: 'chunks/[name]-[hash].mjs' },
    },
  },
});
