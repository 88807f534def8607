import * as path from 'node:path';
import { Command } from 'commander';
import { keptSettings } from '../../app/kept/settings.js';
import { lookForUpdate } from '../../app/updates/updates.js';
import { homeFolder } from '../../base/home.js';
import { VERSION } from '../../base/version.js';
import { fault, problemFrom } from '../../contract/errors.js';
import { EXIT, exitCodeFor } from '../../contract/exit.js';
import type { UpdateView } from '../../contract/window/updates.js';
import { scriptLine } from '../terminal/json.js';
import { problemLine } from '../terminal/words.js';

export function updatesCommand(finish: (exitCode: number) => void): Command {
  return new Command('updates')
    .summary('look once whether a newer version is there')
    .description(
      'Reads a file that announces the newest version (latest.yml, which electron-builder writes beside its installers; JSON of the same works too), and tells whether it is newer than this one, where its installers are, and their SHA-512. The file may lie on any web server or share of your own. One GET is sent, which says nothing but the address: nothing about you, this computer, its version or images. Nothing is downloaded or installed. Limpid never looks by itself, unless a place is set in the window (Settings, Updates): then once a day while the app runs.',
    )
    .argument(
      '[address]',
      'https:// address or path of that file, or of the folder that holds it, with a slash at its end; left out: that of the settings',
    )
    .option('--json', 'one JSON object a line on standard output', false)
    .addHelpText(
      'after',
      `
Examples:
  limpid updates https://updates.example.org/limpid/
  limpid updates /mnt/software/limpid/latest-linux.yml`,
    )
    .action(async (address: string | undefined, { json }: { json: boolean }) =>
      finish(await run(address ?? null, json)),
    );
}

async function run(given: string | null, json: boolean): Promise<number> {
  const place = given ?? (await keptSettings(path.join(homeFolder(), 'settings.json'))).updates;
  const found = place === null ? null : await lookForUpdate(asPlace(place));
  const problem = found === null ? problemFrom(fault('E_USAGE/no-update-place')) : found.problem;
  const exitCode = problem === null ? EXIT.done : exitCodeFor(problem);
  if (json) {
    const { announced = null, isNewer = false } = found ?? {};
    const told = problem === null ? { announced, isNewer } : { stopped: problem };
    process.stdout.write(scriptLine({ type: 'result', command: 'updates', exitCode, ...told }));
  }
  if (problem !== null) process.stderr.write(`${problemLine(problem)}\n`);
  else if (found !== null && !json) process.stdout.write(`${sentences(found).join('\n')}\n`);
  return exitCode;
}

/** A path may be given from where a person is. */
function asPlace(given: string): string {
  return /^[a-z]+:\/\//i.test(given) ? given : path.resolve(given);
}

function sentences({ announced, isNewer }: UpdateView): readonly string[] {
  if (announced === null) return [];
  const { version, released, files } = announced;
  const when = released === null ? '' : ` (${released.slice(0, 10)})`;
  if (!isNewer) return [`Limpid ${version}${when} is announced: this one, ${VERSION}, is as new.`];
  return [
    `Limpid ${version}${when} is there; this is ${VERSION}.`,
    ...files.flatMap(({ address, sha512 }) => [address, `  SHA-512 ${sha512}`]),
  ];
}
