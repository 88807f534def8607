import { SvelteMap } from 'svelte/reactivity';
import { problemFrom } from '../../src-main/contract/errors.js';
import type { AppApi, AppEvent } from '../../src-main/contract/window/app.js';
import type {
  InputId,
  MeasuredNoise,
  OpenInput,
  SeriesCard,
  SeriesKey,
} from '../../src-main/contract/window/opened.js';

export type NoiseState = MeasuredNoise | 'waiting' | 'measuring';

/** What is open, and the noise of what was looked at. */
export class Library {
  inputs = $state.raw<readonly OpenInput[]>([]);
  series = $derived(this.inputs.flatMap((input) => input.series));
  byKey = $derived(new Map(this.series.map((card) => [card.key, card])));
  scanning = $derived(this.inputs.filter(({ state }) => state === 'scanning'));
  noise = new SvelteMap<SeriesKey, NoiseState>();
  private readonly api: AppApi;
  private readonly settled = new Map<InputId, ((input: OpenInput) => void)[]>();
  private wanted: SeriesKey[] = [];
  private measuring = false;

  constructor(api: AppApi) {
    this.api = api;
  }

  async load(): Promise<void> {
    const inputs = await this.api.inputs();
    const open = new Set(inputs.map(({ id }) => id));
    this.inputs = this.inputs.filter(({ id }) => open.has(id));
    for (const input of inputs) this.put(input);
  }

  handle(event: AppEvent): void {
    if (event.type === 'input') this.put(event.input);
    else if (event.type === 'input-closed') this.inputs = this.inputs.filter(({ id }) => id !== event.input);
  }

  /** Opens a path, or finds it open; resolves as soon as the scan has started. */
  async open(path: string): Promise<InputId> {
    const known = this.inputs.find(({ paths, state }) => paths.includes(path) && state !== 'failed');
    return known?.id ?? (await this.api.openInput([path]));
  }

  /** Opens paths as one input and waits for the end of the scan. `again`: even where one was open before. */
  async openWhole(paths: readonly string[], again = false): Promise<OpenInput> {
    const known = this.inputs.find((input) => paths.some((path) => input.paths.includes(path)));
    if (again && known !== undefined) await this.api.closeInput(known.id);
    const reuse = !again && known !== undefined && known.state !== 'failed';
    return this.whenRead(reuse ? known.id : await this.api.openInput(paths));
  }

  /** An input once its scan has ended, well or not. */
  whenRead(id: InputId): Promise<OpenInput> {
    const now = this.inputs.find((input) => input.id === id);
    if (now !== undefined && now.state !== 'scanning') return Promise.resolve(now);
    return new Promise((resolve) => {
      this.settled.set(id, [...(this.settled.get(id) ?? []), resolve]);
    });
  }

  card(key: SeriesKey): SeriesCard | null {
    return this.byKey.get(key) ?? null;
  }

  /** The path a job takes to work on this series. */
  pathOf(card: SeriesCard): string | null {
    return this.inputs.find(({ id }) => id === card.input)?.paths[0] ?? null;
  }

  /** Measures the noise of these series one after the other, the first first; what was wanted before is dropped. */
  measure(keys: readonly SeriesKey[]): void {
    for (const key of this.wanted) if (!keys.includes(key)) this.noise.delete(key);
    this.wanted = keys.filter((key) => {
      const known = this.noise.get(key);
      return known === undefined || known === 'waiting';
    });
    for (const key of this.wanted) this.noise.set(key, 'waiting');
    if (!this.measuring) void this.measureNext();
  }

  private async measureNext(): Promise<void> {
    this.measuring = true;
    for (let key = this.wanted.shift(); key !== undefined; key = this.wanted.shift()) {
      // It may have been closed while it waited.
      if (this.card(key) === null) {
        this.noise.delete(key);
        continue;
      }
      this.noise.set(key, 'measuring');
      try {
        this.noise.set(key, await this.api.measureNoise(key));
      } catch (error) {
        this.noise.set(key, { noise: null, warnings: [], problem: problemFrom(error) });
      }
    }
    this.measuring = false;
  }

  private put(input: OpenInput): void {
    const at = this.inputs.findIndex(({ id }) => id === input.id);
    this.inputs = at < 0 ? [...this.inputs, input] : this.inputs.with(at, input);
    if (input.state === 'scanning') return;
    for (const resolve of this.settled.get(input.id) ?? []) resolve(input);
    this.settled.delete(input.id);
  }
}
