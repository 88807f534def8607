import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { listFolder } from '../../src-main/app/folders.js';
import { tempFolder } from '../dicom/support.js';

describe('a folder that is listed', () => {
  it('has its folders first, however many files there are, in the order of their numbers, nothing hidden', async () => {
    const folder = tempFolder();
    for (let i = 0; i < 5100; i++) fs.writeFileSync(path.join(folder, `image${i}`), '');
    for (const name of ['series 10', 'series 9', '.hidden']) fs.mkdirSync(path.join(folder, name));
    const { entries, parent } = await listFolder(folder);
    const names = entries.map(({ name }) => name);
    expect(names.slice(0, 4)).toEqual(['series 9', 'series 10', 'image0', 'image1']);
    expect([names.length, names.at(-1)]).toEqual([5102, 'image5099']);
    expect(parent).toBe(path.dirname(folder));
  });
});
