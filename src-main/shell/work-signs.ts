import { type BrowserWindow, Notification, powerSaveBlocker } from 'electron';
import type { AppService } from '../app/service.js';
import type { AppEvent, JobRecord } from '../contract/window/app.js';

/** Work that took longer than this is announced when it ends. */
const LONG_MS = 20_000;

type WorkWindow = Pick<BrowserWindow, 'setProgressBar' | 'isFocused' | 'show' | 'focus'>;

/** Signs of work outside the window: task bar progress, no sleep while it lasts, a notification at its end. */
export function showWork(service: Pick<AppService, 'subscribe'>, window: () => WorkWindow | null): void {
  let blocker: number | null = null;
  let running: { readonly id: string; readonly since: number } | null = null;

  const onQueue = (jobs: readonly JobRecord[]): void => {
    const now = jobs.find(({ state }) => state === 'running') ?? null;
    if (running !== null && running.id !== now?.id) {
      const ended = jobs.find(({ id }) => id === running?.id);
      if (ended !== undefined && performance.now() - running.since > LONG_MS) announce(ended, window());
    }
    if (now?.id !== running?.id) running = now === null ? null : { id: now.id, since: performance.now() };
    if (now === null) window()?.setProgressBar(-1);
    if (now !== null && blocker === null) blocker = powerSaveBlocker.start('prevent-app-suspension');
    if (now === null && blocker !== null) {
      powerSaveBlocker.stop(blocker);
      blocker = null;
    }
  };

  service.subscribe((event: AppEvent) => {
    if (event.type === 'queue') onQueue(event.queue.jobs);
    else if (event.type === 'job' && event.event.type === 'progress') {
      const { done, total } = event.event;
      // Over 1 is shown as work without a known end.
      window()?.setProgressBar(total === null || total === 0 ? 2 : Math.min(1, done / total));
    }
  });
}

/** Without names: a notification is read by whoever passes the screen. */
function announce(job: JobRecord, window: WorkWindow | null): void {
  if (!Notification.isSupported() || window?.isFocused() === true) return;
  const body =
    job.state === 'done'
      ? 'The job is done.'
      : job.state === 'failed'
        ? 'The job ended with problems.'
        : null;
  if (body === null) return;
  const notification = new Notification({ title: 'Limpid', body });
  notification.on('click', () => {
    window?.show();
    window?.focus();
  });
  notification.show();
}
