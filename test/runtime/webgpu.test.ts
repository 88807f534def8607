import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { probeWith } from '../../src-main/runtime/probe.js';
import { bundle } from './bundle.js';

/** Debian's chromium brings SwiftShader, a Vulkan driver on the CPU, and the loader. */
const DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';
const missing = existsSync(DRIVER) ? undefined : `no SwiftShader: ${DRIVER} comes with Debian's chromium`;
if (missing !== undefined) console.warn(`skipped: WebGPU equals the CPU (${missing})`);

const ROOT = path.resolve(import.meta.dirname, '../..');

interface Report {
  readonly errors: Readonly<Record<string, number>>;
  readonly probe: { readonly outcome: string };
}

function isReport(message: unknown): message is Report {
  return typeof message === 'object' && message !== null && 'errors' in message && 'probe' in message;
}

function compare(script: string, pattern: string): Promise<Report> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, VK_ICD_FILENAMES: DRIVER, LD_LIBRARY_PATH: path.dirname(DRIVER) };
    const child = fork(script, [pattern], { env, execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.on('message', (message) => (isReport(message) ? resolve(message) : reject(new Error('no report'))));
    child.on('exit', (code) => reject(new Error(`the process ended with ${code}: ${said.slice(-2000)}`)));
  });
}

describe.skipIf(missing !== undefined)('WebGPU on SwiftShader', () => {
  let report: Report;
  beforeAll(async () => {
    const script = await bundle(path.join(ROOT, 'test/runtime/webgpu-child.ts'));
    report = await compare(
      script,
      '^(conv2d stride 2 same|conv3d stride 2|conv3dTranspose|depthwise stride 2 same|maxPool 3/2 same|sign|attention|resize bilinear)$',
    );
  });

  it('trains to the same weights, keeping the state on the device', () => {
    expect(report.errors.step).toBeLessThan(1e-4);
  });

  it('infers the same image', () => {
    expect(report.errors.inference).toBeLessThan(1e-5);
  });

  it('gives the same gradients', () => {
    const { step, inference, ...gradients } = report.errors;
    expect(Object.keys(gradients)).toHaveLength(8);
    for (const [name, error] of Object.entries(gradients)) expect(error, name).toBeLessThan(1e-4);
  });

  it('is told apart from a real GPU: auto would not take it', () => {
    expect(report.probe.outcome).toBe('slower');
  });
});

describe('trying the GPU in a process of its own', () => {
  it('answers in words when that process fails', async () => {
    expect(await probeWith(path.join(ROOT, 'no-such-script.js'), 1)).toEqual({ outcome: 'crashed' });
  });

  it('gets a verdict from the script that the build makes', async () => {
    const script = await bundle(path.join(ROOT, 'src-main/runtime/probe-main.ts'));
    const report = await probeWith(script, 2);
    expect(['faster', 'slower', 'missing']).toContain(report.outcome);
  });
});
