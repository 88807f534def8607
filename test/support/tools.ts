import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

export const PYTHON = '/usr/bin/python3';

/** The Debian packages of the commands that tests compare with. */
const PACKAGES = {
  apparmor_parser: 'apparmor',
  'desktop-file-validate': 'desktop-file-utils',
  'dpkg-deb': 'dpkg',
  'update-mime-database': 'shared-mime-info',
  dciodvfy: 'dicom3tools',
  dcentvfy: 'dicom3tools',
  dcmcjpeg: 'dcmtk',
  dcmconv: 'dcmtk',
  dcmdjpeg: 'dcmtk',
  dcmdump: 'dcmtk',
  dcm2niix: 'dcm2niix',
  echoscu: 'dcmtk',
  gdcmconv: 'libgdcm-tools',
  dcmqrscp: 'dcmtk',
  dsrdump: 'dcmtk',
  openssl: 'openssl',
  Orthanc: 'orthanc',
  'redis-server': 'redis-server',
  storescp: 'dcmtk',
  storescu: 'dcmtk',
} as const;

const printed = new Set<string>();

/** Prints, once in a test file, why something of it is skipped, and gives the reason back. */
export function warnOnce(reason: string): string {
  if (!printed.has(reason)) console.warn(reason);
  printed.add(reason);
  return reason;
}

/**
 * Whether all of these commands are there. Whoever starts a command in a test asks here first, for each that it
 * starts, so that the tests pass with any subset of them; `node test/support/without.mjs` tells whether it did.
 */
export function hasTool(...names: readonly (keyof typeof PACKAGES)[]): boolean {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const missing = names.filter((name) => !folders.some((folder) => fs.existsSync(path.join(folder, name))));
  for (const name of missing)
    warnOnce(`skipped: what needs ${name}, which is missing (Debian ${PACKAGES[name]})`);
  return missing.length === 0;
}

/** '' where processes have groups and signals that end them at once; on Windows why a test is skipped, which is printed. */
export function signalsLack(): string {
  return process.platform === 'win32' ? warnOnce('skipped: what ends processes by signals, on Windows') : '';
}

/** '' when Debian's Python has the modules; otherwise why not, which is printed. */
export function pythonLacks(...modules: string[]): string {
  const tried = spawnSync(PYTHON, ['-c', modules.map((name) => `import ${name}`).join('\n')]);
  return tried.status === 0 ? '' : warnOnce(`skipped: ${PYTHON} without ${modules.join(', ')}`);
}

/** '' when the file or folder is there; otherwise why a test is skipped, which is printed. */
export function fileLacks(file: string, debianPackage: string): string {
  return fs.existsSync(file) ? '' : warnOnce(`skipped: ${file} is missing (Debian ${debianPackage})`);
}
