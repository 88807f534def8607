import { type Problem, problemFrom } from '../../src-main/contract/errors.js';

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly problem: Problem | null;
  readonly action: { readonly label: string; readonly run: () => void } | null;
}

/** ms. Problems, and what offers an action, stay until they are closed. */
const SHOWN_FOR = 6000;
const MOST = 4;

/** Short messages: at the corner of the window, and those that only a screen reader tells. */
export class Toasts {
  shown = $state.raw<readonly Toast[]>([]);
  /** Told to screen readers. */
  announced = $state('');
  private next = 1;

  say(text: string, action: Toast['action'] = null): void {
    const id = this.add({ text, problem: null, action });
    if (action === null) setTimeout(() => this.close(id), SHOWN_FOR);
  }

  announce(text: string): void {
    this.announced = text;
  }

  problem(problem: Problem): void {
    const same = ({ problem: shown }: Toast) =>
      shown?.code === problem.code && shown.message === problem.message && shown.place === problem.place;
    if (!this.shown.some(same)) this.add({ text: '', problem, action: null });
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
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }

  private add(toast: Omit<Toast, 'id'>): number {
    const id = this.next++;
    this.shown = [...this.shown, { ...toast, id }].slice(-MOST);
    return id;
  }
}
