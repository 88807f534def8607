/**
 * What electron-builder asks fpm for, made with Debian's dpkg-deb: fpm comes from a host of its own. Fields of control,
 * places and scripts are those that fpm is told, so that what the configuration gives a deb is known without it; how fpm
 * itself packs is not.
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

const LONG = {
  '-s': 'source',
  '-t': 'target',
  '-d': 'depends',
};
const FLAGS = ['--force'];
const told = new Map();
const copies = [];
const args = process.argv.slice(2);
for (let i = 0; i < args.length; i++) {
  const arg = args[i];
  if (FLAGS.includes(arg)) continue;
  if (!arg.startsWith('-')) {
    copies.push(arg.split('='));
    continue;
  }
  const name = LONG[arg] ?? arg.replace(/^--/, '');
  told.set(name, [...(told.get(name) ?? []), args[++i]]);
}
const one = (name) => {
  const values = told.get(name) ?? [];
  if (values.length !== 1) throw new Error(`fpm: ${name} was given ${values.length} times`);
  return values[0];
};
if (one('source') !== 'dir' || one('target') !== 'deb') throw new Error('fpm: only from dir to deb');

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'limpid-deb-'));
try {
  for (const [from, to] of copies) {
    const place = path.join(root, to);
    fs.mkdirSync(path.dirname(place), { recursive: true });
    fs.cpSync(from, place, { recursive: true, verbatimSymlinks: true });
  }
  const [first, ...more] = one('description').split('\n');
  const size = Number(execFileSync('du', ['-sk', root], { encoding: 'utf8' }).split('\t')[0]);
  const control = [
    `Package: ${one('name')}`,
    `Version: ${one('version')}`,
    `License: ${one('license')}`,
    `Vendor: ${one('vendor')}`,
    `Architecture: ${one('architecture')}`,
    `Maintainer: ${one('maintainer')}`,
    `Installed-Size: ${size}`,
    `Depends: ${told.get('depends').join(', ')}`,
    `Recommends: ${told.get('deb-recommends').join(', ')}`,
    `Section: ${told.get('category')?.[0] ?? 'default'}`,
    `Priority: ${one('deb-priority')}`,
    `Homepage: ${one('url')}`,
    `Description: ${first}`,
    ...more.map((line) => ` ${line.trim() === '' ? '.' : line.trim()}`),
    '',
  ].join('\n');
  const debian = path.join(root, 'DEBIAN');
  fs.mkdirSync(debian);
  fs.writeFileSync(path.join(debian, 'control'), control);
  fs.copyFileSync(one('after-install'), path.join(debian, 'postinst'));
  fs.copyFileSync(one('after-remove'), path.join(debian, 'postrm'));
  for (const script of ['postinst', 'postrm']) fs.chmodSync(path.join(debian, script), 0o755);
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z1', '--build', root, one('package')]);
} finally {
  fs.rmSync(root, { recursive: true, force: true });
}
