import { type FreeMemory, freeMemory, MEMORY_SETTING } from '../base/memory.js';
import { threadsAllowed } from '../base/threads.js';
import { fault } from '../contract/errors.js';
import { Gathering, measuredSlices } from '../denoise/sample.js';
import type { Decode } from '../dicom/codec/decode.js';
import { isReadInParts, loadPart } from '../dicom/series/part.js';
import type { Series } from '../dicom/series/series.js';
import { loadVolume } from '../dicom/series/volume.js';
import type { Volume } from '../imaging/volume.js';
import type { LoadedStack, StackInput, VolumeSize } from './input.js';

/** What is to be done with a volume. */
export type MemoryUse = 'denoise' | 'learn' | 'apply';

/**
 * Bytes that a use holds for each value of the volume at its largest: to denoise these are the volume, the image in unit
 * noise, an estimate or two in float32, masks and a map. The others are counted from the copies that their code makes.
 */
const BYTES_A_VALUE: Readonly<Record<MemoryUse, number>> = { denoise: 22, learn: 20, apply: 24 };
/** The program, ONNX Runtime, the network, and garbage that waits whatever the series. */
const PROGRAM_BYTES: Readonly<Record<MemoryUse, number>> = { denoise: 400e6, learn: 700e6, apply: 700e6 };
/** Garbage that waits to be collected grows with a series until there is so much that it is. */
const GARBAGE = { bytesAValue: 45, values: 13e6 } as const;
/** What a thread of refining works on, for each value of a plane: slices of its task, and of those to be added. */
const BYTES_A_PIXEL = 700;
const MOST_THREADS = 8;

/**
 * Bytes that a use of a volume of this size takes at its peak, the program included. What was measured is in
 * docs/memory.md, and `test/jobs/denoise/peak.test.ts` holds it against the built program.
 */
export function memoryNeeded(use: MemoryUse, { area, values }: VolumeSize): number {
  const held = PROGRAM_BYTES[use] + BYTES_A_VALUE[use] * values;
  if (use !== 'denoise') return held;
  const threads = Math.max(1, Math.min(MOST_THREADS, threadsAllowed()));
  const garbage = GARBAGE.bytesAValue * Math.min(values, GARBAGE.values);
  return held + garbage + BYTES_A_PIXEL * threads * area;
}

/**
 * Refuses what would end in the system killing this process.
 *
 * @param loaded values that are in memory already
 * @param free asked for what there is
 * @throws LimpidError E_MEMORY with what is needed, what there is, and what to do
 */
export async function requireMemory(
  use: MemoryUse,
  size: VolumeSize,
  loaded = 0,
  free: () => Promise<FreeMemory> = freeMemory,
): Promise<void> {
  const needed = memoryNeeded(use, size);
  const own = process.memoryUsage.rss();
  const { bytes, limit } = await free();
  // What this process holds already was taken off what is free; the program and what is loaded are part of the need.
  const held = limit === 'setting' ? 0 : Math.min(own, PROGRAM_BYTES[use] + 4 * loaded);
  if (needed <= bytes + held) return;
  const facts = { needed, free: bytes + held };
  throw limit === 'setting'
    ? fault('E_MEMORY/setting', { ...facts, setting: MEMORY_SETTING })
    : fault(`E_MEMORY/${limit}`, facts);
}

/**
 * Reads a stack where there is memory for what is to be done with it.
 *
 * @throws LimpidError E_MEMORY, before anything is read where the size is known; those of reading
 */
export async function loadWithin(
  stack: Pick<StackInput, 'size' | 'load'>,
  use: MemoryUse,
  onProgress: (done: number) => void,
): Promise<LoadedStack> {
  if (stack.size !== null) await requireMemory(use, stack.size);
  const loaded = await stack.load(onProgress);
  const { data, rows, columns } = loaded.volume;
  if (stack.size === null)
    await requireMemory(use, { area: rows * columns, values: data.length }, data.length);
  return loaded;
}

/**
 * A volume in which the noise of a series is what it is in the whole: of a long one only the slices that an estimate
 * looks at are read and held. Series over time, and what is not read slice by slice, come whole.
 *
 * @throws LimpidError as loadVolume
 */
export async function volumeToMeasure(series: Series, decode: Decode): Promise<Volume> {
  const { slices } = series.geometry;
  const places = measuredSlices(slices);
  if (series.frames > 1 || places.length >= slices || !isReadInParts(series))
    return (await loadVolume(series, decode)).volume;
  const gathering = new Gathering(places);
  for (const place of places.filter((slice) => slice >= 0)) {
    const { volume } = await loadPart(series, decode, { from: place, to: place + 1 });
    gathering.add(volume, place);
  }
  return gathering.sample().volume;
}
