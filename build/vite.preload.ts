import * as path from 'node:path';
import { defineConfig } from 'vite';

/** Bundles the preload: one CommonJS file, because a sandboxed preload can load nothing but Electron. */
export default defineConfig({
  root: path.resolve(import.meta.dirname, '..'),
  publicDir: false,
  ssr: { noExternal: true },
  build: {
    ssr: true,
    target: 'chrome140',
    outDir: 'dist/main',
    emptyOutDir: false,
    minify: false,
    sourcemap: false,
    rollupOptions: {
      external: ['electron'],
      input: { preload: 'src-main/preload.ts' },
      output: { format: 'cjs', entryFileNames: '[name].cjs' },
    },
  },
});
