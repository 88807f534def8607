import './elementwise.js';
import './reductions.js';
import './resize.js';
import './shapes.js';
import './windows.js';
