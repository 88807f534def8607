import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { logFolder, readLog } from '../../src-main/base/log.js';
import { brainSlices, CLI, removeFolders, temporaryFolder } from '../jobs/fixtures.js';

afterAll(removeFolders);

const NAME = 'DOE^JANE MARIA';
const ID = 'PID999';

/** Runs the built command line with a data folder of its own; whatever its exit code. */
function limpid(home: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, LIMPID_HOME: home, LIMPID_DEBUG: '1' };
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { env }, (_error, _out, err) => resolve(err));
  });
}

/** A series of a patient with a name, in a folder of that name, and a file that is none. */
async function tellingFolder(root: string): Promise<string> {
  const folder = path.join(root, 'Doe^Jane 19500101');
  await fs.mkdir(folder);
  await brainSlices(folder, [8, 9, 10]);
  for (const file of await fs.readdir(folder)) {
    const bytes = await fs.readFile(path.join(folder, file));
    bytes.write(NAME, bytes.indexOf('PN\x0e\0', 700, 'latin1') + 4, 'latin1');
    bytes.write(ID, bytes.indexOf('123565', 700, 'latin1'), 'latin1');
    await fs.writeFile(path.join(folder, `Doe_${file}`), bytes);
    await fs.rm(path.join(folder, file));
  }
  const whole = await fs.readFile(path.join(folder, (await fs.readdir(folder))[0]));
  await fs.writeFile(path.join(folder, 'Doe_broken.dcm'), whole.subarray(0, 3000));
  return folder;
}

it('keeps a run over images of a named patient without a word of theirs, and tells it as it goes', async () => {
  const root = await temporaryFolder();
  const home = path.join(root, 'home');
  const input = await tellingFolder(root);
  const told = await limpid(home, ['denoise', input, path.join(root, 'Doe out'), '--model', 'nlm']);
  await limpid(home, ['denoise', path.join(root, 'Doe nowhere'), path.join(root, 'Doe other')]);
  const lines = await readLog(logFolder(home), 1000);
  expect(new Set(lines.map((line) => line.process))).toEqual(new Set(['cli', 'compute']));
  expect(lines.map(({ event }) => event)).toEqual(
    expect.arrayContaining(['job', 'scan', 'series', 'result']),
  );
  const outcomes = lines.filter(({ event }) => event === 'series').map(({ facts }) => facts.status);
  expect(outcomes).toContain('done');
  expect(lines.map(({ facts }) => facts.code)).toEqual(
    expect.arrayContaining(['E_TRUNCATED', 'E_NOT_FOUND']),
  );
  const names = await fs.readdir(logFolder(home));
  const text = (
    await Promise.all(names.map((name) => fs.readFile(path.join(logFolder(home), name), 'utf8')))
  ).join();
  for (const telling of [/doe/i, /jane/i, /19500101/, new RegExp(ID), /brain/i, /\.dcm/, /\/tmp\//])
    expect(text).not.toMatch(telling);
  expect(text).not.toContain(root);
  const { time, ...last } = lines.filter((line) => line.event === 'scan')[0];
  expect(told).toContain(`{"time":"${time}",${JSON.stringify(last).slice(1)}`);
});
