import * as path from 'node:path';
import { Command, Option } from 'commander';
import { THREADS_SETTING, threadsAllowed } from '../../base/threads.js';
import { fault, withoutPlace } from '../../contract/errors.js';
import { EXIT, type ExitCode } from '../../contract/exit.js';
import { type QueueAddress, readAddress } from '../../queue/address.js';
import type { QueueStatus, Queues } from '../../queue/manage.js';
import type { RollUp } from '../../queue/outcome.js';
import { ROLL_UP_FILES, rollUp } from '../../queue/roll-up.js';
import { tellFailure } from '../terminal/failure.js';
import { openNarrator } from '../terminal/narrator.js';
import { threadsOption, wholeNumber } from '../terminal/options.js';
import { problemLine } from '../terminal/words.js';
import { requestOf, type SettingOptions, withSettings } from './denoise.js';

interface QueueOptions {
  readonly queue?: string;
  readonly json?: boolean;
}

interface SubmitOptions extends SettingOptions, QueueOptions {
  readonly priority: number;
  readonly retries: number;
}

interface WorkerOptions extends QueueOptions {
  readonly concurrency: number;
  readonly work?: string;
  readonly lease: number;
  readonly grace: number;
  readonly once?: boolean;
}

/** Loaded when they are used: the client of Redis takes half a second, which other commands need not wait. */
const manage = () => import('../../queue/manage.js');

type Finish = (exitCode: ExitCode) => void;

/** What a command does, told if it fails. */
async function told(finish: Finish, json: boolean, work: () => Promise<ExitCode>): Promise<void> {
  try {
    finish(await work());
  } catch (error) {
    finish(tellFailure(error, json));
  }
}

function queueOption(): Option {
  return new Option(
    '--queue <ADDRESS>',
    'redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], rediss:// for TLS, or a file whose first line is that; needed',
  ).env('LIMPID_QUEUE');
}

async function addressOf(self: Command): Promise<QueueAddress> {
  const { queue } = self.optsWithGlobals<QueueOptions>();
  if (queue === undefined) throw fault('E_USAGE/queue-missing');
  const address = await readAddress(queue);
  // only here, since its client takes longer to load than all else of a command that asks no queue
  const { requireDatabase } = await import('../../queue/connection.js');
  await requireDatabase(address);
  return address;
}

/** @param compute built script of the process that scans */
export function submitCommand(compute: string, finish: Finish): Command {
  return withSettings(new Command('submit'))
    .summary('put every series of the input into a queue for many machines')
    .description(
      'Scans the inputs once and puts a job a series into a queue on Redis, from which `limpid worker` on any machine takes them. Inputs and output must have the same paths on all of these. The same again adds what is missing.',
    )
    .argument('<in>', 'folder of DICOM, NIfTI and zip archives, one such file, or a DICOMDIR')
    .argument(
      '<out...>',
      'further inputs, then a new or empty folder outside of them, which the machines share',
    )
    .usage('[options] <in...> <out> --queue <ADDRESS>')
    .addOption(queueOption())
    .option('--priority <n>', 'batches of a lower number come first', wholeNumber(1, 1_000_000), 100)
    .option('--retries <n>', 'tries more for a series whose machine or disk failed', wholeNumber(0, 100), 5)
    .option('--json', 'the result as JSON', false)
    .action((input: string, rest: string[], options: SubmitOptions, self: Command) =>
      told(finish, options.json === true, async () => {
        const out = rest.at(-1) ?? input;
        const { submit } = await import('../../queue/submit.js');
        const narrator = openNarrator({ bars: process.stderr.isTTY === true });
        try {
          const done = await submit(
            await addressOf(self),
            {
              request: requestOf(options, input, { more: rest.slice(0, -1), output: out }),
              out,
              priority: options.priority,
              retries: options.retries,
              compute,
            },
            (event) => narrator.tell(event, { describe: null }),
          );
          const again = done.again ? `submitted before: ${done.added} that were missing were added; ` : '';
          const exitCode = done.partly ? EXIT.failed : EXIT.done;
          print(
            options.json === true
              ? JSON.stringify({ type: 'result', command: 'submit', exitCode, ...done })
              : `${again}${done.series} series in batch ${done.batch}, ${done.skipped} left alone. Workers: limpid worker --queue ADDRESS`,
          );
          return exitCode;
        } finally {
          narrator.close();
        }
      }),
    );
}

