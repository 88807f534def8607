import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';

/** What a command and the processes it started asked the system for, as far as privacy is concerned. */
export interface Traced {
  /** Lines of socket, bind, connect and send calls of the internet's families. */
  readonly internet: readonly string[];
  /** Absolute paths that were created, written, renamed or linked, or were tried to be. */
  readonly written: readonly string[];
  /** Per process that opened a file of ONNX Runtime's native library: the environment that it was started with. */
  readonly loaders: readonly (readonly string[])[];
}

const CALLS = [
  'execve',
  'open,openat,openat2,creat,mkdir,mkdirat,mknod,mknodat',
  'rename,renameat,renameat2,link,linkat,symlink,symlinkat,truncate',
  'socket,connect,bind,sendto,sendmsg,sendmmsg',
].join(',');

/** Why nothing can be traced here; false: it can. */
export function whyNoStrace(): string | false {
  try {
    execFileSync('strace', ['-f', '-qq', '-o', '/dev/null', 'true'], { stdio: 'ignore' });
    return false;
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return missing
      ? "skipped: strace is missing; install Debian's strace"
      : 'skipped: strace may not trace here (ptrace is not permitted)';
  }
}

/** Starts a command under strace in an environment of exactly `env`; its trace is complete when it has ended. */
export function startTraced(
  file: string,
  command: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): ChildProcess {
  // -v and -s: environments in full; -y: folders of relative paths by name.
  const own = ['-f', '-qq', '-v', '-y', '-s', '65536', '--seccomp-bpf', '-o', file, '-e', `trace=${CALLS}`];
  return spawn('strace', [...own, '--', ...command], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
}

export function readTrace(file: string): Traced {
  const internet: string[] = [];
  const written = new Set<string>();
  const loaders = new Map<string, readonly string[]>();
  const environments = new Map<string, readonly string[]>();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [, pid, call, rest] = /^(\d+) +(\w+)\((.*)$/.exec(line) ?? [];
    if (call === undefined) continue;
    if (call === 'execve') environments.set(pid, quoted(rest.slice(rest.indexOf('], ['))));
    else if (/^(socket|connect|bind|send)/.test(call)) {
      if (/\bAF_INET6?\b|\bPF_INET6?\b|\bsin6?_/.test(rest)) internet.push(line);
    } else if (/^open/.test(call)) {
      if (/\/(libonnxruntime|onnxruntime_binding)[^/"]*"/.test(rest))
        loaders.set(pid, environments.get(pid) ?? []);
      if (/\bO_(WRONLY|RDWR|CREAT|TRUNC|APPEND)\b/.test(rest))
        for (const one of paths(rest)) written.add(one);
    } else for (const one of paths(rest)) written.add(one);
  }
  return { internet, written: [...written], loaders: [...loaders.values()] };
}

/** Strings of a call, their escapes left as they are. */
function quoted(text: string): string[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1]);
}

/** Paths of a call, made absolute by the folder that stands before each, as `-y` writes it. */
function paths(text: string): string[] {
  const pattern = /(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"/g;
  return [...text.matchAll(pattern)].map(([, folder, name]) => path.resolve(folder ?? '/', name));
}
