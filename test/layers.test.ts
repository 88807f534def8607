import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '..');

/** What each folder of src-main may import, besides itself. The order is that of docs/architecture.md. */
const ALLOWED: Record<string, readonly string[]> = {
  base: ['contract'],
  contract: [],
  runtime: ['graph', 'contract', 'base'],
  graph: ['contract', 'base'],
  imaging: ['contract', 'base'],
  dicom: ['imaging', 'contract', 'base'],
  noise: ['imaging', 'contract', 'base'],
  models: ['graph', 'contract', 'base'],
  trust: ['noise', 'imaging', 'contract', 'base'],
  training: ['models', 'noise', 'imaging', 'graph', 'runtime', 'contract', 'base'],
  denoise: ['training', 'models', 'noise', 'imaging', 'graph', 'runtime', 'contract', 'base'],
  jobs: [
    'denoise',
    'training',
    'trust',
    'models',
    'noise',
    'dicom',
    'imaging',
    'graph',
    'runtime',
    'contract',
    'base',
  ],
  app: ['jobs', 'noise', 'dicom', 'imaging', 'runtime', 'contract', 'base'],
  cli: ['app', 'jobs', 'contract', 'base'],
  shell: ['app', 'jobs', 'contract', 'base'],
  'main.ts': ['shell'],
  'preload.ts': ['contract'],
};

/** Packages that only some folders may import. */
const PACKAGES: readonly { name: RegExp; only: readonly string[] }[] = [
  { name: /^@tensorflow\//, only: ['graph', 'runtime', 'models', 'training'] },
  { name: /^onnxruntime/, only: ['runtime'] },
  { name: /^(dicom-parser|@cornerstonejs\/)/, only: ['dicom'] },
  { name: /^electron$/, only: ['shell', 'preload.ts'] },
];

function sources(folder: string, extension: RegExp): string[] {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((file) => extension.test(file));
}

function importsOf(file: string): string[] {
  const text = fs.readFileSync(file, 'utf8');
  const pattern = /(?:from\s+|import\s*\(\s*|import\s+|require\s*\(\s*)['"]([^'"]+)['"]/g;
  return [...text.matchAll(pattern)].map((match) => match[1]);
}

function violations(): string[] {
  const found: string[] = [];
  const main = path.join(ROOT, 'src-main');
  for (const file of sources(main, /\.ts$/)) {
    const relative = path.relative(main, file);
    const layer = relative.split(path.sep)[0];
    const allowed = ALLOWED[layer];
    if (allowed === undefined) {
      found.push(`${relative}: folder ${layer} has no layer`);
      continue;
    }
    for (const target of importsOf(file)) {
      if (target.startsWith('.')) {
        const to = path.relative(main, path.resolve(path.dirname(file), target)).split(path.sep)[0];
        const isManifest = layer === 'base' && target === '../../package.json';
        if (to !== layer && !allowed.includes(to) && !isManifest) found.push(`${relative} imports ${target}`);
      } else {
        for (const rule of PACKAGES)
          if (rule.name.test(target) && !rule.only.includes(layer))
            found.push(`${relative} imports ${target}`);
        if (layer === 'contract') found.push(`${relative} imports ${target}: contract is plain data`);
      }
    }
  }
  return found;
}

describe('layers', () => {
  it('imports point down only', () => {
    expect(violations()).toEqual([]);
  });

  it('the renderer imports nothing of src-main but contract, and nothing of Node', () => {
    const renderer = path.join(ROOT, 'src-renderer');
    const found: string[] = [];
    for (const file of sources(renderer, /\.(ts|svelte)$/))
      for (const target of importsOf(file)) {
        if (/^node:/.test(target)) found.push(`${file} imports ${target}`);
        const resolved = path.resolve(path.dirname(file), target);
        if (
          target.startsWith('.') &&
          resolved.includes('src-main') &&
          !resolved.includes('src-main/contract')
        )
          found.push(`${file} imports ${target}`);
      }
    expect(found).toEqual([]);
  });
});
