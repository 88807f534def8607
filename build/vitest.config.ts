import { mkdtempSync, rmSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { LayerSequencer } from '../test/support/order.js';
import { ProgressReporter } from '../test/support/progress.js';
import { SummaryReporter } from '../test/support/summary.js';
import { assembly } from './vite.assembly.js';

// Before the workers start, which are told it at their start as the product's processes are: tests load ONNX Runtime too.
process.env.ORT_DISABLE_TELEMETRY = '1';

// What tests start without a data folder of their own keeps models, speeds and log lines here, not among a person's.
const home = mkdtempSync(path.join(os.tmpdir(), 'limpid-home-'));
process.env.LIMPID_HOME = home;
process.once('exit', () => rmSync(home, { recursive: true, force: true }));

export default defineConfig({
  root: path.resolve(import.meta.dirname, '..'),
  // State of modules of the window is plain variables here, as no page is there to follow it.
  plugins: [assembly(), svelte({ configFile: false })],
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    setupFiles: ['test/support/equal-bytes.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Only what never ends may fail by time: machines are loaded.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    server: { deps: { inline: [/@tensorflow\/tfjs-/] } },
    // Asked for by npm run coverage; what a test starts in other processes isn't counted.
    coverage: {
      provider: 'v8',
      include: ['src-main/**', 'src-renderer/**'],
      reporter: ['text-summary', 'html'],
    },
    sequence: { sequencer: LayerSequencer },
    reporters: ['default', new ProgressReporter(), new SummaryReporter()],
  },
});
