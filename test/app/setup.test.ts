import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Recipe, setUp, takeAway } from '../../src-main/app/setup/setup.js';
import { type Platform, tensorflowRecipe } from '../../src-main/app/setup/tensorflow.js';
import { findTools, runTool } from '../../src-main/app/setup/tools.js';
import { told } from '../../src-main/cli/terminal/words.js';
import { LimpidError, problemFrom } from '../../src-main/contract/errors.js';

let root = '';
const before = { PATH: process.env.PATH, CXX: process.env.CXX };
beforeEach(async () => {
  root = await fs.mkdtemp(path.join(os.tmpdir(), 'limpid-setup-'));
  process.env.LIMPID_TENSORFLOW = path.join(root, 'tensorflow');
});
afterEach(async () => {
  delete process.env.LIMPID_TENSORFLOW;
  for (const [name, value] of Object.entries(before))
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  await fs.rm(root, { recursive: true, force: true });
});

/** Two steps that each leave a file and tell that they ran. */
function recipe(more: Partial<Recipe> = {}): { readonly recipe: Recipe; readonly ran: string[] } {
  const ran: string[] = [];
  const step = (name: string) => ({
    name,
    says: `doing ${name}`,
    run: async (folder: string) => {
      ran.push(name);
      await fs.writeFile(path.join(folder, name), name);
    },
  });
  return {
    ran,
    recipe: {
      title: 'Thing 1',
      folder: path.join(root, 'thing'),
      versions: { thing: '1' },
      fetches: [{ what: 'a thing', from: 'a registry', bytes: 3e6 }],
      bytesAtWork: 1,
      bytesDone: 1,
      prepare: async () => {},
      steps: [step('fetch'), step('build')],
      scaffold: ['fetch'],
      verify: async (folder) => {
        await fs.access(path.join(folder, 'build'));
        return 'it works';
      },
      ...more,
    },
  };
}

const quiet = () => {};
const go = () => ({ checkOnly: false, signal: new AbortController().signal });

describe('a setup', () => {
  it('says what it fetches before it does, and leaves only what is needed', async () => {
    const { recipe: one, ran } = recipe();
    const said: string[] = [];
    expect(await setUp(one, (line) => said.push(line), go())).toMatchObject({
      state: 'made',
      description: 'it works',
    });
    expect(said.indexOf('doing fetch')).toBeGreaterThan(said.indexOf('  3 MB  a thing, from a registry'));
    expect(await fs.readdir(root)).toEqual(['thing']);
    expect((await fs.readdir(one.folder)).sort()).toEqual(['build', 'setup.json']);
    expect(await setUp(one, quiet, go())).toMatchObject({ state: 'there', description: 'it works' });
    expect(ran).toEqual(['fetch', 'build']);
  });

  it('fetches nothing when it is only to look', async () => {
    const { recipe: one, ran } = recipe();
    const result = await setUp(one, quiet, { ...go(), checkOnly: true });
    expect(result.state).toBe('can be made');
    expect(ran).toEqual([]);
    expect(await fs.readdir(root)).toEqual([]);
  });

  it('goes on where it was stopped, and shows nothing before', async () => {
    const { recipe: one, ran } = recipe();
    const stop = new AbortController();
    const [first, second] = one.steps;
    const stopping = {
      ...first,
      run: async (folder: string, signal: AbortSignal) => {
        await first.run(folder, signal);
        stop.abort();
      },
    };
    await expect(
      setUp({ ...one, steps: [stopping, second] }, quiet, { checkOnly: false, signal: stop.signal }),
    ).rejects.toMatchObject({ code: 'E_CANCELLED' });
    expect(await fs.readdir(root)).toEqual(['thing.part']);
    await setUp(one, quiet, go());
    expect(ran).toEqual(['fetch', 'build']);
  });

  it('removes what does not work', async () => {
    const broken = new LimpidError({ code: 'E_CRASH', message: 'It crashed.', remedy: 'Look.' });
    const { recipe: one } = recipe({ verify: () => Promise.reject(broken) });
    await expect(setUp(one, quiet, go())).rejects.toBe(broken);
    expect(await fs.readdir(root)).toEqual([]);
  });

  it('makes anew what an earlier version made, and what broke since', async () => {
    const { recipe: one } = recipe();
    await setUp(one, quiet, go());
    const { recipe: next, ran } = recipe({ versions: { thing: '2' } });
    expect(await setUp(next, quiet, go())).toMatchObject({ state: 'made' });
    expect(ran).toEqual(['fetch', 'build']);
    await fs.rm(path.join(next.folder, 'build'));
    const gone = {
      ...next,
      verify: async (folder: string) => {
        await fs.access(path.join(folder, 'build')).catch(() => {
          throw new LimpidError({ code: 'E_DEVICE', message: 'It does not load.', remedy: 'Look.' });
        });
        return 'it works again';
      },
    };
    expect(await setUp(gone, quiet, go())).toMatchObject({ state: 'made', description: 'it works again' });
  });

  it('takes away what is there, and what a stopped one left', async () => {
    const { recipe: one } = recipe();
    expect(await takeAway(one)).toMatchObject({ state: 'nothing to remove' });
    await setUp(one, quiet, go());
    await fs.mkdir(`${one.folder}.part`);
    expect(await takeAway(one)).toMatchObject({ state: 'removed' });
    expect(await fs.readdir(root)).toEqual([]);
  });

  it('asks for room first', async () => {
    const { recipe: one, ran } = recipe({ bytesAtWork: 1e18 });
    await expect(setUp(one, quiet, go())).rejects.toMatchObject({ code: 'E_IO' });
    expect(ran).toEqual([]);
  });
});

