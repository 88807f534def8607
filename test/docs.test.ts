import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '..');
const FOLDERS = ['.ci', 'assets', 'bin', 'build', 'dist', 'docs', 'src-main', 'src-renderer', 'test'];

/** Every file of the repository, by its path with `/` before it. */
function filesOfTree(): string[] {
  const below = (folder: string): string[] => {
    try {
      return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(
        (file) => `/${folder}/${file.split(path.sep).join('/')}`,
      );
    } catch {
      // What is built is not there in every tree.
      return [];
    }
  };
  return [...FOLDERS.flatMap(below), ...readdirSync(ROOT).map((file) => `/${file}`)];
}

describe.each(['CONTRIBUTING.md', 'docs/architecture.md'])('%s', (page) => {
  it('names files of sources that are there', () => {
    const files = filesOfTree();
    const text = readFileSync(path.join(ROOT, page), 'utf8');
    const named = [...text.matchAll(/`([\w./-]+\.(?:ts|mjs|svelte))`/g)].flatMap(([, name]) => name ?? []);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !files.some((file) => file.endsWith(`/${name}`)))).toEqual([]);
  });
});
