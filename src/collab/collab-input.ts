import { UsageError } from "../errors.js";
import { canonicalText, isWellFormed } from "../log/canonical.js";

/** UTF-8 bytes of one text: a chunk of a conversation, a version of an artifact. */
export const MAX_CONTENT_BYTES = 8 * 1024 * 1024;
/** Characters of one JSON value that stands in lists: the content of a memory, the input of a task. */
export const MAX_JSON_CHARS = 1024 * 1024;
/** Characters of a title, a type, a name. */
export const MAX_LABEL_CHARS = 1_000;
/** Participants or tags of one thing. */
export const MAX_LIST = 1_000;

/** @throws UsageError COLLAB_INVALID */
export function invalid(message: string, hint: string): UsageError {
  return new UsageError("COLLAB_INVALID", message, { hint });
}

/** @throws UsageError COLLAB_INVALID */
export function oneOf<T extends string>(name: string, allowed: readonly T[], value: unknown): T {
  if (allowed.includes(value as T)) return value as T;
  throw invalid(`${name} is none of those known: ${shown(value)}`, `${name} is one of: ${allowed.join(", ")}`);
}

/** A text on one or several lines. @throws UsageError COLLAB_INVALID */
export function label(name: string, value: unknown, maxChars = MAX_LABEL_CHARS): string {
  if (typeof value !== "string" || value === "" || value.length > maxChars || !isWellFormed(value)) {
    throw invalid(`${name} is a text of 1 to ${maxChars} characters, not ${shown(value)}`, `give it a ${name}`);
  }
  return value;
}

/** @throws UsageError CONTENT_TOO_LARGE; InvalidEventError for what JSON cannot carry */
export function boundedJson(name: string, value: unknown): unknown {
  const { length } = canonicalText(value);
  if (length <= MAX_JSON_CHARS) return value;
  const message = `${name} has ${length} characters as JSON, more than ${MAX_JSON_CHARS}`;
  throw new UsageError("CONTENT_TOO_LARGE", message, {
    hint: "keep it as an artifact, or as a chunk; nothing was written",
  });
}

export function labelOrNull(name: string, value: unknown): string | null {
  return value === undefined || value === null ? null : label(name, value);
}

/** Each once, in the order given. @throws UsageError COLLAB_INVALID */
export function labels(name: string, value: unknown): string[] {
  if (!Array.isArray(value) || value.length > MAX_LIST) {
    throw invalid(`${name} is a list of at most ${MAX_LIST} texts`, `for example ${name}: ["ada"]`);
  }
  return [...new Set(value.map((one) => label(name, one)))];
}

/** @throws UsageError COLLAB_INVALID, CONTENT_TOO_LARGE */
export function content(value: unknown): string {
  if (typeof value !== "string") throw invalid(`the content is a text, not ${shown(value)}`, "pass a string");
  const bytes = Buffer.byteLength(value);
  if (bytes <= MAX_CONTENT_BYTES) return value;
  const message = `the content has ${bytes} bytes, more than ${MAX_CONTENT_BYTES}`;
  throw new UsageError("CONTENT_TOO_LARGE", message, { hint: "split it into several; nothing was written" });
}

/** @throws UsageError COLLAB_INVALID */
export function wholeNumberIn(name: string, value: unknown, min: number, max: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  throw invalid(`${name} is a whole number from ${min} to ${max}, not ${shown(value)}`, `for example ${name}: ${min}`);
}

/** ISO 8601 in UTC with milliseconds, from a Date or anything that names one instant. @throws UsageError COLLAB_INVALID */
export function timeText(name: string, value: Date | string): string {
  const time = value instanceof Date ? value : INSTANT.test(value) ? new Date(value) : new Date(Number.NaN);
  const year = Number.isNaN(time.getTime()) ? Number.NaN : time.getUTCFullYear();
  if (year >= 0 && year <= 9999) return time.toISOString();
  throw invalid(`${name} is no time: ${shown(value)}`, "write it as 2026-01-31T10:00:00Z");
}

export function timeTextOrNull(name: string, value: Date | string | null | undefined): string | null {
  return value === undefined || value === null ? null : timeText(name, value);
}

/** With a zone: a time without one means another instant on another machine. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

function shown(value: unknown): string {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
