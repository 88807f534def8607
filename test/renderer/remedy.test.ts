import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import en from '../../src-renderer/words/languages/en.json';
import { windowRemedy } from '../../src-renderer/words/remedy.js';

const texts = new Map(Object.entries(en));
const words = (group: string, name: string) => texts.get(`${group}.${name}`) ?? name;
const inWindow = (remedy: string) => windowRemedy(remedy, words);

/** Options of what the window does not do: scores of unlike images, strict runs, one adaptation, a port, `--resume`. */
const NOT_OF_THE_WINDOW = /--(fpr|normal|strict|adapt|port|resume|nearest|json)\b/;

/** Every text in the sources but the command line's own that names an option. */
function remedies(): readonly string[] {
  const root = path.resolve(import.meta.dirname, '../../src-main');
  const files = fs
    .readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('cli'));
  const text = /(['`])((?:(?!\1)[^\n])*--[a-z](?:(?!\1)[^\n])*)\1[,;)\s]/g;
  return (
    files
      .flatMap((name) => fs.readFileSync(path.join(root, name), 'utf8').split('\n'))
      .filter((line) => !/^\s*(\*|\/\*|\/\/)/.test(line))
      .flatMap((line) => [...`${line}\n`.matchAll(text)].map((match) => match[2]))
      // A lone option is an argument of a program that is started, and no sentence.
      .filter((said) => !/^--\S*$/.test(said))
  );
}

describe('what to do, in the window', () => {
  it('names controls and their choices in place of options', () => {
    expect(inWindow('Use --device cpu: it computes with WebAssembly.')).toBe(
      'Use “Device: CPU”: it computes with WebAssembly.',
    );
    expect(inWindow('Use --model nlm or --model dct for this series.')).toBe(
      'Use “Model: Non-local means” or “Model: DCT” for this series.',
    );
    expect(inWindow('Give --patch-size 64, or fewer levels.')).toBe('Give “Patch size” 64, or fewer levels.');
    expect(inWindow('Give --clusters from 1 to 9.')).toBe('Give “Clusters” from 1 to 9.');
    expect(inWindow('Say what it is with --foreign image or --foreign noise.')).toBe(
      'Say what it is with “It gives: the image” or “It gives: the noise”.',
    );
  });

  it('offers nothing that the window cannot do', () => {
    expect(inWindow('Denoise the original series, or give --force to denoise this one again.')).toBe(
      'Denoise the original series.',
    );
    expect(inWindow('Convert the series first, for example with `gdcmconv --raw`.')).toContain(
      'gdcmconv --raw',
    );
  });

  it('knows every option that a remedy names', () => {
    const all = remedies();
    expect(all.length).toBeGreaterThan(0);
    const left = all
      .map(inWindow)
      .filter((said) => /(^|[^-\w])--[a-z]/.test(said.replace('gdcmconv --raw', '')));
    expect(left.filter((said) => !NOT_OF_THE_WINDOW.test(said))).toEqual([]);
  });
});
