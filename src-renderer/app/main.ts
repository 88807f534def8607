import { mount } from 'svelte';
import '../ui/theme.css';
import App from './App.svelte';
import { openBridge } from './bridge.js';
import { Session } from './session.svelte.js';

const target = document.getElementById('app');
if (target === null) throw new Error('The page has no place for the app.');
const session = new Session(await openBridge());
mount(App, { target, props: { session } });
await session.start();
