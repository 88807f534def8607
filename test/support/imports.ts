import * as fs from 'node:fs';
import * as path from 'node:path';
import ts from 'typescript';

/** A source file and what it imports, by paths with forward slashes below the root. */
export interface Source {
  readonly file: string;
  /** Files below the root. */
  readonly imports: readonly string[];
  /** Everything else: packages, Node's own modules, files elsewhere. As written. */
  readonly packages: readonly string[];
}

const posix = (file: string): string => file.split(path.sep).join('/');

/** Scripts of a Svelte component, one after the other; of any other file all of it. */
function scriptOf(file: string, text: string): string {
  if (!file.endsWith('.svelte')) return text;
  return [...text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map((match) => match[1]).join('\n');
}

/**
 * Every import of every source below a folder, as TypeScript itself scans them: types, re-exports and `import()` too.
 *
 * @throws Error where the folder is missing
 */
export function readSources(root: string, skip: RegExp = /^$/): Source[] {
  const names = fs
    .readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map(posix)
    .filter((name) => /\.(ts|svelte)$/.test(name) && !skip.test(name))
    .sort();
  const known = new Set(names);
  return names.map((file) => {
    const text = scriptOf(file, fs.readFileSync(path.join(root, file), 'utf8'));
    const imports: string[] = [];
    const packages: string[] = [];
    for (const { fileName } of ts.preProcessFile(text).importedFiles) {
      const base = path.posix.join(path.posix.dirname(file), fileName);
      const target = [base, base.replace(/\.js$/, '.ts'), `${base}.ts`].find((name) => known.has(name));
      if (fileName.startsWith('.') && target !== undefined) imports.push(target);
      else packages.push(fileName);
    }
    return { file, imports, packages };
  });
}

function folderOf(file: string): string {
  return path.posix.dirname(file);
}

/** Which folder imports which: a file beside the folders stands for itself. */
export function folderGraph(sources: readonly Source[]): Map<string, Set<string>> {
  const graph = new Map<string, Set<string>>();
  for (const { file, imports } of sources) {
    const from = folderOf(file);
    const to = graph.get(from) ?? new Set();
    for (const target of imports) if (folderOf(target) !== from) to.add(folderOf(target));
    graph.set(from, to);
  }
  return graph;
}

export function fileGraph(sources: readonly Source[]): Map<string, Set<string>> {
  return new Map(sources.map(({ file, imports }) => [file, new Set(imports)]));
}

/** The circles of a graph: its strongly connected parts of more than one node (Tarjan 1972). */
export function circles(graph: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const found: string[][] = [];
  const visit = (node: string): number => {
    const own = index.size;
    index.set(node, own);
    low.set(node, own);
    open.push(node);
    for (const next of graph.get(node) ?? []) {
      const reached = index.has(next) ? (open.includes(next) ? (index.get(next) ?? own) : own) : visit(next);
      low.set(node, Math.min(low.get(node) ?? own, reached));
    }
    if (low.get(node) === own) {
      const part = open.splice(open.indexOf(node));
      if (part.length > 1) found.push(part.sort());
    }
    return low.get(node) ?? own;
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return found;
}

/** Folders that hold more than `most` files of their own, with how many. */
export function crowded(sources: readonly Source[], most: number): string[] {
  const counts = new Map<string, number>();
  for (const { file } of sources) counts.set(folderOf(file), (counts.get(folderOf(file)) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count > most)
    .map(([folder, count]) => `${folder}: ${count} files`);
}
