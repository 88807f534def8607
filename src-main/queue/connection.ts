import type { QueueAddress } from './address.js';

/** How long a worker may wait between two tries to connect. */
const LONGEST_PAUSE_MS = 2000;

/** For what a person waits for: a queue that cannot be reached is told, and not waited for. */
export function briefly(address: QueueAddress) {
  return {
    ...address,
    maxRetriesPerRequest: 3,
    retryStrategy: (times: number) => (times > 3 ? null : 200),
  };
}

/** For a worker, which waits for a queue that is gone for as long as it takes. */
export function patiently(address: QueueAddress) {
  return {
    ...address,
    maxRetriesPerRequest: null,
    retryStrategy: (times: number) => Math.min(LONGEST_PAUSE_MS, 50 * 2 ** times),
  };
}
