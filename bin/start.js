#!/usr/bin/env node
/** `npm start`: the desktop app, or with --browser the same window in a browser. */
import { spawn, spawnSync } from 'node:child_process';
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

/** Runs the install script of Electron's package, which npm ci does not run here. Its message is the reason where it fails. */
function fetchElectron() {
  process.stderr.write(
    'limpid: there is no Electron program on this machine yet: fetching it from github.com (over 100 MB, once).\n',
  );
  const script = path.join(root, 'node_modules/electron/install.js');
  const done = spawnSync(process.execPath, [script], { cwd: root, encoding: 'utf8' });
  const found = done.status === 0 ? electron() : null;
  if (found === null) {
    const reason = /^.*Error: .*$/m.exec(done.stderr ?? '')?.[0].trim() ?? `it ended with ${done.status}`;
    process.stderr.write(
      `limpid: Electron could not be fetched (${reason}): the window opens in the browser instead.\n` +
        '  To use a program that is here already: ELECTRON_OVERRIDE_DIST_PATH=FOLDER npm start\n',
    );
  }
  return found;
}

function inBrowser(rest) {
  run(process.execPath, [
    path.join(root, 'bin/limpid.js'),
    'serve',
    ...(rest.length > 0 ? rest : ['--open']),
  ]);
}

if (args.includes('--browser')) inBrowser(args.filter((arg) => arg !== '--browser'));
else {
  const program = electron() ?? fetchElectron();
  if (program !== null) run(program, [root, ...args]);
  else inBrowser([]);
}
