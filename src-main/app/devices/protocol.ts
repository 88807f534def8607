import type { Problem } from '../../contract/errors.js';
import type { DeviceName } from '../../contract/requests/choices.js';
import type { DeviceRuns } from '../../contract/window/app.js';
import type { ProbeOutcome } from '../../runtime/probe-outcome.js';
import type { SelfTest } from '../../runtime/self-test.js';

/** What the device process is asked; it answers once and ends. */
export type DeviceQuestion =
  | { readonly kind: 'open' | 'test'; readonly device: DeviceName }
  | { readonly kind: 'probe' };

export type DeviceAnswer =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'opened';
      readonly description: string;
      readonly runs: DeviceRuns;
      readonly warnings: readonly Problem[];
    }
  | { readonly kind: 'probed'; readonly outcome: ProbeOutcome }
  | { readonly kind: 'tested'; readonly test: SelfTest }
  | { readonly kind: 'refused'; readonly problem: Problem };
