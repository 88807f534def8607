import { readdirSync } from 'node:fs';
import { defineConfig, mergeConfig } from 'vite';
import main from './vite.main.js';

/** Bundles the benchmarks of test/bench to dist/bench: `npm run build:bench`, then `node dist/bench/NAME.js`. */
const entries = readdirSync('test/bench').filter((name) => name.endsWith('.ts'));

export default mergeConfig(
  main,
  defineConfig({
    build: {
      outDir: 'dist/bench',
      rollupOptions: {
        input: Object.fromEntries(entries.map((name) => [name.replace(/\.ts$/, ''), `test/bench/${name}`])),
      },
    },
  }),
);
