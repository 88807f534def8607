import { builtinModules } from 'node:module';
import { defineConfig } from 'vite';
import { assembly } from './vite.assembly.js';

/**
 * Bundles the Node side: the command line and the processes it starts. Packages stay in node_modules
 * (native binaries, wasm files), except tfjs: its gradients are only reachable as ES modules that Node
 * cannot load unbundled.
 */
export default defineConfig({
  publicDir: false,
  plugins: [assembly()],
  ssr: { noExternal: [/^@tensorflow\/tfjs-core/] },
  build: {
    ssr: true,
    target: 'node20',
    outDir: 'dist/main',
    emptyOutDir: true,
    minify: false,
    sourcemap: true,
    rollupOptions: {
      external: builtinModules.flatMap((name) => [name, `node:${name}`]),
      input: {
        cli: 'src-main/cli/main.ts',
        compute: 'src-main/jobs/compute.ts',
        main: 'src-main/main.ts',
        library: 'src-main/app/library/main.ts',
        devices: 'src-main/app/devices/main.ts',
        'noise-worker': 'src-main/app/library/noise-worker.ts',
        'decode-worker': 'src-main/dicom/codec/decode-worker.ts',
        'classical-worker': 'src-main/filters/worker.ts',
        probe: 'src-main/runtime/probe-main.ts',
        apart: 'src-main/runtime/apart-main.ts',
      },
      output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
});
