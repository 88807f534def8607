import type { FrameRecord } from '../read/frame-record.js';
import type { Instance } from '../read/instance.js';
import { alike } from './alike.js';
import { directionsGeometry, type Geometry, stackGeometry, unplacedGeometry } from './geometry.js';
import { byNumber } from './labels.js';
import { byOrientation, type OrientationGroup } from './orientations.js';
import { places } from './places.js';
import { type VolumeSet, volumesOf } from './volumes.js';

/** Where an image lies in the volume of its stack. */
export interface Slot {
  readonly slice: number;
  /** The first one, of an image of several. */
  readonly frame: number;
}

/** Images of one series that belong on one grid. */
export interface Stack<T extends FrameRecord = Instance> {
  /** What tells this stack from others of its series; the same for the same files. */
  readonly key: string;
  /** Slice by slice along the normal; within a slice, frame by frame. */
  readonly instances: readonly T[];
  /** Of each of `instances`. */
  readonly slots: readonly Slot[];
  /** Time points, directions or repeats at every position. Files of many frames count each of theirs. */
  readonly frames: number;
  readonly geometry: Geometry;
  /** Numbers, from 1, of the volumes that lack slices which others of the series have; none where it is whole. */
  readonly incomplete: readonly number[];
}

/**
 * Splits the images of one series into stacks: by class, size and pixel format (bits may differ from slice to slice), image type, part of the complex
 * signal, echo, coil, reconstruction, orientation, and whether a weighted image is one of single directions or was
 * combined of these. Images at the same positions become frames of one stack, put
 * into volumes by the attributes that tell them apart; what does not fill a volume is a stack of its own.
 */
export function groupInstances(instances: readonly Instance[]): Stack[] {
  const keys = formatKeys(instances);
  const keyOf = (instance: Instance): string => keys.get(instance) ?? '';
  return [...partition([...instances].sort(byNumber), keyOf)].flatMap(([format, members]) =>
    formStacks(format, members),
  );
}

/** The stacks of images that are all encoded alike; `key` begins theirs. In the order of instance numbers. */
function formStacks<T extends FrameRecord>(key: string, frames: readonly T[]): Stack<T>[] {
  const weighted = new Set(frames.filter(isDirected).map(({ bValue }) => bValue));
  // What has no direction where others of its b-value have one was computed of these: a combined or trace image.
  const isCombined = (frame: T) =>
    frame.bValue !== null && frame.bValue > 0 && weighted.has(frame.bValue) && !isDirected(frame);
  return [...partition(frames, (frame) => (isCombined(frame) ? `${key}|combined` : key))].flatMap(
    ([name, members]) => byOrientation(members).flatMap((group) => arrange(`${name}|${group.name}`, group)),
  );
}

function isDirected({ gradient }: FrameRecord): boolean {
  return gradient?.some((part) => part !== 0) ?? false;
}

/** What may be stated of some images of a series only, though it holds of all. */
type Stated = 'echoNumber' | 'echoTime' | 'coil';

/** Milliseconds, and of an echo time, up to which two are one. */
const ECHO_MS = 0.01;
const ECHO_SHARE = 1e-3;
/** Of a pixel spacing: a tenth of a pixel over 512. */
const SPACING_SHARE = 2e-4;

/** One name for each of the echo times of a series, in ms: the same for what differs by what computing left of it. */
export function echoTimeNames(instances: readonly Instance[]): ReadonlyMap<number, string> {
  const values = instances.flatMap(({ echoTime }) => echoTime ?? []);
  return alike(values, 3, (ms) => Math.max(ECHO_MS, ECHO_SHARE * ms));
}

/** The same of pixel spacings, in mm. */
export function spacingNames(instances: readonly Instance[]): ReadonlyMap<number, string> {
  const values = instances.flatMap(({ pixelSpacing }) => pixelSpacing ?? []);
  return alike(values, 4, (mm) => SPACING_SHARE * mm);
}

/** The name of each image's format: images with the same one are encoded alike and of one part of an acquisition. */
function formatKeys(instances: readonly Instance[]): ReadonlyMap<Instance, string> {
  const echoes = echoTimeNames(instances);
  const spacings = spacingNames(instances);
  const stated = new Map<Instance, Statement>();
  for (const instance of instances) {
    const { echoNumber, echoTime, coil } = instance;
    const echo = echoTime === null ? '' : (echoes.get(echoTime) ?? '');
    stated.set(instance, { echoNumber: echoNumber === null ? '' : String(echoNumber), echoTime: echo, coil });
  }
  // Asked for once an image: the name of its format is made some times over.
  const sure = new Map(
    instances.map((instance) => [
      instance,
      {
        shape: shapeOf(instance).join('|'),
        part: partOf(instance).join('|'),
        reconstruction: reconstructionOf(instance, spacings).join('|'),
      },
    ]),
  );
  const keyOf = (instance: Instance, without: readonly Stated[], depth = '*'): string => {
    const own = stated.get(instance);
    const parts = STATED.map((name) => (without.includes(name) ? '*' : (own?.[name] ?? '')));
    const known = sure.get(instance);
    return [known?.shape, depth, known?.part, ...parts, known?.reconstruction].join('|');
  };
  // Where all images state a thing, or none does, there is nothing to fill in.
  const isMixed = STATED.some((name) => {
    const silent = instances.filter((instance) => stated.get(instance)?.[name] === '').length;
    return silent > 0 && silent < instances.length;
  });
  if (isMixed) {
    const placeOf = placesOf(instances);
    for (const names of LEFT_OUT)
      for (const like of partition(instances, (instance) => keyOf(instance, names)).values())
        fillIn(like, names, stated, placeOf);
  }
  const depths = depthsOf(instances, (instance) => keyOf(instance, []));
  return new Map(instances.map((instance) => [instance, keyOf(instance, [], depths.get(instance))]));
}

