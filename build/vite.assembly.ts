import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import asc from 'assemblyscript/asc';
import type { Plugin } from 'vite';

/** Around the file's name, so that nothing else takes it for TypeScript. */
const [PREFIX, SUFFIX] = ['\0assembly:', '.js'];
const OPTIONS = ['--enable', 'simd', '--runtime', 'stub', '--noAssert', '-O3'];

/**
 * Compiles `import { instantiate } from './NAME.ts?wasm'` from AssemblyScript. The code becomes part of the bundle, a
 * few kilobytes, so that threads need not find a file, be it in an archive or not.
 */
export function assembly(): Plugin {
  return {
    name: 'assemblyscript',
    enforce: 'pre',
    resolveId(id, importer) {
      if (!id.endsWith('.ts?wasm') || importer === undefined) return null;
      return PREFIX + path.resolve(path.dirname(importer), id.slice(0, -'?wasm'.length)) + SUFFIX;
    },
    async load(id) {
      if (!id.startsWith(PREFIX)) return null;
      const file = id.slice(PREFIX.length, -SUFFIX.length);
      const plain = await compile(file, OPTIONS);
      const relaxed = await compile(file, [...OPTIONS, '--enable', 'relaxed-simd']);
      for (const source of plain.sources) this.addWatchFile(source);
      return {
        code: `const plain = Buffer.from('${Buffer.from(plain.code).toString('base64')}', 'base64');
const relaxed = Buffer.from('${Buffer.from(relaxed.code).toString('base64')}', 'base64');
let compiled;
export function instantiate() {
  compiled ??= new WebAssembly.Module(WebAssembly.validate(relaxed) ? relaxed : plain);
  return new WebAssembly.Instance(compiled, {}).exports;
}
`,
        map: null,
      };
    },
  };
}

async function compile(
  file: string,
  options: readonly string[],
): Promise<{ code: Uint8Array; sources: string[] }> {
  const folder = path.dirname(file);
  const found: { code?: Uint8Array } = {};
  const sources: string[] = [];
  const { error, stderr } = await asc.main(
    [path.basename(file), '--baseDir', folder, '--outFile', 'out.wasm', ...options],
    {
      readFile(name, base) {
        const source = path.resolve(base, name);
        if (!existsSync(source)) return null;
        sources.push(source);
        return readFileSync(source, 'utf8');
      },
      writeFile(_, contents) {
        if (typeof contents !== 'string') found.code = contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || found.code === undefined) throw new Error(`${file} does not compile.\n${stderr}`);
  return { code: found.code, sources };
}
