#!/usr/bin/env node
/**
 * What ours cost beside DIPY's NLM: processor seconds of whole processes on the same volumes, as ratios.
 *   npm run bench -- cost [--ct FOLDER] [--only A,B] [--cache FOLDER] [--python COMMAND]
 * ch2 (Debian's mricron-data), 24 slices with white and with correlated noise; with --ct also 4 slices of a CT, which
 * are as many voxels, with correlated noise added. Results are kept in the cache until the build changes.
 */
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { METHODS } from './quality-methods.mjs';
import { openBench } from './quality-run.mjs';
import { missingSource } from './quality-volumes.mjs';

const { values: options } = parseArgs({
  options: {
    ct: { type: 'string' },
    only: { type: 'string' },
    cache: { type: 'string', default: join(tmpdir(), 'limpid-quality') },
    python: { type: 'string', default: 'python3' },
  },
});

const CH2 = {
  kind: 'image',
  path: '/usr/share/mricron/templates/ch2.nii.gz',
  slices: [76, 99],
};
const WHITE = [0, 0, 0];

function volume(name, source, noise) {
  return {
    name: `cost-${name}`,
    spec: {
      source,
      noise: { distribution: 'rician', fwhm: WHITE, gain: 1, ...noise },
      lesions: false,
      seed: 7,
    },
  };
}

const VOLUMES = [
  volume('mr-white', CH2, { percent: 3 }),
  volume('mr-correlated', CH2, { percent: 5, fwhm: [1.5, 1.5, 0] }),
  ...(options.ct === undefined
    ? []
    : [
        volume(
          'ct',
          { kind: 'ct', path: resolve(options.ct), slices: [16, 19] },
          { distribution: 'gaussian', hu: 15, fwhm: [2, 2, 0] },
        ),
      ]),
];

const known = (id) => METHODS.find((method) => method.id === id);
const ours = (id, title, args) => ({ id, title, kind: 'ours', args });
const CHOSEN = [
  known('nlm3'),
  known('nlm5'),
  known('limpid-r1'),
  ours('limpid-fast', 'limpid auto, fast', ['--model', 'auto', '--fast']),
  known('limpid-auto'),
].filter(({ id }) => options.only === undefined || options.only.split(',').includes(id));

const bench = openBench({
  cache: options.cache,
  python: options.python,
  limpid: fileURLToPath(new URL('../../bin/limpid.js', import.meta.url)),
  cachedOnly: false,
});

for (const definition of VOLUMES) {
  const missing = missingSource(definition);
  if (missing !== null) {
    console.log(`${definition.name}: ${missing}`);
    continue;
  }
  const made = bench.volume(definition);
  const seconds = new Map();
  console.log(
    `\n${definition.name}\n| | PSNR | processor seconds | over NLM 3 | over NLM 5 |\n|---|---|---|---|---|`,
  );
  for (const method of CHOSEN) {
    const found = bench.result(made, method, false);
    seconds.set(method.id, found.cpuSeconds);
    const { psnr } = bench.scores(made, found.image);
    const over = (id) => (seconds.has(id) ? (found.cpuSeconds / seconds.get(id)).toFixed(2) : '-');
    console.log(
      `| ${method.title} | ${psnr.toFixed(2)} | ${found.cpuSeconds.toFixed(1)} | ${over('nlm3')} | ${over('nlm5')} |`,
    );
  }
}
