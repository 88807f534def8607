import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { accept, acceptedOf } from '../../src-main/app/results/review.js';
import { moveToTrash, restore, trashedIn } from '../../src-main/app/results/trash.js';
import { acquireLock } from '../../src-main/base/lock.js';
import { removeFolders, temporaryFolder } from '../jobs/fixtures.js';

afterAll(removeFolders);

const AT = '2026-01-02T03:04:05.678Z';
const listed = (name: string, content: string) => ({
  path: name,
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
});
const MADE = [listed('series-001/00001.dcm', 'series-001/00001.dcm'), listed('*_denoised.nii.gz', 'voxels')];

/** An output folder as a run leaves it, in a folder of its own. */
async function resultFolder(): Promise<string> {
  const folder = path.join(await temporaryFolder(), 'out');
  await fs.mkdir(path.join(folder, '.limpid'), { recursive: true });
  await fs.mkdir(path.join(folder, 'series-001'));
  for (const file of ['.limpid/journal.json', 'report.json', 'report.html', 'series-001/00001.dcm'])
    await fs.writeFile(path.join(folder, file), file);
  await fs.writeFile(path.join(folder, 'smith_denoised.nii.gz'), 'voxels');
  return folder;
}

async function contentOf(folder: string): Promise<Record<string, string>> {
  const files = await fs.readdir(folder, { recursive: true, withFileTypes: true });
  const paths = files.filter((one) => one.isFile()).map((one) => path.join(one.parentPath, one.name));
  return Object.fromEntries(
    await Promise.all(
      paths.sort().map(async (one) => [path.relative(folder, one), await fs.readFile(one, 'utf8')]),
    ),
  );
}

describe('results in the trash', () => {
  it('come back as they were, and leave nothing behind', async () => {
    const folder = await resultFolder();
    const before = await contentOf(folder);
    const moved = await moveToTrash(folder, MADE, AT);
    await expect(fs.access(folder)).rejects.toThrow();
    expect(await trashedIn(path.dirname(folder))).toEqual([moved]);
    expect(moved).toMatchObject({ home: folder, at: AT });
    await restore(moved);
    expect(await contentOf(folder)).toEqual(before);
    expect(await fs.readdir(path.dirname(folder))).toEqual(['out']);
  });

  it('stay there where something else has taken the place, and two of one place are told apart', async () => {
    const folder = await resultFolder();
    const first = await moveToTrash(folder, MADE, AT);
    await fs.mkdir(folder);
    await expect(restore(first)).rejects.toMatchObject({ code: 'E_EXISTS' });
    await fs.rmdir(folder);
    await fs.rename(await resultFolder(), folder);
    const second = await moveToTrash(folder, MADE, AT);
    expect((await trashedIn(path.dirname(folder))).length).toBe(2);
    await restore(second);
    expect(await trashedIn(path.dirname(folder))).toEqual([first]);
    expect(Object.keys(await contentOf(first.folder))).toContain('series-001/00001.dcm');
  });

  it('are whole runs and nothing else: a file of a person, a folder without a journal and one in use stay', async () => {
    const folder = await resultFolder();
    await fs.writeFile(path.join(folder, 'series-001', 'notes.txt'), 'mine');
    await expect(moveToTrash(folder, MADE, AT)).rejects.toMatchObject({
      code: 'E_EXISTS',
      facts: { files: 1 },
    });
    await fs.rm(path.join(folder, 'series-001', 'notes.txt'));
    const lock = await acquireLock(path.join(folder, '.limpid', 'lock'));
    await expect(moveToTrash(folder, MADE, AT)).rejects.toMatchObject({ code: 'E_LOCKED' });
    await lock.release();
    await fs.rm(path.join(folder, '.limpid', 'journal.json'));
    for (const file of ['series-001/00001.dcm', 'smith_denoised.nii.gz'])
      await fs.rm(path.join(folder, file));
    await expect(moveToTrash(folder, MADE, AT)).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
    expect(await fs.readdir(path.dirname(folder))).toEqual(['out']);
    expect(Object.keys(await contentOf(folder))).toContain('report.json');
  });

  it('are those of a worker too, which leaves no journal, and of --bids with its description; no lock stays', async () => {
    const folder = await resultFolder();
    await fs.rm(path.join(folder, '.limpid'), { recursive: true });
    await fs.mkdir(path.join(folder, 'derivatives', 'limpid'), { recursive: true });
    await fs.rename(
      path.join(folder, 'smith_denoised.nii.gz'),
      path.join(folder, 'derivatives', 'limpid', 'sub-1_desc-x_bold.nii.gz'),
    );
    await fs.writeFile(path.join(folder, 'derivatives', 'limpid', 'dataset_description.json'), '{}');
    const bids = [MADE[0], listed('derivatives/limpid/*_desc-x_*.nii.gz', 'voxels')];
    const moved = await moveToTrash(folder, bids, AT);
    expect(Object.keys(await contentOf(moved.folder))).not.toContain('.limpid/lock');
    await restore(moved);
    expect(Object.keys(await contentOf(folder)).length).toBe(5);
  });

  it('take no file along that only looks like one of theirs', async () => {
    for (const [name, content] of [
      ['other_denoised.nii.gz', 'voxels'],
      ['mine/scan_denoised.nii.gz', 'of another'],
    ]) {
      const folder = await resultFolder();
      await fs.mkdir(path.join(folder, 'mine'));
      await fs.writeFile(path.join(folder, name), content);
      await expect(moveToTrash(folder, MADE, AT)).rejects.toMatchObject({
        code: 'E_EXISTS',
        facts: { files: 1 },
      });
    }
  });

  it('are not told where an entry has lost its result', async () => {
    const folder = await resultFolder();
    const moved = await moveToTrash(folder, MADE, AT);
    await fs.rename(moved.folder, folder);
    expect(await trashedIn(path.dirname(folder))).toEqual([]);
  });
});

