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

/** Facts by series and time point, asked for once. */
export class FactBook {
  readonly #bridge: AppBridge;
  readonly #known = new SvelteMap<string, readonly TagEntry[]>();
  readonly #asked = new Set<string>();

  constructor(bridge: AppBridge) {
    this.#bridge = bridge;
  }

  /** Nothing until the file was read. */
  of(plane: ShownPlane, frame: number): Facts {
    const entries = this.#known.get(nameOf(plane, frame));
    return entries === undefined ? NOTHING : factsOf(entries, currentLanguage());
  }

  /** Has the file of a plane read, unless it was. */
  ask(plane: ShownPlane, frame: number): void {
    const name = nameOf(plane, frame);
    if (plane.card.kind !== 'dicom' || this.#asked.has(name)) return;
    this.#asked.add(name);
    tagsOf(this.#bridge, plane, frame).then(
      (entries) => this.#known.set(name, entries),
      () => {
        // the picture stands for itself; asked again, the file may be there
        this.#asked.delete(name);
      },
    );
  }
}

function nameOf({ card }: ShownPlane, frame: number): string {
  return `${card.key}/${frame}`;
}

/** A DICOM date as it is read in every language. */
function dashed(date: string): string {
  return date.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3');
}

/** What of the elements of a file belongs on its image. */
function factsOf(entries: readonly TagEntry[], language: string): Facts {
  // the top level first, then what functional groups say of the frame
  const sorted = [...entries].sort((a, b) => a.depth - b.depth);
  const text = (...tags: readonly string[]): string | null =>
    sorted.find((entry) => tags.includes(entry.tag) && entry.value !== '')?.value ?? null;
  const number = (...tags: readonly string[]): string | null => {
    const value = text(...tags);
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
      ...said(text('00100010'), (name) => name.split('=')[0].split('^').filter(Boolean).join(', ')),
      ...line(
        said(text('00100020'), (id) => id),
        said(text('00100040'), (sex) => sex),
        said(text('00101010'), (age) => age),
        said(text('00100030'), (birth) => `* ${dashed(birth)}`),
      ),
      ...line(
        said(text('00080020'), dashed),
        said(text('00081030'), (study) => study),
      ),
    ],
    sequence: [
      ...line(
        said(number('00180080'), (v) => `TR ${v}`),
        said(number('00180081', '00189082'), (v) => `TE ${v}`),
        said(number('00180082', '00189079'), (v) => `TI ${v}`),
        said(number('00181314'), (v) => `FA ${v}°`),
      ),
      ...line(
        said(number('00180060'), (v) => `${v} kV`),
        said(number('00181152', '00189332'), (v) => `${v} mAs`),
        said(text('00181210', '00189316'), (v) => v),
      ),
      ...line(
        said(number('00180050'), (v) => t('viewer.thickness', { mm: v })),
        said(number('00189087'), (v) => `b ${v}`),
        said(text('00180024', '00189005'), (v) => v),
      ),
    ],
  };
}
