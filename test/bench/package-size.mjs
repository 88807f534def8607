/**
 * What the installed app holds, by folder, in MB: the package for Linux (x64), made with a stub in place of Electron, whose
 * own files come on top. Needs the built app. Run: npm run bench -- package-size
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { getRawHeader } from '@electron/asar';

/** Bytes, from which on a folder has a line of its own. */
const LEAST = 1e6;
const root = path.resolve(import.meta.dirname, '../..');
const work = mkdtempSync(path.join(os.tmpdir(), 'limpid-package-size-'));
const stub = path.join(work, 'electron');
mkdirSync(path.join(stub, 'resources'), { recursive: true });
mkdirSync(path.join(stub, 'locales'));
for (const name of ['electron', 'LICENSE', 'LICENSES.chromium.html', 'locales/en-US.pak'])
  writeFileSync(path.join(stub, name), 'stub');
const { version } = JSON.parse(readFileSync(path.join(root, 'node_modules/electron/package.json'), 'utf8'));
writeFileSync(path.join(stub, 'version'), version);
// Without fuses, for a stub has none.
const config = readFileSync(path.join(root, 'electron-builder.yml'), 'utf8').replace(
  /^electronFuses:\n( .*\n)+/m,
  '',
);
writeFileSync(path.join(work, 'builder.yml'), config);
try {
  execFileSync(
    process.execPath,
    [
      path.join(root, 'node_modules/electron-builder/cli.js'),
      ...['--linux', 'dir', '--x64', '--config', path.join(work, 'builder.yml')],
      `-c.electronDist=${stub}`,
      `-c.directories.output=${path.join(work, 'out')}`,
    ],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const archive = path.join(work, 'out/linux-unpacked/resources/app.asar');
  const sizes = new Map();
  add(getRawHeader(archive).header, [], sizes);
  const all = [...sizes.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  const [large, small] = [true, false].map((is) =>
    [...sizes].filter(([, { bytes }]) => bytes >= LEAST === is),
  );
  for (const [name, { bytes, beside }] of large.sort(([, a], [, b]) => b.bytes - a.bytes))
    console.log(
      `${mb(bytes)} MB  ${name}${beside > 0 ? ` (${mb(beside)} MB of it beside the archive)` : ''}`,
    );
  console.log(`${mb(small.reduce((sum, [, { bytes }]) => sum + bytes, 0))} MB  ${small.length} smaller ones`);
  console.log(`${mb(all)} MB  in all; the archive itself takes ${mb(statSync(archive).size)} MB`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Sums files by the package that they are of, else by the folder of ours. */
function add(node, parts, sizes) {
  if (node.files !== undefined) {
    for (const [name, child] of Object.entries(node.files)) add(child, [...parts, name], sizes);
    return;
  }
  const depth =
    parts[0] === 'node_modules' && !parts[1].startsWith('@') ? 2 : parts[0] === 'node_modules' ? 3 : 2;
  const name = parts.slice(0, Math.min(depth, Math.max(1, parts.length - 1))).join('/');
  const known = sizes.get(name) ?? { bytes: 0, beside: 0 };
  known.bytes += node.size;
  if (node.unpacked === true) known.beside += node.size;
  sizes.set(name, known);
}

function mb(bytes) {
  return (bytes / 1e6).toFixed(1);
}
