import { spawnSync } from 'node:child_process';

/** What a validator prints about files, without file names, offsets and UIDs, sorted. */
export function complaints(tool: string, ...args: readonly string[]): string[] {
  const result = spawnSync(tool, args, { encoding: 'latin1', maxBuffer: 1 << 26 });
  const text = `${result.stderr}\n${result.stdout}`;
  return text
    .split('\n')
    .filter((line) => /^(Error|Warning|E:|W:|F:)/.test(line))
    .map((line) => args.reduce((kept, arg) => kept.replaceAll(arg, 'FILE'), line))
    .map((line) => line.replace(/\b[012](\.\d+){3,}/g, 'UID'))
    .sort();
}

/** Lines of `after` that are not in `before`, each as often as it is new. */
export function newLines(before: readonly string[], after: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const line of before) left.set(line, (left.get(line) ?? 0) + 1);
  return after.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}
