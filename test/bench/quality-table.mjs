/** Markdown tables of what the quality bench measured. Rows are volumes of one group, columns methods. */

/** Why a cell is empty that `--cached` did not find. */
export const NOT_CACHED = 'it is not in the cache';

const number = (digits) => (value) => (value === null || value === undefined ? '' : value.toFixed(digits));

/** What stands in a cell of each table of a group, by title. */
const PSNR = ['PSNR, dB', ({ scores }) => number(2)(scores.psnr)];
const SSIM = ['SSIM', ({ scores }) => number(4)(scores.ssim)];
const LEVEL = ['Level of the noise that was found, the true one = 1', ({ level }) => number(2)(level)];
const COST = [
  "Processor seconds of the whole process, those of DIPY's NLM = 1 (of the first column, where it does not run)",
  ({ cost }) => number(1)(cost),
];
const CHOSEN = ['What `auto` chose', ({ result }) => result.chosen ?? ''];
const KEPT = [
  'Percent kept of faint lesions, at contrast 1 / 2 / 3 sigma',
  ({ retention }) =>
    retention === null ? '' : Object.values(retention.byContrast).map(number(0)).join(' / '),
];
const SHARE = [
  'Squared error, noisy = 1 (noise of the reference taken off)',
  ({ share }) => number(3)(share),
];
const RODS = [
  'RMSE inside the rods, HU / edge of the rods from 10 to 90 %, mm',
  ({ rods }) => `${number(1)(rods.rmse)} / ${number(2)(rods.edge)}`,
];

const GROUPS = {
  anatomies: { title: 'Anatomies', measures: [PSNR, SSIM, LEVEL, COST, CHOSEN] },
  lesions: { title: 'Faint lesions', measures: [KEPT] },
  scanner: { title: 'Simulated scanners', measures: [PSNR, SSIM, LEVEL, CHOSEN] },
  ct: { title: 'CT with noise added', measures: [PSNR, SSIM, LEVEL, COST, CHOSEN] },
  phantom: { title: 'CT phantom in two reconstructions', measures: [RODS, LEVEL, COST, CHOSEN] },
  series: { title: 'Series', measures: [SHARE, COST] },
};

/**
 * @param volumes definitions (name, title, group)
 * @param methods in the order of columns
 * @param cells cells.get(volume name)?.get(method id): { scores, result, level, retention, rods } or { reason }
 */
export function tables(volumes, methods, cells) {
  return Object.entries(GROUPS)
    .map(([group, { title, measures }]) => {
      const rows = volumes.filter((volume) => volume.group === group);
      const found = measures.map(([caption, show]) => [caption, markdown(rows, methods, cells, show)]);
      const shown = found.filter(([, table]) => table !== null);
      if (shown.length === 0) return null;
      return [`### ${title}`, ...shown.map(([caption, table]) => `${caption}\n\n${table}`)].join('\n\n');
    })
    .filter((text) => text !== null)
    .join('\n\n');
}

/** Without rows and columns that say nothing; null where nothing is left. Why a cell is empty stands in `reasons`. */
function markdown(volumes, methods, cells, show) {
  const textOf = (volume, method) => {
    const row = cells.get(volume.name);
    const cell = row?.get(method.id);
    if (cell === undefined) return '';
    return cell.reason === undefined ? show({ ...cell, cost: costOf(cell, row) }) : '';
  };
  const says = (text) => text !== '';
  const columns = methods.filter((method) => volumes.some((volume) => says(textOf(volume, method))));
  const compared = columns.filter(({ kind }) => kind !== 'noisy');
  const rows = volumes.filter((volume) => compared.some((method) => says(textOf(volume, method))));
  if (rows.length === 0) return null;
  const lines = rows.map(
    (volume) => `| ${[volume.title, ...columns.map((method) => textOf(volume, method))].join(' | ')} |`,
  );
  const head = ['', ...columns.map(({ title }) => title)];
  return [`| ${head.join(' | ')} |`, `|${'---|'.repeat(head.length)}`, ...lines].join('\n');
}

/** Processor seconds over those of NLM on the same volume, else of the first method that takes any. */
function costOf({ result }, row) {
  const timed = [...row.values()].filter((cell) => cell.result?.cpuSeconds > 0);
  const unit = row.get('nlm3')?.result?.cpuSeconds ?? timed.at(0)?.result.cpuSeconds;
  return result.cpuSeconds > 0 && unit > 0 ? result.cpuSeconds / unit : null;
}

/** Each reason once, with the methods and volumes it stopped; what was not asked for is none. */
export function reasons(cells, methods) {
  const found = new Map();
  for (const [volume, row] of cells)
    for (const [id, { reason }] of row)
      if (reason !== undefined && reason !== NOT_CACHED) {
        const title = methods.find((method) => method.id === id).title;
        const key = `${title}: ${reason}`;
        found.set(key, [...(found.get(key) ?? []), volume]);
      }
  return [...found].map(([key, names]) => `- not run: ${key} (${names.join(', ')})`).join('\n');
}
