import { errorFrom, fault, type LimpidError, type Problem, problemOf } from '../contract/errors.js';
import type { Rule } from '../contract/requests/rules.js';
import type { TagEntry } from '../contract/viewing.js';
import type { InputId, MeasuredNoise, OpenInput, SeriesKey } from '../contract/window/opened.js';
import type { RuleMatch } from '../contract/window/rules.js';
import type { Child, ProcessEnd, Spawn } from '../process/spawn.js';
import type {
  DocumentAbout,
  Frame,
  LibraryAnswer,
  LibraryMessage,
  LibraryQuestion,
  LibraryRequest,
  RunInFolder,
  RunSearch,
} from './library/protocol.js';

/** A process that ends this often within RECENT_MS is not started again for the same inputs. */
const MOST_CRASHES = 3;
const RECENT_MS = 60_000;

export interface LibraryClient {
  open(input: InputId, paths: readonly string[]): Promise<void>;
  close(input: InputId): Promise<void>;
  /** What lies in a folder that was moved away is no longer in the inputs; `isBack`: is there again. */
  moved(folder: string, isBack: boolean): Promise<void>;
  inputs(): readonly OpenInput[];
  frame(series: SeriesKey, index: number): Promise<Frame>;
  thumbnail(series: SeriesKey): Promise<Uint8Array>;
  slice(series: SeriesKey, index: number): Promise<Uint8Array>;
  tags(series: SeriesKey, index: number): Promise<readonly TagEntry[]>;
  /** Of a slice: rows * columns numbers of segments, as a file or folder of masks says. */
  labels(series: SeriesKey, place: string, slice: number): Promise<Uint8Array>;
  document(about: DocumentAbout): Promise<Uint8Array>;
  noise(series: SeriesKey): Promise<MeasuredNoise>;
  runs(search: RunSearch): Promise<readonly RunInFolder[]>;
  /** Which rule decides over each open series. */
  rules(rules: readonly Rule[]): Promise<readonly RuleMatch[]>;
  /** Ends the process. */
  end(): void;
}

/**
 * Starts the library process, and again when it ended early and something is asked of it: inputs that it was reading then
 * are failed, because one of their files may be what ended it, and the others are opened again.
 */
export function libraryClient(options: {
  readonly entry: string;
  readonly spawn: Spawn;
  readonly onInput: (input: OpenInput) => void;
  readonly onCrash: (problem: Problem) => void;
}): LibraryClient {
  const inputs = new Map<InputId, OpenInput>();
  const waiting = new Map<number, (answer: LibraryAnswer) => void>();
  const crashes: number[] = [];
  let child: Child<LibraryRequest, LibraryMessage> | null = null;
  let next = 1;
  let ended = false;

  const hear = (message: LibraryMessage): void => {
    if (message.kind === 'answer') {
      waiting.get(message.id)?.(message.answer);
      waiting.delete(message.id);
    } else if (inputs.has(message.input.id)) {
      inputs.set(message.input.id, message.input);
      options.onInput(message.input);
    }
  };

  const start = (): Child<LibraryRequest, LibraryMessage> => {
    const started = options.spawn<LibraryRequest, LibraryMessage>(options.entry);
    started.onMessage(hear);
    started.onExit((how) => {
      child = null;
      if (!ended) crashed(how);
    });
    child = started;
    return started;
  };

  const crashed = (how: ProcessEnd): void => {
    const problem = crash(how);
    for (const answer of waiting.values()) answer({ kind: 'refused', problem });
    waiting.clear();
    options.onCrash(problem);
    const now = performance.now();
    crashes.push(now);
    const often = crashes.filter((at) => now - at < RECENT_MS).length >= MOST_CRASHES;
    for (const input of [...inputs.values()]) {
      if (input.state === 'failed') continue;
      if (often || input.state === 'scanning') {
        const failed: OpenInput = { ...input, state: 'failed', series: [], problem };
        inputs.set(input.id, failed);
        options.onInput(failed);
      } else void ask({ kind: 'open', input: input.id, paths: input.paths });
    }
  };

  const ask = (question: LibraryQuestion): Promise<LibraryAnswer> => {
    if (ended) return Promise.resolve({ kind: 'refused', problem: crash('ended') });
    const to = child ?? start();
    const id = next++;
    return new Promise((resolve) => {
      waiting.set(id, resolve);
      to.send({ id, ...question });
    });
  };

  // Before it is needed: the first image is not to wait for a process to start.
  start();

  return {
    async open(input, paths) {
      inputs.set(input, { ...EMPTY, id: input, paths });
      refused(await ask({ kind: 'open', input, paths }));
    },
    async close(input) {
      if (!inputs.delete(input)) return;
      await ask({ kind: 'close', input });
    },
    async moved(folder, isBack) {
      refused(await ask({ kind: 'moved', folder, isBack }));
    },
    inputs: () => [...inputs.values()],
    async frame(series, index) {
      const answer = refused(await ask({ kind: 'frame', series, index }));
      if (answer.kind === 'frame') return answer.frame;
      throw unexpected();
    },
    async thumbnail(series) {
      const answer = refused(await ask({ kind: 'thumbnail', series }));
      if (answer.kind === 'png') return answer.png;
      throw unexpected();
    },
    async slice(series, index) {
      const answer = refused(await ask({ kind: 'slice', series, index }));
      if (answer.kind === 'png') return answer.png;
      throw unexpected();
    },
    async tags(series, index) {
      const answer = refused(await ask({ kind: 'tags', series, index }));
      if (answer.kind === 'tags') return answer.tags;
      throw unexpected();
    },
    async labels(series, place, slice) {
      const answer = refused(await ask({ kind: 'labels', series, place, slice }));
      if (answer.kind === 'labels') return answer.labels;
      throw unexpected();
    },
    async document(about) {
      const answer = refused(await ask({ kind: 'document', about }));
      if (answer.kind === 'document') return answer.document;
      throw unexpected();
    },
    async noise(series) {
      const answer = refused(await ask({ kind: 'noise', series }));
      if (answer.kind === 'noise') return answer.noise;
      throw unexpected();
    },
    async runs(search) {
      const answer = refused(await ask({ kind: 'runs', search }));
      if (answer.kind === 'runs') return answer.runs;
      throw unexpected();
    },
    async rules(rules) {
      const answer = refused(await ask({ kind: 'rules', rules }));
      if (answer.kind === 'rules') return answer.matches;
      throw unexpected();
    },
    end() {
      ended = true;
      child?.kill();
    },
  };
}

const EMPTY: Omit<OpenInput, 'id' | 'paths'> = {
  state: 'scanning',
  filesSeen: 0,
  series: [],
  problems: [],
  refused: 0,
  others: 0,
  problem: null,
};

function refused(answer: LibraryAnswer): LibraryAnswer {
  if (answer.kind === 'refused') throw errorFrom(answer.problem);
  return answer;
}

function crash(how: ProcessEnd): Problem {
  return typeof how === 'string'
    ? problemOf('E_CRASH/library', { how })
    : problemOf('E_CRASH/library-ended', { how: how.by });
}

function unexpected(): LimpidError {
  return fault('E_INTERNAL/library-answer');
}
