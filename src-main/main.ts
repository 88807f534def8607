/** The desktop app's composition root. */

import { fileURLToPath } from 'node:url';
import { openLog } from './base/log.js';
import { startApp } from './shell/app.js';

openLog('app');
const at = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
startApp({
  compute: at('./compute.js'),
  library: at('./library.js'),
  devices: at('./devices.js'),
  preload: at('./preload.cjs'),
  app: at('../app/'),
  root: at('../../'),
});
