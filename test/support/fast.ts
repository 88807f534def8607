/** Loaded before each file of npm run test:fast: what is not quick by its nature fails there, so that its list stays true. */
import childProcess from 'node:child_process';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { afterAll, expect } from 'vitest';

function refuse(): never {
  throw new Error(
    'A test of test:fast starts no process and no server: name its file in build/vitest.fast.ts as slow.',
  );
}

const STARTS = ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync'] as const;
for (const name of STARTS) Object.defineProperty(childProcess, name, { value: refuse });
net.Server.prototype.listen = refuse;
syncBuiltinESMExports();

afterAll(() => {
  const native = Object.keys(createRequire(import.meta.url).cache).filter((file) =>
    file.includes('onnxruntime-node'),
  );
  expect(native, 'networks run in tests that are not of test:fast').toEqual([]);
});
