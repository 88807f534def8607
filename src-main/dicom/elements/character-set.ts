/** Texts of attributes and the bytes that they are written in (PS3.5 section 6.1, PS3.3 section C.12.1.1.2). */

/** All characters there are; nothing else may stand beside it in Specific Character Set. */
export const UNICODE = 'ISO_IR 192';

const ESCAPE = 0x1b;

/** Encodings of the defined terms of Specific Character Set, by their last part. */
const ENCODINGS: ReadonlyMap<string, string> = new Map([
  ['100', 'latin1'],
  ['101', 'iso-8859-2'],
  ['109', 'iso-8859-3'],
  ['110', 'iso-8859-4'],
  ['144', 'iso-8859-5'],
  ['127', 'iso-8859-6'],
  ['126', 'iso-8859-7'],
  ['138', 'iso-8859-8'],
  ['148', 'windows-1254'],
  ['203', 'iso-8859-15'],
  ['166', 'windows-874'],
  ['13', 'shift_jis'],
  ['87', 'iso-2022-jp'],
  ['159', 'iso-2022-jp'],
  ['149', 'euc-kr'],
  ['58', 'gb18030'],
  ['192', 'utf-8'],
  ['GB18030', 'gb18030'],
  ['GBK', 'gbk'],
]);
/** Without code extensions: a value is of it from its first byte to its last. */
const WHOLE = ['192', 'GB18030', 'GBK'];
/** Of one byte a character, ASCII below. Katakana (13) is left out: it has a yen sign where ASCII has its backslash. */
const SINGLE_BYTE = ['100', '101', '109', '110', '144', '127', '126', '138', '148', '203', '166'];

/** Characters that an escape sequence brings into the lower or the upper half of the bytes. */
interface CodeSet {
  readonly half: 'low' | 'high';
  readonly width: 1 | 2;
  readonly encoding: string;
  /** What the encoding has before the bytes of one character. */
  readonly prefix?: number;
}

const ASCII: CodeSet = { half: 'low', width: 1, encoding: 'latin1' };
const high = (encoding: string, width: 1 | 2 = 1): CodeSet => ({ half: 'high', width, encoding });

/** By what follows the escape (PS3.3 tables C.12-3 and C.12-4). */
const CODE_SETS: ReadonlyMap<string, CodeSet> = new Map([
  ['(B', ASCII],
  ['(J', ASCII],
  [')I', high('shift_jis')],
  ['-A', high('latin1')],
  ['-B', high('iso-8859-2')],
  ['-C', high('iso-8859-3')],
  ['-D', high('iso-8859-4')],
  ['-L', high('iso-8859-5')],
  ['-G', high('iso-8859-6')],
  ['-F', high('iso-8859-7')],
  ['-H', high('iso-8859-8')],
  ['-M', high('windows-1254')],
  ['-b', high('iso-8859-15')],
  ['-T', high('windows-874')],
  ['$B', { half: 'low', width: 2, encoding: 'euc-jp' }],
  ['$(D', { half: 'low', width: 2, encoding: 'euc-jp', prefix: 0x8f }],
  ['$)C', high('euc-kr', 2)],
  ['$)A', high('gbk', 2)],
]);

const decoders = new Map<string, InstanceType<typeof TextDecoder>>();

function decoded(bytes: Uint8Array, encoding: string): string {
  const decoder = decoders.get(encoding) ?? new TextDecoder(encoding);
  decoders.set(encoding, decoder);
  return decoder.decode(bytes);
}

function termsOf(charset: string): string[] {
  return charset.split('\\').map((term) => term.trim().split(/[ _]/).at(-1) ?? '');
}

/** Text for display, on one line. Characters that the character set does not explain become U+FFFD, never an error. */
export function decodeText(bytes: Uint8Array, charset: string): string {
  // A value may be padded with NUL, and a description is shown on one line.
  return Array.from(decodeValue(bytes, charset), (character) => (character < ' ' ? ' ' : character))
    .join('')
    .trim();
}

/**
 * A text with its lines and padding. Characters that the character set does not explain become U+FFFD; where none is
 * named, or one that is not known, bytes are Latin-1.
 */