/**
 * How the values of each image are stored: of images that are alike but for that, and none of which is there twice,
 * what most of them have. Some who write images give each slice as many bits as its values need, or a sign where one
 * of them has it, and what is stored means the same after rescaling.
 */
function depthsOf(
  instances: readonly Instance[],
  likeOf: (instance: Instance) => string,
): ReadonlyMap<Instance, string> {
  const depths = new Map(instances.map((instance) => [instance, depthOf(instance)]));
  if (new Set(depths.values()).size === 1) return depths;
  const placeOf = placesOf(instances);
  const comparable = (instance: Instance): string =>
    [
      likeOf(instance),
      instance.bitsAllocated,
      isAligned(instance),
      instance.hasModalityLut,
      instance.units,
    ].join('|');
  for (const like of partition(instances, comparable).values()) {
    const classes = [...partition(like, (instance) => depths.get(instance) ?? '')];
    if (classes.length === 1 || isThereTwice(classes, placeOf)) continue;
    const [most] = classes.sort(([a, x], [b, y]) => y.length - x.length || (a < b ? 1 : -1));
    for (const instance of like) depths.set(instance, most[0]);
  }
  return depths;
}

/** Whether two classes hold images of one place and one moment, or of none: as an image and a copy of fewer bits. */
function isThereTwice(
  classes: readonly (readonly [string, readonly Instance[]])[],
  placeOf: (instance: Instance) => string,
): boolean {
  const seen = new Map<string, string>();
  return classes.some(([depth, members]) =>
    members.some((instance) => {
      const place = placeOf(instance);
      if (place === '') return true;
      const spot = `${place}|${momentOf(instance)}`;
      const known = seen.get(spot);
      seen.set(spot, depth);
      return known !== undefined && known !== depth;
    }),
  );
}

/** What tells an image from others at its place, whatever its number is. */
function momentOf(instance: Instance): string {
  const { temporalPosition, bValue, gradient, triggerTime, inversionTime, flipAngle } = instance;
  return [
    temporalPosition,
    bValue,
    gradient?.join(),
    triggerTime,
    inversionTime,
    flipAngle,
    instance.acquisitionNumber,
    instance.acquisitionTime,
    instance.dimension,
  ].join('|');
}

function isAligned({ highBit, bitsStored }: Instance): boolean {
  return highBit === bitsStored - 1;
}

type Statement = Record<Stated, string>;

const STATED: readonly Stated[] = ['echoNumber', 'echoTime', 'coil'];

/** What whoever leaves something out leaves out: one of them, what it has to say of the echo, or all. */
const LEFT_OUT: readonly (readonly Stated[])[] = [
  ...STATED.map((name) => [name]),
  ['echoNumber', 'echoTime'],
  STATED,
];

/** Positions, in mm, up to which two are one: the last digit that many write. */
const PLACE_MM = 0.01;

/** The name of each image's position; '' where it has none. */
function placesOf(instances: readonly Instance[]): (instance: Instance) => string {
  const axes = [0, 1, 2].map((axis) =>
    alike(
      instances.flatMap(({ imagePosition }) => imagePosition?.[axis] ?? []),
      3,
      () => PLACE_MM,
    ),
  );
  return ({ imagePosition }) =>
    imagePosition === null ? '' : axes.map((names, axis) => names.get(imagePosition[axis] ?? 0)).join();
}

/**
 * Takes what images say of some things for true of those that say nothing of any, where these lie at other places: at
 * the same places they are something else, as the image of all coils beside that of one.
 */
function fillIn(
  like: readonly Instance[],
  names: readonly Stated[],
  stated: ReadonlyMap<Instance, Statement>,
  placeOf: (instance: Instance) => string,
): void {
  const statedBy = (instance: Instance): string =>
    names.map((name) => stated.get(instance)?.[name] ?? '').join('|');
  const nothing = names.map(() => '').join('|');
  const [silent, telling] = [true, false].map((isNothing) =>
    like.filter((one) => (statedBy(one) === nothing) === isNothing),
  );
  const [first] = telling;
  if (first === undefined || silent.length === 0 || new Set(telling.map(statedBy)).size > 1) return;
  const taken = new Set(telling.map(placeOf));
  if (silent.some((instance) => taken.has(placeOf(instance)))) return;
  const all = stated.get(first);
  for (const instance of silent) {
    const own = stated.get(instance);
    if (own !== undefined && all !== undefined) for (const name of names) own[name] = all[name];
  }
}

