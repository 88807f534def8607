/** Apart from the schema of the report, which the report page does not need. */

/** Raised by one whenever a key changes its meaning or goes; new keys alone do not raise it. */
export const REPORT_SCHEMA_VERSION = 1;

export const NOTICE = 'Not for diagnostic use';
