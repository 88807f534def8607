/** `node --import register.mjs main.js`: whoever imports electron gets the stand-in. */
import Module, { register } from 'node:module';

register('./hooks.mjs', import.meta.url);

// What Electron has beside its own fs; here an archive is a file to both.
const resolve = Module._resolveFilename;
Module._resolveFilename = (name, ...more) => (name === 'original-fs' ? 'fs' : resolve(name, ...more));
