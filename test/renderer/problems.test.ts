import { describe, expect, it } from 'vitest';
import { REMEDIES } from '../../src-main/cli/terminal/remedies.js';
import { told } from '../../src-main/cli/terminal/words.js';
import { errorFrom, fault, problemFrom, problemOf, sayingOf } from '../../src-main/contract/errors.js';
import { ENGLISH as CATALOGUE, englishSentence, isReason } from '../../src-main/contract/words/english.js';
import { factsOf } from '../../src-main/contract/words/template.js';
import { TERMS } from '../../src-main/contract/words/terms.js';
import { ENGLISH, isTextKey, type Speech } from '../../src-renderer/words/catalogue.js';
import de from '../../src-renderer/words/languages/de.json';
import germanProblems from '../../src-renderer/words/languages/de.problems.json';
import englishControls from '../../src-renderer/words/languages/en.problems.json';
import { GERMAN_PROBLEMS } from '../../src-renderer/words/problems.js';
import { saidIn } from '../../src-renderer/words/sayings.js';
import { toldProblem } from '../../src-renderer/words/told.js';

const GERMAN: Speech = { language: 'de', texts: de, problems: GERMAN_PROBLEMS };
const REASONS = Object.keys(CATALOGUE).filter(isReason);
const EDGES = REASONS.filter((reason) => CATALOGUE[reason].length === 3);
const german: Readonly<Record<string, string>> = germanProblems;
const controls: Readonly<Record<string, string>> = englishControls;
const options: Readonly<Record<string, string>> = REMEDIES;

/** The facts of the sentence and of what to do. */
function factsIn(...texts: readonly string[]): string[] {
  return [...new Set(texts.flatMap(factsOf))].sort();
}

/** Formats of facts, such as terms, that a text uses. */
function formatsIn(...texts: readonly string[]): string[] {
  const all = texts.flatMap((text) => [...text.matchAll(/\{(\w+:\w+)\}/g)].map((match) => match[1]));
  return [...new Set(all)].sort();
}

describe('what is said of a reason', () => {
  it.each(REASONS)('%s tells all its facts, in German as in English', (reason) => {
    const [sentence, remedy] = CATALOGUE[reason];
    const inGerman = [german[reason], german[`${reason}.remedy`]] as const;
    for (const text of [sentence, remedy, ...inGerman]) expect(text).toMatch(/\S/);
    expect(inGerman[0]).not.toBe(/[a-z]{3}/.test(sentence.replace(/\{[^}]*\}/g, '')) ? sentence : '');
    expect(factsIn(...inGerman)).toEqual(factsIn(sentence, remedy));
    expect(formatsIn(german[reason])).toEqual(formatsIn(sentence));
  });

  it('has its own remedy on the command line and in the window where options or controls are named', () => {
    expect(Object.keys(controls).sort()).toEqual([...EDGES].sort());
    expect(Object.keys(options).sort()).toEqual([...EDGES].sort());
    for (const reason of EDGES) {
      const all = factsIn(...CATALOGUE[reason].slice(0, 2));
      for (const remedy of [options[reason], controls[reason]])
        expect(factsIn(CATALOGUE[reason][0], remedy), reason).toEqual(all);
    }
  });

  it('names controls that there are, and no option, in the window and in reports', () => {
    const texts = [...Object.values(german), ...Object.values(controls)];
    const named = texts.flatMap((text) => [...text.matchAll(/\{@([^}]+)\}/g)].map((match) => match[1]));
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter((key) => !isTextKey(key))).toEqual([]);
    const neutral = REASONS.flatMap((reason) => CATALOGUE[reason].slice(0, 2));
    const option = /(^|[^-\w])--[a-z]/;
    expect([...texts, ...neutral].filter((text) => option.test(text.replace('gdcmconv --raw', '')))).toEqual(
      [],
    );
  });

  it('is there for every term, in both languages, and for nothing else', () => {
    const terms = Object.entries(TERMS).flatMap(([group, names]) =>
      Object.keys(names).map((name) => `${group}.${name}`),
    );
    const sentences = REASONS.flatMap((reason) => [reason, `${reason}.remedy`]);
    expect(Object.keys(german).sort()).toEqual([...terms, ...sentences].sort());
    for (const term of terms) expect(german[term], term).toMatch(/\S/);
  });
});

