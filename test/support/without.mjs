/**
 * Runs tests as if a Debian tool were not installed: node test/support/without.mjs NAME [FILE…]
 *
 * NAME is a command (gdcmconv), a Debian package of commands (dcmtk), a Python module (numpy), or the beginning of a path
 * (/usr/share/mricron). FILE… are filters of vitest; without any all tests run.
 * A test that uses the tool without having asked for it (test/support/tools.ts) fails then.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const [name, ...files] = process.argv.slice(2);
if (name === undefined) {
  console.error('Usage: node test/support/without.mjs NAME [FILE…]');
  process.exit(2);
}

/** Commands that a Debian package brings, by name; of no package: the name itself. */
function commandsOf(name) {
  const listed = spawnSync('dpkg', ['-L', name], { encoding: 'utf8' });
  if (listed.status !== 0) return new Set([name]);
  return new Set([...listed.stdout.matchAll(/^\/usr\/s?bin\/(.+)$/gm)].map((match) => match[1]));
}

/** A folder of links to every command of PATH but some. */
function pathWithout(commands, folder) {
  fs.mkdirSync(folder);
  for (const from of (process.env.PATH ?? '').split(path.delimiter)) {
    for (const command of fs.existsSync(from) ? fs.readdirSync(from) : []) {
      const link = path.join(folder, command);
      if (commands.has(command) || fs.lstatSync(link, { throwIfNoEntry: false }) !== undefined) continue;
      fs.symlinkSync(path.join(from, command), link);
    }
  }
  return folder;
}

/** A folder of Python's that makes the import of a module fail. */
function pythonWithout(module, folder) {
  fs.mkdirSync(folder);
  const lines = [
    'import sys',
    'class Hidden:',
    '    def find_spec(self, name, path=None, target=None):',
    `        if name.split('.')[0] == '${module}': raise ImportError(name + ' is hidden')`,
    'sys.meta_path.insert(0, Hidden())',
  ];
  fs.writeFileSync(path.join(folder, 'sitecustomize.py'), `${lines.join('\n')}\n`);
  return folder;
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'limpid-without-'));
try {
  const module = name.replace(/^python3-/, '');
  const places = name.startsWith('/') ? [name] : [`/usr/lib/python3/dist-packages/${module}`];
  const hook = new URL('hidden.mjs', import.meta.url).href;
  const env = {
    ...process.env,
    PATH: name.startsWith('/') ? process.env.PATH : pathWithout(commandsOf(name), path.join(folder, 'bin')),
    PYTHONPATH: name.startsWith('/') ? '' : pythonWithout(module, path.join(folder, 'python')),
    LIMPID_HIDDEN: places.join(path.delimiter),
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${hook}`,
  };
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
  const run = spawnSync(process.execPath, [vitest, 'run', ...files], { cwd: root, env, stdio: 'inherit' });
  process.exitCode = run.status ?? 1;
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
