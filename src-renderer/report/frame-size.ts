import type { SeriesImages } from '../../src-main/contract/report.js';

type Grid = Pick<SeriesImages, 'columns' | 'rows' | 'spacing'>;

/** CSS pixels of a picture whose finer voxel side is `zoom` pixels long. */
export function frameSize({ columns, rows, spacing }: Grid, zoom: number): { width: number; height: number } {
  const finest = Math.min(...spacing) || 1;
  return {
    width: (columns * zoom * spacing[0]) / finest || columns * zoom,
    height: (rows * zoom * spacing[1]) / finest || rows * zoom,
  };
}

/** Page margins and the gaps between the pictures, at most; CSS pixels. */
const AROUND = 120;

/** The largest zoom up to 2 at which so many pictures stand in one row; at least 1. */
export function defaultZoom(images: Grid, pageWidth: number, pictures: number): number {
  const fits = (zoom: number) => pictures * frameSize(images, zoom).width + AROUND <= pageWidth;
  return [2, 1.5].find(fits) ?? 1;
}
