import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { nodeApi } from '../../src-main/app/watch/node.js';
import type { State } from '../../src-main/contract/requests/node.js';
import type { NodeView } from '../../src-main/contract/window/app.js';
import { store } from '../../src-main/dicom/net/scu.js';
import { readStorable } from '../../src-main/dicom/net/storable.js';
import { parseConfig } from '../../src-main/node/config.js';
import { startNode } from '../../src-main/node/node.js';
import { startStatus } from '../../src-main/node/status.js';
import { tempFolder } from '../dicom/support.js';
import { drawSeries, fakeJobs } from '../node/support.js';
import { freePort } from '../support/servers.js';

/** What the window asks of a node: a real one in this process, asked over loopback. */

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function settings(change: Readonly<Record<string, unknown>> = {}) {
  const base = tempFolder();
  const values = {
    host: '127.0.0.1',
    port: await freePort(),
    folder: 'data',
    quietSeconds: 0.2,
    leastFreeGb: 0,
    rules: [{ name: 'all', do: 'denoise' }],
    ...change,
  };
  const file = path.join(base, 'node.json');
  fs.writeFileSync(file, JSON.stringify(values));
  const folder = path.join(base, 'data');
  return { file, folder, config: { ...parseConfig(values), folder } };
}

/** A node with one series for each verdict, and what ends it. */
async function running(verdicts: readonly ('pass' | 'fail' | 'crash')[]) {
  const { file, folder, config } = await settings();
  let at = 0;
  const node = await startNode(
    config,
    fakeJobs(() => verdicts[Math.min(at++, verdicts.length - 1)] ?? 'pass'),
  );
  const status = await startStatus(config, node);
  let isOver = false;
  const close = async () => {
    if (isOver) return;
    isOver = true;
    await status.close();
    await node.close();
  };
  closers.push(close);
  const send = async (seed: number) => {
    const { files, series } = drawSeries({ seed, slices: 2, size: 16 });
    const peer = { title: config.title, host: '127.0.0.1', port: config.port, tls: null };
    await store(peer, 'SCANNER', await Promise.all(files.map(readStorable)), () => undefined);
    return series;
  };
  return { file, folder, send, close };
}

const stateOf = ({ series }: NodeView, uid: string): State | undefined =>
  series.find((one) => one.series === uid)?.state;

describe('a node in the window', () => {
  it('is none where none was chosen, and nothing can be asked of it', async () => {
    const api = nodeApi(() => null);
    expect(await api.node()).toMatchObject({ config: null, running: false, problem: null, series: [] });
    await expect(api.commandNode('0123456789abcdef', 'release')).rejects.toMatchObject({
      code: 'E_NOT_FOUND',
    });
  });

  it('tells what it holds before what it sent, with why, and counts all', async () => {
    const { file, send } = await running(['pass', 'fail']);
    const api = nodeApi(() => file);
    const sent = await send(1);
    await expect.poll(async () => stateOf(await api.node(), sent)).toBe('sent');
    const held = await send(2);
    await expect.poll(async () => stateOf(await api.node(), held)).toBe('held');
    const view = await api.node();
    expect(view).toMatchObject({ config: file, running: true, problem: null });
    expect(view.series.map(({ series, verdict, reason }) => ({ series, verdict, reason }))).toEqual([
      { series: held, verdict: 'fail', reason: 'E_TRUST' },
      { series: sent, verdict: 'pass', reason: null },
    ]);
    expect(view.counts).toMatchObject({ held: 1, sent: 1, failed: 0, receiving: 0 });
    expect(JSON.stringify(view)).not.toContain('Telling');
  });

  it('releases what is held, and refuses what is not', async () => {
    const { file, folder, send } = await running(['fail']);
    const api = nodeApi(() => file);
    const series = await send(1);
    await expect.poll(async () => stateOf(await api.node(), series)).toBe('held');
    const id = (await api.node()).series[0]?.id ?? '';
    expect(await api.nodeFolders(id)).toEqual(
      ['images', 'output-1'].map((name) => path.join(folder, 'series', id, name)),
    );
    await api.commandNode(id, 'release');
    await expect.poll(async () => stateOf(await api.node(), series)).toBe('sent');
    await expect(api.commandNode(id, 'release')).rejects.toMatchObject({ reason: 'E_USAGE/node-state' });
    await expect(api.commandNode('../x', 'release')).rejects.toMatchObject({ reason: 'E_USAGE/series-id' });
    await expect(api.nodeFolders('../x')).rejects.toMatchObject({ reason: 'E_NOT_FOUND/node-series' });
  });

  it('does again what failed', async () => {
    const { file, send } = await running(['crash', 'crash', 'crash', 'pass']);
    const api = nodeApi(() => file);
    const series = await send(1);
    await expect.poll(async () => stateOf(await api.node(), series)).toBe('failed');
    const [record] = (await api.node()).series;
    expect(record?.reason).toBe('E_CRASH');
    await api.commandNode(record?.id ?? '', 'retry');
    await expect.poll(async () => stateOf(await api.node(), series)).toBe('sent');
  });

  it('is told by its folder while it does not run', async () => {
    const { file, send, close } = await running(['fail']);
    const api = nodeApi(() => file);
    const series = await send(1);
    await expect.poll(async () => stateOf(await api.node(), series)).toBe('held');
    const before = await api.node();
    await close();
    expect(await api.node()).toEqual({ ...before, running: false });
    await expect(api.commandNode(before.series[0]?.id ?? '', 'release')).rejects.toMatchObject({
      reason: 'E_NOT_FOUND/node',
    });
  });

  it('is no file without what it names, and no folder is made for one that never ran', async () => {
    const { file, folder } = await settings();
    expect(await nodeApi(() => file).node()).toMatchObject({ running: false, problem: null, series: [] });
    expect(fs.existsSync(folder)).toBe(false);
    fs.writeFileSync(file, '{"title": "LIMPID"}');
    expect(await nodeApi(() => file).node()).toMatchObject({ problem: { reason: 'E_USAGE/node-settings' } });
    fs.writeFileSync(file, '{');
    expect(await nodeApi(() => file).node()).toMatchObject({ problem: { reason: 'E_USAGE/node-json' } });
    fs.rmSync(file);
    expect(await nodeApi(() => file).node()).toMatchObject({
      problem: { reason: 'E_NOT_FOUND/node-settings' },
    });
  });
});
