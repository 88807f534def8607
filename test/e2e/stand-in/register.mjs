/** `node --import register.mjs main.js`: whoever imports electron gets the stand-in. */
import { register } from 'node:module';

register('./hooks.mjs', import.meta.url);
