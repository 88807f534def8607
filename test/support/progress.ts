import * as path from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

/** Longest silence while files run, in ms. */
const SILENCE = 15_000;

/**
 * Where the output is no terminal, on which vitest shows what runs: names the test files that are running whenever none
 * has ended for a while. What ends is told by vitest, with its counts and its time.
 */
export class ProgressReporter implements Reporter {
  private readonly running = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  onTestModuleStart(module: TestModule): void {
    this.running.set(path.relative(process.cwd(), module.moduleId), Date.now());
    this.wait();
  }

  onTestModuleEnd(module: TestModule): void {
    this.running.delete(path.relative(process.cwd(), module.moduleId));
    this.wait();
  }

  onTestRunEnd(): void {
    clearInterval(this.timer);
  }

  private wait(): void {
    clearInterval(this.timer);
    if (process.stdout.isTTY || this.running.size === 0) return;
    this.timer = setInterval(() => process.stdout.write(`${this.line()}\n`), SILENCE);
    this.timer.unref();
  }

  private line(): string {
    const each = [...this.running].map(
      ([file, since]) => `${file} (${Math.round((Date.now() - since) / 1000)} s)`,
    );
    return ` … running: ${each.join(', ')}`;
  }
}
