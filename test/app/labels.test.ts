import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openLibrary } from '../../src-main/app/library/library.js';
import { segmentsPlace } from '../../src-main/app/segments.js';
import type { SegmentRequest } from '../../src-main/contract/requests/encoders.js';
import type { JobRecord } from '../../src-main/contract/window/app.js';
import type { OpenInput } from '../../src-main/contract/window/opened.js';
import { runSegment } from '../../src-main/jobs/segment/segment.js';
import { loadNifti } from '../../src-main/series/nifti-input.js';
import { brainSlices, removeFolders, temporaryFolder } from '../jobs/fixtures.js';
import { drawnSample } from '../support/drawn-head.js';

/** Segments as the window gets them: what a job wrote, read back on the pixels of the open series. */

afterAll(removeFolders);

function clusters(input: string, output: string): SegmentRequest {
  return {
    ...{
      type: 'segment',
      model: null,
      input,
      output,
      labels: [],
      clusters: 3,
      predict: null,
      background: false,
    },
    ...{ features: null, names: [], frame: null, seed: 1, device: 'cpu', force: false },
  };
}

async function marked(input: string) {
  const output = path.join(await temporaryFolder(), 'segments');
  const request = clusters(input, output);
  const result = await runSegment(request, () => {});
  const job: JobRecord = {
    ...{ id: 'a', request, state: 'done', createdAt: '', progress: null, result },
  };
  const told = await new Promise<OpenInput>((resolve) => {
    const library = openLibrary((one) => {
      if (one.state === 'ready') resolve(one);
    });
    opened.push(library);
    library.open('one', [input]);
  });
  const [card] = told.series;
  const library = opened.at(-1);
  if (library === undefined) throw new Error('There is none.');
  return { result, job, card, library, place: await segmentsPlace(job, card.id) };
}
const opened: ReturnType<typeof openLibrary>[] = [];
afterAll(async () => {
  for (const library of opened) await library.close('one');
});

describe('segments in the window', () => {
  it('are those of the DICOM Segmentation that was written', async () => {
    const folder = await temporaryFolder();
    await brainSlices(folder, [5, 6, 7]);
    const { result, card, library, place } = await marked(folder);
    const counts = new Map<number, number>();
    const slices = await Promise.all([0, 1, 2].map((slice) => library.labels(card.key, place, slice)));
    for (const labels of slices) {
      expect(labels.length).toBe(card.rows * card.columns);
      for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
    }
    expect(result.sizes[0]?.segments.map(({ label }) => counts.get(label))).toEqual(
      result.sizes[0]?.segments.map(({ voxels }) => voxels),
    );
    expect(slices[0]).not.toEqual(slices[2]);
    await expect(library.labels(card.key, place, 3)).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  });

  it('are those of the NIfTI labels that were written, and none of another series', async () => {
    const folder = await temporaryFolder();
    const file = path.join(folder, 'head.nii.gz');
    await fs.writeFile(file, drawnSample());
    const { card, library, place, job } = await marked(file);
    const { volume } = (await loadNifti(place)).image;
    const area = card.rows * card.columns;
    const slice = Math.floor(card.slices / 2);
    const labels = await library.labels(card.key, place, slice);
    expect(labels).toEqual(Uint8Array.from(volume.data.subarray(slice * area, (slice + 1) * area)));
    expect(new Set(labels).size).toBe(3);
    await expect(segmentsPlace(job, 'another')).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
    const scans = await temporaryFolder();
    await brainSlices(scans, [5, 6, 7]);
    const other = await marked(scans);
    await expect(other.library.labels(other.card.key, place, 0)).rejects.toMatchObject({ code: 'E_LABELS' });
  });
});