describe('an accepted result', () => {
  const report = {
    createdAt: AT,
    series: [
      { id: 'a', status: 'done' },
      { id: 'b', status: 'done' },
      { id: 'c', status: 'failed' },
    ] as const,
  };

  it('is kept with the result, a series each, and can be taken back', async () => {
    const folder = await resultFolder();
    expect(await acceptedOf(folder, report)).toEqual({});
    await accept(folder, report, 'a', AT);
    await accept(folder, report, 'b', AT);
    expect(await acceptedOf(folder, report)).toEqual({ a: AT, b: AT });
    await accept(folder, report, 'a', null);
    expect(await acceptedOf(folder, report)).toEqual({ b: AT });
    const moved = await moveToTrash(folder, MADE, AT);
    expect(await acceptedOf(moved.folder, report)).toEqual({ b: AT });
  });

  it('is one that was made: not a failed one, nor what another run made in the same folder', async () => {
    const folder = await resultFolder();
    await expect(accept(folder, report, 'c', AT)).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
    await accept(folder, report, 'a', AT);
    expect(await acceptedOf(folder, { createdAt: '2026-02-02T00:00:00.000Z' })).toEqual({});
  });

  it('is noted beside others at the same time, and over nothing that cannot be understood', async () => {
    const folder = await resultFolder();
    await Promise.all([accept(folder, report, 'a', AT), accept(folder, report, 'b', AT)]);
    expect(await acceptedOf(folder, report)).toEqual({ a: AT, b: AT });
    const file = path.join(folder, '.limpid', 'review.json');
    await fs.writeFile(file, '{"format": 2}');
    await expect(accept(folder, report, 'a', null)).rejects.toMatchObject({ code: 'E_EXISTS' });
    expect(await fs.readFile(file, 'utf8')).toBe('{"format": 2}');
  });
});
