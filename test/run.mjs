/**
 * npm test: checks, builds, then runs the tests, saying what it is at.
 *
 * The name of a folder of test/ stands for the tests in it (npm test -- dicom); all else goes to vitest as it is.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');

/** vitest takes every path that contains a filter, so that a bare "dicom" would match files beside the folder too. */
function filterOf(argument) {
  const folder = path.join('test', argument);
  const isFolder =
    /^[\w-]+\/?$/.test(argument) &&
    fs.statSync(path.join(root, folder), { throwIfNoEntry: false })?.isDirectory();
  return isFolder ? `${folder.replace(/\/$/, '')}/` : argument;
}

const vitest = [path.join(root, 'node_modules/vitest/vitest.mjs'), 'run'];
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const steps = [
  ['Checking types and style', npm, ['run', '--silent', 'check']],
  ['Building', npm, ['run', '--silent', 'build']],
  ['Testing', process.execPath, [...vitest, ...process.argv.slice(2).map(filterOf)]],
];
for (const [i, [what, command, given]] of steps.entries()) {
  console.log(`[${i + 1}/${steps.length}] ${what}`);
  const shell = command === npm && process.platform === 'win32';
  const { status } = spawnSync(command, given, { cwd: root, stdio: 'inherit', shell });
  if (status !== 0) process.exit(status ?? 1);
}
