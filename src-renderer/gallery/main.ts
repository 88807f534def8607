import { mount } from 'svelte';
import '../ui/theme.css';
import Gallery from './Gallery.svelte';

const target = document.getElementById('app');
if (target === null) throw new Error('The page has no place for the components.');
mount(Gallery, { target });
