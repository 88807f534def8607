import { Command } from 'commander';
import { fault } from '../../contract/errors.js';
import { EXIT } from '../../contract/exit.js';
import type { Action, SeriesRecord } from '../../contract/requests/node.js';
import { type Checked, checkRules } from '../../node/check.js';
import { type NodeConfig, readConfig } from '../../node/config.js';
import { startNode } from '../../node/node.js';
import { startStatus } from '../../node/status.js';
import { startJob } from '../../process/client.js';
import { command, listSeries } from '../../process/node-door.js';
import { tellFailure } from '../terminal/failure.js';
import { threadsOption } from '../terminal/options.js';

interface NodeOptions {
  readonly config?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  limpid node --config node.json               run until Ctrl-C
  limpid node check scans/ --config node.json  which rule would fire for what
  limpid node list --config node.json          what is received, running, held, sent
  limpid node release ID --config node.json    send what was held
docs/node.md tells how a node is set up.`;

/** @param compute built script of the process that denoises */
export function nodeCommand(compute: string, finish: (exitCode: number) => void): Command {
  const told = async (work: () => Promise<void>, json = false): Promise<void> => {
    try {
      await work();
      finish(EXIT.done);
    } catch (error) {
      finish(tellFailure(error, json));
    }
  };
  const sub = (name: string, summary: string, description: string) =>
    new Command(name).summary(summary).description(description).usage('--config <FILE> [options]');
  const act = (name: Action, summary: string, description: string) =>
    sub(name, summary, description)
      .usage('<id> --config <FILE>')
      .argument('<id>', 'id of a series, from the list')
      .action((id: string, _: unknown, self: Command) =>
        told(async () => command(await configOf(self), id, name)),
      );
  return new Command('node')
    .summary('receive series by DICOM, denoise by rules, send what may be trusted')
    .description(
      'Runs a DICOM node: series that come from scanners, archives and watched folders are denoised by rules once they are complete, and their results are sent on where the trust report passes. What warns or fails is held as the rules say. Originals are never changed.',
    )
    .option('--config <FILE>', 'settings of the node, JSON (docs/node.md); needed')
    .addOption(threadsOption())
    .addHelpText('after', EXAMPLES)
    .action((_: unknown, self: Command) => told(async () => run(await configOf(self), compute)))
    .addCommand(
      sub(
        'check',
        'say which rule would fire, and do nothing',
        'Says for each series of a file or folder which rule would fire. Nothing is denoised or sent.',
      )
        .usage('<path> --config <FILE> [options]')
        .argument('<path>', 'file or folder with DICOM')
        .option('--json', 'as JSON', false)
        .action((input: string, { json }: NodeOptions, self: Command) =>
          told(async () => {
            const checked = await checkRules(await configOf(self), input);
            print(json === true ? JSON.stringify(checked) : checked.map(ruleLine).join('\n'));
          }, json),
        ),
    )
    .addCommand(
      sub('list', 'what a running node has', 'Lists the series of a running node.')
        .option('--json', 'as JSON', false)
        .action(({ json }: NodeOptions, self: Command) =>
          told(async () => {
            const records = await listSeries(await configOf(self));
            print(json === true ? JSON.stringify(records) : records.map(lineOf).join('\n'));
          }, json),
        ),
    )
    .addCommand(
      act('now', 'take a series as complete at once', 'Does not wait for further images of a series.'),
    )
    .addCommand(act('release', 'send a result that was held', 'Sends a result that the trust gate held.'))
    .addCommand(
      act(
        'retry',
        'do a series again',
        'Does a series again that failed, was held or skipped, by the rules of now.',
      ),
    );
}

/** @throws LimpidError E_USAGE, those of reading it */
function configOf(self: Command): Promise<NodeConfig> {
  const { config } = self.optsWithGlobals<NodeOptions>();
  if (config === undefined) throw fault('E_USAGE/node-config');
  return readConfig(config);
}

/** Until it is told to end. */
async function run(config: NodeConfig, compute: string): Promise<void> {
  const node = await startNode(config, {
    startJob: (request) => startJob(compute, request, () => undefined),
  });
  try {
    const status = await startStatus(config, node);
    try {
      print(
        `${config.title} ${node.port === null ? 'watches folders' : `listens on ${config.host}:${node.port}`}; status at http://127.0.0.1:${status.port}/health`,
      );
      const lost = await Promise.race([interrupted(), node.lost]);
      if (lost !== undefined) throw lost;
    } finally {
      await status.close();
    }
  } finally {
    await node.close();
  }
}

function ruleLine({ seriesNumber, modality, images, rule, does, targets }: Checked): string {
  const to = targets.length === 0 ? '' : ` -> ${targets.join(', ')}`;
  return `series ${seriesNumber || '?'}  ${modality}  ${images} images: ${rule ?? 'no rule fits'} -> ${does}${to}`;
}

function lineOf({ id, state, instances, rule, verdict, reason, deliveries }: SeriesRecord): string {
  const sent = deliveries.map(({ target, what, state: how, sent: count, total, problem, said }) => {
    const trouble = problem === null ? '' : ` (${said === null ? problem : `${problem}: ${said}`})`;
    return `${what} to ${target} ${how} ${count}/${total}${trouble}`;
  });
  return [id, state, `${instances} images`, rule ?? '-', verdict ?? '-', reason ?? '-', ...sent].join('  ');
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}

function print(line: string): void {
  if (line === '') return;
  process.stdout.write(`${line}\n`);
}
