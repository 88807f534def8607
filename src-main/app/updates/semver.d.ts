/** What is used of the package, which brings no types. */
declare module 'semver/functions/gt.js' {
  /** Whether `a` is of higher precedence than `b` (Semantic Versioning 2.0.0, clause 11). @throws TypeError */
  export default function gt(a: string, b: string): boolean;
}
declare module 'semver/functions/valid.js' {
  /** The version without what the standard does not know of (a `v` before it); null where it is none. */
  export default function valid(version: string): string | null;
}
