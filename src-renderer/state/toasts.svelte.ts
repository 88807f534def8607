import { type Problem, problemFrom } from '../../src-main/contract/errors.js';

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly action: { readonly label: string; readonly run: () => void } | null;
}

export interface Failure {
  readonly id: number;
  readonly problem: Problem;
}

/** ms: what is only told, and what offers something, which can be found in its list later too. */
const SHOWN_FOR = 6000;
const OFFERED_FOR = 20_000;
const MOST = 4;

/** Short messages: at the corner of the window, and those that only a screen reader tells. */
export class Toasts {
  shown = $state.raw<readonly Toast[]>([]);
  /** They stay until they are closed. */
  failures = $state.raw<readonly Failure[]>([]);
  /** Told to screen readers. */
  announced = $state('');
  private next = 1;

  say(text: string, action: Toast['action'] = null): void {
    const id = this.next++;
    this.shown = [...this.shown, { id, text, action }].slice(-MOST);
    setTimeout(() => this.close(id), action === null ? SHOWN_FOR : OFFERED_FOR);
  }

  announce(text: string): void {
    this.announced = text;
  }

  problem(problem: Problem): void {
    const same = ({ problem: shown }: Failure) =>
      shown.code === problem.code && shown.message === problem.message && shown.place === problem.place;
    if (!this.failures.some(same))
      this.failures = [...this.failures, { id: this.next++, problem }].slice(-MOST);
  }

  /** Runs what may fail, and shows why it did. Null where it failed. */
  async guard<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      this.problem(problemFrom(error));
      return null;
    }
  }

  close(id: number): void {
    this.shown = this.shown.filter((one) => one.id !== id);
    this.failures = this.failures.filter((one) => one.id !== id);
  }
}
