import { builtinModules } from 'node:module';
import * as path from 'node:path';
import { defineConfig } from 'vite';
import { MAIN_ENTRIES } from './entries.js';
import { assembly } from './vite.assembly.js';

/**
 * Bundles the Node side: the command line and the processes it starts. Packages stay in node_modules
 * (native binaries, wasm files), except tfjs: its gradients are only reachable as ES modules that Node
 * cannot load unbundled, and packages of which little is used.
 */
export default defineConfig({
  root: path.resolve(import.meta.dirname, '..'),
  publicDir: false,
  plugins: [assembly()],
  ssr: { noExternal: [/^@tensorflow\/tfjs-core/, 'valibot', 'daikon', 'semver', 'yaml'] },
  build: {
    ssr: true,
    target: 'node20',
    outDir: 'dist/main',
    emptyOutDir: true,
    minify: false,
    sourcemap: true,
    rollupOptions: {
      external: builtinModules.flatMap((name) => [name, `node:${name}`]),
      input: MAIN_ENTRIES,
      output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
});
