import { mount } from 'svelte';
import '../ui/theme.css';
import { Session } from '../state/session.svelte.js';
import App from './App.svelte';
import { openBridge } from './bridge.js';

const target = document.getElementById('app');
if (target === null) throw new Error('The page has no place for the app.');
const session = new Session(await openBridge());
mount(App, { target, props: { session } });
await session.start();
