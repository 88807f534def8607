import { randomBytes } from 'node:crypto';
import { jsonFile } from '../base/json-file.js';
import { errorFrom, fault, problemFrom, problemOf, withoutPlace } from '../contract/errors.js';
import type { JobEvent, ResultEvent } from '../contract/events.js';
import type { EchoRequest, SendRequest } from '../contract/requests/network.js';
import { object, orElse, read, shortList } from '../contract/schema/schema.js';
import type { Verdict } from '../contract/trust.js';
import type { AppApi } from '../contract/window/app.js';
import { Sending } from '../contract/window/sending.js';
import type { RunningJob } from '../process/client.js';
import type { Targets } from './kept/targets.js';

/** Those of before are forgotten. */
const MOST_SENDINGS = 300;
/** How often a broken connection is tried again, as of the command line. */
const RETRIES = 3;

const Saved = object({ sendings: orElse(shortList(Sending), []) });

type SendingApi = Pick<
  AppApi,
  'targets' | 'saveTarget' | 'removeTarget' | 'testTarget' | 'sendResult' | 'cancelSending' | 'sendings'
>;

export interface SendingOptions {
  /** File in which what became of results is kept. */
  readonly file: string;
  readonly targets: Targets;
  readonly compute: (
    request: SendRequest | EchoRequest,
    onEvent: (event: JobEvent) => void,
  ) => Pick<RunningJob, 'result' | 'cancel'>;
  /** Place of a run and when its report was made, and the verdict of a series of it. @throws LimpidError E_NOT_FOUND */
  readonly runs: {
    placeOf(run: string): {
      readonly folder: string;
      readonly createdAt: string;
      readonly trashed: { readonly at: string } | null;
    };
    verdictOf(run: string, series: string): Verdict | null;
  };
  readonly onChange: (sendings: readonly Sending[]) => void;
}

/**
 * Results to targets. They do not wait for the queue, whose jobs may take hours: each is a compute process of its own,
 * which waits for the network most of the time. What was on its way when the app ended is told as that.
 */
export async function openSending(options: SendingOptions): Promise<{
  readonly api: SendingApi;
  /** Whether something of a run is on its way, whose files are read. */
  readonly isOnItsWay: (run: string) => boolean;
  readonly close: () => void;
}> {
  const { targets, compute, runs, onChange } = options;
  const disk = jsonFile(options.file);
  const saved = read(Saved, await disk.read());
  let sendings: readonly Sending[] = (saved.fits ? saved.value.sendings : []).map(interrupted);
  const running = new Map<string, Pick<RunningJob, 'cancel'>>();

  const change = (id: string, to: Partial<Sending>): void => {
    sendings = sendings.map((one) => (one.id === id ? { ...one, ...to } : one));
    onChange(sendings);
  };
  const write = (): Promise<void> => disk.write({ sendings });

  return {
    api: {
      targets: async () => targets.list(),
      saveTarget: (draft) => targets.save(draft),
      removeTarget: (id) => targets.remove(id),
      async testTarget(id) {
        const request = { type: 'echo', ...targets.reached(targets.find(id)) } as const;
        const result = await compute(request, () => undefined).result;
        if ('stopped' in result) throw errorFrom(result.stopped);
        if (result.command !== 'echo') throw fault('E_INTERNAL/echo-answer');
        return result.seconds;
      },
      async sendResult(run, series, to, despite) {
        const target = targets.find(to);
        const { folder, createdAt, trashed } = runs.placeOf(run);
        // It was taken back: it goes nowhere.
        if (trashed !== null) throw fault('E_NOT_FOUND/result');
        const verdict = runs.verdictOf(run, series);
        if (verdict !== 'pass' && verdict !== 'warn' && !despite) throw fault('E_USAGE/held');
        const id = randomBytes(6).toString('hex');
        const sending: Sending = {
          ...{ id, run, series, made: createdAt, verdict, target: target.name, state: 'sending' },
          ...{ startedAt: new Date().toISOString(), sent: 0, total: null, problems: [] },
        };
        const request: SendRequest = {
          ...{
            type: 'send',
            inputs: [folder],
            only: [series],
            all: despite,
            tellVerdict: true,
            retries: RETRIES,
          },
          ...targets.reached(target),
        };
        sendings = [sending, ...sendings].slice(0, MOST_SENDINGS);
        try {
          await write();
        } catch (error) {
          // What is not noted is not begun.
          sendings = sendings.filter((one) => one.id !== id);
          throw error;
        }
        onChange(sendings);
        const job = compute(request, (event) => {
          if (event.type === 'progress') change(id, { sent: event.done, total: event.total });
        });
        running.set(id, job);
        void job.result
          .then(outcomeOf, (error: unknown) => ({
            state: 'unfinished' as const,
            problems: [withoutPlace(problemFrom(error))],
          }))
          .then((outcome) => {
            running.delete(id);
            change(id, outcome);
            return write();
          })
          // It is shown; on a full disk the next start tells that it was interrupted, and the app goes on.
          .catch(() => undefined);
        return id;
      },
      async cancelSending(id) {
        running.get(id)?.cancel();
      },
      sendings: async () => sendings,
    },
    isOnItsWay: (run) => sendings.some((one) => one.run === run && one.state === 'sending'),
    close() {
      for (const job of running.values()) job.cancel();
    },
  };
}

function interrupted(one: Sending): Sending {
  if (one.state !== 'sending') return one;
  return { ...one, state: 'unfinished', problems: [withoutPlace(problemOf('E_CANCELLED/sending'))] };
}

/** With these a sending stops before anything is on its way. */
const BEFORE = ['E_NOTHING', 'E_NOT_FOUND', 'E_IO'];

function outcomeOf(result: ResultEvent): Partial<Sending> {
  if ('stopped' in result) {
    const { code } = result.stopped;
    // A connection that breaks leaves behind it what nobody has acknowledged.
    const state = code === 'E_CANCELLED' ? 'cancelled' : BEFORE.includes(code) ? 'failed' : 'unfinished';
    return { state, problems: [withoutPlace(result.stopped)] };
  }
  if (result.command !== 'send')
    return { state: 'unfinished', problems: [problemOf('E_INTERNAL/send-answer')] };
  const { sent, held, failed, problems } = result;
  const state = failed + held === 0 ? 'sent' : sent > 0 ? 'partly' : 'failed';
  return { state, sent, total: sent + held + failed, problems };
}
