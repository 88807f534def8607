/**
 * Writes tables of the Rician stabiliser (src-main/noise/stabiliser.ts) as JSON, so that Python peers without a
 * stabilisation of their own use the same one. Usage: node test/bench/quality-vst.mjs OUT.json
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'vite';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Table steps a unit of sigma, and where the asymptotic forms take over. */
const STEPS = 256;
const END = 24;

const outDir = mkdtempSync(join(ROOT, 'node_modules/.limpid-vst-'));
try {
  await build({
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    root: ROOT,
    build: {
      ssr: 'src-main/noise/stabiliser.ts',
      target: 'node20',
      outDir,
      emptyOutDir: true,
      rollupOptions: { output: { format: 'es', entryFileNames: 'stabiliser.js' } },
    },
  });
  const { stabiliser } = await import(pathToFileURL(join(outDir, 'stabiliser.js')).href);
  const table = stabiliser();
  const grid = Array.from({ length: END * STEPS + 1 }, (_, i) => i / STEPS);
  writeFileSync(
    process.argv[2],
    JSON.stringify({
      steps: STEPS,
      forward: grid.map((x) => table.forward(x)),
      inverse: grid.map((y) => table.inverse(y)),
    }),
  );
} finally {
  rmSync(outDir, { recursive: true, force: true });
}
