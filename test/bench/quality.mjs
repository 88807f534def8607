#!/usr/bin/env node
/**
 * Quality on a clean image with added noise, through the command line as a user would run it, beside DIPY's
 * non-local means. Slices 76 to 99 of ch2 (Debian's mricron-data), Rician noise, PSNR in the mask of `evaluate`.
 * No image of this file was used for tuning. Usage: npm run build && node test/bench/quality.mjs [LEVEL...]
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SOURCE = '/usr/share/mricron/templates/ch2.nii.gz';
const PYTHON = '/usr/bin/python3';
const SLICES = [76, 99];
/** The window that is best at 3 % and above, and the one that is best at 1 %. */
const BLOCK_RADII = [3, 5];

if (!existsSync(SOURCE)) {
  console.error(`${SOURCE} is missing: install Debian's mricron-data`);
  process.exit(2);
}
const levels = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'limpid-quality-'));
const clean = join(folder, 'clean.nii.gz');
python('slab.py', SOURCE, clean, ...SLICES.map(String));

console.log(
  '| Rician noise | noisy | DIPY NLM, block radius 3 | block radius 5 | limpid self | gain over best NLM | SSIM noisy / NLM / self | seconds NLM / self |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const level of levels.length > 0 ? levels : [1, 3, 5, 7, 9]) await compare(level);

function compare(level) {
  const noisy = join(folder, `noisy-${level}.nii.gz`);
  limpid('simulate', clean, noisy, '--noise', 'rician', '--level', String(level), '--seed', '7');
  const sigma = (level / 100) * evaluation(noisy, noisy).peak;
  const peers = BLOCK_RADII.map((radius) => {
    const out = join(folder, `nlm-${level}-${radius}.nii.gz`);
    const { seconds } = JSON.parse(
      python('peers.py', noisy, String(sigma), out, '--block-radius', String(radius)),
    );
    return { seconds, ...scores(out, noisy) };
  });
  const out = join(folder, `self-${level}`);
  const started = performance.now();
  limpid('denoise', noisy, out, '--device', 'cpu');
  const seconds = (performance.now() - started) / 1000;
  const own = scores(join(out, `noisy-${level}_denoised.nii.gz`), noisy);
  const best = peers.reduce((a, b) => (b.psnr > a.psnr ? b : a));
  const cells = [
    `${level} %`,
    own.noisyPsnr.toFixed(2),
    ...peers.map((peer) => peer.psnr.toFixed(2)),
    `**${own.psnr.toFixed(2)}**`,
    `${own.psnr >= best.psnr ? '+' : ''}${(own.psnr - best.psnr).toFixed(2)} dB`,
    [own.noisySsim, best.ssim, own.ssim].map((value) => value.toFixed(3)).join(' / '),
    `${best.seconds.toFixed(1)} / ${seconds.toFixed(0)}`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

function scores(test, noisy) {
  const result = evaluation(test, noisy);
  return {
    psnr: result.test.psnr,
    ssim: result.test.ssim,
    noisyPsnr: result.noisy.psnr,
    noisySsim: result.noisy.ssim,
  };
}

function evaluation(test, noisy) {
  return JSON.parse(limpid('evaluate', clean, test, '--noisy', noisy, '--json').trim().split('\n').at(-1));
}

function limpid(...args) {
  return execFileSync(process.execPath, [join(ROOT, 'bin/limpid.js'), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

function python(script, ...args) {
  return execFileSync(PYTHON, [join(ROOT, 'test/bench', script), ...args], { encoding: 'utf8' });
}
