import type { AppApi, AppEvent } from '../../../src-main/contract/window/app.js';
import type { Sending, Target, TargetDraft } from '../../../src-main/contract/window/sending.js';

/** What tells a result from others. */
interface SentRun {
  readonly id: string;
  readonly report: { readonly createdAt: string };
}

/** Targets, and what became of results that were sent to them. */
export class Sendings {
  targets = $state.raw<readonly Target[]>([]);
  /** Latest first. */
  all = $state.raw<readonly Sending[]>([]);
  /** Called when one that was on its way has ended. */
  onEnded: (sending: Sending) => void = () => {};
  private readonly api: AppApi;

  constructor(api: AppApi) {
    this.api = api;
  }

  async load(): Promise<void> {
    [this.targets, this.all] = await Promise.all([this.api.targets(), this.api.sendings()]);
  }

  handle(event: AppEvent): void {
    if (event.type !== 'sendings') return;
    const onTheirWay = new Set(this.all.filter(({ state }) => state === 'sending').map(({ id }) => id));
    this.all = event.sendings;
    for (const one of this.all) if (onTheirWay.has(one.id) && one.state !== 'sending') this.onEnded(one);
  }

  /** Of one result, latest first: not of another that lay in its folder before. */
  of(run: SentRun, series: string): readonly Sending[] {
    return this.all.filter(
      (one) => one.run === run.id && one.series === series && one.made === run.report.createdAt,
    );
  }

  /** @throws LimpidError E_USAGE, E_IO */
  async save(draft: TargetDraft): Promise<void> {
    await this.api.saveTarget(draft);
    this.targets = await this.api.targets();
  }

  /** @throws LimpidError E_NOT_FOUND, E_IO */
  async remove(id: string): Promise<void> {
    await this.api.removeTarget(id);
    this.targets = await this.api.targets();
  }
}

/** How a target is reached, for the eye. */
export function addressOf(target: Target): string {
  if (target.kind === 'dicomweb') return target.url;
  const { title, host, port, tls } = target;
  return `${title}@${host.includes(':') ? `[${host}]` : host}:${port}${tls === null ? '' : ', TLS'}`;
}