export function decodeValue(bytes: Uint8Array, charset: string): string {
  const terms = termsOf(charset);
  const whole = terms.find((term) => WHOLE.includes(term));
  const last = terms.map((term) => ENCODINGS.get(term)).findLast((found) => found !== undefined);
  if (whole !== undefined) return decoded(bytes, ENCODINGS.get(whole) ?? 'latin1');
  // Some writers leave out the escapes where all is of one set.
  const initial = ENCODINGS.get(terms[0] ?? '') ?? last ?? 'latin1';
  if (!bytes.includes(ESCAPE)) return decoded(bytes, initial);
  return decodeExtended(bytes, initialOf(terms));
}

/** What the upper half holds before any escape; null: nothing. */
function initialOf([term = '', ...others]: readonly string[]): CodeSet | null {
  const encoding = ENCODINGS.get(term);
  if (term === '13' || SINGLE_BYTE.includes(term)) return high(encoding ?? 'latin1');
  return encoding === undefined && others.length === 0 ? high('latin1') : null;
}

/**
 * Text with code extensions (PS3.5 section 6.1.2.5): at the end of a line or a value all is as it was at its start. Where
 * the start has no upper half, what was there last is left: some writers escape once only.
 */
function decodeExtended(bytes: Uint8Array, initial: CodeSet | null): string {
  let [low, upper] = [ASCII, initial];
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at] ?? 0;
    if (byte === ESCAPE) {
      const length = bytes[at + 1] === 0x24 && bytes[at + 2] !== 0x42 ? 3 : 2;
      const named = Buffer.from(bytes.subarray(at + 1, at + 1 + length)).toString('latin1');
      const set = CODE_SETS.get(named);
      if (set?.half === 'low') low = set;
      else if (set !== undefined) upper = set;
      else text += '\ufffd';
      at += 1 + length;
      continue;
    }
    // Two bytes of one character may look like a delimiter; what is below a space never is one of them.
    if (byte <= 0x20 || (byte < 0x80 && low.width === 1)) {
      text += String.fromCharCode(byte);
      if (byte < 0x20 || byte === 0x5c) [low, upper] = [ASCII, initial ?? upper];
      at++;
      continue;
    }
    const set: CodeSet | null = byte < 0x80 ? low : upper;
    const width: number = set?.width ?? 1;
    text += set === null ? '\ufffd' : characterOf(bytes.subarray(at, at + width), set);
    at += width;
  }
  return text;
}

function characterOf(bytes: Uint8Array, { encoding, width, prefix }: CodeSet): string {
  const own = width === 1 ? bytes : bytes.map((byte) => byte | 0x80);
  return decoded(prefix === undefined ? own : Uint8Array.of(prefix, ...own), encoding);
}

/**
 * The bytes of a text; null where the character set does not hold it. Sets with code extensions, and those of China,
 * are taken to hold ASCII alone: whoever wants more of them has Unicode.
 */
export function encodeText(text: string, charset: string): Uint8Array | null {
  const terms = termsOf(charset);
  const [term = ''] = terms;
  if (terms.length === 1 && term === '192') return Buffer.from(text, 'utf8');
  const composed = text.normalize('NFC');
  const upper = terms.length === 1 && SINGLE_BYTE.includes(term) ? upperHalf(ENCODINGS.get(term)) : null;
  const bytes: number[] = [];
  for (const character of composed) {
    const code = character.codePointAt(0) ?? 0;
    const isPlain = code < 0x7f && !(term === '13' && (character === '\\' || character === '~'));
    const byte = isPlain ? code : upper?.get(character);
    if (byte === undefined) return null;
    bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

function upperHalf(encoding = 'latin1'): ReadonlyMap<string, number> {
  const codes = Array.from({ length: 0xff - 0xa0 }, (_, i) => 0xa1 + i);
  return new Map(
    codes
      .map((code) => [decoded(Uint8Array.of(code), encoding), code] as const)
      .filter(([character]) => character !== '\ufffd'),
  );
}
