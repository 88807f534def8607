import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Volume } from '../../src-main/imaging/volume.js';
import { PYTHON } from '../support/tools.js';

export { fileLacks, pythonLacks } from '../support/tools.js';

export const CH2 = '/usr/share/mricron/templates/ch2.nii.gz';
export const MACAQUE = '/usr/share/mricron/templates/inia19-t1-brain.nii.gz';

/** The JSON array of numbers that a Python script prints. Files go by name to a folder that is removed after. */
export function python(script: string, files: Readonly<Record<string, Uint8Array>>): number[] {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'limpid-'));
  try {
    for (const [name, bytes] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), bytes);
    const printed = execFileSync(PYTHON, ['-W', 'ignore', '-c', script], { cwd: folder, encoding: 'utf8' });
    return numbers(JSON.parse(printed));
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

function numbers(value: unknown): number[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'number')) return value;
  throw new Error('the script printed no numbers');
}

/** A volume with unit geometry. */
export function volumeOf(
  data: Float32Array,
  shape: readonly [columns: number, rows: number, slices: number, frames?: number],
): Volume {
  const [columns, rows, slices, frames = 1] = shape;
  return {
    data,
    columns,
    rows,
    slices,
    frames,
    spacing: [1, 1, 1],
    affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    units: 'a.u.',
    measured: null,
    quantum: 0,
  };
}

/** Slices [from, to) of the first frame. */
export function slab(volume: Volume, from: number, to: number): Volume {
  const length = volume.columns * volume.rows;
  return {
    ...volume,
    data: volume.data.slice(from * length, to * length),
    slices: to - from,
    frames: 1,
    measured: null,
  };
}

export function bytesOf(data: Float32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
