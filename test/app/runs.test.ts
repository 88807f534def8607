import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLibrary } from '../../src-main/app/library/library.js';
import type { RunSearch } from '../../src-main/app/library/protocol.js';
import { searchRuns } from '../../src-main/app/library/runs.js';
import { findRuns } from '../../src-main/app/runs/found.js';
import type { OpenInput } from '../../src-main/contract/window/opened.js';
import { runJob } from '../../src-main/jobs/run.js';
import { denoiseRequest, removeFolders, temporaryFolder } from '../jobs/fixtures.js';
import { drawnSample } from '../support/drawn-head.js';

let root: string;
let output: string;
let input: OpenInput;

/** A NIfTI image, which only what is in it tells from others of its size, and a run of it beside. */
beforeAll(async () => {
  root = await temporaryFolder();
  output = path.join(root, 'out');
  const file = path.join(root, 'in', 'a.nii.gz');
  await fs.mkdir(path.dirname(file));
  await fs.writeFile(file, drawnSample());
  await runJob(denoiseRequest(file, output, { model: { kind: 'dct' } }), () => undefined);
  input = await opened(file);
});
afterAll(removeFolders);

function opened(file: string): Promise<OpenInput> {
  return new Promise((resolve) => {
    const library = openLibrary((one) => {
      if (one.state !== 'scanning') resolve(one);
    });
    library.open('i1', [file]);
  });
}

function searching(answer: (search: RunSearch) => ReturnType<typeof searchRuns>) {
  const asked: RunSearch[] = [];
  const runs = findRuns({
    library: {
      inputs: () => [input],
      runs: (search) => {
        asked.push(search);
        return answer(search);
      },
    },
    jobs: () => [],
    outputFolder: () => root,
  });
  return { asked, runs };
}

describe('runs that were found', () => {
  it('are those of the image that is open, told by what is in it', async () => {
    const [{ key }] = input.series;
    const { runs } = searching(searchRuns);
    expect(await runs.of(key)).toMatchObject([{ folder: output, job: null }]);
    const file = path.join(root, 'in', 'a.nii.gz');
    const bytes = await fs.readFile(file);
    await fs.writeFile(file, Buffer.concat([bytes, Buffer.of(0)]));
    expect(await runs.of(key)).toEqual([]);
    await fs.writeFile(file, bytes);
  });

  it('are looked for by the process of the library alone: this one opens no file', async () => {
    const [card] = input.series;
    const { asked, runs } = searching(async () => []);
    expect(await runs.of(card.key)).toEqual([]);
    expect(asked).toEqual([{ card, paths: input.paths, folders: [], outputs: root }]);
    await expect(runs.of('i1.none')).rejects.toThrow();
  });
});
