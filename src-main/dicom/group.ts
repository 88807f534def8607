import { type Geometry, hasPlane, positionAlongNormal, samePlace, stackGeometry } from './geometry.js';
import type { Instance } from './instance.js';

/** Images of one series that belong on one grid. */
export interface Stack {
  /** What tells this stack from others of its series; the same for the same files. */
  readonly key: string;
  /** Slice by slice along the normal; within a slice, frame by frame. */
  readonly instances: readonly Instance[];
  /** Time points, directions or repeats at every position. Files of many frames count each of theirs. */
  readonly frames: number;
  /** Null where position, orientation or pixel spacing are absent or impossible. */
  readonly geometry: Geometry | null;
}

/**
 * Splits the images of one series into stacks: by class, size and pixel format, image type, part of the complex
 * signal, echo, coil and orientation. Images at the same positions become frames of one stack when they fill a
 * grid; else they are split by b-value, time or acquisition where that gives whole stacks; else they stay together
 * and are marked as duplicates.
 */
export function groupInstances(instances: readonly Instance[]): Stack[] {
  const stacks: Stack[] = [];
  for (const [format, members] of partition(instances, formatKey))
    for (const [plane, group] of byOrientation(members)) stacks.push(...arrange(`${format}|${plane}`, group));
  return stacks;
}

function formatKey(instance: Instance): string {
  // From value 4 on, the image type of a CT is the manufacturer's own and may change from slice to slice.
  const imageType = instance.modality === 'CT' ? instance.imageType.slice(0, 3) : instance.imageType;
  return [
    instance.sopClassUid,
    instance.rows,
    instance.columns,
    instance.numberOfFrames,
    instance.samplesPerPixel,
    instance.photometric,
    instance.bitsAllocated,
    instance.bitsStored,
    instance.pixelRepresentation,
    imageType.join('\\'),
    instance.complexPart,
    instance.echoNumber ?? '',
    instance.echoTime?.toFixed(3) ?? '',
    instance.coil,
    instance.pixelSpacing?.map((mm) => mm.toFixed(4)).join('x') ?? '',
  ].join('|');
}

/** Cosines of one plane differ in their last digits: compared with a tolerance, not as text. */
function byOrientation(instances: readonly Instance[]): [string, Instance[]][] {
  const planes: { cosines: readonly number[]; members: Instance[] }[] = [];
  const without: Instance[] = [];
  for (const instance of instances) {
    const cosines = instance.imageOrientation;
    if (cosines === null || !hasPlane(instance)) {
      without.push(instance);
      continue;
    }
    const plane = planes.find((known) =>
      known.cosines.every((value, i) => Math.abs(value - cosines[i]) < 2e-3),
    );
    if (plane === undefined) planes.push({ cosines, members: [instance] });
    else plane.members.push(instance);
  }
  const named = planes.map(({ cosines, members }): [string, Instance[]] => [
    cosines.map((value) => Math.round(value * 100)).join(','),
    members,
  ]);
  return without.length === 0 ? named : [...named, ['none', without]];
}

function arrange(key: string, group: readonly Instance[]): Stack[] {
  if (!hasPlane(group[0])) return [unplaced(key, group)];
  const whole = grid(key, group);
  if (whole !== null) return [whole];
  for (const [name, labelOf] of DISCRIMINATORS) {
    const parts = partition(group, labelOf);
    const stacks = parts.map(([value, members]) => grid(`${key}|${name}=${value}`, members));
    const complete = stacks.filter((stack) => stack !== null);
    if (parts.length > 1 && complete.length === parts.length) return complete;
  }
  const sorted = places(group).flat();
  return [{ key, instances: sorted, frames: 1, geometry: stackGeometry(sorted, true) }];
}

function unplaced(key: string, group: readonly Instance[]): Stack {
  const instances = [...group].sort(byNumber);
  return { key, instances, frames: instances[0].numberOfFrames, geometry: null };
}

/** A stack when every position holds equally many images that can be told apart; else null. */
function grid(key: string, group: readonly Instance[]): Stack | null {
  const slices = places(group);
  const repeats = slices[0].length;
  if (slices.some((slice) => slice.length !== repeats)) return null;
  const perFile = group[0].numberOfFrames;
  if (repeats > 1 && perFile > 1) return null;
  const ordered = repeats === 1 ? slices : orderRepeats(slices);
  if (ordered === null) return null;
  const geometry = stackGeometry(
    ordered.map((slice) => slice[0]),
    false,
  );
  return { key, instances: ordered.flat(), frames: repeats * perFile, geometry };
}