/** @param compute built script of the process that denoises */
export function workerCommand(compute: string, finish: Finish): Command {
  return new Command('worker')
    .summary('denoise series from a queue, with other machines')
    .description(
      'Takes series from the queue that `limpid submit` fills, denoises them on the local disk, and puts results into the output folder of their batch by one rename. Until it is told to end (Ctrl-C, SIGTERM): what runs is finished then, or goes back into the queue. A worker that vanishes loses nothing: others take over what it had.',
    )
    .usage('--queue <ADDRESS> [options]')
    .addOption(queueOption())
    .option('--concurrency <n>', 'series at a time', wholeNumber(1, 256), 1)
    .addOption(threadsOption('for each series at a time (default: the processors shared out among them;'))
    .option('--work <FOLDER>', 'where it works, on a disk of this machine (default: a temporary folder)')
    .option(
      '--lease <seconds>',
      'after how long without a sign of life others take over',
      wholeNumber(2, 3600),
      30,
    )
    .option(
      '--grace <seconds>',
      'how long running series may take to finish when told to end',
      wholeNumber(0, 86_400),
      20,
    )
    .option('--once', 'end when nothing is left in the queue', false)
    .action((options: WorkerOptions, self: Command) =>
      told(finish, false, async () => {
        let failed = 0;
        // Its compute processes take it from here.
        process.env[THREADS_SETTING] ??= String(
          Math.max(1, Math.floor(threadsAllowed() / options.concurrency)),
        );
        const { startWorker } = await import('../../queue/worker.js');
        const worker = await startWorker(await addressOf(self), {
          compute,
          concurrency: options.concurrency,
          work: options.work === undefined ? null : path.resolve(options.work),
          leaseMs: 1000 * options.lease,
          once: options.once === true,
          onDone: ({ unit, status, verdict, seconds }) =>
            print(`${unit}  ${status}  ${verdict ?? '-'}  ${seconds.toFixed(1)} s`),
          onFailed: (unit, problem, again) => {
            if (!again) failed++;
            // A service's output is a log, in which no source is named.
            print(`${unit}  ${again ? 'again' : 'failed'}  ${problemLine(withoutPlace(problem))}`);
          },
          onConnection: (there) =>
            process.stderr.write(there ? 'The queue is back.\n' : 'The queue is gone; waiting for it.\n'),
        });
        const end = () => void worker.stop(1000 * options.grace);
        for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
        try {
          await worker.ended;
        } finally {
          for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, end);
        }
        return options.once === true && failed > 0 ? EXIT.failed : EXIT.done;
      }),
    );
}

export function queueCommand(finish: Finish): Command {
  const sub = (name: string, summary: string, work: (queues: Queues, json: boolean) => Promise<string>) =>
    new Command(name)
      .summary(summary)
      .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
      .usage('--queue <ADDRESS> [options]')
      .addOption(queueOption())
      .option('--json', 'as JSON', false)
      .action(({ json }: QueueOptions, self: Command) =>
        told(finish, json === true, async () => {
          const { withQueues } = await manage();
          print(await withQueues(await addressOf(self), (queues) => work(queues, json === true)));
          return EXIT.done;
        }),
      );
  const counted = (name: string, count: number, json: boolean) =>
    json ? JSON.stringify({ [name]: count }) : `${count} series ${name}`;
  return new Command('queue')
    .summary('look at a queue for many machines, and steer it')
    .description(
      'Tells what is in a queue, stops and resumes it, puts what failed into it again, and writes what became of a batch.',
    )
    .usage('<status|retry|pause|resume|drain|report> --queue <ADDRESS>')
    .addCommand(
      sub('status', 'how many series wait, run, are done, failed', async (queues, json) => {
        const status = await (await manage()).statusOf(queues);
        return json ? JSON.stringify(status) : statusText(status);
      }),
    )
    .addCommand(
      sub('retry', 'put all series that failed into the queue again', async (queues, json) =>
        counted('retried', await (await manage()).retryFailed(queues), json),
      ),
    )
    .addCommand(
      sub('pause', 'let workers take no more; what runs is finished', async (queues, json) => {
        await queues.series.pause();
        return json ? JSON.stringify(await (await manage()).statusOf(queues)) : 'paused';
      }),
    )
    .addCommand(
      sub('resume', 'let workers take series again', async (queues, json) => {
        await queues.series.resume();
        return json ? JSON.stringify(await (await manage()).statusOf(queues)) : 'resumed';
      }),
    )
    .addCommand(
      sub(
        'drain',
        'take all series that wait out of the queue; what runs is finished',
        async (queues, json) => counted('removed', await (await manage()).drain(queues), json),
      ),
    )
    .addCommand(
      new Command('report')
        .summary('write what became of all series of a batch')
        .description(
          `Writes ${Object.values(ROLL_UP_FILES).join(', ')} into the output folder of a batch, as far as it is done. Workers do so when all is.`,
        )
        .argument('<out>', 'the output folder that was submitted')
        .usage('<out> --queue <ADDRESS> [options]')
        .addOption(queueOption())
        .option('--json', 'as JSON', false)
        .action((out: string, { json }: QueueOptions, self: Command) =>
          told(finish, json === true, async () => {
            const { withQueues } = await manage();
            const told = await withQueues(await addressOf(self), (queues) =>
              rollUp(queues, path.resolve(out)),
            );
            print(json === true ? JSON.stringify(told) : rollUpText(told));
            return told.counts.failed > 0 ? EXIT.failed : EXIT.done;
          }),
        ),
    );
}

function statusText({ waiting, running, delayed, done, failed, paused, workers }: QueueStatus): string {
  const counts = `${waiting} waiting, ${running} running, ${delayed} waiting for another try, ${done} done, ${failed} failed`;
  return `${counts}; ${workers} workers${paused ? '; paused' : ''}`;
}

function rollUpText({ counts, verdicts, seconds }: RollUp): string {
  return [
    `${counts.done} done, ${counts.failed} failed, ${counts.skipped} skipped, ${counts.waiting} not finished`,
    `${verdicts.pass} pass, ${verdicts.warn} warn, ${verdicts.fail} fail, ${verdicts.none} not judged`,
    `${seconds.all.toFixed(1)} s of work, ${seconds.median.toFixed(1)} s a series in the middle, ${seconds.longest.toFixed(1)} s the longest`,
    Object.values(ROLL_UP_FILES).join(', '),
  ].join('\n');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
