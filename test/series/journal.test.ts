import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Unit } from '../../src-main/series/input.js';
import { openJournal } from '../../src-main/series/journal.js';
import { openOutputFolder } from '../../src-main/series/output-folder.js';
import { removeFolders, temporaryFolder } from '../jobs/fixtures.js';

afterAll(removeFolders);

const SETTINGS = { steps: 10, device: 'cpu', model: 'auto' };
const UNIT = { key: 's1', namespace: 'n1', stacks: ['s1'], derived: null, errorMap: null, uncertainty: null };

/** A folder that a run has begun with one unit, and its journal's file. */
async function begun() {
  const folder = await openOutputFolder(await temporaryFolder(), await temporaryFolder());
  const journal = await openJournal(folder, SETTINGS);
  await journal.plan([UNIT]);
  return { folder, file: folder.own('journal.json') };
}

async function change(file: string, fields: object): Promise<void> {
  const value: object = JSON.parse(await fs.readFile(file, 'utf8'));
  await fs.writeFile(file, JSON.stringify({ ...value, ...fields }));
}

describe('the journal of an output folder', () => {
  it('goes on where a run was stopped, with what a later version added left alone', async () => {
    const { folder, file } = await begun();
    await change(file, { later: { note: 1 } });
    const again = await openJournal(folder, SETTINGS);
    expect(again.resumed).toBe(true);
    expect(await again.plan([UNIT])).toEqual([UNIT]);
  });

  it('calls series that came since as none that is there, wherever they lie among the others', async () => {
    const { folder } = await begun();
    const unit = (key: string, stack: string) => ({ ...UNIT, key, stacks: [stack] });
    const journal = await openJournal(folder, SETTINGS);
    const [came, there] = await journal.plan([unit('s1', 'before'), unit('s2', 's1')]);
    expect(there).toEqual(UNIT);
    expect(came).toEqual(unit('series-002', 'before'));
    const again = await openJournal(folder, SETTINGS);
    const proposed = [unit('s1', 'first'), unit('s2', 'before'), unit('s3', 's1'), unit('nifti-1', 'n')];
    expect((await again.plan(proposed)).map(({ key }) => key)).toEqual([
      'series-003',
      'series-002',
      's1',
      'nifti-1',
    ]);
  });

  it('gives series that came since no Series Number that an earlier run gave away in the study', async () => {
    const folder = await openOutputFolder(await temporaryFolder(), await temporaryFolder());
    const unit = (stack: string, number: number, map: number) => ({
      ...UNIT,
      key: stack,
      stacks: [stack],
      derived: { uid: `1.2.${number}`, number },
      errorMap: { uid: `1.3.${map}`, number: map },
    });
    const numbers = (units: readonly Unit[]) =>
      units.map(({ derived, errorMap }) => [derived?.number, errorMap?.number]);
    const journal = await openJournal(folder, SETTINGS);
    await journal.plan([unit('b', 1001, 1002)], ['A']);
    const grown = [unit('a', 1001, 1002), unit('b', 1003, 1004), unit('c', 1001, 1005)];
    expect(numbers(await journal.plan(grown, ['A', 'A', 'B']))).toEqual([
      [1003, 1004],
      [1001, 1002],
      [1001, 1005],
    ]);
    const again = await openJournal(folder, SETTINGS);
    expect(numbers(await again.plan(grown, ['A', 'A', 'B']))[0]).toEqual([1003, 1004]);
  });

  it('is refused where a series is not there any more', async () => {
    const { folder } = await begun();
    const journal = await openJournal(folder, SETTINGS);
    const other = { ...UNIT, key: 's2', stacks: ['s2'] };
    await expect(journal.plan([other])).rejects.toMatchObject({ code: 'E_SOURCE_CHANGED' });
  });

  it('is refused with the field that is damaged', async () => {
    for (const [fields, field] of [
      [{ units: [{ ...UNIT, stacks: 's1' }] }, 'units.0.stacks'],
      [{ units: [UNIT, { ...UNIT, derived: { uid: 1, number: 1 } }] }, 'units.1.derived.uid'],
      [{ createdAt: 7 }, 'createdAt'],
      [{ settings: { steps: {} } }, 'settings.steps'],
    ] as const) {
      const { folder, file } = await begun();
      await change(file, fields);
      const opening = openJournal(folder, SETTINGS);
      await expect(opening).rejects.toMatchObject({ code: 'E_RESUME' });
      await expect(opening).rejects.toThrow(`at ${field}.`);
    }
    const { folder, file } = await begun();
    await fs.writeFile(file, '{"format":3,');
    await expect(openJournal(folder, SETTINGS)).rejects.toMatchObject({ code: 'E_RESUME' });
  });

  it('tells another format from damage', async () => {
    const { folder, file } = await begun();
    await change(file, { format: 2, units: 'as it was then' });
    await expect(openJournal(folder, SETTINGS)).rejects.toThrow('earlier version');
  });

  it('is refused where the record of a unit is damaged', async () => {
    const { folder } = await begun();
    const journal = await openJournal(folder, SETTINGS);
    const record = {
      state: 'working',
      stacks: { s1: { source: 'a', report: {}, files: [] } },
      published: [],
    };
    await fs.writeFile(path.join(folder.own('series'), 's1.json'), JSON.stringify(record));
    await expect(journal.read(UNIT)).rejects.toThrow('stacks.s1.report.id');
  });
});

describe('a journal of an earlier version', () => {
  it('goes on with its own UIDs, that nothing is derived twice of what is half done', async () => {
    const { folder, file } = await begun();
    const place = { uid: '2.25.1', number: 1001 };
    const { namespace: _, ...earlier } = { ...UNIT, derived: place };
    await change(file, { namespace: 'random', units: [earlier] });
    const again = await openJournal(folder, SETTINGS);
    const proposed = { ...UNIT, derived: { uid: '2.25.2', number: 1001 } };
    expect(await again.plan([proposed])).toEqual([{ ...UNIT, namespace: 'random', derived: place }]);
  });
});
