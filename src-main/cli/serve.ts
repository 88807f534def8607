import { spawn } from 'node:child_process';
import { Command } from 'commander';
import { startServer } from '../app/http/server.js';
import { openUploads } from '../app/http/uploads.js';
import { samplePlaces } from '../app/samples.js';
import { openService } from '../app/service.js';
import { homeFolder } from '../base/home.js';
import { problemFrom } from '../contract/errors.js';
import { EXIT, exitCodeFor } from '../contract/results.js';
import { forkSpawn } from '../jobs/spawn.js';
import { wholeNumber } from './options.js';

export interface ServePlaces {
  readonly compute: string;
  readonly library: string;
  readonly devices: string;
  /** The built window. */
  readonly app: string;
  /** Of the installation, which holds the samples. */
  readonly root: string;
}

export function serveCommand(places: ServePlaces, finish: (exitCode: number) => void): Command {
  return new Command('serve')
    .summary('open the app in a browser, for machines without a desktop')
    .description(
      'Serves the window of the app to a browser on this machine and prints its address, which holds a secret: whoever has it may read the files of this user. Only 127.0.0.1 is served; use an SSH tunnel from elsewhere. Ends with Ctrl-C.',
    )
    .option('--port <n>', 'port of 127.0.0.1; 0 lets the system choose', wholeNumber(0, 65535), 0)
    .option('--open', 'open the address in the browser', false)
    .addHelpText(
      'after',
      `
Examples:
  limpid serve --open
  limpid serve --port 8042`,
    )
    .action(async ({ port, open }: { port: number; open: boolean }) =>
      finish(await serve(places, port, open)),
    );
}

/** Serves until it is told to end. */
async function serve(places: ServePlaces, port: number, open: boolean): Promise<number> {
  const uploads = await openUploads();
  try {
    const service = await openService({
      home: homeFolder(),
      spawn: forkSpawn(),
      entries: places,
      samples: samplePlaces(places.root),
      transport: 'browser',
      desktop: null,
      passing: [uploads.folder],
    });
    try {
      const server = await startServer({ service, uploads, appFolder: places.app, port });
      process.stdout.write(`Limpid is at ${server.url}\n`);
      if (open) openInBrowser(server.url);
      await interrupted();
      await server.close();
    } finally {
      await service.close();
    }
    return EXIT.done;
  } catch (error) {
    const problem = problemFrom(error);
    process.stderr.write(`${problem.code}: ${problem.message} ${problem.remedy}\n`);
    return exitCodeFor(problem);
  } finally {
    await uploads.remove();
  }
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
    process.once('SIGHUP', () => resolve());
  });
}

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

function openInBrowser(url: string): void {
  const [command, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true });
  child.on('error', () => process.stderr.write('No browser could be opened: open the address yourself.\n'));
  child.unref();
}
