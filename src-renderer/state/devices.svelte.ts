import type { AppApi, DeviceInfo } from '../../src-main/contract/window/app.js';
import type { Toasts } from './toasts.svelte.js';

/** What can compute here. */
export class Devices {
  /** Empty until they were looked for. */
  known = $state.raw<readonly DeviceInfo[]>([]);
  private readonly api: AppApi;
  private readonly toasts: Toasts;

  constructor(api: AppApi, toasts: Toasts) {
    this.api = api;
    this.toasts = toasts;
  }

  /** Looks for devices, once: a probe of a driver takes its time. */
  async load(): Promise<void> {
    if (this.known.length > 0) return;
    this.known = (await this.toasts.guard(() => this.api.devices())) ?? [];
  }
}
