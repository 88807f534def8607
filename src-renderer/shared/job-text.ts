import type { ProgressEvent } from '../../src-main/contract/events.js';
import type { JobRecord } from '../../src-main/contract/window/app.js';
import { baseName } from '../state/paths.js';
import type { JobView } from '../state/progress.js';
import { duration } from '../words/format.js';
import { t, tName } from '../words/text.svelte.js';

/** The name of a job for the person: that of its input, or of the model that it makes. */
export function jobName(job: JobRecord): string {
  const { request, label } = job;
  if (label !== undefined) return label;
  if (request.type === 'inspect') return namesOf(request.paths);
  switch (request.type) {
    case 'evaluate':
      return baseName(request.test);
    case 'train':
      return request.keepAs ?? baseName(request.output);
    case 'send':
    case 'latent':
    case 'probe':
    case 'index':
      return namesOf(request.inputs);
    case 'pretrain':
    case 'generate':
      return baseName(request.output);
    case 'fetch':
      return request.into === null ? '' : baseName(request.into);
    case 'models':
    case 'check-training':
    case 'families':
    case 'echo':
      return '';
    default:
      return baseName(request.input);
  }
}

/** Each name once: files of one name may lie in several folders, and series of one folder are several inputs. */
function namesOf(paths: readonly string[]): string {
  return [...new Set(paths.map(baseName))].join(', ');
}

/** `Training, step 120 of 400` */
export function stageText(progress: ProgressEvent | null): string {
  if (progress === null) return t('stage.starting');
  const { stage, unit, done, total } = progress;
  if (done === 0 && total === null) return tName('stage', stage);
  const values = { done, total: total ?? 0 };
  const amount = tName(`unit.${unit}`, total === null ? 'done' : 'of', values);
  return `${tName('stage', stage)} · ${amount}`;
}

/** `2 min 10 s left of this step`, or nothing where it cannot be told yet, or the step is done: what follows it nobody has measured. */
export function timeLeft(progress: ProgressEvent | null): string {
  const isDone = progress?.total !== null && progress?.done === progress?.total;
  const seconds = isDone ? null : (progress?.secondsLeft ?? null);
  return seconds === null ? '' : t('timeLeft', { time: duration(seconds) });
}

export function seriesText(view: JobView): string {
  return view.of > 1 ? t('job.seriesOf', { index: view.index, of: view.of }) : '';
}
