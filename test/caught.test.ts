import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '..');
/** A reason stands in the catch, or at most these many lines above it. */
const LINES_ABOVE = 2;

interface Caught {
  /** Inside of the catch; '' of one that is a short arrow. */
  readonly body: string;
  readonly place: string;
  readonly above: readonly string[];
}

/** Catches that do not take the error, or take it and name it nowhere. */
function unseen(file: string): Caught[] {
  const lines = fs.readFileSync(path.join(ROOT, file), 'utf8').split('\n');
  return lines.flatMap((line, at) => {
    const opens = /\bcatch \{|\bcatch \((\w+)\)|\.catch\(\s*(?:async )?\(\)/.exec(line);
    if (opens === null) return [];
    const indent = /^\s*/.exec(line)?.[0] ?? '';
    const end = lines.findIndex((one, i) => i > at && one.startsWith(`${indent}}`));
    const body = line.endsWith('{') ? lines.slice(at + 1, end).join('\n') : '';
    const name = opens[1];
    if (name !== undefined && new RegExp(`\\b${name}\\b`).test(body)) return [];
    return [{ body, place: `${file}:${at + 1}`, above: lines.slice(Math.max(0, at - LINES_ABOVE), at) }];
  });
}

const isComment = (line: string) => /^\s*(\/\/|\/?\*)|\*\/$/.test(line);

/** What throws an error of its own instead tells a person by that. */
function isExplained({ body, above }: Caught): boolean {
  return /^\s*\/\//m.test(body) || /\bthrow\b/.test(body) || above.some(isComment);
}

it('says of each error that is caught and not looked at why nothing is lost by that', () => {
  const files = ['src-main', 'src-renderer'].flatMap((top) =>
    fs
      .readdirSync(path.join(ROOT, top), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|svelte)$/.test(name))
      .map((name) => path.posix.join(top, name.split(path.sep).join('/'))),
  );
  const caught = files.flatMap(unseen);
  expect(caught.length).toBeGreaterThan(50);
  expect(caught.filter((one) => !isExplained(one)).map(({ place }) => place)).toEqual([]);
});
