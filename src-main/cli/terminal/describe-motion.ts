import type { MotionResult, MotionSeries } from '../../contract/motion.js';
import { table } from './format.js';

/** How far the frames of each series moved. */
export function describeMotion({ series, files }: MotionResult): string {
  const rows = series.map((one) => [one.id, ...told(one)]);
  return [
    table(['series', 'frames', 'axes', 'mean', 'largest', 'unknown'], rows),
    'Framewise displacement in mm (Power 2012).\n',
    ...files.map((file) => `wrote ${file}\n`),
    'Not for diagnostic use.\n',
  ].join('');
}

function told({ status, axes, frames }: MotionSeries): string[] {
  if (axes === null) return [status, '', '', '', ''];
  const steps = frames.flatMap(({ displacement }) => displacement ?? []);
  const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length;
  return [
    String(frames.length),
    axes,
    steps.length === 0 ? '-' : mean.toFixed(2),
    steps.length === 0 ? '-' : Math.max(...steps).toFixed(2),
    String(frames.filter(({ values }) => values === null).length),
  ];
}
