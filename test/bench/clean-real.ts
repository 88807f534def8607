// What `limpid clean --remove auto` finds in real series, how sure it is, and what becomes of it:
//   npm run bench -- clean-real --mr FOLDER,... [--write]
// The folders are of any modality. --write keeps the rows in test/bench/results/clean-real.json and puts them into docs/artifacts.md.
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Report } from '../../src-main/contract/report.js';
import { benchOptions, keep, markdown, type Row } from './tables.js';

type Series = Report['series'][number];
type Cleaned = Series['cleaned'][number];

const options = benchOptions({});
const folders = options.mr?.split(',') ?? [];
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'limpid-clean-'));
const rows = folders.flatMap((folder, i) => rowsOf(folder, path.join(root, String(i))));
fs.rmSync(root, { recursive: true });
if (options.write) keep('clean-real', 'series', rows, ['series'], 'docs/artifacts.md');
console.log(markdown(rows));

function rowsOf(folder: string, output: string): Row[] {
  execFileSync(process.execPath, ['bin/limpid.js', 'clean', folder, output, '--remove', 'auto'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const report: Report = JSON.parse(fs.readFileSync(path.join(output, 'report.json'), 'utf8'));
  return report.series.map((one) => rowOf(path.basename(folder), one)).filter((row) => row !== null);
}

/** null: it was not done, as secondary captures and maps are not. */
function rowOf(folder: string, { geometry, modality, cleaned }: Series): Row | null {
  if (geometry === null || cleaned.length === 0) return null;
  const { columns, rows: high, slices, frames } = geometry;
  const of = (did: Cleaned['did']) => cleaned.filter((one) => one.did === did);
  const row = {
    series: folder,
    image: `${modality}, ${columns} x ${high} x ${slices}${frames > 1 ? ` x ${frames}` : ''}`,
    removed: of('removed').map(saidOf).join('; '),
    'found and left': of('left').map(saidOf).join('; '),
    'refused to look for': of('refused')
      .map(({ name }) => name)
      .join(', '),
  };
  console.error(Object.values(row).join(' | '));
  return row;
}

function saidOf({ name, sure, amount, unit, trust }: Cleaned): string {
  const much = amount === null ? '' : ` ${Number(amount.toPrecision(2))} ${unit}`;
  const lesions = trust?.kept == null ? '' : `, lesions ${trust.kept.toFixed(0)} %`;
  const verdict = trust === null ? '' : `, ${trust.verdict}${lesions}`;
  return `${name}${much} (${(sure ?? 0).toFixed(2)}${verdict})`;
}
