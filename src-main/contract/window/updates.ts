import type { Problem } from '../errors.js';
import { filled, formed, nullOr, type Of, object, shortList, whole } from '../schema/schema.js';

/** A version of Limpid that a file announces. */
export const Announced = object({
  /** As Semantic Versioning writes it. */
  version: filled,
  /** ISO 8601; null where the file does not tell. */
  released: nullOr(filled),
  files: shortList(
    object({
      /** Address or path of the installer. It is shown, and never opened. */
      address: filled,
      /** SHA-512 in hex, as sha512sum prints it. */
      sha512: formed(/^[0-9a-f]{128}$/, '128 hex digits'),
      bytes: nullOr(whole),
    }),
  ),
});
export type Announced = Of<typeof Announced>;

/** What came of looking for a newer version. */
export interface UpdateView {
  /** Where it was looked. */
  readonly at: string;
  /** When, ISO 8601. */
  readonly time: string;
  /** null where it could not be read. */
  readonly announced: Announced | null;
  /** Whether what is announced is newer than this. */
  readonly isNewer: boolean;
  readonly problem: Problem | null;
}
