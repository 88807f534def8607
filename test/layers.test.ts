import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { circles, crowded, fileGraph, folderGraph, readSources } from './support/imports.js';

const ROOT = path.resolve(import.meta.dirname, '..');
const MAIN = path.join(ROOT, 'src-main');
const MOST_FILES = 20;

/** The floors of src-main, lowest first: a room may import rooms of lower floors only. docs/architecture.md tells what each is for. */
const FLOORS: readonly (readonly string[])[] = [
  ['contract'],
  ['base'],
  ['process', 'imaging', 'graph'],
  ['runtime', 'noise', 'dicom', 'models'],
  ['filters', 'artifacts', 'trust'],
  ['training', 'report'],
  ['model-files'],
  ['restore', 'store'],
  ['denoise', 'analysis'],
  ['series'],
  ['jobs'],
  ['node', 'queue'],
  ['app'],
  ['cli', 'shell'],
  ['main.ts', 'preload.ts'],
];

/** What stays apart although its floor would allow it: DICOM and images know nothing of networks, the window's service computes nothing. */
const NEVER: Readonly<Record<string, readonly string[]>> = {
  dicom: ['graph', 'runtime', 'models', 'noise'],
  noise: ['graph', 'runtime', 'models', 'dicom'],
  filters: ['graph', 'runtime', 'models', 'dicom'],
  artifacts: ['graph', 'runtime', 'models', 'dicom'],
  trust: ['graph', 'runtime', 'models', 'dicom'],
  training: ['dicom'],
  restore: ['dicom'],
  denoise: ['dicom'],
  analysis: ['dicom'],
  models: ['noise', 'dicom', 'runtime'],
  node: ['training', 'restore', 'denoise', 'jobs', 'trust', 'noise', 'series'],
  queue: ['training', 'restore', 'denoise', 'jobs', 'trust', 'noise', 'dicom'],
  app: ['training', 'restore', 'denoise', 'jobs', 'trust'],
  cli: ['training', 'restore', 'denoise', 'jobs', 'dicom', 'noise', 'trust'],
  shell: ['training', 'restore', 'denoise', 'jobs', 'dicom', 'noise', 'trust'],
  'preload.ts': ['shell', 'app', 'base'],
};

/** Packages that only some rooms may import. */
const PACKAGES: readonly { readonly name: RegExp; readonly only: readonly string[] }[] = [
  { name: /^@tensorflow\//, only: ['graph', 'runtime', 'models', 'training'] },
  { name: /^onnxruntime/, only: ['runtime'] },
  { name: /^(dicom-parser|@cornerstonejs\/)/, only: ['dicom'] },
  // One vocabulary for plain data, in contract/schema/schema.ts.
  { name: /^valibot$/, only: ['contract'] },
  { name: /^(bullmq|ioredis)$/, only: ['queue'] },
  { name: /^electron$/, only: ['shell', 'preload.ts'] },
];

/** AssemblyScript, compiled on its own. */
const KERNEL = /(^|\/)kernel\//;
const sources = readSources(MAIN, KERNEL);
const roomOf = (file: string): string => file.split('/')[0] ?? file;
const floorOf = (room: string): number => FLOORS.findIndex((rooms) => rooms.includes(room));

/** Compiled code, and data that lies beside the file that reads it. */
function isBeside(name: string): boolean {
  return name.includes('?') || /^\.\/[\w-]+\.json$/.test(name);
}

describe('the house of src-main', () => {
  it('has the rooms that are listed, and no others', () => {
    const listed = FLOORS.flat().sort();
    expect([...new Set(sources.map(({ file }) => roomOf(file)))].sort()).toEqual(listed);
  });

  it('imports from lower floors only', () => {
    const found = sources.flatMap(({ file, imports }) => {
      const from = roomOf(file);
      return imports
        .filter((target) => roomOf(target) !== from)
        .filter(
          (target) =>
            floorOf(roomOf(target)) >= floorOf(from) || (NEVER[from] ?? []).includes(roomOf(target)),
        )
        .map((target) => `${file} imports ${target}`);
    });
    expect(found).toEqual([]);
  });

  it('keeps packages where they belong', () => {
    const manifest = '../../package.json';
    const found = sources.flatMap(({ file, packages }) => {
      const room = roomOf(file);
      const isForeign = (name: string): boolean =>
        (name.startsWith('.') && !(room === 'base' && name === manifest) && !isBeside(name)) ||
        (room === 'contract' && name !== 'valibot') ||
        PACKAGES.some((rule) => rule.name.test(name) && !rule.only.includes(room));
      return packages.filter(isForeign).map((name) => `${file} imports ${name}`);
    });
    expect(found).toEqual([]);
  });

  it('has no circle of files', () => {
    expect(circles(fileGraph(sources))).toEqual([]);
  });

  it('has no circle of folders', () => {
    expect(circles(folderGraph(sources))).toEqual([]);
  });

  it(`has at most ${MOST_FILES} files a folder`, () => {
    expect(crowded(sources, MOST_FILES)).toEqual([]);
  });

  it('has its tests in rooms of the same names', () => {
    const others = ['app', 'bench', 'e2e', 'renderer', 'support', 'viewer'];
    const folders = fs
      .readdirSync(path.join(ROOT, 'test'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !others.includes(entry.name))
      .map(({ name }) => name);
    expect(folders.filter((name) => floorOf(name) < 0)).toEqual([]);
  });
});

describe('the check itself', () => {
  it('finds circles, of types and of re-exports too', () => {
    const graph = new Map([
      ['a', new Set(['b'])],
      ['b', new Set(['c', 'd'])],
      ['c', new Set(['a'])],
      ['d', new Set<string>()],
      ['e', new Set(['f'])],
      ['f', new Set(['e'])],
    ]);
    expect(circles(graph)).toEqual([
      ['a', 'b', 'c'],
      ['e', 'f'],
    ]);
  });

  it('reads every import of this tree', () => {
    const total = sources.reduce((sum, { imports, packages }) => sum + imports.length + packages.length, 0);
    expect(total).toBeGreaterThan(1000);
    expect(() => readSources(path.join(ROOT, 'no-such-folder'))).toThrow();
  });
});

describe('the renderer', () => {
  it('imports nothing of src-main but contract, and nothing of Node', () => {
    const renderer = path.join(ROOT, 'src-renderer');
    const found = readSources(renderer).flatMap(({ file, packages }) =>
      packages
        .filter((name) => {
          const target = path.posix.join('src-renderer', path.posix.dirname(file), name);
          const isMain = name.startsWith('.') && target.startsWith('src-main/');
          return name.startsWith('node:') || (isMain && !target.startsWith('src-main/contract/'));
        })
        .map((name) => `${file} imports ${name}`),
    );
    expect(found).toEqual([]);
  });
});
