import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BRAIN, brainSlices, CLI, pixelHashes, removeFolders, temporaryFolder } from '../jobs/fixtures.js';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the built command line; `onLine` sees each line of standard output as it comes. */
function limpid(
  args: readonly string[],
  onLine: (line: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err, rest] = ['', '', ''];
    child.stdout.on('data', (data: Buffer) => {
      out += data;
      const lines = (rest + data).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line, (signal) => child.kill(signal));
    });
    child.stderr.on('data', (data: Buffer) => {
      err += data;
    });
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

function lastLine({ out }: Ended) {
  return JSON.parse(out.trimEnd().split('\n').at(-1) ?? '');
}

beforeAll(() => {
  if (!existsSync(CLI)) throw new Error('The command line is not built: run `npm run build` first.');
});
afterAll(removeFolders);

describe('limpid', () => {
  it('ends quietly where the reader of a pipe has left', async () => {
    const child = spawn(process.execPath, [CLI, 'denoise', '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let told = '';
    child.stderr.on('data', (data: Buffer) => {
      told += data;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, told }).toEqual({ code: 0, told: '' });
  });

  it.skipIf(!existsSync('/dev/full'))(
    'tells that the disk of its output is full, without a stack',
    async () => {
      const full = await fs.open('/dev/full', 'w');
      try {
        for (const args of [
          ['inspect', BRAIN, '--json'],
          ['inspect', BRAIN],
          ['denoise', '--json'],
        ]) {
          const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', full.fd, 'pipe'] });
          let told = '';
          child.stderr?.on('data', (data: Buffer) => {
            told += data;
          });
          const code = await new Promise((resolve) => child.on('close', resolve));
          expect(code).toBe(1);
          expect(told.match(/E_IO: What was told cannot be written/g)).toHaveLength(1);
          expect(told).not.toMatch(/resumes|where it stopped|E_CANCELLED/);
          expect(told).not.toMatch(/^ +at /m);
        }
      } finally {
        await full.close();
      }
    },
  );

  it('prints its version and help', async () => {
    const { version } = JSON.parse(await fs.readFile('package.json', 'utf8'));
    expect(await limpid(['--version'])).toMatchObject({ code: 0, out: `${version}\n` });
    const help = await limpid(['--help']);
    expect(help.code).toBe(0);
    for (const command of ['inspect', 'denoise', 'evaluate', 'simulate']) {
      expect(help.out).toContain(command);
      const own = await limpid([command, '--help']);
      expect(own.code).toBe(0);
      expect(own.out).toMatch(new RegExp(`Examples:\\n {2}limpid ${command} `));
    }
  });

  it.each([
    [[], 'Usage'],
    [['denoice'], "unknown command 'denoice'"],
    [['denoise', '', 'out'], 'an argument is empty'],
    [['denoise', 'in', ''], 'an argument is empty'],
    [['inspect', ''], 'an argument is empty'],
    [['motion', 'in', '--out', ''], 'the value of --out is empty'],
    [['denoise', 'in', 'out', '--where', ''], 'the value of --where is empty'],
    [['evaluate', 'in', 'out', '--series', ''], 'the value of --series is empty'],
    [['models', 'show', ''], 'Run `limpid models show --help`'],
    [['denoise', 'in'], "missing required argument 'out'"],
    [['evaluate', 'in', 'out', 'more'], 'too many arguments'],
    [['denoise', 'in', 'out', '--strenght', '1'], 'Did you mean --strength?'],
    [['denoise', 'in', 'out', '--strength', '1.5'], 'It must be a number from 0 to 1.'],
    [['denoise', 'in', 'out', '--steps', '0'], 'It must be a whole number from 1'],
    [['denoise', 'in', 'out', '--seed', '-1'], 'It must be a whole number from 0'],
    [['denoise', 'in', 'out', '--device', 'gpu'], 'Allowed choices are auto, cpu, webgpu'],
    [['simulate', 'in', 'out', '--level', '5'], "required option '--noise <kind>' not specified"],
    [['simulate', 'in', 'out'], "required option '--noise <kind>' or '--artifact <name>' not specified"],
    [['simulate', 'in', 'out', '--noise', 'rician'], "required option '--level <percent>' not specified"],
    [['simulate', 'in', 'out', '--noise', 'rician', '--level', 'x'], 'It must be a number'],
    [['inspect'], "missing required argument 'paths'"],
  ])('refuses %j with exit code 2 and says why', async (args, why) => {
    const ended = await limpid(args);
    expect(ended).toMatchObject({ code: 2, out: '' });
    expect(ended.err).toContain(why);
    if (args.length > 0) expect(ended.err).toMatch(/^E_USAGE: /m);
  });

  it('ends --json with a result on wrong usage too, without repeating arguments', async () => {
    const ended = await limpid(['denoise', '--json', '/secret/Doe^John']);
    expect(ended.code).toBe(2);
    expect(lastLine(ended)).toMatchObject({ type: 'result', exitCode: 2, stopped: { code: 'E_USAGE' } });
    expect(ended.out).not.toContain('Doe');
  });

  it.each([
    ['a missing path', 'nowhere', 'E_NOT_FOUND', 2],
    ['an empty folder', 'empty', 'E_NOTHING', 1],
  ])('stops on %s', async (_, name, code, exit) => {
    const root = await temporaryFolder();
    await fs.mkdir(path.join(root, 'empty'));
    const ended = await limpid(['denoise', path.join(root, name), path.join(root, 'out'), '--json']);
    expect(ended.code).toBe(exit);
    expect(lastLine(ended)).toMatchObject({ type: 'result', command: 'denoise', stopped: { code } });
    expect(ended.err).toContain(code);
    expect(ended.out).not.toContain(root);
  });

  it('says that there is nothing to list', async () => {
    const ended = await limpid(['inspect', await temporaryFolder(), '--json']);
    expect(lastLine(ended)).toMatchObject({
      exitCode: 1,
      series: [],
      problems: [{ code: 'E_NOTHING' }],
    });
    expect(ended.err).toContain('E_NOTHING: ');
  });

  it.each([
    [['submit', 'nowhere', 'out', '--queue', 'nowhere']],
    [['queue', 'status', '--queue', 'nowhere']],
    [['node', 'check', 'nowhere', '--config', 'nowhere']],
    [['node', 'list', '--config', 'nowhere']],
  ])('ends --json of %j with a result though no job is begun', async (args) => {
    const ended = await limpid([...args, '--json']);
    expect(ended.code).toBe(2);
    const { stopped, exitCode } = lastLine(ended);
    expect({ exitCode, code: stopped.code }).toEqual({ exitCode: 2, code: ended.err.split(':')[0] });
  });
});

describe('limpid inspect', () => {
  it('tells geometry and noise to people and to scripts, to these without names', async () => {
    const headers = await limpid(['inspect', BRAIN, '--json']);
    expect(headers.code).toBe(0);
    expect(lastLine(headers).series[0]).toMatchObject({ slices: 20, eligible: true, noise: null });
    const people = await limpid(['inspect', BRAIN, '--noise']);
    expect(people.code).toBe(0);
    expect(people.out).toContain('256x256x20');
    expect(people.out).toContain('FSE PD AXIAL OBL');
    const scripts = await limpid(['inspect', BRAIN, '--noise', '--json']);
    for (const line of scripts.out.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('type');
    const [series] = lastLine(scripts).series;
    expect(series).toMatchObject({ modality: 'MR', columns: 256, slices: 20, eligible: true });
    expect(series.noise.sigma).toBeGreaterThan(0);
    expect(scripts.out).not.toMatch(/brain_|FSE/);
    expect(scripts.err).not.toContain('\u001b');
  });
});

describe('limpid inspect --csv', () => {
  it('is a table of the series, and says with its exit code that something could not be read', async () => {
    const input = path.join(await temporaryFolder(), 'in');
    await brainSlices(input, [9, 10]);
    await fs.writeFile(path.join(input, 'bad.nii'), 'words');
    const table = await limpid(['inspect', input, '--csv']);
    expect(table.code).toBe(1);
    expect(table.err).toContain('E_NIFTI');
    const [head, row, ...rest] = table.out.split('\r\n').map((line) => line.split(','));
    expect(rest).toEqual([['']]);
    const of = (name: string) => row[head.indexOf(name)];
    expect([of('kind'), of('modality'), of('columns'), of('slices')]).toEqual(['dicom', 'MR', '256', '2']);
    expect([of('description'), of('can_be_denoised'), of('noise')]).toEqual(['FSE PD AXIAL OBL', 'true', '']);
    expect((await limpid(['inspect', input, '--csv', '--json'])).code).toBe(2);
  });
});

describe('limpid simulate and evaluate', () => {
  it('add noise of a known level and measure it', async () => {
    const root = await temporaryFolder();
    const [input, noisy] = [path.join(root, 'in'), path.join(root, 'noisy')];
    await brainSlices(input, [9, 10]);
    const args = ['simulate', input, noisy, '--noise', 'gaussian', '--level', '5', '--json'];
    const simulated = await limpid(args);
    expect(simulated.code).toBe(0);
    const evaluated = await limpid(['evaluate', input, path.join(noisy, 'series-001'), '--json']);
    expect(evaluated.code).toBe(0);
    // Gaussian noise of 5 % of the peak: 20 log10(1 / 0.05) = 26.02 dB, less what clipping at 0 takes away
    expect(lastLine(evaluated).test.psnr).toBeCloseTo(26.02, 0);
    expect(lastLine(evaluated).protocol).toMatchObject({ peak: 'maximum of the reference' });
    const self = await limpid(['evaluate', input, input]);
    expect(self.out).toContain('equal');
  });

  it('add an artifact, say so, and refuse a severity without meaning', async () => {
    const root = await temporaryFolder();
    const [input, ghosted] = [path.join(root, 'in'), path.join(root, 'ghosted')];
    await brainSlices(input, [9, 10]);
    const simulated = await limpid(['simulate', input, ghosted, '--artifact', 'ghost', '--json']);
    expect(simulated.code).toBe(0);
    const file = await fs.readFile(path.join(ghosted, 'series-001', '00001.dcm'));
    expect(file.includes('artifact ghost of severity 20 %')).toBe(true);
    expect(file.includes('SIMULATED ARTIFACT')).toBe(true);
    const evaluated = await limpid(['evaluate', input, path.join(ghosted, 'series-001'), '--json']);
    expect(lastLine(evaluated).test.psnr).toBeGreaterThan(15);
    expect(lastLine(evaluated).test.psnr).toBeLessThan(40);
    const refused = await limpid([
      'simulate',
      input,
      path.join(root, 'x'),
      '--artifact',
      'gibbs',
      '--severity',
      '99',
    ]);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('0 to 90');
  });

  it('refuse images of different sizes', async () => {
    const root = await temporaryFolder();
    await brainSlices(path.join(root, 'one'), [9]);
    const ended = await limpid(['evaluate', BRAIN, path.join(root, 'one'), '--json']);
    expect(ended.code).toBe(1);
    expect(lastLine(ended).stopped.code).toBe('E_SHAPE');
  });
});

describe('limpid denoise', () => {
  const options = ['--steps', '3', '--device', 'cpu', '--json'];

  it('is cancelled by SIGINT with exit code 130 and resumes to the same pixels', async () => {
    const root = await temporaryFolder();
    const input = path.join(root, 'in');
    await brainSlices(input, [9]);
    // A training is long enough to be cancelled.
    const adapting = [...options, '--adapt', 'on'];
    const whole = await limpid(['denoise', input, path.join(root, 'whole'), ...adapting]);
    expect(whole.code).toBe(0);
    const output = path.join(root, 'out');
    const args = ['denoise', input, output, ...adapting];
    const cancelled = await limpid(args, (line, kill) => {
      if (line.includes('"stage":"train"')) kill('SIGINT');
    });
    expect(cancelled.code).toBe(130);
    expect(lastLine(cancelled)).toMatchObject({ exitCode: 130, stopped: { code: 'E_CANCELLED' } });
    expect(await fs.readdir(output)).toEqual(['.limpid']);
    const resumed = await limpid(args);
    expect(resumed.code).toBe(0);
    expect(await pixelHashes(path.join(output, 'series-001'))).toEqual(
      await pixelHashes(path.join(root, 'whole', 'series-001')),
    );
  });

  it('denoises a NIfTI file into NAME_denoised.nii.gz, and tells scripts nothing of the name', async () => {
    const root = await temporaryFolder();
    const input = path.join(root, 'Doe.nii');
    await brainSlicesAsNifti(input);
    const output = path.join(root, 'out');
    const ended = await limpid(['denoise', input, output, '--model', 'self', '--error-map', ...options]);
    expect(ended.code).toBe(0);
    const names = (await fs.readdir(output)).filter((name) => !name.startsWith('.')).sort();
    expect(names).toEqual([
      'Doe_denoised.nii.gz',
      'Doe_error-map.nii.gz',
      'Doe_model.onnx',
      'report.html',
      'report.json',
    ]);
    const report = await fs.readFile(path.join(output, 'report.json'), 'utf8');
    expect(ended.out + report).not.toContain('Doe');
    const evaluated = await limpid(['evaluate', input, path.join(output, names[0]), '--json']);
    expect(lastLine(evaluated).test.psnr).toBeGreaterThan(20);
    const model = path.join(output, 'Doe_model.onnx');
    const again = path.join(root, 'again');
    const reused = await limpid(['denoise', input, again, '--model', model, '--device', 'cpu', '--json']);
    expect(reused.code).toBe(0);
    const images = [path.join(output, names[0]), path.join(again, names[0])];
    const compared = await limpid(['evaluate', ...images, '--json']);
    // the same network in another file: equal but for rounding
    expect(lastLine(compared).test.psnr ?? 100).toBeGreaterThan(80);
  });
});

/** One 64 x 64 slice of the brain, twice, as NIfTI. */
async function brainSlicesAsNifti(file: string): Promise<void> {
  const dicom = await fs.readFile(path.join(BRAIN, 'brain_009.dcm'));
  const pixels = dicom.subarray(dicom.length - 2 * 256 * 256);
  const header = Buffer.alloc(352);
  header.writeInt32LE(348, 0);
  for (const [i, n] of [3, 64, 64, 2, 1, 1, 1, 1].entries()) header.writeInt16LE(n, 40 + 2 * i);
  header.writeInt16LE(4, 70);
  header.writeInt16LE(16, 72);
  for (let i = 0; i < 4; i++) header.writeFloatLE(1, 76 + 4 * i);
  header.writeFloatLE(352, 108);
  header.write('n+1\0', 344, 'latin1');
  const rows = Array.from({ length: 128 }, (_, i) => {
    const start = 2 * (256 * (96 + (i % 64)) + 96);
    return pixels.subarray(start, start + 128);
  });
  await fs.writeFile(file, Buffer.concat([header, ...rows]));
}
