import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ENGLISH } from '../../src-main/contract/words/english.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Name and text of every source of a folder. */
function sources(folder: string, kind: RegExp): (readonly [string, string])[] {
  return fs
    .readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => kind.test(name))
    .map((name) => path.join(folder, name))
    .map((name) => [name, fs.readFileSync(path.join(ROOT, name), 'utf8')] as const);
}

const CODE = [...sources('src-main', /\.ts$/), ...sources('src-renderer', /\.(ts|svelte)$/)];

describe('sources', () => {
  it('use every reason of the catalogue', () => {
    const throwers = CODE.filter(([name]) => !/contract.words.english.|terminal.remedies\.ts$/.test(name));
    const text = throwers.map(([, source]) => source).join('\n');
    const reasons = Object.keys(ENGLISH);
    expect(reasons.length).toBeGreaterThan(400);
    expect(reasons.filter((reason) => !isUsed(reason, text))).toEqual([]);
  });

  it('name no option of the command line but in its own folder', () => {
    const below = CODE.filter(([name]) => !/^src-main.cli\b/.test(name));
    const own = CODE.filter(([name]) => /^src-main.cli\b/.test(name));
    expect(own.flatMap(([, source]) => sentencesWithOption(source)).length).toBeGreaterThan(20);
    expect(below.flatMap(([, source]) => sentencesWithOption(source))).toEqual([]);
  });
});

/** Whether the text names the reason, whole or with its end put in. */
function isUsed(reason: string, text: string): boolean {
  if (text.includes(`'${reason}'`)) return true;
  const [code, kind] = reason.split('/');
  const starts = [`\`${code}/\${`, ...prefixesOf(kind).map((start) => `\`${code}/${start}\${`)];
  return starts.some((start) => text.includes(start));
}

/** `a-b-c`: `a-`, `a-b-`. */
function prefixesOf(kind: string): string[] {
  const parts = kind.split('-');
  return parts.slice(1).map((_, i) => `${parts.slice(0, i + 1).join('-')}-`);
}

/** Texts of several words in which an option stands; a lone option is an argument of a program that is started. */
function sentencesWithOption(source: string): string[] {
  const text = /(['`"])((?:(?!\1)[^\n])*--[a-z](?:(?!\1)[^\n])*)\1/g;
  return source
    .split('\n')
    .filter((line) => !/^\s*(\*|\/\*|\/\/)/.test(line))
    .flatMap((line) => [...line.matchAll(text)].map((match) => match[2]))
    .filter((said) => /\s/.test(said) && /(^|[\s`“])--[a-z]/.test(said.replace('gdcmconv --raw', '')));
}
