import type { FrameRecord } from '../read/frame-record.js';
import { byNumber, type Labelling, labellings } from './labels.js';

/** Volumes that hold the same places, or what is left of a series when these are taken out. */
export interface VolumeSet<T> {
  /** What tells it from the other sets of its group; empty where it is all. */
  readonly name: string;
  /** Volume after volume; every one place by place, ascending. */
  readonly volumes: readonly (readonly T[])[];
  /**
   * whole: volumes of a grid. incomplete: images of volumes that lack some places of the others. repeated: images
   * at places that have one already, and nothing tells what they are.
   */
  readonly kind: 'whole' | 'incomplete' | 'repeated';
  /** Which volumes the images of an incomplete set come from, counted from 1 in the order of all of its group. */
  readonly numbers: readonly number[];
}

/** What an image outside the whole volumes costs, where a set of volumes costs 1. */
const LOOSE_IMAGE = 1e-3;
/** What it costs that volumes are told apart by the order of images alone. */
const ORDER_ALONE = 0.5;

/**
 * Puts images that lie at few or many places into volumes, in the way that leaves the fewest sets and images over.
 * No image is lost, and no perfect grid is asked for.
 *
 * @param slices images by place, ascending
 */
export function volumesOf<T extends FrameRecord>(slices: readonly (readonly T[])[]): VolumeSet<T>[] {
  if (slices.every((slice) => slice.length === 1)) return [whole('', [slices.flat()])];
  const frames = slices.flat();
  const place = slices.flatMap((slice, at) => slice.map(() => at));
  let best: { readonly sets: VolumeSet<T>[]; readonly cost: number } | null = null;
  for (const labelling of labellings(frames, place)) {
    const sets = setsOf(frames, place, labelling);
    // Counting finds volumes of anything: it holds only where they are alike.
    if (labelling.counted && sets[0].volumes.length === 1) continue;
    const loose = sets.slice(1).reduce((sum, { volumes }) => sum + volumes.flat().length, 0);
    const cost = sets.length + LOOSE_IMAGE * loose + (labelling.ranked ? ORDER_ALONE : 0);
    if (best === null || cost < best.cost) best = { sets, cost };
  }
  return best?.sets ?? [];
}

interface LabelledVolume<T> {
  readonly label: string;
  /** From 1, among all that are told apart. */
  readonly number: number;
  readonly places: readonly number[];
  readonly members: readonly T[];
}

/** The largest set first. */
function setsOf<T extends FrameRecord>(
  frames: readonly T[],
  place: readonly number[],
  labelling: Labelling,
): VolumeSet<T>[] {
  const classes = byPlaces(gather(frames, place, labelling.labels));
  const [main, ...others] = classes.sort(
    (a, b) => b[0].places.length * b.length - a[0].places.length * a.length,
  );
  const within = new Set(main[0].places);
  const isPart = (volumes: readonly LabelledVolume<T>[]) =>
    volumes[0].places.length < within.size && volumes[0].places.every((at) => within.has(at));
  const isLoose = (volumes: readonly LabelledVolume<T>[]) =>
    isPart(volumes) && (main.length > 1 || volumes.every(({ label }) => label.includes('#')));
  const named = (volumes: readonly LabelledVolume<T>[]) => `${labelling.name}=${volumes[0].label}`;
  const loose = others.filter(isLoose);
  const sets = [main, ...others.filter((volumes) => !isLoose(volumes))].map((volumes) =>
    whole(
      others.length === loose.length ? '' : named(volumes),
      volumes.map(({ members }) => members),
    ),
  );
  if (loose.length === 0) return sets;
  const kind = main.length > 1 ? 'incomplete' : 'repeated';
  return [...sets, left(kind, loose.flat())];
}

function whole<T>(name: string, volumes: readonly (readonly T[])[]): VolumeSet<T> {
  return { name, volumes, kind: 'whole', numbers: [] };
}

/** All that is left over as one volume, place by place. */
function left<T extends FrameRecord>(
  kind: 'incomplete' | 'repeated',
  volumes: readonly LabelledVolume<T>[],
): VolumeSet<T> {
  const placed = volumes.flatMap(({ places, members }) =>
    members.map((frame, i) => ({ frame, at: places[i] })),
  );
  placed.sort((a, b) => a.at - b.at || byNumber(a.frame, b.frame));
  const numbers = volumes.map(({ number }) => number).sort((a, b) => a - b);
  return { name: kind, volumes: [placed.map(({ frame }) => frame)], kind, numbers };
}

/** Volumes by label, in the order of the number that labels begin with, then of instance numbers. */
function gather<T extends FrameRecord>(
  frames: readonly T[],
  place: readonly number[],
  labels: readonly string[],
): LabelledVolume<T>[] {
  const byLabel = new Map<string, { places: number[]; members: T[] }>();
  for (const [i, frame] of frames.entries()) {
    const known = byLabel.get(labels[i]);
    if (known === undefined) byLabel.set(labels[i], { places: [place[i]], members: [frame] });
    else {
      known.places.push(place[i]);
      known.members.push(frame);
    }
  }
  return [...byLabel]
    .map(([label, { places, members }]) => ({
      label,
      places,
      members,
      first: [...members].sort(byNumber)[0],
    }))
    .sort((a, b) => numberOrder(a.label, b.label) || byNumber(a.first, b.first))
    .map((volume, i) => ({ ...volume, number: i + 1 }));
}

function numberOrder(a: string, b: string): number {
  const [x, y] = [Number.parseFloat(a), Number.parseFloat(b)];
  return Number.isFinite(x) && Number.isFinite(y) ? x - y : 0;
}

function byPlaces<T>(volumes: readonly LabelledVolume<T>[]): LabelledVolume<T>[][] {
  const classes = new Map<string, LabelledVolume<T>[]>();
  for (const volume of volumes) {
    const key = volume.places.join(' ');
    const known = classes.get(key);
    if (known === undefined) classes.set(key, [volume]);
    else known.push(volume);
  }
  return [...classes.values()];
}
