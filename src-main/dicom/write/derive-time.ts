/** A moment as the DA, TM and DT of one time zone (PS3.5 section 6.2). */
export interface DicomTime {
  /** YYYYMMDD. */
  readonly date: string;
  /** HHMMSS. */
  readonly time: string;
  /** YYYYMMDDHHMMSS+ZZXX. */
  readonly dateTime: string;
}

/**
 * Dates and times of an instance are in its Timezone Offset From UTC (0008,0201) where it has one (PS3.3 section
 * C.12.1.1.8), in local time otherwise. `offset` is that attribute, '+0100'; anything else means local time.
 */
export function dicomTime(now: Date, offset: string | undefined): DicomTime {
  const minutes = offsetMinutes(offset) ?? -now.getTimezoneOffset();
  const shifted = new Date(now.getTime() + minutes * 60_000).toISOString();
  const date = shifted.slice(0, 10).replaceAll('-', '');
  const time = shifted.slice(11, 19).replaceAll(':', '');
  const size = Math.abs(minutes);
  const zone = `${minutes < 0 ? '-' : '+'}${pair(Math.floor(size / 60))}${pair(size % 60)}`;
  return { date, time, dateTime: `${date}${time}${zone}` };
}

/**
 * Series Time (TM) of one of the series that a run makes: that of the run, and the number of the series as its
 * millionths of a second. Programs that join what was acquired at one time tell series apart by this time: dcm2niix
 * made one image of two reconstructions that had the same.
 */
export function seriesTime({ time }: DicomTime, seriesNumber: number): string {
  return `${time}.${String(Math.abs(seriesNumber) % 1e6).padStart(6, '0')}`;
}

function offsetMinutes(offset: string | undefined): number | undefined {
  const match = /^([+-])(\d\d)(\d\d)$/.exec(offset ?? '');
  if (match === null) return undefined;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return minutes > 14 * 60 ? undefined : match[1] === '-' ? -minutes : minutes;
}

function pair(value: number): string {
  return String(Math.floor(value)).padStart(2, '0');
}
