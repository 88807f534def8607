import { spawn } from 'node:child_process';
import { Command } from 'commander';
import { removeRedirect, writeRedirect } from '../../app/http/redirect-page.js';
import { startServer } from '../../app/http/server.js';
import { openUploads } from '../../app/http/uploads.js';
import { samplePlaces } from '../../app/samples.js';
import { openService } from '../../app/service.js';
import { homeFolder } from '../../base/home.js';
import { problemFrom } from '../../contract/errors.js';
import { EXIT, exitCodeFor } from '../../contract/exit.js';
import { forkSpawn } from '../../process/spawn.js';
import { wholeNumber } from '../terminal/options.js';
import { toldLine } from '../terminal/words.js';

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
      'Serves the window of the app to a browser on this machine and prints its address, which holds a secret and works once: the browser that opens it may read the files of this user. Press Enter for another address. Only 127.0.0.1 is served; use an SSH tunnel from elsewhere. Ends with Ctrl-C.',
    )
    .option('--port <n>', 'port of 127.0.0.1; 0 lets the system choose', wholeNumber(0, 65535), 0)
    .option('--open', 'open the address in the browser', false)
    .addHelpText(
      'after',
      `
Examples:
  limpid serve --open
  limpid serve --port 8042

A browser that may not read hidden folders (as snap packages) cannot follow
--open: open the printed address yourself.`,
    )
    .action(async ({ port, open }: { port: number; open: boolean }) =>
      finish(await serve(places, port, open)),
    );
}

/** Serves until it is told to end. */
async function serve(places: ServePlaces, port: number, open: boolean): Promise<number> {
  const home = homeFolder();
  const uploads = await openUploads();
  try {
    const service = await openService({
      home,
      spawn: forkSpawn(),
      entries: places,
      samples: samplePlaces(places.root),
      transport: 'browser',
      desktop: null,
      passing: [uploads.folder],
    });
    try {
      const server = await startServer({
        service,
        uploads,
        appFolder: places.app,
        port,
        onExchange: () => void removeRedirect(home),
      });
      const address = server.newAddress();
      process.stdout.write(`Limpid is at ${address}\n`);
      if (open) openInBrowser(await writeRedirect(home, address));
      const silence = onEnter(() => process.stdout.write(`Limpid is at ${server.newAddress()}\n`));
      await interrupted();
      silence();
      await server.close();
    } finally {
      await removeRedirect(home);
      await service.close();
    }
    return EXIT.done;
  } catch (error) {
    const problem = problemFrom(error);
    process.stderr.write(`${toldLine(problem)}\n`);
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

/** Calls back at each line that a person enters. @returns what ends that */
function onEnter(answer: () => void): () => void {
  if (!process.stdin.isTTY) return () => undefined;
  process.stdin.on('data', answer);
  return () => void process.stdin.off('data', answer).pause();
}

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/** @param page that leads to the address, whose token is not to stand in the list of processes */
function openInBrowser(page: string): void {
  const [command, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  const child = spawn(command, [...args, page], { stdio: 'ignore', detached: true });
  child.on('error', () =>
    process.stderr.write('No browser could be opened: open the address above yourself.\n'),
  );
  child.unref();
}
