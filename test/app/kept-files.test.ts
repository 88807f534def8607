import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openSettings } from '../../src-main/app/kept/settings.js';
import { openTargets } from '../../src-main/app/kept/targets.js';
import { openWatches } from '../../src-main/app/watch/watches.js';
import type { Problem } from '../../src-main/contract/errors.js';
import { removeFolders, temporaryFolder } from '../jobs/fixtures.js';

/** Files of the data folder that another version of Limpid wrote, or that are damaged. */

afterAll(removeFolders);

interface Store {
  /** The part that this version knows, as it stands in the file. */
  readonly good: unknown;
  /** The same with what a later version may have added, in places that this one reads. */
  readonly later: readonly unknown[];
  /** What is in use after it was opened, and what is told. */
  open(home: string): Promise<{ readonly inUse: unknown; readonly unread: Problem | null }>;
}

const RULE = { name: 'all', do: 'skip' };
const SETTINGS = {
  ...{ theme: 'light', hidePatients: true, language: 'de', device: 'cpu', outputFolder: null },
  ...{ nodeConfig: null, latentIndex: null, updates: null },
  ...{ rules: [RULE], recent: ['/a'], introduced: true },
};
const WATCH = {
  ...{
    id: 'a1',
    input: '/in',
    output: '/out',
    quietSeconds: 60,
    rules: [RULE],
    warned: 'send',
    paused: true,
  },
};
const TARGET = { id: 'b2', kind: 'dicomweb', name: 'Archive', url: 'https://archive.test/', hasToken: false };

const STORES: Readonly<Record<string, Store>> = {
  settings: {
    good: SETTINGS,
    later: [
      { ...SETTINGS, grain: 0.3 },
      { ...SETTINGS, theme: 'sepia' },
      { ...SETTINGS, rules: [{ ...RULE, urgent: true }] },
      { ...SETTINGS, rules: [RULE, { name: 'b', do: 'segment' }] },
      [SETTINGS],
    ],
    async open(home) {
      const settings = await openSettings(path.join(home, 'settings.json'));
      return { inUse: settings.current(), unread: settings.unread };
    },
  },
  watches: {
    good: [WATCH],
    later: [
      [WATCH, { ...WATCH, id: 'a2', warned: 'ask' }],
      [{ ...WATCH, urgent: true }],
      { format: 2, watches: [WATCH] },
    ],
    async open(home) {
      const watches = await openWatches({
        home,
        device: () => 'cpu',
        jobs: {
          start: () => {
            throw new Error('Nothing is to be started.');
          },
          close: () => undefined,
        },
      });
      const views = await watches.api.watches();
      await watches.close();
      return { inUse: views.map(({ id, input }) => ({ id, input })), unread: watches.unread };
    },
  },
  targets: {
    good: { targets: [TARGET] },
    later: [
      { targets: [TARGET, { ...TARGET, id: 'b3', kind: 'xds' }] },
      { targets: [{ ...TARGET, proxy: 'https://proxy.test/' }] },
      { targets: [TARGET], first: 'b2' },
      { targets: { b2: TARGET } },
    ],
    async open(home) {
      const targets = await openTargets(home);
      return { inUse: targets.list(), unread: targets.unread };
    },
  },
};

const unreadIn = (home: string) => fs.readdirSync(home).filter((name) => name.includes('unread'));

describe.each(Object.entries(STORES))('%s of another version', (name, store) => {
  const fileIn = (home: string) => path.join(home, `${name}.json`);
  const written = async (content: string): Promise<string> => {
    const home = await temporaryFolder();
    fs.writeFileSync(fileIn(home), content);
    return home;
  };

  it('are left alone where all of it is known', async () => {
    const home = await written(JSON.stringify(store.good));
    expect((await store.open(home)).unread).toBeNull();
    expect(unreadIn(home)).toEqual([]);
    expect(fs.readFileSync(fileIn(home), 'utf8')).toBe(JSON.stringify(store.good));
    expect((await store.open(await temporaryFolder())).unread).toBeNull();
  });

  it.each(store.later.map((later) => [JSON.stringify(later)]))(
    'are kept whole and told: %s',
    async (later) => {
      const home = await written(later);
      const first = await store.open(home);
      const aside = path.join(home, `${name}.unread.json`);
      expect(first.unread).toMatchObject({
        code: 'W_UNREADABLE',
        reason: 'W_UNREADABLE/kept-file',
        place: aside,
      });
      expect(fs.readFileSync(aside, 'utf8')).toBe(later);
      // Told once: what was understood took its place, and is all that there is now.
      const second = await store.open(home);
      expect(second).toEqual({ inUse: first.inUse, unread: null });
      expect(unreadIn(home)).toEqual([`${name}.unread.json`]);
    },
  );

  it('are kept where they are damaged, and none takes the place of another', async () => {
    const cut = JSON.stringify(store.good).slice(0, -2);
    const home = await written(cut);
    expect((await store.open(home)).unread?.place).toBe(path.join(home, `${name}.unread.json`));
    for (const number of [2, 3]) {
      fs.writeFileSync(fileIn(home), `{"number": ${number}`);
      const { unread } = await store.open(home);
      expect(unread?.place).toBe(path.join(home, `${name}.unread-${number}.json`));
    }
    expect(fs.readFileSync(path.join(home, `${name}.unread.json`), 'utf8')).toBe(cut);
    expect(fs.readFileSync(path.join(home, `${name}.unread-2.json`), 'utf8')).toBe('{"number": 2');
  });
});

describe('what another version does not know', () => {
  it('does not take along what is beside it', async () => {
    const home = await temporaryFolder();
    const others = [TARGET, { ...TARGET, id: 'b3', kind: 'xds' }, { ...TARGET, id: 'b4' }];
    fs.writeFileSync(path.join(home, 'targets.json'), JSON.stringify({ targets: others }));
    expect((await openTargets(home)).list().map(({ id }) => id)).toEqual(['b2', 'b4']);
    fs.writeFileSync(
      path.join(home, 'settings.json'),
      JSON.stringify({ ...SETTINGS, theme: 'sepia', grain: 1 }),
    );
    const settings = await openSettings(path.join(home, 'settings.json'));
    expect(settings.current()).toMatchObject({ ...SETTINGS, theme: 'dark' });
  });

  it('is not written over where it cannot be set aside', async () => {
    const home = await temporaryFolder();
    // No longer name fits a folder: the copy has nowhere to go.
    const file = path.join(home, `${'a'.repeat(245)}.json`);
    const later = JSON.stringify({ ...SETTINGS, grain: 1 });
    fs.writeFileSync(file, later);
    await expect(openSettings(file)).rejects.toMatchObject({ code: 'E_IO', place: file });
    expect(fs.readFileSync(file, 'utf8')).toBe(later);
  });
});
