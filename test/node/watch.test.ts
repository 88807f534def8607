import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { SeriesRecord } from '../../src-main/contract/requests/node.js';
import { type LimpidNode, startNode } from '../../src-main/node/node.js';
import { tempFolder } from '../dicom/support.js';
import { drawSeries, fakeJobs, nodeConfig } from './support.js';

/** Series that come in a watched folder, piece by piece. */

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

type Config = Awaited<ReturnType<typeof nodeConfig>>;

async function watching(folder: string, more: Readonly<Record<string, unknown>> = {}): Promise<Config> {
  return nodeConfig({
    listen: false,
    watch: [{ path: folder, settleSeconds: 0.2 }],
    quietSeconds: 0.3,
    ...more,
  });
}

async function started(config: Config, jobs: ReturnType<typeof fakeJobs>): Promise<LimpidNode> {
  const node = await startNode(config, jobs);
  closers.push(() => node.close());
  return node;
}

function until(
  node: LimpidNode,
  series: string,
  isIt: (record: SeriesRecord) => boolean,
): Promise<SeriesRecord> {
  return expect
    .poll(() => node.records().find((one) => one.series === series && isIt(one)) ?? null, {
      timeout: 120_000,
    })
    .not.toBeNull()
    .then(() => {
      const found = node.records().find((one) => one.series === series && isIt(one));
      if (found === undefined) throw new Error('It is something else again.');
      return found;
    });
}

const sent = ({ state }: SeriesRecord) => state === 'sent';

/** Puts files into a folder, the last as far as a writer has come. */
function put(folder: string, files: readonly string[], shareOfLast = 1): string {
  fs.mkdirSync(folder, { recursive: true });
  for (const file of files.slice(0, -1)) fs.copyFileSync(file, path.join(folder, path.basename(file)));
  const last = files[files.length - 1] ?? '';
  const bytes = fs.readFileSync(last);
  const to = path.join(folder, path.basename(last));
  fs.writeFileSync(to, bytes.subarray(0, Math.round(bytes.length * shareOfLast)));
  return to;
}

describe('a watched folder', () => {
  it('is watched by a node that opens no port', async () => {
    const folder = tempFolder();
    const node = await started(
      await watching(folder),
      fakeJobs(() => 'pass'),
    );
    expect(node.port).toBeNull();
    expect(node.watched()).toEqual({ away: 0, unfinished: 0 });
  });

  it('gives no series away of which an image is half written, and holds up no other for it', async () => {
    const folder = tempFolder();
    const jobs = fakeJobs(() => 'pass');
    const node = await started(await watching(folder), jobs);
    const slow = drawSeries({ slices: 4, seed: 1 });
    const other = drawSeries({ slices: 3, seed: 2 });
    const last = put(folder, slow.files, 0.7);
    put(folder, other.files);
    // The other one, of the same folder, is complete, sent and over: the time of the first is over for longer.
    expect(await until(node, other.series, sent)).toMatchObject({ instances: 3 });
    await expect.poll(() => node.watched().unfinished).toBe(1);
    expect(node.records().find(({ series }) => series === slow.series)).toMatchObject({ state: 'receiving' });
    fs.copyFileSync(slow.files[3] ?? '', last);
    expect(await until(node, slow.series, sent)).toMatchObject({ instances: 4, generation: 1 });
    expect(jobs.started).toHaveLength(2);
    expect(node.watched().unfinished).toBe(0);
  });

  it('tells of an image that stays half, and does the rest only when a person says so', async () => {
    const folder = tempFolder();
    const jobs = fakeJobs(() => 'pass');
    const node = await started(await watching(folder, { patienceSeconds: 1 }), jobs);
    const { series, files } = drawSeries({ slices: 3 });
    put(folder, files, 0.5);
    const told = await until(node, series, ({ state }) => state === 'failed');
    expect(told).toMatchObject({ reason: 'not-whole', instances: 2 });
    expect(jobs.started).toEqual([]);
    await node.retry(told.id);
    expect(await until(node, series, sent)).toMatchObject({ instances: 2 });
    // What comes at last is not lost: all is done anew.
    put(folder, files);
    expect(await until(node, series, (one) => sent(one) && one.instances === 3)).toMatchObject({
      generation: 3,
    });
  });

  it('may go and come back in the middle of a series', async () => {
    const folder = path.join(tempFolder(), 'share');
    const beside = tempFolder();
    const jobs = fakeJobs(() => 'pass');
    const watch = [folder, beside].map((one) => ({ path: one, settleSeconds: 0.2 }));
    const node = await started(await watching(folder, { watch }), jobs);
    await expect.poll(() => node.watched().away).toBe(1);
    const { series, files } = drawSeries({ slices: 4, seed: 1 });
    const held = put(folder, files.slice(0, 3), 0.5);
    await until(node, series, ({ instances }) => instances === 2);
    fs.renameSync(folder, `${folder}-away`);
    await expect.poll(() => node.watched().away).toBe(1);
    // One that comes later, and elsewhere, is complete: this one would be as well.
    const other = drawSeries({ slices: 2, seed: 2 });
    put(beside, other.files);
    await until(node, other.series, sent);
    expect(node.records().find((one) => one.series === series)).toMatchObject({ state: 'receiving' });
    fs.renameSync(`${folder}-away`, folder);
    fs.rmSync(held);
    put(folder, files.slice(2));
    expect(await until(node, series, sent)).toMatchObject({ instances: 4, generation: 1 });
    expect(jobs.started).toHaveLength(2);
  });

  it('gives a series again as a whole where one more image comes after its copies were removed', async () => {
    const folder = tempFolder();
    const jobs = fakeJobs(() => 'pass');
    const config = await watching(folder, { keepDays: 0 });
    const node = await started(config, jobs);
    const { series, files } = drawSeries({ slices: 4 });
    put(folder, files.slice(0, 3));
    await until(node, series, (one) => sent(one) && one.removed);
    put(folder, files.slice(3));
    expect(await until(node, series, (one) => sent(one) && one.generation === 2)).toMatchObject({
      instances: 4,
    });
    expect(jobs.started).toHaveLength(2);
  });
});
