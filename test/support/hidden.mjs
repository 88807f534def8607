/**
 * Loaded into every Node process of a test run by test/support/without.mjs: below the folders of LIMPID_HIDDEN nothing is
 * there for node:fs.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';

const hidden = (process.env.LIMPID_HIDDEN ?? '').split(path.delimiter).filter(Boolean);

function isHidden(place) {
  const text = place instanceof URL ? place.pathname : String(place);
  return hidden.some((folder) => text === folder || text.startsWith(`${folder}/`));
}

function missing(place) {
  return Object.assign(new Error(`ENOENT: hidden, '${place}'`), { code: 'ENOENT', errno: -2, path: place });
}

function wrap(owner, name, refuse) {
  const original = owner[name];
  owner[name] = Object.assign((place, ...rest) => {
    return isHidden(place) ? refuse(place) : original.call(owner, place, ...rest);
  }, original);
}

const fails = (place) => {
  throw missing(place);
};
for (const name of ['openSync', 'readFileSync', 'readdirSync', 'lstatSync', 'realpathSync', 'accessSync'])
  wrap(fs, name, fails);
wrap(fs, 'statSync', fails);
wrap(fs, 'existsSync', () => false);
for (const name of ['open', 'readFile', 'readdir', 'stat', 'lstat', 'realpath', 'access', 'opendir'])
  wrap(fs.promises, name, async (place) => fails(place));
syncBuiltinESMExports();
