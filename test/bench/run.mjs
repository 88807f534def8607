// Benchmarks, run by hand: npm run bench -- NAME [options]; without a name it lists them.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { runBundled } from './bundled.mjs';

const folder = import.meta.dirname;

/** Scripts that are run as they are; window takes three pages. All others are bundled. */
const SCRIPTS = {
  cost: ['cost.mjs'],
  'package-size': ['package-size.mjs'],
  quality: ['quality.mjs'],
  'readme-picture': ['readme-picture.mjs'],
  viewer: ['viewer.mjs'],
  window: ['window.mjs', 'viewer.mjs', 'latent-map.mjs'],
};
/** These run the built program. */
const BUILT = [
  'cost',
  'clean-real',
  'coverage',
  'package-size',
  'queue',
  'race',
  'receive-many',
  'robustness',
  'robustness-kills',
  'window',
];
/** Parts of others, and not benchmarks. */
const PARTS = [
  'anomaly-baselines',
  'anomaly-scene',
  'cluster-scores',
  'disentanglement-scores',
  'drawn-heads',
  'fine-tune',
  'focus-scene',
  'level-fit',
  'level-scenes',
  'masked-fill',
  'motion-series',
  'quality-guided',
  'quality-scan',
  'queue-simulation',
  'receive-image',
  'segment-scene',
  'signal-models',
  'signal-scenes',
  'tables',
  'torch',
  'video',
];

function names() {
  const bundled = readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.basename(file, '.ts'))
    .filter((name) => !PARTS.includes(name));
  return [...bundled, ...Object.keys(SCRIPTS)].sort();
}

/** The first sentence of the comment at the head of the file. */
function purpose(name) {
  const file = SCRIPTS[name]?.[0] ?? `${name}.ts`;
  const lines = readFileSync(path.join(folder, file), 'utf8').split('\n');
  const start = lines.findIndex((line) => /^(\/\/|\/\*\*| \*) *\w/.test(line));
  const words = lines.slice(start).map((line) => /^(?:\/\/|\/\*\*| \*)\s?(.*)$/.exec(line)?.[1]);
  const end = words.findIndex((line) => line === undefined || line.startsWith('  '));
  return words
    .slice(0, end < 0 ? undefined : end)
    .join(' ')
    .split(/[.:;](?:\s|$)/)[0];
}

const [name, ...args] = process.argv.slice(2);
if (name === undefined || !names().includes(name)) {
  if (name !== undefined) console.error('There is no benchmark of this name.');
  console.log('npm run bench -- NAME [options]; options stand at the head of test/bench/NAME\n');
  for (const one of names()) console.log(`${one.padEnd(20)} ${purpose(one)}`);
  process.exit(name === undefined ? 0 : 2);
}
if (BUILT.includes(name)) {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { status } = spawnSync(npm, ['run', '--silent', 'build'], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(status ?? 1);
}
process.argv = [process.argv[0], path.join(folder, name), ...args];
if (SCRIPTS[name] === undefined) await runBundled(name);
else
  for (const script of SCRIPTS[name]) {
    if (!existsSync(path.join(folder, script))) throw new Error(`${script} is missing`);
    await import(pathToFileURL(path.join(folder, script)).href);
  }
