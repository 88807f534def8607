import { mount } from 'svelte';
import ReportPage from './ReportPage.svelte';
import './report.css';
import { readPage } from './page.js';

const target = document.getElementById('app');
const data = document.getElementById('report-data');
if (target !== null) mount(ReportPage, { target, props: { page: readPage(data?.textContent ?? '') } });
