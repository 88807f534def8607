import type { Resource } from './app.js';

/** Where the resources of the app lie below its origin, the same for both transports. */
export function resourcePath(resource: Resource): string {
  switch (resource.kind) {
    case 'frame':
      return `/frames/${encodeURIComponent(resource.series)}/${resource.index}`;
    case 'thumbnail':
      return `/thumbnails/${encodeURIComponent(resource.series)}`;
    case 'report':
      return `/reports/${encodeURIComponent(resource.job)}/report.${resource.format}`;
  }
}

/** The resource at a path below the origin; null where there is none by that name. */
export function resourceAt(pathname: string): Resource | null {
  const [first, second, third, ...rest] = pathname.split('/').slice(1);
  if (first === undefined || second === undefined || rest.length > 0) return null;
  const name = decoded(second);
  if (name === null) return null;
  if (first === 'frames' && third !== undefined && /^\d{1,9}$/.test(third))
    return { kind: 'frame', series: name, index: Number(third) };
  if (first === 'thumbnails' && third === undefined) return { kind: 'thumbnail', series: name };
  if (first === 'reports' && (third === 'report.html' || third === 'report.json'))
    return { kind: 'report', job: name, format: third === 'report.html' ? 'html' : 'json' };
  return null;
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
