import { untrack } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import type { TagEntry } from '../../../src-main/contract/viewing.js';
import type { AppBridge } from '../../../src-main/contract/window/app.js';
import { measured } from '../../words/format.js';
import { currentLanguage, t } from '../../words/text.svelte.js';
import type { ShownPlane } from '../session/scene.js';
import { tagsOf } from './tags.js';

/** What stands in the corners of a picture besides its place: lines for who it is, and for how it was taken. */
export interface Facts {
  /** May name a patient: hidden with the patients. */
  readonly person: readonly string[];
  readonly sequence: readonly string[];
}

const NOTHING: Facts = { person: [], sequence: [] };

/** Facts of images that are held, so that scrolling back shows them at once. */
const MOST_HELD = 256;

/**
 * Facts of each image, asked for once: tube current, echo time and their like differ from one image of a series to the
 * next. Until its own are read, an image shows who it is by the one before, and nothing of how that was taken.
 */
export class FactBook {
  readonly #bridge: AppBridge;
  /** The elements that facts are told of, so that a language that is chosen meanwhile is spoken at once. */
  readonly #known = new SvelteMap<string, readonly TagEntry[]>();
  /** Those of each series that were read last. */
  readonly #latest = new SvelteMap<string, readonly TagEntry[]>();
  readonly #reading = new Set<string>();
  /** Of each series, what was asked for while another image of it was read: the last alone counts. */
  readonly #next = new Map<string, readonly [ShownPlane, number]>();

  constructor(bridge: AppBridge) {
    this.#bridge = bridge;
  }

  /** Nothing until the file was read. */
  of(plane: ShownPlane, frame: number): Facts {
    const own = this.#known.get(nameOf(plane, frame));
    if (own !== undefined) return factsOf(own, currentLanguage());
    const another = this.#latest.get(plane.card.key);
    return another === undefined
      ? NOTHING
      : { person: factsOf(another, currentLanguage()).person, sequence: [] };
  }

  /** Has the file of a plane read, unless it was. */
  ask(plane: ShownPlane, frame: number): void {
    const { key, kind } = plane.card;
    if (kind !== 'dicom') return;
    if (this.#reading.has(key)) {
      this.#next.set(key, [plane, frame]);
      return;
    }
    const known = untrack(() => this.#known.get(nameOf(plane, frame)));
    if (known === undefined) void this.#read(plane, frame);
    else untrack(() => this.#latest.set(key, known));
  }

  async #read(plane: ShownPlane, frame: number): Promise<void> {
    const { key } = plane.card;
    this.#reading.add(key);
    try {
      const entries = (await tagsOf(this.#bridge, plane, frame)).filter(({ tag }) => TOLD.has(tag));
      this.#known.set(nameOf(plane, frame), entries);
      this.#latest.set(key, entries);
      for (const oldest of this.#known.keys()) if (this.#known.size > MOST_HELD) this.#known.delete(oldest);
    } catch {
      // the picture stands for itself; asked again, the file may be there
      this.#latest.delete(key);
    }
    this.#reading.delete(key);
    const next = this.#next.get(key);
    this.#next.delete(key);
    if (next !== undefined) this.ask(...next);
  }
}

function nameOf({ card, slice }: ShownPlane, frame: number): string {
  return `${card.key}/${frame}/${slice}`;
}

/** A DICOM date as it is read in every language. */
function dashed(date: string): string {
  return date.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3');
}

/** Elements by their tags; where a classic and an enhanced image have one each, both. */
const TAGS = {
  name: ['00100010'],
  id: ['00100020'],
  birth: ['00100030'],
  sex: ['00100040'],
  age: ['00101010'],
  studyDate: ['00080020'],
  study: ['00081030'],
  repetition: ['00180080'],
  echo: ['00180081', '00189082'],
  inversion: ['00180082', '00189079'],
  flip: ['00181314'],
  voltage: ['00180060'],
  exposure: ['00181152', '00189332'],
  kernel: ['00181210', '00189316'],
  thickness: ['00180050'],
  bValue: ['00189087'],
  sequence: ['00180024', '00189005'],
} as const;
const TOLD: ReadonlySet<string> = new Set(Object.values(TAGS).flat());

/** What of the elements of a file belongs on its image. */
function factsOf(entries: readonly TagEntry[], language: string): Facts {
  // the top level first, then what functional groups say of the frame
  const sorted = [...entries].sort((a, b) => a.depth - b.depth);
  const text = (tags: readonly string[]): string | null =>
    sorted.find((entry) => tags.includes(entry.tag) && entry.value !== '')?.value ?? null;
  const number = (tags: readonly string[]): string | null => {
    const value = text(tags);
    return value === null || !Number.isFinite(Number(value)) ? null : measured(Number(value), language, 3);
  };
  const said = (value: string | null, form: (value: string) => string): string[] =>
    value === null ? [] : [form(value)];
  const line = (...parts: readonly string[][]): string[] => {
    const all = parts.flat();
    return all.length === 0 ? [] : [all.join('  ')];
  };
  return {
    person: [
      ...said(text(TAGS.name), (name) => name.split('=')[0].split('^').filter(Boolean).join(', ')),
      ...line(
        said(text(TAGS.id), (id) => id),
        said(text(TAGS.sex), (sex) => sex),
        said(text(TAGS.age), (age) => age),
        said(text(TAGS.birth), (birth) => `* ${dashed(birth)}`),
      ),
      ...line(
        said(text(TAGS.studyDate), dashed),
        said(text(TAGS.study), (study) => study),
      ),
    ],
    sequence: [
      ...line(
        said(number(TAGS.repetition), (v) => `TR ${v}`),
        said(number(TAGS.echo), (v) => `TE ${v}`),
        said(number(TAGS.inversion), (v) => `TI ${v}`),
        said(number(TAGS.flip), (v) => `FA ${v}°`),
      ),
      ...line(
        said(number(TAGS.voltage), (v) => `${v} kV`),
        said(number(TAGS.exposure), (v) => `${v} mAs`),
        said(text(TAGS.kernel), (v) => v),
      ),
      ...line(
        said(number(TAGS.thickness), (v) => t('viewer.thickness', { mm: v })),
        said(number(TAGS.bValue), (v) => `b ${v}`),
        said(text(TAGS.sequence), (v) => v),
      ),
    ],
  };
}
