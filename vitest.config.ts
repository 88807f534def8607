/** vitest, and editors that start it, look for their configuration beside package.json only. */
export { default } from './build/vitest.config.js';
