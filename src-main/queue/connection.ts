import { Redis } from 'ioredis';
import { fault } from '../contract/errors.js';
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

/**
 * Asks for the database of an address, since clients go on with database 0 where there is no such one, and would share
 * the queue of others. A queue that cannot be reached is told by whoever works with it.
 *
 * @throws LimpidError E_USAGE where Redis has no such database
 */
export async function requireDatabase(address: QueueAddress): Promise<void> {
  if (address.db === 0) return;
  const redis = new Redis({ ...briefly(address), db: 0, lazyConnect: true });
  // What fails is what connecting and asking throw.
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    await redis.select(address.db);
  } catch (error) {
    // A cluster has database 0 alone.
    const isRefused = error instanceof Error && /out of range|not allowed in cluster/i.test(error.message);
    if (isRefused) throw fault('E_USAGE/queue-database', { database: address.db }, undefined, error);
  } finally {
    redis.disconnect();
  }
}