describe('a problem', () => {
  const length = problemOf('E_PIXEL_LENGTH/length', { found: 130_000, expected: 131_072 });

  it('is told with its facts in the language of the window, and in no other', () => {
    expect(toldProblem(length, GERMAN)).toEqual({
      sentence: 'Die Pixel haben 130.000 Byte, wo ihre Maße 131.072 verlangen.',
      remedy: 'Die Datei noch einmal kopieren oder exportieren.',
      detail: null,
    });
    expect(toldProblem(length, ENGLISH).sentence).toBe(
      'The pixel data has 130,000 bytes where its dimensions ask for 131,072.',
    );
  });

  it('speaks of options on the command line, of controls in the window, of neither in a report', () => {
    const stopped = problemFrom(fault('E_DEVICE/stopped'));
    expect(told(stopped).remedy).toContain('--device cpu');
    expect(toldProblem(stopped, GERMAN).remedy).toContain('„Gerät: CPU“');
    expect(toldProblem(stopped, ENGLISH).remedy).toContain('“Device: CPU”');
    expect(stopped.remedy).not.toContain('--');
  });

  it('tells room of less than a megabyte in kilobytes', () => {
    expect(englishSentence(sayingOf('E_IO/no-room', { free: 204_800, needed: 3_400_000 }))).toBe(
      'There is room for 205 kB only, and about 3 MB are needed.',
    );
  });

  it('tells counts, terms and other problems within it', () => {
    const slices = (missing: number) =>
      toldProblem(problemOf('W_INCOMPLETE/slices', { missing, slices: 20 }), GERMAN).sentence;
    expect(slices(1)).toBe('Von einem gleichmäßigen Stapel aus 20 Schichten fehlt 1.');
    expect(slices(3)).toBe('Von einem gleichmäßigen Stapel aus 20 Schichten fehlen 3.');
    const stack = problemOf('W_GEOMETRY/stack', { flags: ['gap', 'uneven'] });
    expect(toldProblem(stack, GERMAN).sentence).toContain(': eine Lücke, ungleiche Abstände.');
    const folder = problemOf('W_UNREADABLE/folder', { why: sayingOf('E_IO/not-permitted') });
    expect(toldProblem(folder, GERMAN)).toEqual({
      sentence: 'Ein Ordner wurde weggelassen. Das Lesen war nicht erlaubt.',
      remedy: 'Um das Recht zum Lesen bitten oder es weglassen.',
      detail: null,
    });
    expect(told(folder)).toEqual({
      message: 'A folder was left out. Reading was not permitted.',
      remedy: 'Ask for the right to read it, or leave it out.',
    });
  });

  it('keeps reason and facts through errors and processes', () => {
    const back = problemFrom(errorFrom(JSON.parse(JSON.stringify(length))).at('/a/file'));
    expect(back).toEqual({ ...length, place: '/a/file' });
  });

  it('has a code where the system gave no memory, in the words of V8 and of native libraries', () => {
    for (const error of [
      new RangeError('Array buffer allocation failed'),
      new RangeError('WebAssembly.Instance(): Out of memory: Cannot allocate Wasm memory for new instance'),
      new Error('std::bad_alloc'),
    ])
      expect(problemFrom(error).code).toBe('E_MEMORY');
    expect(problemFrom(new RangeError('Invalid array length')).code).toBe('E_INTERNAL');
  });

  it('of another version is told as that version told it', () => {
    const old = { code: 'E_IO', message: 'It failed.', remedy: 'Try again.' } as const;
    expect(told(old)).toEqual({ message: 'It failed.', remedy: 'Try again.' });
    const later = { ...old, reason: 'E_IO/of-a-later-version', facts: {} };
    expect(told(later)).toEqual({ message: 'It failed.', remedy: 'Try again.' });
    expect(toldProblem(later, GERMAN).detail).toContain('It failed.');
    expect(saidIn({ reason: 'E_IO/of-a-later-version', facts: {} }, GERMAN)).toBeNull();
  });

  it('shows the place of a fact that is absent', () => {
    expect(englishSentence({ reason: 'E_NESTING/levels', facts: { levels: 64 } })).toContain('byte {at}');
  });
});
