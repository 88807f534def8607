/** Markdown tables of what the quality bench measured. Rows are methods, columns volumes of one group. */

const number = (digits) => (value) => (value === null || value === undefined ? '' : value.toFixed(digits));

/**
 * @param volumes definitions (name, title, group)
 * @param methods in row order
 * @param cells cells.get(volume name)?.get(method id): { scores, result, retention } or { reason }
 */
export function tables(volumes, methods, cells) {
  const groups = [...new Set(volumes.map(({ group }) => group))];
  return groups
    .map((group) =>
      groupTables(
        group,
        volumes.filter((volume) => volume.group === group),
        methods,
        cells,
      ),
    )
    .join('\n\n');
}

function groupTables(group, volumes, methods, cells) {
  const table = (title, show) => `${title}\n\n${markdown(volumes, methods, cells, show)}`;
  const seconds = table('Seconds from start to end, start-up included (processor seconds)', ({ result }) =>
    result.seconds === null ? '' : `${result.seconds.toFixed(1)} (${result.cpuSeconds.toFixed(0)})`,
  );
  if (group === 'lesions')
    return table(
      'Percent kept of faint lesions, at contrast 1 / 2 / 3 sigma',
      ({ retention }) => retention && Object.values(retention.byContrast).map(number(0)).join(' / '),
    );
  const psnr = table('PSNR, dB', ({ scores }) => number(2)(scores.psnr));
  const ssim = table('SSIM', ({ scores }) => number(4)(scores.ssim));
  const error = table('Squared error, noisy = 1 (noise of the reference taken off)', ({ share }) =>
    number(3)(share),
  );
  const parts = group === 'repeats' ? [error, psnr, ssim, seconds] : [psnr, ssim, seconds];
  return `### ${group}\n\n${parts.join('\n\n')}`;
}

function markdown(volumes, methods, cells, show) {
  const rows = methods
    .map((method) => {
      const found = volumes.map(({ name }) => cells.get(name)?.get(method.id));
      if (found.every((cell) => cell === undefined)) return null;
      const texts = found.map((cell) => cellText(cell, show));
      return `| ${[method.title, ...texts].join(' | ')} |`;
    })
    .filter((row) => row !== null);
  const head = ['', ...volumes.map(({ name, title, group }) => (group === 'lesions' ? name : title))];
  return [`| ${head.join(' | ')} |`, `|${'---|'.repeat(head.length)}`, ...rows].join('\n');
}

function cellText(cell, show) {
  if (cell === undefined) return '';
  return cell.reason === undefined ? show(cell) : 'not run';
}

/** Each reason once, with the methods and volumes it stopped. */
export function reasons(cells, methods) {
  const found = new Map();
  for (const [volume, row] of cells)
    for (const [id, { reason }] of row)
      if (reason !== undefined) {
        const title = methods.find((method) => method.id === id).title;
        const key = `${title}: ${reason}`;
        found.set(key, [...(found.get(key) ?? []), volume]);
      }
  return [...found].map(([key, names]) => `- not run: ${key} (${names.join(', ')})`).join('\n');
}
