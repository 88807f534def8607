import { fault, type LimpidError } from '../contract/errors.js';
import type { TermName } from '../contract/words/terms.js';

/**
 * Conditions on named values, as people write them:
 *
 *     condition = all { "or" all }
 *     all       = one { "and" one }
 *     one       = "not" one | "(" condition ")" | name [ operator value ]
 *     operator  = "=" | "!=" | "~" | "!~" | "<" | "<=" | ">" | ">="
 *     name      = letters and digits, or a tag such as 0018,0081
 *     value     = a word, or text in single or double quotes
 *
 * Capitals make no difference. A name alone asks whether there is a value.
 */
export type Condition =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  | ({ readonly kind: 'test' } & Test);

export interface Test {
  readonly name: string;
  /** Where the name stands in the text, from 0. */
  readonly at: number;
  /** null: whether there is a value. */
  readonly comparison: { readonly operator: Operator; readonly value: string } | null;
}

const OPERATORS = ['!=', '!~', '<=', '>=', '=', '~', '<', '>'] as const;
type Operator = (typeof OPERATORS)[number];

interface Token {
  readonly kind: 'word' | 'quoted' | 'operator' | '(' | ')' | 'end';
  readonly text: string;
  readonly at: number;
}

/** @throws LimpidError E_USAGE with the place of what is wrong */
export function parseCondition(text: string): Condition {
  const parser = new Parser(text);
  const condition = parser.condition();
  parser.end();
  return condition;
}

/** What is wrong with a condition at a place in it. The text is for the person at the screen only. */
export function wrongCondition(text: string, at: number, what: TermName<'condition'>): LimpidError {
  return fault('E_USAGE/condition', { at: at + 1, what }, shown(text, at));
}

/** The condition with a mark at a place in it. */
function shown(text: string, at: number): string {
  return `${text.slice(0, at)} >>> ${text.slice(at)}`;
}

/** All tests of a condition, in order. */
export function testsOf(condition: Condition): readonly Test[] {
  if (condition.kind === 'test') return [condition];
  return condition.kind === 'not' ? testsOf(condition.part) : condition.parts.flatMap(testsOf);
}

/** @param valuesOf all values of a name; none where it is absent */
export function meets(condition: Condition, valuesOf: (name: string) => readonly string[]): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.parts.every((part) => meets(part, valuesOf));
    case 'or':
      return condition.parts.some((part) => meets(part, valuesOf));
    case 'not':
      return !meets(condition.part, valuesOf);
    case 'test':
      return passes(condition, valuesOf(condition.name));
  }
}

/** Of several values one is enough; what denies asks it of all, and holds where there is none. */
function passes({ comparison }: Test, values: readonly string[]): boolean {
  if (comparison === null) return values.length > 0;
  const { operator, value } = comparison;
  if (operator === '!=') return !values.some((one) => isEqual(one, value));
  if (operator === '!~') return !values.some((one) => contains(one, value));
  return values.some((one) => compare(one, operator, value));
}

function compare(one: string, operator: Exclude<Operator, '!=' | '!~'>, value: string): boolean {
  if (operator === '=') return isEqual(one, value);
  if (operator === '~') return contains(one, value);
  const [a, b] = [numberOf(one), numberOf(value)];
  if (a === null || b === null) return false;
  return { '<': a < b, '<=': a <= b, '>': a > b, '>=': a >= b }[operator];
}

function isEqual(one: string, value: string): boolean {
  const [a, b] = [numberOf(one), numberOf(value)];
  return a !== null && b !== null ? a === b : one.toLowerCase() === value.toLowerCase();
}

function contains(one: string, value: string): boolean {
  return one.toLowerCase().includes(value.toLowerCase());
}

function numberOf(text: string): number | null {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : null;
}

const WORD = /[^\s()=!~<>"']+/y;
const QUOTED = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/y;
const NAME = /^([a-z][a-z0-9]*|[0-9a-f]{4},[0-9a-f]{4})$/i;

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokensOf(text);
  }

  condition(): Condition {
    return this.#joined('or', () => this.#joined('and', () => this.#one()));
  }

  end(): void {
    const { kind, at } = this.#peek();
    if (kind !== 'end') throw this.#wrong(at, 'joint');
  }

  #joined(kind: 'and' | 'or', part: () => Condition): Condition {
    const parts = [part()];
    while (this.#isWord(kind)) {
      this.#next++;
      parts.push(part());
    }
    return parts.length === 1 ? parts[0] : { kind, parts };
  }

  #one(): Condition {
    if (this.#isWord('not')) {
      this.#next++;
      return { kind: 'not', part: this.#one() };
    }
    const first = this.#peek();
    if (first.kind === '(') {
      this.#next++;
      const inner = this.condition();
      const close = this.#peek();
      if (close.kind !== ')') throw this.#wrong(close.at, 'bracket');
      this.#next++;
      return inner;
    }
    if (first.kind !== 'word' || !NAME.test(first.text) || isJoint(first))
      throw this.#wrong(first.at, 'name');
    this.#next++;
    return { kind: 'test', name: first.text, at: first.at, comparison: this.#comparison() };
  }

  #comparison(): Test['comparison'] {
    const operator = OPERATORS.find((one) => this.#peek().kind === 'operator' && this.#peek().text === one);
    if (operator === undefined) return null;
    this.#next++;
    const value = this.#peek();
    if ((value.kind !== 'word' && value.kind !== 'quoted') || isJoint(value))
      throw this.#without('value', value.at, operator);
    if (/[<>]/.test(operator) && numberOf(value.text) === null)
      throw this.#without('number', value.at, operator);
    this.#next++;
    return { operator, value: value.text };
  }

  #peek(): Token {
    return this.#tokens[this.#next];
  }

  #isWord(text: string): boolean {
    const { kind, text: found } = this.#peek();
    return kind === 'word' && found.toLowerCase() === text;
  }

  #without(what: 'value' | 'number', at: number, operator: string): LimpidError {
    return fault(`E_USAGE/condition-${what}`, { at: at + 1, operator }, shown(this.#text, at));
  }

  #wrong(at: number, what: TermName<'condition'>): LimpidError {
    return wrongCondition(this.#text, at, what);
  }
}

/** Words that join conditions are no names and, without quotes, no values. */
function isJoint({ kind, text }: Token): boolean {
  return kind === 'word' && /^(and|or|not)$/i.test(text);
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0] ?? null;
  };
  while (at < text.length) {
    const start = at;
    if (/\s/.test(text[at])) {
      at++;
      continue;
    }
    const operator = OPERATORS.find((one) => text.startsWith(one, start));
    const quoted = match(QUOTED);
    const word = match(WORD);
    const bracket = text[at] === '(' || text[at] === ')' ? text[at] : null;
    const found = bracket ?? operator ?? quoted ?? word;
    if (found === null) throw wrongCondition(text, at, /["']/.test(text[at]) ? 'quote' : 'start');
    at += found.length;
    if (bracket !== null) tokens.push({ kind: bracket === '(' ? '(' : ')', text: bracket, at: start });
    else if (operator !== undefined) tokens.push({ kind: 'operator', text: operator, at: start });
    else if (quoted !== null)
      tokens.push({ kind: 'quoted', text: quoted.slice(1, -1).replace(/\\(.)/g, '$1'), at: start });
    else tokens.push({ kind: 'word', text: found, at: start });
  }
  return [...tokens, { kind: 'end', text: '', at: text.length }];
}
