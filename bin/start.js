#!/usr/bin/env node
/** `npm start`: the desktop app, or with --browser the same window in a browser. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const args = process.argv.slice(2);

/** The program that Electron's package downloaded, or that ELECTRON_OVERRIDE_DIST_PATH names; null: there is none. */
function electron() {
  const folder = path.join(root, 'node_modules/electron');
  const file = path.join(folder, 'path.txt');
  const name = existsSync(file)
    ? readFileSync(file, 'utf8').trim()
    : ({ win32: 'electron.exe', darwin: 'Electron.app/Contents/MacOS/Electron' }[process.platform] ??
      'electron');
  const program = path.join(process.env.ELECTRON_OVERRIDE_DIST_PATH ?? path.join(folder, 'dist'), name);
  return existsSync(program) ? program : null;
}

function run(program, programArgs) {
  const child = spawn(program, programArgs, { stdio: 'inherit', cwd: root });
  // The terminal sends Ctrl-C to both; the child decides when it ends.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => {
    process.exitCode = signal === null ? (code ?? 1) : 1;
  });
}

const program = electron();
if (args.includes('--browser')) {
  const rest = args.filter((arg) => arg !== '--browser');
  run(process.execPath, [
    path.join(root, 'bin/limpid.js'),
    'serve',
    ...(rest.length > 0 ? rest : ['--open']),
  ]);
} else if (program !== null) run(program, [root, ...args]);
else {
  process.stderr.write(
    [
      'limpid: there is no Electron program on this machine: npm ci does not run install scripts here.',
      '  Fetch it:             node node_modules/electron/install.js',
      '  Or have one already:  ELECTRON_OVERRIDE_DIST_PATH=FOLDER npm start',
      '  Or use a browser:     npm start -- --browser',
      '',
    ].join('\n'),
  );
  process.exitCode = 2;
}
