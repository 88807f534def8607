import { spawn } from 'node:child_process';
import { childEnvironment } from '../../base/environment.js';
import { fault, type LimpidError } from '../../contract/errors.js';

/** A program of the person's machine, with the arguments that always come first. */
export interface Tool {
  readonly command: string;
  readonly args: readonly string[];
}

export interface Ran {
  readonly code: number | null;
  /** The end of what it printed. */
  readonly said: string;
}

interface RunOptions {
  readonly cwd?: string;
  readonly signal?: AbortSignal;
}

const MOST_SAID = 4000;
/** What npx and npm tell the programs they start of themselves: another npm would take it for its own settings. */
const OF_NPM = /^npm_(package_|lifecycle_|command$|execpath$|config_local_prefix$|config_prefix$)/i;

/**
 * Runs a program to its end, without a shell.
 *
 * @throws LimpidError E_CANCELLED when the signal ended it
 */
export function runTool(tool: Tool, args: readonly string[], { cwd, signal }: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(tool.command, [...tool.args, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: childEnvironment({}, withoutNpm()),
      ...(cwd === undefined ? {} : { cwd }),
      ...(signal === undefined ? {} : { signal }),
    });
    let said = '';
    const hear = (chunk: Buffer): void => {
      said = (said + chunk.toString()).slice(-MOST_SAID);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', (error) => {
      if (signal?.aborted) reject(cancelled());
      else resolve({ code: null, said: error.message });
    });
    child.on('close', (code) => {
      if (signal?.aborted) reject(cancelled());
      else resolve({ code, said: said.trim() });
    });
  });
}

function withoutNpm(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !OF_NPM.test(name)));
}

/** The first of the programs that answers, with what it answered. */
async function firstThatRuns(
  tools: readonly Tool[],
  question: readonly string[],
): Promise<{ readonly tool: Tool; readonly answer: string } | null> {
  for (const tool of tools) {
    const { code, said } = await runTool(tool, question);
    const [answer = ''] = said.split('\n');
    if (code === 0) return { tool, answer };
  }
  return null;
}

/** @throws LimpidError E_SETUP with what the program said, when it failed */
export async function mustRun(
  tool: Tool,
  args: readonly string[],
  options: RunOptions & { readonly failed: (said: string) => LimpidError },
): Promise<void> {
  const { code, said } = await runTool(tool, args, options);
  if (code === 0) return;
  const last = said.split('\n').slice(-3).join(' ').trim();
  throw options.failed(last === '' ? `exit code ${code}` : last);
}

export function cancelled(): LimpidError {
  return fault('E_CANCELLED/setup');
}

const CANDIDATES = {
  pip: [
    { command: 'python3', args: ['-m', 'pip'] },
    { command: 'python', args: ['-m', 'pip'] },
    { command: 'pip3', args: [] },
    { command: 'pip', args: [] },
  ],
  npm: [{ command: 'npm', args: [] }],
  compiler: ['g++', 'c++', 'clang++'].map((command): Tool => ({ command, args: [] })),
} satisfies Readonly<Record<string, readonly Tool[]>>;

export type ToolName = keyof typeof CANDIDATES;

/**
 * Finds the programs that are needed; `CXX` names another compiler.
 *
 * @throws LimpidError E_SETUP that names all that are missing
 */
export async function findTools<N extends ToolName>(names: readonly N[]): Promise<Record<N, Tool>> {
  const found: Partial<Record<N, Tool>> = {};
  const missing: ToolName[] = [];
  for (const name of names) {
    const first = await firstThatRuns([...namedByPerson(name), ...CANDIDATES[name]], ['--version']);
    if (first === null) missing.push(name);
    else found[name] = first.tool;
  }
  if (isWhole(found, names)) return found;
  throw fault('E_SETUP/tools', { missing });
}

function isWhole<N extends ToolName>(
  found: Partial<Record<N, Tool>>,
  names: readonly N[],
): found is Record<N, Tool> {
  return names.every((name) => found[name] !== undefined);
}

function namedByPerson(name: ToolName): Tool[] {
  const [command, ...args] = (process.env.CXX ?? '').split(/\s+/).filter((word) => word !== '');
  return name === 'compiler' && command !== undefined ? [{ command, args }] : [];
}