function shapeOf(instance: Instance): readonly (string | number)[] {
  return [
    instance.sopClassUid,
    instance.rows,
    instance.columns,
    instance.numberOfFrames,
    instance.samplesPerPixel,
    instance.photometric,
  ];
}

/** Bits of a value and its sign; what refuses an image does not refuse others. */
function depthOf(instance: Instance): string {
  const { bitsAllocated, bitsStored, pixelRepresentation, hasModalityLut } = instance;
  const odd = [...(isAligned(instance) ? [] : ['unaligned']), ...(hasModalityLut ? ['lookup'] : [])];
  return [bitsAllocated, bitsStored, pixelRepresentation, ...odd].join('|');
}

/** Which part of an acquisition it is. */
function partOf(instance: Instance): readonly string[] {
  // From value 4 on, the image type of a CT is the manufacturer's own and may change from slice to slice.
  const imageType = instance.modality === 'CT' ? instance.imageType.slice(0, 3) : instance.imageType;
  const computed = instance.computedOf === null ? [] : [instance.computedOf];
  return [imageType.join('\\'), instance.complexPart, ...computed];
}

function reconstructionOf(
  { reconstruction, pixelSpacing }: Instance,
  spacings: ReadonlyMap<number, string>,
): readonly string[] {
  const spacing = pixelSpacing?.map((mm) => spacings.get(mm) ?? '').join('x') ?? '';
  return reconstruction === '' ? [spacing] : [reconstruction, spacing];
}

function arrange<T extends FrameRecord>(key: string, group: OrientationGroup<T>): Stack<T>[] {
  if (group.kind === 'unplaced') {
    const instances = [...group.members].sort(byLocation(group.members));
    return [row(key, instances, unplacedGeometry(instances))];
  }
  if (group.kind === 'directions') {
    const instances = [...group.members].sort(byNumber);
    return [row(key, instances, directionsGeometry(instances))];
  }
  return volumesOf(places(group.members)).flatMap((set) =>
    placed(set.name === '' ? key : `${key}|${set.name}`, set),
  );
}

/** Slices that are not known to be neighbours, one after the other. */
function row<T extends FrameRecord>(key: string, instances: readonly T[], geometry: Geometry): Stack<T> {
  return {
    key,
    instances,
    slots: instances.map((_, slice) => ({ slice, frame: 0 })),
    frames: instances[0].numberOfFrames,
    geometry,
    incomplete: [],
  };
}

function placed<T extends FrameRecord>(key: string, set: VolumeSet<T>): Stack<T>[] {
  const { volumes, kind } = set;
  const [first] = volumes;
  const repeated =
    kind === 'repeated' || (kind === 'incomplete' && places(first).some((slice) => slice.length > 1));
  const geometry = stackGeometry(first, repeated);
  if (geometry.sliceGap && !repeated) {
    const runs = evenRuns(first);
    if (runs !== null)
      return runs.flatMap(([from, to], i) =>
        placed(`${key}|run=${i + 1}`, { ...set, volumes: volumes.map((one) => one.slice(from, to)) }),
      );
  }
  const perFile = first[0].numberOfFrames;
  const absent = new Set(geometry.missing);
  const slices = Array.from({ length: geometry.slices }, (_, i) => i).filter((i) => !absent.has(i));
  return [
    {
      key,
      instances: first.flatMap((_, at) => volumes.map((volume) => volume[at])),
      slots: slices.flatMap((slice) => volumes.map((_, i) => ({ slice, frame: i * perFile }))),
      frames: volumes.length * perFile,
      geometry,
      incomplete: kind === 'incomplete' ? set.numbers : [],
    },
  ];
}

/** Fewer slices are no run that has more than its own neighbours. */
const LEAST_RUN = 3;

/** Where the gaps of a stack part it into runs that are each even and long: first and after last of each. */
function evenRuns(slices: readonly FrameRecord[]): [number, number][] | null {
  const between = stackGeometry(slices, false).spacing[2];
  const runs: [number, number][] = [];
  let from = 0;
  for (let i = 1; i <= slices.length; i++) {
    const ends =
      i === slices.length || stackGeometry(slices.slice(i - 1, i + 1), false).spacing[2] > 1.5 * between;
    if (!ends) continue;
    runs.push([from, i]);
    from = i;
  }
  const areEven = runs.every(
    ([a, b]) => b - a >= LEAST_RUN && !stackGeometry(slices.slice(a, b), false).uneven,
  );
  return runs.length > 1 && areEven ? runs : null;
}

/** By Slice Location where every image has one of its own, else by Instance Number. */
function byLocation(frames: readonly FrameRecord[]): (a: FrameRecord, b: FrameRecord) => number {
  const locations = frames.map(({ sliceLocation }) => sliceLocation).filter((value) => value !== null);
  if (new Set(locations).size < frames.length) return byNumber;
  return (a, b) => (a.sliceLocation ?? 0) - (b.sliceLocation ?? 0);
}

function partition<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const parts = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const part = parts.get(key);
    if (part === undefined) parts.set(key, [item]);
    else part.push(item);
  }
  return parts;
}
