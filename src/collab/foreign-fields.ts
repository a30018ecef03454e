import { defined } from "../defined.js";
import type { CollabRecord } from "../import/collab-record.js";
import { wellFormedText } from "../query/field-value.js";
import { MAX_LABEL_CHARS, timeText } from "./collab-input.js";

/**
 * The fields of a foreign record, taken one by one: what nobody took is kept in the metadata, so that nothing of it is lost.
 * What does not fit is told in `repairs`.
 */
export class ForeignFields {
  readonly repairs: string[] = [];
  readonly #left: Map<string, unknown>;

  constructor({ fields }: CollabRecord) {
    this.#left = new Map(Object.entries(fields).filter(([, value]) => value !== null));
  }

  /** The first of these that is there, of any type; undefined where there is none. */
  take(...names: string[]): unknown {
    let found: unknown;
    for (const name of names) {
      if (!this.#left.has(name)) continue;
      if (found === undefined) {
        found = this.#left.get(name);
        this.#left.delete(name);
      }
    }
    return found;
  }

  has(name: string, value: unknown): boolean {
    return this.#left.get(name) === value;
  }

  text(...names: string[]): string | undefined {
    const value = this.take(...names);
    if (value === undefined) return undefined;
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const whole = wellFormedText(text);
    if (whole !== text) this.repairs.push(`its ${names[0]} held half a character; U+FFFD stands in its place`);
    return whole;
  }

  /** Cut where it is too long, and told. */
  label(...names: string[]): string | undefined {
    const text = this.text(...names);
    if (text === undefined || text === "" || text.length <= MAX_LABEL_CHARS) return text || undefined;
    this.repairs.push(`its ${names[0]} was cut to ${MAX_LABEL_CHARS} characters; all of it is in the metadata`);
    this.#left.set(names[0] as string, text);
    return wellFormedText(text.slice(0, MAX_LABEL_CHARS));
  }

  /** Each once, and cut where it is too long; both are told. */
  labels(name: string): string[] {
    const value = this.take(name);
    if (value === undefined) return [];
    const list = Array.isArray(value) ? value : [value];
    const given = list.map((one) => (typeof one === "string" ? one : one === null ? "" : JSON.stringify(one)));
    const texts = given.map((one) => wellFormedText(one.slice(0, MAX_LABEL_CHARS)));
    if (texts.some((text, i) => text !== given[i])) {
      this.repairs.push(
        `some of its ${name} were cut to ${MAX_LABEL_CHARS} characters; all of them are in the metadata`,
      );
      this.#left.set(name, value);
    }
    const labels = [...new Set(texts.filter((one) => one !== ""))];
    const left = texts.length - labels.length;
    if (left > 0) this.repairs.push(`${left} of its ${name} stood there before, or were empty: each stands there once`);
    return labels;
  }

  /** What is no time stays where it is; the reader has told it. */
  time(...names: string[]): string | undefined {
    for (const name of names) {
      const value = this.#left.get(name);
      if (typeof value !== "string") continue;
      try {
        const time = timeText(name, value);
        this.#left.delete(name);
        return time;
      } catch {
        // It goes into the metadata.
      }
    }
    return undefined;
  }

  /** One of those allowed; else the other, and told. */
  oneOf<T extends string>(name: string, allowed: readonly T[], other: T): T {
    const value = this.#left.get(name);
    if (value === undefined) return other;
    if (allowed.includes(value as T)) {
      this.#left.delete(name);
      return value as T;
    }
    this.repairs.push(`its ${name} ${JSON.stringify(value)} became ${other}; it is in the metadata`);
    return other;
  }

  /** undefined where there is none, and, which is told, where it is another number or none at all. */
  wholeNumber(name: string, min: number, max: number): number | undefined {
    const value = this.#left.get(name);
    if (value === undefined) return undefined;
    if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) {
      this.#left.delete(name);
      return value as number;
    }
    const what = `is no whole number from ${min} to ${max}; it is in the metadata`;
    this.repairs.push(`its ${name} ${JSON.stringify(value)} ${what}`);
    return undefined;
  }

  /** Counters are counted anew, and need not be kept. */
  drop(...names: string[]): void {
    for (const name of names) this.#left.delete(name);
  }

  /** Those that are an empty text or list: they say nothing that would have to be kept. */
  dropEmpty(...names: string[]): void {
    for (const name of names) {
      const value = this.#left.get(name);
      if (value === "" || (Array.isArray(value) && value.length === 0)) this.#left.delete(name);
    }
  }

  /** To be asked last: the foreign metadata, with what nobody took beside it, or around it where it has a `foreign` itself. */
  metadata(): unknown {
    const own = this.take("metadata");
    const rest = Object.fromEntries(this.#left);
    if (Object.keys(rest).length === 0) return own ?? null;
    return typeof own === "object" && own !== null && !Array.isArray(own) && !Object.hasOwn(own, "foreign")
      ? { ...own, foreign: rest }
      : { ...defined({ value: own }), foreign: rest };
  }
}
