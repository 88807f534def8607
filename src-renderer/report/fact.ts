/** A row of a table of facts. */
export interface Fact {
  readonly name: string;
  readonly value: string;
  /** What would be right, or what it means. */
  readonly note?: string;
}
