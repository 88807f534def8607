import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { walkElements } from '../../../src-main/dicom/elements/elements.js';
import { listTags } from '../../../src-main/dicom/read/tag-list.js';
import { brainSlices, derive, removeFolders, temporaryFolder } from '../../jobs/fixtures.js';

afterAll(removeFolders);

async function brain(): Promise<Uint8Array> {
  const folder = path.join(await temporaryFolder(), 'in');
  await brainSlices(folder, [8]);
  return readFileSync(path.join(folder, 'brain_008.dcm'));
}

describe('the list of elements', () => {
  it('has names, values and places of a real file, in its order', async () => {
    const entries = listTags(walkElements(await brain()), 0);
    const of = (name: string) => entries.find((entry) => entry.name === name);
    expect(of('TransferSyntaxUID')?.value).toMatch(/^1\.2\.840\.10008\.1\.2/);
    expect(of('Modality')).toMatchObject({ tag: '00080060', vr: 'CS', value: 'MR', depth: 0 });
    expect(of('Rows')).toMatchObject({ vr: 'US', value: '256' });
    expect(of('PixelData')?.value).toBe('131072 bytes');
    const paths = entries.map((entry) => entry.path);
    expect(new Set(paths).size).toBe(paths.length);
    expect(entries.every(({ value }) => !/\0/.test(value))).toBe(true);
  });

  it('has what lies in items, below their sequence', async () => {
    const source = await brain();
    const { images } = await derive([source], 1, false);
    const entries = listTags(walkElements(images[0]), 0);
    const nested = entries.find(({ name, depth }) => name === 'ReferencedSOPInstanceUID' && depth === 1);
    const uid = listTags(walkElements(source), 0).find(({ name }) => name === 'SOPInstanceUID')?.value;
    expect(nested?.path).toBe('00082112/0/00081155');
    expect(nested?.value).toBe(uid);
  });
});
