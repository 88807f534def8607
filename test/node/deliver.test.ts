import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { deliver, instancesBelow } from '../../src-main/node/deliver.js';
import { tempFolder } from '../dicom/support.js';
import { drawSeries } from './support.js';

afterEach(() => vi.restoreAllMocks());

/** What files are written by from now on fails, as on a full disk. @returns the files that it was tried with */
async function fillDisk(): Promise<Set<fs.FileHandle>> {
  const tried = new Set<fs.FileHandle>();
  const any = await fs.open(path.join(tempFolder(), 'any'), 'w');
  await any.close();
  vi.spyOn(Object.getPrototypeOf(any), 'write').mockImplementation(function (this: fs.FileHandle) {
    tried.add(this);
    return Promise.reject(Object.assign(new Error('No space.'), { code: 'ENOSPC' }));
  });
  return tried;
}

describe('a delivery whose list of what was acknowledged cannot be written', () => {
  it('fails with that once all is sent, and leaves no file open', async () => {
    const { files } = drawSeries({ slices: 3, size: 8 });
    const instances = await instancesBelow(path.dirname(files[0]));
    const folder = tempFolder();
    const tried = await fillDisk();
    const sent: number[] = [];
    const delivery = deliver({
      target: { kind: 'folder', path: folder, report: false },
      calling: 'LIMPID',
      instances,
      under: 'here',
      acknowledged: path.join(tempFolder(), 'acknowledged'),
      onSent: (count) => sent.push(count),
    });
    await expect(delivery).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(sent).toEqual([1, 2, 3]);
    expect([...tried].map(({ fd }) => fd)).toEqual([-1]);
  });
});