describe('the programs that a setup needs', () => {
  it('are named, all that are missing', async () => {
    process.env.PATH = root;
    delete process.env.CXX;
    await expect(findTools(['pip', 'npm', 'compiler'])).rejects.toMatchObject({
      code: 'E_SETUP',
      message: expect.stringMatching(/Python 3 with pip.*npm.*C\+\+ compiler/),
    });
  });

  it('are those that run, the one that CXX names first', async () => {
    process.env.CXX = `${process.execPath} --no-warnings`;
    expect((await findTools(['compiler'])).compiler).toEqual({
      command: process.execPath,
      args: ['--no-warnings'],
    });
  });

  it('end with the setup, and never see what npx says of itself', async () => {
    process.env.npm_config_local_prefix = '/elsewhere';
    const node = { command: process.execPath, args: ['-e'] };
    expect(await runTool(node, ['console.log(String(process.env.npm_config_local_prefix))'])).toEqual({
      code: 0,
      said: 'undefined',
    });
    delete process.env.npm_config_local_prefix;
    const stop = new AbortController();
    const running = runTool(node, ['setInterval(() => {}, 1000)'], { signal: stop.signal });
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: 'E_CANCELLED' });
  });
});

describe('TensorFlow', () => {
  const places = { manifest: root, verify: async () => 'TensorFlow on the CPU' };
  it.each<[string, Platform, RegExp]>([
    ['Windows', { system: 'win32', processor: 'x64', glibc: null }, /dml.*WSL 2/],
    ['a Mac', { system: 'darwin', processor: 'arm64', glibc: null }, /--device auto/],
    ['Linux on arm64', { system: 'linux', processor: 'arm64', glibc: '2.36' }, /--device auto/],
    ['an old Linux', { system: 'linux', processor: 'x64', glibc: '2.17' }, /newer Linux/],
    ['a Linux with another C library', { system: 'linux', processor: 'x64', glibc: null }, /newer Linux/],
  ])('is refused on %s, with what to use there', async (_, platform, remedy) => {
    const refused: unknown = await setUp(tensorflowRecipe(places, platform), quiet, go()).catch(
      (error: unknown) => error,
    );
    const problem = problemFrom(refused);
    expect(problem.code).toBe('E_SETUP');
    expect(told(problem).remedy).toMatch(remedy);
    expect(await fs.readdir(root)).toEqual([]);
  });
});
