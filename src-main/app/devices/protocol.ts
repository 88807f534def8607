import type { Problem } from '../../contract/errors.js';
import type { DeviceName } from '../../contract/requests.js';
import type { SelfTest } from '../../runtime/self-test.js';

/** What the device process is asked; it answers once and ends. */
export interface DeviceQuestion {
  readonly kind: 'open' | 'test';
  readonly device: DeviceName;
}

export type DeviceAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'opened'; readonly description: string; readonly warnings: readonly Problem[] }
  | { readonly kind: 'tested'; readonly test: SelfTest }
  | { readonly kind: 'refused'; readonly problem: Problem };
