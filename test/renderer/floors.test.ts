import * as fs from 'node:fs';
import * as path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const RENDERER = 'src-renderer';
const CONTRACT = 'src-main/contract';

interface Floor {
  readonly folder: string;
  /** Floors that it may import from, besides itself; all stand before it in the list. */
  readonly from: readonly string[];
  /** Packages that it may import, besides Svelte. */
  readonly packages?: readonly string[];
}

const BELOW_SCREENS = ['contract', 'words', 'state', 'ui', 'shared'];
const SCREENS = ['studies', 'denoise', 'training', 'models', 'batch', 'node', 'settings', 'viewer'];

/** From the ground up. `contract` is that of src-main, all that the window may know of it. */
const FLOORS: readonly Floor[] = [
  { folder: 'words', from: ['contract'] },
  { folder: 'state', from: ['contract', 'words'] },
  // Knows nothing of ours but the words that it says.
  { folder: 'ui', from: ['words'] },
  { folder: 'shared', from: ['contract', 'words', 'state', 'ui'], packages: ['uplot'] },
  ...SCREENS.map((folder) => ({
    folder,
    from: BELOW_SCREENS,
    packages: folder === 'viewer' ? ['cornerstone-core'] : [],
  })),
  { folder: 'report', from: ['contract', 'words', 'ui', 'shared'] },
  // Shown to developers only.
  { folder: 'gallery', from: ['words', 'ui'] },
  { folder: 'app', from: [...BELOW_SCREENS, ...SCREENS] },
];

const MOST_FILES = 20;

/** Files by their path from the root of the repository, with `/`, and what they import as it is written. */
type Tree = ReadonlyMap<string, readonly string[]>;

/** The imports of a TypeScript file, or of the scripts of a component. */
function importsIn(file: string, text: string): string[] {
  if (!/\.(ts|svelte)$/.test(file)) return [];
  const scripts = file.endsWith('.svelte')
    ? [...text.matchAll(/<script\b[^>]*>([\s\S]*?)<\/script>/g)].map((match) => match[1]).join('\n')
    : text;
  return ts.preProcessFile(scripts).importedFiles.map(({ fileName }) => fileName);
}

/** @param files paths in the manner of any system */
function treeOf(files: readonly (readonly [file: string, text: string])[]): Tree {
  return new Map(files.map(([file, text]) => [file.replaceAll('\\', '/'), importsIn(file, text)]));
}

function readTree(root: string): Tree {
  const files = [RENDERER, CONTRACT].flatMap((folder) =>
    fs
      .readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name))),
  );
  return treeOf(files.map((file) => [file, fs.readFileSync(path.join(root, file), 'utf8')]));
}

const folderOf = (file: string) => path.posix.dirname(file);

/** The floor of a file; null for what stands on none. */
function floorOf(file: string): string | null {
  if (file.startsWith(`${CONTRACT}/`)) return 'contract';
  const [first, floor, ...rest] = file.split('/');
  return first === RENDERER && rest.length > 0 ? floor : null;
}

/** The file that an import means; null where there is none. */
function targetOf(tree: Tree, from: string, written: string): string | null {
  const whole = path.posix.join(folderOf(from), written);
  return [whole, whole.replace(/\.js$/, '.ts')].find((file) => tree.has(file)) ?? null;
}

/** Floors that hold nothing, files on no floor, imports that lead nowhere or upward. */
function misplaced(tree: Tree, floors: readonly Floor[]): string[] {
  const own = [...tree.keys()].filter((file) => file.startsWith(`${RENDERER}/`));
  const empty = floors
    .filter(({ folder }) => !own.some((file) => floorOf(file) === folder))
    .map(({ folder }) => `${folder} is missing`);
  const wrong = own.flatMap((file) => {
    if (file === `${RENDERER}/tsconfig.json`) return [];
    const floor = floors.find(({ folder }) => folder === floorOf(file));
    if (floor === undefined) return [`${file} is on no floor`];
    return (tree.get(file) ?? [])
      .filter((written) => !isAllowed(tree, floor, file, written))
      .map((written) => `${file} imports ${written}`);
  });
  return [...empty, ...wrong];
}

function isAllowed(tree: Tree, floor: Floor, file: string, written: string): boolean {
  if (!written.startsWith('.')) {
    const [name] = written.split('/');
    return name === 'svelte' || (floor.packages ?? []).includes(name);
  }
  const target = targetOf(tree, file, written);
  const to = target === null ? null : floorOf(target);
  return to !== null && (to === floor.folder || floor.from.includes(to));
}

/** Who imports whom: files, or the folders they lie in. */
function graphOf(tree: Tree, nameOf: (file: string) => string): Map<string, Set<string>> {
  const graph = new Map<string, Set<string>>();
  for (const [file, imports] of tree) {
    if (!file.startsWith(`${RENDERER}/`)) continue;
    const targets = graph.get(nameOf(file)) ?? new Set<string>();
    graph.set(nameOf(file), targets);
    for (const written of imports) {
      const target = written.startsWith('.') ? targetOf(tree, file, written) : null;
      if (target !== null && (nameOf(target) !== nameOf(file) || target === file))
        targets.add(nameOf(target));
    }
  }
  return graph;
}

