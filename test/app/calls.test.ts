import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { call } from '../../src-main/app/calls.js';
import { checked } from '../../src-main/app/checked.js';
import { openSettings } from '../../src-main/app/kept/settings.js';
import { WindowRequest } from '../../src-main/app/requests.js';
import { homeFolder } from '../../src-main/base/home.js';
import { LimpidError } from '../../src-main/contract/errors.js';
import { fits, read } from '../../src-main/contract/schema/schema.js';
import type { AppApi, Resource } from '../../src-main/contract/window/app.js';
import { APP_METHODS } from '../../src-main/contract/window/methods.js';
import { resourceAt, resourcePath } from '../../src-main/contract/window/resources.js';
import { Settings } from '../../src-main/contract/window/settings.js';
import { denoiseRequest, removeFolders, temporaryFolder } from '../jobs/fixtures.js';

afterAll(removeFolders);

const isJobRequest = (value: unknown): boolean => fits(WindowRequest, value);

const TRAIN = {
  type: 'train',
  inputs: ['/in'],
  references: [],
  output: '/m.onnx',
  family: 'plain',
  settings: { latent: 8 },
  objective: 'reconstruct',
  levels: [1, 9],
  losses: [{ name: 'mse', weight: 1 }],
  optimiser: 'adam',
  rate: null,
  budget: { unit: 'steps', value: 10 },
  patchSize: null,
  batchSize: 8,
  heldOut: 0.2,
  patience: 5,
  augmentation: { flips: true, intensity: 0, elastic: 0 },
  seed: 1,
  resume: false,
  device: 'auto',
  force: false,
};

/** An app of which nothing may be asked. */
const NEVER: AppApi = new Proxy(Object.create(null), {
  get: () => () => Promise.reject(new Error('called')),
});

describe('what comes from the window', () => {
  it('comes through as plain data and no more than is asked for', () => {
    const good = denoiseRequest('/in', '/out');
    const more = { ...good, extra: () => 1, nested: { when: new Date() } };
    expect(checked(WindowRequest, more, 'request')).toEqual(good);
    for (const bad of [undefined, Number.NaN, () => 1, new Date(), new Map(), [], 'a'])
      expect(isJobRequest(bad)).toBe(false);
    expect(isJobRequest({ ...good, input: 'a\0b' })).toBe(false);
    expect(isJobRequest({ ...good, input: 'a'.repeat(40_000) })).toBe(false);
    expect(isJobRequest({ ...good, only: Array(20_000).fill('a') })).toBe(false);
    const hostile: unknown = JSON.parse('{"__proto__":{"a":1}}');
    const train = checked(WindowRequest, { ...TRAIN, settings: hostile }, 'request');
    expect('settings' in train && Reflect.get(train.settings, 'a')).toBe(undefined);
  });

  it('is refused with the path of the field, and without what stands there', async () => {
    const start = async (change: object) => {
      const starting = call(NEVER, 'startJob', [{ ...TRAIN, ...change }, 'last']);
      const error = await starting.catch((thrown: unknown) => thrown);
      return error instanceof LimpidError ? `${error.code} ${error.message}` : String(error);
    };
    for (const [change, path] of [
      [
        {
          losses: [
            { name: 'mse', weight: 1 },
            { name: 'mse', weight: 'Doe^John' },
          ],
        },
        '0.losses.1.weight',
      ],
      [{ budget: { unit: 'Doe^John', value: 1 } }, '0.budget.unit'],
      [{ levels: [1, 'Doe^John'] }, '0.levels.1'],
      [{ seed: 'Doe^John' }, '0.seed'],
    ] as const) {
      const told = await start(change);
      expect(told).toContain(`startJob.${path} `);
      expect(told).toContain('E_USAGE');
      expect(told).not.toContain('Doe');
    }
    for (const [method, args] of [
      ['startJob', [TRAIN]],
      ['startJob', [TRAIN, 'middle']],
      ['cancelJob', []],
      ['cancelJob', 'x'],
      ['moveJob', ['x', -1]],
      ['importModel', ['/m.onnx', null, { layout: 'nchw', gives: 'image', white: 0 }]],
      ['constructor', []],
      [7, []],
    ] as const)
      await expect(call(NEVER, method, args)).rejects.toMatchObject({ code: 'E_USAGE' });
  });

  it('is a request only with fields of the right kind', () => {
    const good = denoiseRequest('/in', '/out');
    expect(isJobRequest(good)).toBe(true);
    expect(isJobRequest({ ...good, only: ['a'] })).toBe(true);
    for (const change of [
      { type: 'erase' },
      { input: '' },
      { output: ['/out'] },
      { model: { kind: 'file' } },
      { strength: 1.5 },
      { steps: -1 },
      { seed: 0.5 },
      { device: 'abacus' },
      { errorMap: 'yes' },
      { only: [] },
      { adapt: 'banana' },
      { adapt: -1 },
      { adapt: null },
    ])
      expect(isJobRequest({ ...good, ...change })).toBe(false);
  });

  it('is checked for every type of job', () => {
    const simulate = { type: 'simulate', input: '/a', output: '/b', noise: null, level: 0, seed: 1 };
    const evaluate = { type: 'evaluate', reference: '/a', test: '/b', noisy: null, mask: { kind: 'auto' } };
    const latent = {
      type: 'latent',
      model: 'm',
      inputs: ['/a'],
      output: '/b',
      clusters: null,
      nearest: null,
      seed: 1,
      device: 'cpu',
      force: false,
    };
    const anomaly = {
      type: 'anomaly',
      model: 'm',
      input: '/a',
      output: '/b',
      normal: [],
      falsePositiveRate: 0.01,
      lesions: true,
      seed: 1,
      device: 'cpu',
      force: false,
    };
    const good = [
      latent,
      anomaly,
      TRAIN,
      simulate,
      evaluate,
      { type: 'inspect', paths: ['/a'] },
      { type: 'models', action: 'list' },
    ];
    for (const request of good) expect(isJobRequest(request)).toBe(true);
    expect(isJobRequest({ ...TRAIN, losses: [{ name: 'mse' }] })).toBe(false);
    expect(isJobRequest({ ...TRAIN, budget: { unit: 'years', value: 1 } })).toBe(false);
    expect(isJobRequest({ ...TRAIN, only: ['a', null], keepAs: 'my model' })).toBe(true);
    expect(isJobRequest({ ...TRAIN, keepAs: 'my\nmodel' })).toBe(false);
    expect(isJobRequest({ ...TRAIN, record: '/etc' })).toBe(false);
    expect(isJobRequest({ type: 'check-training', request: TRAIN, series: [] })).toBe(false);
    expect(isJobRequest({ ...simulate, artifact: { name: 'tea', severity: null } })).toBe(false);
    expect(isJobRequest({ ...evaluate, mask: { kind: 'file' } })).toBe(false);
    expect(isJobRequest({ ...latent, only: ['a', null] })).toBe(true);
    expect(isJobRequest({ ...latent, only: [1] })).toBe(false);
    expect(isJobRequest({ ...latent, inputs: [] })).toBe(false);
    expect(isJobRequest({ ...anomaly, falsePositiveRate: 2 })).toBe(false);
    expect(isJobRequest({ type: 'models', action: 'burn' })).toBe(false);
  });

  it('names a resource and nothing else', () => {
    const resources: Resource[] = [
      { kind: 'frame', series: 'a.b-1', index: 12 },
      { kind: 'thumbnail', series: 'a.b-1' },
      { kind: 'slice', series: 'a.b-1', index: 12 },
      { kind: 'output', job: 'x', file: 'latent.json' },
      { kind: 'output', job: 'x', file: 'vectors.npy' },
      { kind: 'report', job: 'x', format: 'html' },
      { kind: 'report', job: 'x', format: 'json' },
      { kind: 'training-preview', job: 'x', step: null },
      { kind: 'training-preview', job: 'x', step: 120 },
      { kind: 'training-card', job: 'x' },
      { kind: 'labels', job: 'x', series: 'a.b/c', slice: 7 },
    ];
    for (const resource of resources) expect(resourceAt(resourcePath(resource))).toEqual(resource);
    for (const other of [
      '/',
      '/frames/a',
      '/frames/a/-1',
      '/frames/a/1/2',
      '/frames/%zz/1',
      '/labels/x/a.b',
      '/labels/x/a.b/-1',
      '/labels/x/a.b/1/2',
      '/reports/a/x.html',
      '/outputs/a/map.svg',
      '/outputs/a/report.html',
      '/outputs/a/..%2Fb.json',
      '/outputs/a/b/c.json',
      '/trainings/a/../b',
      '/trainings/a/model.onnx',
    ])
      expect(resourceAt(other)).toBeNull();
  });

  it('lists each method of the contract once', () => {
    expect(new Set(APP_METHODS).size).toBe(APP_METHODS.length);
  });
});

