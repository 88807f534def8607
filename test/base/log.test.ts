import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { log, logEvent, logFolder, openLog, readLog } from '../../src-main/base/log.js';
import { fault, problemFrom } from '../../src-main/contract/errors.js';
import { removeFolders, temporaryFolder } from '../jobs/fixtures.js';

afterAll(removeFolders);

const TELLING = 'DOE^JANE-19500101';
let home = '';

beforeEach(async () => {
  home = await temporaryFolder();
  vi.stubEnv('LIMPID_HOME', home);
  openLog('compute');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const written = async (): Promise<string> => {
  const names = await fs.readdir(logFolder(home)).catch(() => []);
  const texts = await Promise.all(names.map((name) => fs.readFile(path.join(logFolder(home), name), 'utf8')));
  return texts.join('');
};

describe('the log', () => {
  it('keeps level, process, job, event and facts', async () => {
    vi.stubEnv('LIMPID_JOB', '11111111-1111-4111-8111-111111111111');
    log('info', 'job', { type: 'denoise', files: 3, again: false });
    expect(await readLog(logFolder(home), 10)).toMatchObject([
      {
        level: 'info',
        process: 'compute',
        job: '11111111-1111-4111-8111-111111111111',
        event: 'job',
        facts: { type: 'denoise', files: 3, again: false },
      },
    ]);
  });

  it('has the codes of what is caught and where our own code was, and nothing that came with data', async () => {
    const error = new TypeError(`cannot read ${TELLING}`);
    error.stack = `TypeError: cannot read ${TELLING}\n    at read (/data/${TELLING}/dist/main/chunks/a-1.js:7:9)\n    at ${TELLING} (/data/${TELLING}.js:1:1)`;
    problemFrom(error);
    problemFrom(fault('E_NOT_FOUND/run-report', {}, `/data/${TELLING}.dcm`, error));
    logEvent({ type: 'warning', series: TELLING, problem: problemFrom(error, TELLING) });
    logEvent({ type: 'device', device: TELLING, description: TELLING });
    const loose: Record<string, never> = JSON.parse(JSON.stringify({ name: TELLING, count: 1 }));
    log('info', 'scan', loose);
    const lines = await readLog(logFolder(home), 100);
    expect(lines.filter(({ event }) => event === 'caught').map(({ facts }) => facts.code)).toContain(
      'E_NOT_FOUND',
    );
    expect(lines.flatMap(({ stack }) => stack ?? [])).toContain('chunks/a-1.js:7:9');
    expect(lines.at(-1)?.facts).toEqual({ count: 1 });
    expect(await written()).not.toContain('DOE');
  });

  it('stays within its bound, and drops what is no line of it', async () => {
    for (let i = 0; i < 9000; i++) log('info', 'scan', { files: i, series: 1, refused: 0 });
    const names = await fs.readdir(logFolder(home));
    expect(names.sort()).toEqual(['limpid.1.log', 'limpid.log']);
    const sizes = await Promise.all(
      names.map(async (name) => (await fs.stat(path.join(logFolder(home), name))).size),
    );
    expect(Math.max(...sizes)).toBeLessThan(513 * 1024);
    await fs.appendFile(path.join(logFolder(home), 'limpid.log'), `{"event":"${TELLING}"}\nnot json\n`);
    const latest = await readLog(logFolder(home), 3);
    expect(latest.map(({ facts }) => facts.files)).toEqual([8997, 8998, 8999]);
  });

  it('is not missed where it cannot be written', async () => {
    await fs.writeFile(path.join(home, 'logs'), 'in the way');
    expect(() => log('info', 'scan', { files: 1 })).not.toThrow();
  });
});
