/** Independent signs of whether an image is better without what was removed: each knows of the image alone, not of how. */
import type { CleaningTrust } from '../../contract/trust.js';
import { planeLength, type Volume } from '../../imaging/volume.js';
import { quantile } from '../../noise/robust.js';
import { type AcquiredAxes, acquired } from './acquired.js';
import { compared, type Sign } from './compared.js';
import { copies } from './copies.js';
import { position } from './position.js';
import { presence } from './presence.js';
import { sharpness } from './sharpness.js';
import { surroundings } from './surroundings.js';
import { tissues } from './tissues.js';

type SignName = CleaningTrust['signs'][number]['sign'];

export interface NamedSign extends Sign {
  readonly sign: SignName;
}

/**
 * @param tissue 1 where there is tissue before
 * @param planes that stand for all: frame * slices + slice
 * @param level of the noise
 * @param axes what was acquired, where ringing was removed: it goes with the edges of the image, so that sharpness tells nothing. Absent: it was not
 */
export function signsOf(
  before: Volume,
  after: Volume,
  tissue: Uint8Array,
  planes: readonly number[],
  level: number,
  axes?: AcquiredAxes,
): NamedSign[] {
  const volumes = compared(before, after, tissue, planes);
  const present = presence(volumes);
  const found: [SignName, Sign | null][] = [
    ['presence', present],
    ['surroundings', present === null ? null : narrowed(surroundings(volumes), present)],
    ['copies', copies(volumes, level)],
    ['tissues', tissues(volumes)],
    ['sharpness', axes === undefined ? sharpness(volumes) : null],
    ['position', position(volumes)],
    ['acquired', axes === undefined ? null : acquired(before, after, tissue, planes, axes)],
  ];
  return found.flatMap(([sign, its]) => (its === null ? [] : [{ sign, ...its }]));
}

/** What surroundings say of what is narrow; as it gets wide, what presence says. */
function narrowed(around: ReturnType<typeof surroundings>, present: Sign): Sign | null {
  if (around === null) return null;
  const { narrow } = around;
  return {
    gain: narrow * around.gain + (1 - narrow) * present.gain,
    error: narrow * around.error + (1 - narrow) * present.error,
  };
}

/** An error from which on presence says too little to decide. */
const TOO_WIDE = 0.5;

/**
 * The sign that decides. An image that was blurred or moved is no better, whatever else is told. Of ringing what was acquired
 * tells. Details of an artifact are told by their presence, and by surroundings where these say less: what was fitted to
 * tissue is present, too. What has no such details is a copy or a field, whichever is told better.
 */
export function decisive(signs: readonly NamedSign[]): NamedSign | null {
  const named = (name: SignName) => signs.find(({ sign }) => sign === name) ?? null;
  const against = signs.filter(
    ({ sign, gain, error }) => (sign === 'sharpness' || sign === 'position') && gain < -error,
  );
  if (against.length > 0) return against.reduce((a, b) => (told(b) > told(a) ? b : a));
  const ofRinging = named('acquired');
  if (ofRinging !== null) return ofRinging;
  const [present, around] = [named('presence'), named('surroundings')];
  if (present === null || present.error >= TOO_WIDE) {
    const others = signs.filter(({ sign }) => sign === 'copies' || sign === 'tissues');
    return others.sort((a, b) => told(b) - told(a)).at(0) ?? null;
  }
  return around !== null && leastOf(around) < leastOf(present) ? around : present;
}

/** How far a sign is told from neither good nor bad. */
function told({ gain, error }: Sign): number {
  return Math.abs(gain) - error;
}

function leastOf({ gain, error }: Sign): number {
  return gain - error;
}

/** Mixed second differences of white noise over its standard deviation. */
const OF_NOISE = 1.5;
/** Median of the size of a normal number over its standard deviation. */
const OF_DEVIATION = 0.6745;
/** Of what is bright: a level is not told to be less. */
const LEAST_LEVEL = 0.003;

/**
 * Level of the noise where it is not known: what details amount to in the middle of the tissue, which is noise and the
 * finest structure.
 */
export function levelOfDetails(
  after: Volume,
  tissue: Uint8Array,
  planes: readonly number[],
  bright: number,
): number {
  const { columns, data } = after;
  const sizes: number[] = [];
  const area = planeLength(after);
  const stride = Math.max(1, Math.floor((planes.length * area) / 300_000));
  for (const plane of planes)
    for (let i = columns + 1; i < area - columns - 1; i += stride) {
      const at = plane * area + i;
      const x = i % columns;
      if (x === 0 || x === columns - 1 || tissue[at] === 0) continue;
      const straight = data[at - 1] + data[at + 1] + data[at - columns] + data[at + columns];
      const across =
        data[at - columns - 1] + data[at - columns + 1] + data[at + columns - 1] + data[at + columns + 1];
      sizes.push(Math.abs(data[at] - straight / 2 + across / 4));
    }
  const level = sizes.length === 0 ? 0 : quantile(sizes, 0.5) / (OF_NOISE * OF_DEVIATION);
  return Math.max(level, LEAST_LEVEL * bright);
}
