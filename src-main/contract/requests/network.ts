import {
  address,
  either,
  filled,
  flag,
  nullOr,
  type Of,
  object,
  only,
  optional,
  some,
  tuple,
  whole,
} from '../schema/schema.js';

/** Where a DICOM application listens, and how it is called. */
export const SendTarget = object({
  title: filled,
  host: filled,
  port: whole,
  /** PEM files; null: without TLS. */
  tls: nullOr(
    object({
      authority: nullOr(filled),
      certificate: nullOr(filled),
      key: nullOr(filled),
    }),
  ),
});
export type SendTarget = Of<typeof SendTarget>;

/** A DICOMweb service, that takes and gives series by HTTP (PS3.18). */
export const WebSource = object({
  /** Without `/studies`. */
  url: address,
  /** File that holds a bearer token; null: none is sent. */
  tokenFile: nullOr(filled),
});
export type WebSource = Of<typeof WebSource>;

/** A folder that takes images flat, as programs want it that start others in containers. */
const SendFolder = object({ folder: filled });

/** Whether a target answers: C-ECHO, or a search for studies (QIDO-RS). */
export const EchoRequest = object({
  type: only('echo'),
  target: either([SendTarget, WebSource]),
  /** Our own application entity title. */
  calling: filled,
});
export type EchoRequest = Of<typeof EchoRequest>;

export const SendRequest = object({
  type: only('send'),
  /** Output folders of `denoise`, or any folders and files with DICOM. */
  inputs: some,
  /** Ids of the series of output folders that are meant, by their reports; absent: all that lies there. */
  only: optional(some),
  target: either([SendTarget, WebSource, SendFolder]),
  /** Our own application entity title. */
  calling: filled,
  /** Whether series whose trust report fails are sent too. */
  all: flag,
  /** Say a verdict that is no pass, or that there is none, in SeriesDescription of what is sent; absent: no. */
  tellVerdict: optional(flag),
  /** How often a broken connection is tried again. */
  retries: whole,
});
export type SendRequest = Of<typeof SendRequest>;

/** What is asked of an archive, as its keys take it: wildcards in texts, ranges in dates. At least one is given. */
export const FetchQuery = object({
  study: optional(filled),
  series: optional(filled),
  accession: optional(filled),
  patientId: optional(filled),
  /** 20260131, or 20260101-20260131. */
  date: optional(filled),
  modality: optional(filled),
  studyDescription: optional(filled),
  seriesDescription: optional(filled),
});
export type FetchQuery = Of<typeof FetchQuery>;

export const FetchRequest = object({
  type: only('fetch'),
  source: either([SendTarget, WebSource]),
  /** Our own application entity title. */
  calling: filled,
  query: FetchQuery,
  /** New, empty or of an earlier fetch; null: only say what matches. */
  into: nullOr(filled),
  /** Hours of the day between which series are begun, from and until; null: always. */
  between: nullOr(tuple([whole, whole])),
  retries: whole,
});
export type FetchRequest = Of<typeof FetchRequest>;
