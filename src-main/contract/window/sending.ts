/** Where a person sends results to, and what became of it. */
import { problem } from '../problem.js';
import {
  address,
  filled,
  flag,
  formed,
  line,
  list,
  nullOr,
  type Of,
  object,
  oneOf,
  only,
  optional,
  text,
  variants,
  whole,
  wholeBetween,
} from '../schema/schema.js';
import { Verdict } from '../trust.js';

/** Application entity titles (PS3.5 section 6.2): printable ASCII without backslash, no space at their ends. */
const applicationTitle = formed(
  /^(?! )[\x20-\x5b\x5d-\x7e]{1,16}(?<! )$/,
  'must be a title of 1 to 16 characters',
);

const dicom = {
  kind: only('dicom'),
  name: line,
  /** Our own application entity title. */
  calling: applicationTitle,
  title: applicationTitle,
  host: formed(/^\S{1,253}$/, 'must be a host'),
  port: wholeBetween(1, 65_535),
  /** PEM files; null: without TLS. */
  tls: nullOr(object({ authority: nullOr(filled), certificate: nullOr(filled), key: nullOr(filled) })),
};
const dicomweb = { kind: only('dicomweb'), name: line, url: address };

/** A target that is kept on this machine. */
export const Target = variants('kind', [
  object({ id: filled, ...dicom }),
  /** The token itself stays with the app. */
  object({ id: filled, ...dicomweb, hasToken: flag }),
]);
export type Target = Of<typeof Target>;

/** A target as a person enters it. */
export const TargetDraft = variants('kind', [
  object({ id: nullOr(filled), ...dicom }),
  /** `token` absent: as it is kept, where the address is still of the same server; null: none. */
  object({ id: nullOr(filled), ...dicomweb, token: optional(nullOr(filled)) }),
]);
export type TargetDraft = Of<typeof TargetDraft>;

/** Whether two addresses of the web are of one server: scheme, host and port. A text that is no address is of none. */
export function isSameServer(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) && new URL(one).origin === new URL(other).origin;
}

/** One result on its way to one target, or what became of it. No name of a file, and no attribute of a patient. */
export const Sending = object({
  id: filled,
  /** Id of the run, and of its series, whose result it is. */
  run: text,
  series: text,
  /** `createdAt` of the report of the run: another result may lie in its place later. */
  made: optional(text),
  verdict: nullOr(Verdict),
  /** Name of the target. */
  target: text,
  /** `partly`: the target has some of it; `failed`: nothing; `unfinished`: it ended before anyone knew. */
  state: oneOf(['sending', 'sent', 'partly', 'failed', 'unfinished', 'cancelled']),
  /** ISO 8601. */
  startedAt: text,
  /** Instances that the target says it has, of how many; null: not known yet. */
  sent: whole,
  total: nullOr(whole),
  problems: list(problem),
});
export type Sending = Of<typeof Sending>;