/** Images gathered by position along the normal, ascending; within a position by instance number. */
function places(group: readonly Instance[]): Instance[][] {
  const sorted = group
    .map((instance) => ({ instance, at: positionAlongNormal(instance) }))
    .sort((a, b) => a.at - b.at);
  const slices: Instance[][] = [];
  let at = Number.NaN;
  for (const entry of sorted) {
    if (samePlace(entry.at, at)) slices[slices.length - 1].push(entry.instance);
    else {
      slices.push([entry.instance]);
      at = entry.at;
    }
  }
  for (const slice of slices) slice.sort(byNumber);
  return slices;
}

type Value = (instance: Instance) => string;

const DIFFUSION: Value = (instance) =>
  instance.bValue === null
    ? ''
    : `${instance.bValue}@${(instance.gradient ?? []).map((g) => g.toFixed(4)).join(',')}`;

/** What may tell repeats at one position apart, best first. An empty text means that it is not stated. */
const DISCRIMINATORS: readonly [string, Value][] = [
  ['time', (instance) => numberText(instance.temporalPosition)],
  ['diffusion', DIFFUSION],
  ['b', (instance) => numberText(instance.bValue)],
  ['trigger', (instance) => numberText(instance.triggerTime)],
  ['acquisition', (instance) => numberText(instance.acquisitionNumber)],
];

/**
 * Puts the repeats of every position into one order of frames. An attribute whose values are the same distinct ones
 * at every position says which images belong together; else the order of instance numbers, or of time, does.
 */
function orderRepeats(slices: readonly Instance[][]): Instance[][] | null {
  for (const [, labelOf] of DISCRIMINATORS) {
    const order = frameOrder(slices[0], labelOf);
    if (order === null) continue;
    const ranked = slices.map((slice) => rank(slice, labelOf, order));
    const complete = ranked.filter((slice) => slice !== null);
    if (complete.length === slices.length) return complete;
  }
  for (const labelOf of [
    (instance: Instance) => numberText(instance.instanceNumber),
    (instance: Instance) => instance.acquisitionTime,
  ]) {
    if (slices.every((slice) => allDistinct(slice.map(labelOf))))
      return slices.map((slice) => [...slice].sort((a, b) => compareTexts(labelOf(a), labelOf(b))));
  }
  return null;
}

/** The values of a slice in frame order: by the number they start with, then as the instance numbers run. */
function frameOrder(slice: readonly Instance[], labelOf: Value): Map<string, number> | null {
  const values = slice.map(labelOf);
  if (!allDistinct(values)) return null;
  values.sort((a, b) => Number.parseFloat(a) - Number.parseFloat(b));
  return new Map(values.map((value, i) => [value, i]));
}

function rank(
  slice: readonly Instance[],
  labelOf: Value,
  order: ReadonlyMap<string, number>,
): Instance[] | null {
  const ranked: (Instance | undefined)[] = new Array(order.size).fill(undefined);
  for (const instance of slice) {
    const at = order.get(labelOf(instance));
    if (at === undefined || ranked[at] !== undefined) return null;
    ranked[at] = instance;
  }
  const complete = ranked.filter((instance) => instance !== undefined);
  return complete.length === order.size ? complete : null;
}

function allDistinct(values: readonly string[]): boolean {
  return !values.includes('') && new Set(values).size === values.length;
}

function numberText(value: number | null): string {
  return value === null ? '' : String(value);
}

function compareTexts(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (Number.isFinite(x) && Number.isFinite(y) && x !== y) return x - y;
  return a < b ? -1 : a > b ? 1 : 0;
}

function byNumber(a: Instance, b: Instance): number {
  return (
    (a.instanceNumber ?? 0) - (b.instanceNumber ?? 0) ||
    compareTexts(a.acquisitionTime, b.acquisitionTime) ||
    compareTexts(a.sopInstanceUid, b.sopInstanceUid)
  );
}

function partition(instances: readonly Instance[], keyOf: Value): [string, Instance[]][] {
  const parts = new Map<string, Instance[]>();
  for (const instance of instances) {
    const key = keyOf(instance);
    const part = parts.get(key);
    if (part === undefined) parts.set(key, [instance]);
    else part.push(instance);
  }
  return [...parts];
}
