import { onCaught } from '../contract/errors.js';

/**
 * With LIMPID_DEBUG set, every error that is caught and told is printed with its stack on standard error; without, no
 * stack is, as it may name files. The first call of each process and thread.
 */
export function printCaught(): void {
  if (process.env.LIMPID_DEBUG) onCaught((error) => console.error(error));
}
