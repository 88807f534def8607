import type { Resource } from './app.js';

/** Where the resources of the app lie below its origin, the same for both transports. */
export function resourcePath(resource: Resource): string {
  switch (resource.kind) {
    case 'frame':
      return `/frames/${encodeURIComponent(resource.series)}/${resource.index}`;
    case 'thumbnail':
      return `/thumbnails/${encodeURIComponent(resource.series)}`;
    case 'slice':
      return `/slices/${encodeURIComponent(resource.series)}/${resource.index}`;
    case 'tags':
      return `/tags/${encodeURIComponent(resource.series)}/${resource.index}`;
    case 'labels':
      return `/labels/${encodeURIComponent(resource.job)}/${encodeURIComponent(resource.series)}/${resource.slice}`;
    case 'output':
      return `/outputs/${encodeURIComponent(resource.job)}/${encodeURIComponent(resource.file)}`;
    case 'report':
      return `/reports/${encodeURIComponent(resource.job)}/report.${resource.format}`;
    case 'run-report':
      return `/runs/${encodeURIComponent(resource.run)}/report.${resource.format}`;
    case 'training-preview':
      return `/trainings/${encodeURIComponent(resource.job)}/${resource.step ?? 'patches'}`;
    case 'training-card':
      return `/trainings/${encodeURIComponent(resource.job)}/card`;
  }
}

/** The resource at a path below the origin; null where there is none by that name. */
export function resourceAt(pathname: string): Resource | null {
  const [first, second, third, ...rest] = pathname.split('/').slice(1);
  if (first === undefined || second === undefined) return null;
  const name = decoded(second);
  if (name === null) return null;
  if (first === 'labels') return labelsAt(name, third, rest);
  if (rest.length > 0) return null;
  const kind = OF_PLANES.get(first);
  if (kind !== undefined && third !== undefined && /^\d{1,9}$/.test(third))
    return { kind, series: name, index: Number(third) };
  if (first === 'thumbnails' && third === undefined) return { kind: 'thumbnail', series: name };
  const format = FORMATS.get(third ?? '');
  if (first === 'runs' && format !== undefined && format !== 'json')
    return { kind: 'run-report', run: name, format };
  if (first === 'outputs' && third !== undefined) {
    const file = decoded(third);
    return file !== null && OUTPUT.test(file) ? { kind: 'output', job: name, file } : null;
  }
  if (first === 'reports' && format !== undefined) return { kind: 'report', job: name, format };
  if (first === 'trainings' && third === 'card') return { kind: 'training-card', job: name };
  if (first === 'trainings' && third !== undefined && /^(patches|\d{1,9})$/.test(third))
    return { kind: 'training-preview', job: name, step: third === 'patches' ? null : Number(third) };
  return null;
}

function labelsAt(job: string, series: string | undefined, rest: readonly string[]): Resource | null {
  const key = series === undefined ? null : decoded(series);
  const [slice, ...more] = rest;
  if (key === null || slice === undefined || more.length > 0 || !/^\d{1,9}$/.test(slice)) return null;
  return { kind: 'labels', job, series: key, slice: Number(slice) };
}

const OF_PLANES = new Map<string, 'frame' | 'slice' | 'tags'>([
  ['frames', 'frame'],
  ['slices', 'slice'],
  ['tags', 'tags'],
]);

const FORMATS = new Map<string, 'html' | 'json' | 'pdf'>([
  ['report.html', 'html'],
  ['report.json', 'json'],
  ['report.pdf', 'pdf'],
]);

/** A plain name of a kind that a page cannot run. */
const OUTPUT = /^[\w-]+\.(json|png|npy)$/;

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    // An address with broken escapes names no resource.
    return null;
  }
}
