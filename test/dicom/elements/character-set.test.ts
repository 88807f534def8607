import { describe, expect, it } from 'vitest';
import { decodeText, decodeValue, encodeText } from '../../../src-main/dicom/elements/character-set.js';

const bytes = (text: string) => Buffer.from(text, 'latin1');

describe('texts in their character set', () => {
  it.each([
    // PS3.5 annex H.3.1, H.3.2, I.2 and K.2
    [
      '\\ISO 2022 IR 87',
      'Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B',
      'Yamada^Tarou=山田^太郎=やまだ^たろう',
    ],
    [
      'ISO 2022 IR 13\\ISO 2022 IR 87',
      '\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J',
      'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎',
    ],
    [
      '\\ISO 2022 IR 149',
      'Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf',
      'Hong^Gildong=洪^吉洞=홍^길동',
    ],
    ['\\ISO 2022 IR 58', 'Wang^XiaoDong=\x1b$)A\xcd\xf5^\x1b$)A\xd0\xa1\xb6\xab', 'Wang^XiaoDong=王^小东'],
    ['ISO 2022 IR 100\\ISO 2022 IR 126', 'L\xe4sion\\\x1b-F\xc1\xe2\\\xe4', 'Läsion\\Αβ\\ä'],
    ['\\ISO 2022 IR 159', '\x1b$(D0!\x1b(B', '丂'],
    ['ISO_IR 144', '\xbb\xee\xda', 'Люк'],
    ['GB18030', '\xcd\xf5', '王'],
    ['', 'L\xe4sion', 'Läsion'],
  ])('are read by %s', (charset, value, text) => {
    expect(decodeText(bytes(value), charset)).toBe(text);
  });

  it('keep lines and padding where they are not for display', () => {
    expect(decodeValue(bytes('a\r\nb '), 'ISO_IR 100')).toBe('a\r\nb ');
    expect(decodeText(bytes('a\r\nb '), 'ISO_IR 100')).toBe('a  b');
  });

  it.each([
    ['', 'lesion', 'lesion'],
    ['', 'Läsion', null],
    ['ISO_IR 100', 'Läsion a\u0308 ß', 'L\xe4sion \xe4 \xdf'],
    ['ISO_IR 100', 'Αβ', null],
    ['ISO_IR 126', 'Αβ', '\xc1\xe2'],
    ['ISO_IR 126', 'ä', null],
    ['ISO_IR 192', 'ä', '\xc3\xa4'],
    ['\\ISO 2022 IR 87', 'lesion', 'lesion'],
    ['\\ISO 2022 IR 87', '病変', null],
    // A reader shows a yen sign there.
    ['ISO_IR 13', 'a\\b', null],
  ])('are written in %s where it holds them: %s', (charset, text, value) => {
    const written = encodeText(text, charset);
    expect(written === null ? null : Buffer.from(written).toString('latin1')).toBe(value);
  });
});
