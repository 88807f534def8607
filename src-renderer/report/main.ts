import { mount } from 'svelte';
import ReportPage from './ReportPage.svelte';
import './report.css';
import { readPage } from './page.js';
import { firstLanguage, knowSentences, speakPage } from './words/speech.svelte.js';

const target = document.getElementById('app');
const data = document.getElementById('report-data');
const page = readPage(data?.textContent ?? '');
if (page !== null) knowSentences(page.words);
speakPage(firstLanguage(location.hash, navigator.languages));
if (target !== null) mount(ReportPage, { target, props: { page } });
