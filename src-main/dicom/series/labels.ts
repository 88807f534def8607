import type { FrameRecord } from '../read/frame-record.js';

/** A way to tell which images of different places are one volume. */
export interface Labelling {
  readonly name: string;
  /** One label an image; images of the same volume have the same. */
  readonly labels: readonly string[];
  /** Some images at one place had the same label and were told apart by their order only. */
  readonly ranked: boolean;
  /** No attribute of the image says it: it was counted. */
  readonly counted: boolean;
}

const COUNTED: ReadonlySet<string> = new Set(['block', 'run', 'round']);

type Value = (frame: FrameRecord) => string;

const DIFFUSION: Value = (frame) =>
  frame.bValue === null ? '' : `${frame.bValue}@${(frame.gradient ?? []).map((g) => g.toFixed(4)).join(',')}`;

/** What may tell repeats at one position apart, best first. An empty text means that it is not stated. */
const ATTRIBUTES: readonly [string, Value][] = [
  ['time', (frame) => numberText(frame.temporalPosition)],
  ['diffusion', DIFFUSION],
  ['b', (frame) => numberText(frame.bValue)],
  ['trigger', (frame) => numberText(frame.triggerTime)],
  ['inversion', (frame) => numberText(frame.inversionTime)],
  ['flip', (frame) => numberText(frame.flipAngle)],
  ['acquisition', (frame) => numberText(frame.acquisitionNumber)],
  ['acquired', (frame) => frame.acquisitionTime],
];

/** What only frames of a file of many have, and vendors fill each in their way: after all that says what it means. */
const OF_FRAMES: readonly [string, Value][] = [
  ['dimension', (frame) => frame.dimension],
  ['file', (frame) => frame.container],
];

/**
 * All ways to put images into volumes, the most trustworthy first: by an attribute, by instance numbers that count
 * volume after volume or place after place, by acquisition times, by the order at each place.
 *
 * @param place index of the place of each image
 */
export function labellings(frames: readonly FrameRecord[], place: readonly number[]): Labelling[] {
  const found = ATTRIBUTES.map(([name, labelOf]) => ranked(name, frames.map(labelOf), frames, place));
  for (const [name, labelOf] of OF_FRAMES)
    if (frames.some((frame) => labelOf(frame) !== ''))
      found.push(ranked(name, frames.map(labelOf), frames, place));
  for (const [name, labels] of numbered(frames, place)) {
    const one = ranked(name, labels, frames, place);
    if (!one.ranked) found.push(one);
  }
  if (frames.every(({ acquisitionTime }) => acquisitionTime !== ''))
    found.push(ranked('round', rounds(frames, place), frames, place));
  found.push(
    ranked(
      'order',
      frames.map(() => ''),
      frames,
      place,
    ),
  );
  return found;
}

/** Instance numbers as blocks of as many as there are places, or as runs of as many as there are volumes. */
function numbered(frames: readonly FrameRecord[], place: readonly number[]): [string, string[]][] {
  const numbers = frames.map(({ instanceNumber }) => instanceNumber).filter((value) => value !== null);
  if (numbers.length < frames.length || new Set(numbers).size < numbers.length) return [];
  const least = numbers.reduce((a, b) => Math.min(a, b));
  const placeCount = new Set(place).size;
  const volumeCount = largestCount(place);
  const byBlock = (first: number) => numbers.map((value) => String(Math.floor((value - first) / placeCount)));
  return [
    ['block', byBlock(1)],
    ['block', byBlock(least)],
    ['run', numbers.map((value) => String((((value - 1) % volumeCount) + volumeCount) % volumeCount))],
    ['run', numbers.map((value) => String((value - least) % volumeCount))],
  ];
}

function largestCount(place: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const at of place) counts.set(at, (counts.get(at) ?? 0) + 1);
  return Math.max(...counts.values());
}

/** In order of time: places come in the same order again and again, and each time that it begins anew is a volume. */
function rounds(frames: readonly FrameRecord[], place: readonly number[]): string[] {
  const order = frames
    .map((_, i) => i)
    .sort(
      (a, b) => compareTexts(frames[a].acquisitionTime, frames[b].acquisitionTime) || place[a] - place[b],
    );
  const rank = new Map<number, number>();
  for (const i of order) if (!rank.has(place[i])) rank.set(place[i], rank.size);
  const labels: string[] = new Array(frames.length).fill('');
  let round = 0;
  let before = -1;
  for (const i of order) {
    const now = rank.get(place[i]) ?? 0;
    if (now <= before) round++;
    before = now;
    labels[i] = String(round);
  }
  return labels;
}

/** Images at one place with the same label are numbered in their order. */
function ranked(
  name: string,
  labels: readonly string[],
  frames: readonly FrameRecord[],
  place: readonly number[],
): Labelling {
  const seen = new Map<string, number>();
  const out: string[] = new Array(labels.length).fill('');
  let again = false;
  const order = frames.map((_, i) => i).sort((a, b) => byNumber(frames[a], frames[b]));
  for (const i of order) {
    const key = `${place[i]} ${labels[i]}`;
    const count = seen.get(key) ?? 0;
    seen.set(key, count + 1);
    if (count > 0) again = true;
    out[i] = count === 0 ? labels[i] : `${labels[i]}#${count}`;
  }
  return { name, labels: out, ranked: again, counted: COUNTED.has(name) };
}

function numberText(value: number | null): string {
  return value === null ? '' : String(value);
}

/** As numbers where both begin with different ones, else as text. */
function compareTexts(a: string, b: string): number {
  const [x, y] = [Number.parseFloat(a), Number.parseFloat(b)];
  if (Number.isFinite(x) && Number.isFinite(y) && x !== y) return x - y;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** By instance number, then time; the same order for the same files. */
export function byNumber(a: FrameRecord, b: FrameRecord): number {
  return (
    (a.instanceNumber ?? 0) - (b.instanceNumber ?? 0) ||
    compareTexts(a.acquisitionTime, b.acquisitionTime) ||
    (a.sopInstanceUid < b.sopInstanceUid ? -1 : a.sopInstanceUid > b.sopInstanceUid ? 1 : 0)
  );
}
