import * as path from 'node:path';
import { build } from 'vite';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Bundles a TypeScript file of ours, so that a process of plain Node can run it; returns the script's path. */
export async function bundle(entry: string): Promise<string> {
  const name = path.basename(entry, '.ts');
  const outDir = path.join(ROOT, 'node_modules', '.cache', 'limpid-test', name);
  await build({
    configFile: false,
    root: ROOT,
    logLevel: 'error',
    publicDir: false,
    ssr: { noExternal: [/^@tensorflow\/tfjs-core/] },
    build: {
      ssr: entry,
      target: 'node20',
      outDir,
      emptyOutDir: true,
      minify: false,
      rollupOptions: { output: { format: 'es', entryFileNames: `${name}.js` } },
    },
  });
  return path.join(outDir, `${name}.js`);
}
