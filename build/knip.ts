import type { KnipConfig } from 'knip';
import { MAIN_ENTRIES, THREAD_ENTRIES } from './entries.js';

/** Finds files, exports and packages that nothing uses any more. */
const config: KnipConfig = {
  entry: [
    ...Object.values(MAIN_ENTRIES),
    ...Object.values(THREAD_ENTRIES),
    'src-main/preload.ts',
    'src-renderer/{app,gallery,report}/main.ts',
    // A thread of the page, found by its address.
    'src-renderer/viewer/image/asking.worker.ts',
    // Compiled on its own, by vite.assembly.ts.
    'src-main/filters/kernel/restore.ts',
    'src-main/artifacts/remove/kernel/planes.ts',
    'src-main/trust/tests/kernel/answers.ts',
    'build/*.{ts,mjs}',
    'test/**/*.test.ts',
    'test/*.mjs',
    // Started by name, or loaded into other processes.
    'test/bench/*.{ts,mjs}',
    'test/runtime/webgpu-child.ts',
    'test/support/{fpm,hidden,peak,without}.mjs',
    'test/e2e/stand-in/*.{mjs,js}',
    'test/viewer/page/main.js',
    // Run in a page.
    'test/e2e/cut/cut-texts.js',
  ],
  project: ['src-main/**/*.ts', 'src-renderer/**/*.{ts,svelte}', 'test/**/*.{ts,mjs,js}', 'build/*.{ts,mjs}'],
  // Resolved by name, by code or by hand: require.resolve, files in node_modules, npx.
  ignoreDependencies: [/^@cornerstonejs\/codec-/, 'axe-core'],
  // Debian packages that some tests compare with.
  exclude: ['binaries'],
};

export default config;
