import type { Problem } from '../errors.js';
import type { AppApi, AppEvent } from './app.js';
import type { AppMethod } from './methods.js';

/** What a method came to, as both transports carry it: errors travel as plain problems. */
export type Answer<T> = { readonly value: T } | { readonly problem: Problem };

/** The value of a method, once it is there. */
export type ValueOf<M extends AppMethod> = Awaited<ReturnType<AppApi[M]>>;

/** What the preload of the desktop app puts on the window; the bridge is made of it. */
export interface DesktopBridge {
  /** Arguments and answers are plain data: they are cloned on their way. */
  call<M extends AppMethod>(method: M, args: Parameters<AppApi[M]>): Promise<Answer<ValueOf<M>>>;
  subscribe(listener: (event: AppEvent) => void): () => void;
  /** '' for what is no file on disk. */
  pathOf(file: File): string;
  /** Begins to drag files out of the window into another program. */
  dragOut(paths: readonly string[]): void;
}

/** Names under which Electron's IPC carries the contract: all that the preload may use. */
export const CHANNELS = { call: 'limpid:call', event: 'limpid:event', dragOut: 'limpid:drag-out' } as const;
