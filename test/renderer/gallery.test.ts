import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { expect, it } from 'vitest';

const RENDERER = path.resolve(import.meta.dirname, '../../src-renderer');

it('the page of components shows each of them', () => {
  const page = readFileSync(path.join(RENDERER, 'gallery/Gallery.svelte'), 'utf8');
  const components = readdirSync(path.join(RENDERER, 'ui')).filter((file) => file.endsWith('.svelte'));
  expect(components.length).toBeGreaterThan(0);
  expect(components.filter((file) => !page.includes(`<${path.basename(file, '.svelte')} `))).toEqual([]);
});
