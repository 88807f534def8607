import { mount } from 'svelte';
import App from './ReportPage.svelte';
import './report.css';
import { readPage } from './page.js';

const target = document.getElementById('app');
const data = document.getElementById('report-data');
if (target !== null) mount(App, { target, props: { page: readPage(data?.textContent ?? '') } });
