/** A noise level that a person gives instead of an estimate: a number, maps, or a scan of noise. */
import { sha256 } from '../../base/files.js';
import { fault, LimpidError } from '../../contract/errors.js';
import type { NoiseLevel } from '../../contract/requests/choices.js';
import { openSource } from '../../dicom/files/sources.js';
import { isParametricMap, readMapFrame, readMapInstance } from '../../dicom/read/parametric-map-read.js';
import type { Volume } from '../../imaging/volume.js';
import { type LevelMap, levelsAt } from '../../noise/told/level-map.js';
import { looksLikeNoise, scannedNoise } from '../../noise/told/scan.js';
import type { ToldNoise } from '../../noise/told/told-noise.js';
import { loadNifti } from '../nifti-input.js';
import { isNiftiFile, openInput } from '../open-input.js';

/** What was given, read. */
export interface GivenNoise {
  /** The same for the same numbers, whatever file they are in: a run is resumed with what it began with. */
  readonly key: string;
  /** Whether it says something of every voxel: then a series is taken as a whole. */
  readonly byVoxel: boolean;
  /** For a series on this grid. @throws LimpidError E_GEOMETRY for one on another grid than the map */
  for(volume: Volume): ToldNoise;
}

/**
 * Reads what was given: a NIfTI file, a Parametric Map or a folder of these, or a series without signal.
 *
 * @throws LimpidError E_VALUES for levels that are none, E_NOT_FOUND and those of reading
 */
export async function openGivenNoise(given: NoiseLevel): Promise<GivenNoise> {
  if (given.kind === 'number') return byNumber(given.sigma);
  try {
    return await byFile(given);
  } catch (error) {
    throw error instanceof LimpidError ? error.at(given.path) : error;
  }
}

function byNumber(sigma: number): GivenNoise {
  if (!(sigma > 0 && Number.isFinite(sigma))) throw fault('E_VALUES/told-level');
  return { key: String(sigma), byVoxel: false, for: () => ({ level: sigma }) };
}

async function byFile({ kind, path: file }: Exclude<NoiseLevel, { kind: 'number' }>): Promise<GivenNoise> {
  if (!(await isNiftiFile(file))) {
    const maps = kind === 'scan' ? [] : await parametricMaps(file);
    if (maps.length > 0) return byMaps(maps);
  }
  const volume = (await isNiftiFile(file)) ? (await loadNifti(file)).image.volume : await scanIn(file);
  const isScan = kind === 'scan' || (kind === 'file' && looksLikeNoise(volume));
  return isScan ? byScan(volume) : byMaps([volume]);
}

/** Maps of several series: each series takes the one on its grid. */
function byMaps(maps: readonly LevelMap[]): GivenNoise {
  return {
    key: keyOf(maps),
    byVoxel: true,
    for(volume) {
      const problems: unknown[] = [];
      for (const map of maps)
        try {
          return { level: levelsAt(map, volume) };
        } catch (error) {
          problems.push(error);
        }
      throw problems[0];
    },
  };
}

function byScan(scan: Volume): GivenNoise {
  const { sigma, correlation, levels } = scannedNoise(scan);
  return {
    key: keyOf([scan]),
    byVoxel: levels !== null,
    for: (volume) => ({
      level: levels === null ? sigma : levelsAt({ ...scan, frames: 1, data: levels }, volume),
      correlation,
    }),
  };
}

function keyOf(volumes: readonly Pick<LevelMap, 'data'>[]): string {
  const hashes = volumes.map(({ data }) =>
    sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  );
  return hashes.join(' ').slice(0, 12 * hashes.length);
}

/** All Parametric Maps of a file or folder. */
async function parametricMaps(file: string): Promise<LevelMap[]> {
  const source = await openSource(file);
  try {
    const maps: LevelMap[] = [];
    for await (const one of source.files()) {
      // What cannot be read is no map; the file is then tried as a scan, which tells its reason.
      const bytes = await one.read().catch(() => null);
      if (bytes === null || !isMap(bytes)) continue;
      const map = readMapInstance(one, bytes);
      const area = map.columns * map.rows;
      const data = new Float32Array(area * map.order.length);
      for (const [slice, frame] of map.order.entries())
        data.set(readMapFrame(map, bytes, frame), slice * area);
      maps.push({ ...map, slices: map.order.length, frames: 1, data });
    }
    return maps;
  } finally {
    await source.close();
  }
}

/** What cannot be walked is no map. */
function isMap(bytes: Uint8Array): boolean {
  try {
    return isParametricMap(bytes);
  } catch {
    // What cannot be walked is no map; the file is then tried as a scan, which tells its reason.
    return false;
  }
}

/** The one series of a folder or file. */
async function scanIn(file: string): Promise<Volume> {
  const input = await openInput(file, () => {}, { errorMap: false, suffix: 'unused' });
  try {
    const stacks = input.units.flatMap(({ stacks: some }) => some).filter(({ why }) => why === null);
    if (stacks.length !== 1)
      throw fault(stacks.length === 0 ? 'E_VALUES/told-nothing' : 'E_VALUES/told-several');
    return (await stacks[0].load(() => {})).volume;
  } finally {
    await input.close();
  }
}