describe('settings', () => {
  it('survive a restart, and fall back where the file is damaged', async () => {
    const file = path.join(await temporaryFolder(), 'home', 'settings.json');
    const settings = await openSettings(file);
    await settings.save({ ...settings.current(), theme: 'light', hidePatients: true });
    for (const one of ['/a', '/b', '/a']) await settings.remember(one);
    const again = await openSettings(file);
    expect(again.current()).toMatchObject({ theme: 'light', hidePatients: true, recent: ['/a', '/b'] });
    const damaged = { ...again.current(), theme: 'pink', hidePatients: 'yes', later: { more: 1 } };
    await fs.writeFile(file, JSON.stringify(damaged));
    const mended = (await openSettings(file)).current();
    expect(mended).toEqual({ ...again.current(), theme: 'dark', hidePatients: false });
    await fs.writeFile(file, '[]');
    expect((await openSettings(file)).current().theme).toBe('dark');
  });

  it('are refused when a field is wrong', () => {
    const good = {
      theme: 'dark',
      hidePatients: false,
      language: 'en',
      device: 'cpu',
      outputFolder: null,
      nodeConfig: '/etc/limpid/node.json',
      latentIndex: '/data/index',
      updates: 'https://updates.test/limpid/',
      rules: [],
      recent: [],
      introduced: true,
    };
    expect(checked(Settings, good, 'settings')).toEqual(good);
    for (const change of [
      { theme: 'pink' },
      { language: '../en' },
      { device: 'x' },
      { outputFolder: '' },
      { updates: '' },
      { recent: 'a' },
      { introduced: 1 },
    ])
      expect(read(Settings, { ...good, ...change })).toMatchObject({
        fits: false,
        path: Object.keys(change)[0],
      });
  });

  it('lie where the system keeps application data', () => {
    expect(homeFolder({}, 'linux', '/home/a')).toBe('/home/a/.local/share/limpid');
    expect(homeFolder({ XDG_DATA_HOME: '/x' }, 'linux', '/home/a')).toBe('/x/limpid');
    expect(homeFolder({}, 'darwin', '/Users/a')).toBe('/Users/a/Library/Application Support/Limpid');
    expect(homeFolder({ LIMPID_HOME: '/own' }, 'linux', '/home/a')).toBe('/own');
  });
});
