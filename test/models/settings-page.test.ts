import * as fs from 'node:fs';
import { expect, it } from 'vitest';
import { FAMILIES } from '../../src-main/models/families/families.js';

it('docs/families.md names every family and every setting', () => {
  const page = fs.readFileSync('docs/families.md', 'utf8');
  const section = page.slice(page.indexOf('## Settings'), page.indexOf('## New images'));
  for (const { name, defaults } of FAMILIES) {
    expect(section).toContain(`| ${name} |`);
    for (const key of Object.keys(defaults)) expect(section).toMatch(new RegExp(`\\b${key}\\b`));
  }
});
