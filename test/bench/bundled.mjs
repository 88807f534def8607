import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, runnerImport } from 'vite';

// Read when ONNX Runtime is loaded, below, and on Linux and macOS only, where setting it reaches the C library.
process.env.ORT_DISABLE_TELEMETRY = '1';

/** Bundles test/bench/NAME.ts, which plain Node cannot run, with one copy of tfjs, and runs it. */
export async function runBundled(name) {
  await import(pathToFileURL(await bundled(name)).href);
}

/** @returns the bundle's path */
export async function bundled(name) {
  const outDir = path.resolve(`node_modules/.cache/limpid-bench/${name}`);
  const { module } = await runnerImport(path.resolve('build/vite.assembly.ts'));
  await build({
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    plugins: [module.assembly()],
    ssr: { noExternal: [/^@tensorflow\/tfjs-core/] },
    build: {
      ssr: `test/bench/${name}.ts`,
      target: 'node20',
      outDir,
      emptyOutDir: true,
      minify: false,
      rollupOptions: { output: { format: 'es', entryFileNames: `${name}.js` } },
    },
  });
  return path.join(outDir, `${name}.js`);
}
