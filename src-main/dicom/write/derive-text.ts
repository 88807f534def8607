/** What the specific character set (0008,0005) says about where one character ends (PS3.3 section C.12.1.1.2). */
type Repertoire = 'single-byte' | 'utf-8' | 'gb' | 'escapes';

const LO_LENGTH = 64;
const ST_LENGTH = 1024;
const ESCAPE = 0x1b;

/**
 * SeriesDescription (LO, 64 characters) with a suffix: the source's bytes as they are, cut where needed between
 * two characters, a space, the suffix in ASCII.
 */
export function suffixedDescription(
  source: Uint8Array,
  charset: string | undefined,
  suffix: string,
): Uint8Array {
  const old = trimmed(source);
  const ending = Buffer.from(suffix.slice(0, LO_LENGTH), 'latin1');
  const kept = trimmed(cutCharacters(old, repertoireOf(charset), LO_LENGTH - ending.length - 1));
  return kept.length === 0 ? ending : Buffer.concat([kept, Buffer.from(' '), ending]);
}

/** DerivationDescription (ST): the history of the source, then our text; ours alone where both do not fit. */
export function appendedDescription(source: Uint8Array, text: string): Uint8Array {
  const old = trimmed(source);
  const ours = Buffer.from(text.slice(0, ST_LENGTH), 'latin1');
  return old.length === 0 || old.length + 2 + ours.length > ST_LENGTH
    ? ours
    : Buffer.concat([old, Buffer.from('; '), ours]);
}

/** At most `maximum` characters; where bytes do not tell, fewer rather than a broken character. */
function cutCharacters(bytes: Uint8Array, repertoire: Repertoire, maximum: number): Uint8Array {
  if (maximum <= 0) return bytes.subarray(0, 0);
  if (repertoire === 'escapes') {
    if (bytes.length <= maximum) return bytes;
    // Before the first escape every character is one byte; after it a cut could leave a shifted state open.
    const first = bytes.indexOf(ESCAPE);
    return bytes.subarray(0, Math.min(maximum, first < 0 ? bytes.length : first));
  }
  let offset = 0;
  for (let count = 0; count < maximum && offset < bytes.length; count++) {
    const next = offset + characterLength(bytes, offset, repertoire);
    if (next > bytes.length) break;
    offset = next;
  }
  return bytes.subarray(0, offset);
}

function characterLength(bytes: Uint8Array, offset: number, repertoire: Repertoire): number {
  const lead = bytes[offset];
  if (repertoire === 'single-byte' || lead < 0x80) return 1;
  if (repertoire === 'gb') return bytes[offset + 1] >= 0x30 && bytes[offset + 1] <= 0x39 ? 4 : 2;
  return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
}

function repertoireOf(charset: string | undefined): Repertoire {
  if (charset === undefined) return 'single-byte';
  const values = charset.split('\\').map((value) => value.trim());
  if (values.length > 1 || values[0].startsWith('ISO 2022')) return 'escapes';
  if (values[0] === 'ISO_IR 192') return 'utf-8';
  return values[0] === 'GB18030' || values[0] === 'GBK' ? 'gb' : 'single-byte';
}

function trimmed(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0x20 || bytes[end - 1] === 0)) end--;
  return bytes.subarray(0, end);
}