/** What lies in circles: what leads back to itself. */
function inCircles(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const reached = (start: string) => {
    const seen = new Set<string>();
    const next = [start];
    for (let at = next.pop(); at !== undefined; at = next.pop())
      for (const to of graph.get(at) ?? [])
        if (!seen.has(to)) {
          seen.add(to);
          next.push(to);
        }
    return seen;
  };
  return [...graph.keys()].filter((one) => reached(one).has(one));
}

function crowded(tree: Tree, most: number): string[] {
  const counts = new Map<string, number>();
  for (const file of tree.keys())
    if (file.startsWith(`${RENDERER}/`)) counts.set(folderOf(file), (counts.get(folderOf(file)) ?? 0) + 1);
  return [...counts].flatMap(([folder, count]) => (count > most ? [`${folder}: ${count} files`] : []));
}

describe('the floors of the window', () => {
  const tree = readTree(ROOT);

  it('are listed from the ground up', () => {
    const seen = ['contract'];
    for (const { folder, from } of FLOORS) {
      expect(
        from.filter((one) => !seen.includes(one)),
        folder,
      ).toEqual([]);
      seen.push(folder);
    }
  });

  it('import downward only, and of src-main its contract', () => {
    expect(misplaced(tree, FLOORS)).toEqual([]);
  });

  it('have no circles of files and none of folders', () => {
    expect(inCircles(graphOf(tree, (file) => file))).toEqual([]);
    expect(inCircles(graphOf(tree, folderOf))).toEqual([]);
  });

  it(`have folders of at most ${MOST_FILES} files`, () => {
    expect(crowded(tree, MOST_FILES)).toEqual([]);
  });
});

describe('the check of the floors', () => {
  const floors: Floor[] = [
    { folder: 'words', from: [] },
    { folder: 'ui', from: ['words'] },
    { folder: 'app', from: ['words', 'ui'] },
  ];
  const SOUND: [string, string][] = [
    ['src-renderer\\words\\text.ts', 'export const word = 1;'],
    [
      'src-renderer\\ui\\Box.svelte',
      "<script lang=\"ts\">import { word } from '../words/text.js';</script><p>import './no.js'</p>",
    ],
    ['src-renderer\\app\\main.ts', "import { mount } from 'svelte';\nimport Box from '../ui/Box.svelte';"],
    ['src-main\\jobs\\run.ts', ''],
  ];
  const found = (...more: [string, string][]) => misplaced(treeOf([...SOUND, ...more]), floors);

  it('takes what is in order, with separators of Windows too', () => {
    expect(found()).toEqual([]);
    expect(inCircles(graphOf(treeOf(SOUND), (file) => file))).toEqual([]);
  });

  it('finds imports upward, in components, of types, exported again and at run time', () => {
    expect(
      found(
        ['src-renderer/words/a.ts', "import type { Box } from '../ui/Box.svelte';"],
        ['src-renderer/words/b.ts', "export * from '../app/main.js';"],
        ['src-renderer/words/c.ts', "const later = () => import('../app/main.js');"],
        [
          'src-renderer/ui/D.svelte',
          "<script module>import '../app/main.js';</script><script>let d = 1;</script>",
        ],
      ),
    ).toEqual([
      'src-renderer/words/a.ts imports ../ui/Box.svelte',
      'src-renderer/words/b.ts imports ../app/main.js',
      'src-renderer/words/c.ts imports ../app/main.js',
      'src-renderer/ui/D.svelte imports ../app/main.js',
    ]);
  });

  it('finds what is not of the window, or not there', () => {
    expect(
      found(
        ['src-renderer/app/a.ts', "import '../../src-main/jobs/run.js';"],
        ['src-renderer/app/b.ts', "import * as fs from 'node:fs';"],
        ['src-renderer/app/c.ts', "import './gone.js';"],
        ['src-renderer/attic/d.ts', ''],
      ),
    ).toEqual([
      'src-renderer/app/a.ts imports ../../src-main/jobs/run.js',
      'src-renderer/app/b.ts imports node:fs',
      'src-renderer/app/c.ts imports ./gone.js',
      'src-renderer/attic/d.ts is on no floor',
    ]);
    expect(misplaced(treeOf(SOUND.slice(1, 3)), floors)).toContain('words is missing');
  });

  it('finds circles of files and of folders, and crowds', () => {
    const files = treeOf([
      ['src-renderer/ui/a.ts', "import './b.js';"],
      ['src-renderer/ui/b.ts', "import './a.js';"],
      ['src-renderer/ui/c.ts', "import './a.js';"],
    ]);
    expect(inCircles(graphOf(files, (file) => file))).toEqual([
      'src-renderer/ui/a.ts',
      'src-renderer/ui/b.ts',
    ]);
    expect(inCircles(graphOf(files, folderOf))).toEqual([]);
    const folders = treeOf([
      ['src-renderer/ui/a.ts', "import './deep/b.js';"],
      ['src-renderer/ui/c.ts', ''],
      ['src-renderer/ui/deep/b.ts', "import '../c.js';"],
    ]);
    expect(inCircles(graphOf(folders, (file) => file))).toEqual([]);
    expect(inCircles(graphOf(folders, folderOf))).toEqual(['src-renderer/ui', 'src-renderer/ui/deep']);
    expect(crowded(folders, 1)).toEqual(['src-renderer/ui: 2 files']);
  });
});
