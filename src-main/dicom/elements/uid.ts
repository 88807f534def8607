import { createHash, randomUUID } from 'node:crypto';

/** A new UID from a random UUID: '2.25.' and the UUID as a decimal number (PS3.5 section B.2). */
export function newUid(): string {
  return fromHex(randomUUID().replaceAll('-', ''));
}

/**
 * The same UID for the same parts, in the same form as newUid. Built as a version 8 UUID (RFC 9562) from a
 * SHA-256 over the parts, so that it cannot meet a random one.
 */
export function deriveUid(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:${part}`);
  const digest = hash.digest().subarray(0, 16);
  digest[6] = (digest[6] & 0x0f) | 0x80;
  digest[8] = (digest[8] & 0x3f) | 0x80;
  return fromHex(digest.toString('hex'));
}

/** PS3.5 section 9.1: 1 to 64 characters; components are numbers without leading zeros. */
export function isUid(text: string): boolean {
  return text.length <= 64 && /^(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))+$/.test(text);
}

/**
 * Whether files that exist may be told apart by it: numbers and dots as of a UID, though numbers begin with 0 or there is
 * but one, as of devices and archives that break the rule. None that is written anew may.
 */
export function isReadableUid(text: string): boolean {
  return text.length <= 64 && /^[0-9]+(\.[0-9]+)*$/.test(text);
}

function fromHex(hex: string): string {
  return `2.25.${BigInt(`0x${hex}`)}`;
}
