import type { ReportPage } from '../../src-main/contract/report.js';
import { REPORT_SCHEMA_VERSION } from '../../src-main/contract/report-version.js';

/** The embedded data, or null where there is none that this page understands. */
export function readPage(text: string): ReportPage | null {
  try {
    const value: unknown = JSON.parse(text);
    return isPage(value) ? value : null;
  } catch {
    // What is no JSON is no report: the page says that it holds none.
    return null;
  }
}

/** Page and data are written together by one version of the tool, so the version is all there is to check. */
function isPage(value: unknown): value is ReportPage {
  if (typeof value !== 'object' || value === null || !('report' in value)) return false;
  const { report } = value;
  return (
    typeof report === 'object' &&
    report !== null &&
    'schemaVersion' in report &&
    report.schemaVersion === REPORT_SCHEMA_VERSION
  );
}
