import { InvalidEventError } from "../errors.js";
import { canonicalText, isWellFormed } from "./canonical.js";
import type { NewEvent } from "./event.js";
import { EventIds } from "./event-ids.js";
import { assertExpectedVersion, type ExpectedVersion } from "./expected-version.js";
import { bodyTextOf, dataHashOf } from "./hash-chain.js";
import { MetaTexts, metaTextOf } from "./meta-text.js";
import { RandomPool } from "./random-pool.js";
import { REDACTIONS_STREAM } from "./redaction.js";
import type { Scrubber } from "./scrubber.js";

/** Events for one stream, in order. */
export interface StreamAppend {
  stream: string;
  /** Checked when the append is sealed. Default "any". */
  expectedVersion?: ExpectedVersion;
  events: readonly NewEvent[];
}

export interface AppendOptions {
  /** Who changes this: `user:ada`, `agent:claude`, `ada@host`. Events may name their own. */
  actor: string;
  /**
   * Hash of the tail that the caller knows: the append is refused with TailMovedError unless the log ends there before this
   * append and those of the same process that are written together with it. Only where `Capabilities.comparesTail` says so.
   */
  tailHash?: string;
}

/** An event that was checked, given an id and a salt, and turned into the texts that are hashed and stored. */
export interface PreparedEvent {
  readonly id: string;
  readonly stream: string;
  readonly type: string;
  readonly actor: string;
  readonly dataText: string;
  readonly metaText: string;
  readonly salt: string;
  readonly bodyText: string;
  /** What the caller expects of the stream, on the first event of each StreamAppend only. */
  readonly expectedVersion: ExpectedVersion | undefined;
  /** What the caller expects of the log, on every event of the append. */
  readonly tailHash?: string | undefined;
  /** The id was made here just now, so no log can hold it yet: a first attempt need not look it up. */
  readonly fresh: boolean;
}

/** Where ids and salts come from; tests inject fixed ones. */
export interface Entropy {
  /** A UUID in lower case. */
  newId(): string;
  /** 32 hex digits. */
  newSalt(): string;
}

export const MAX_EVENTS_PER_APPEND = 10_000;
/** Characters of all data and meta texts of one append. */
export const MAX_CHARS_PER_APPEND = 64 * 1024 * 1024;
/** UTF-8 bytes: with the version it must fit into one index entry of Postgres (2,704 bytes). */
export const MAX_STREAM_BYTES = 1024;
export const MAX_NAME_BYTES = 256;
/** That an event names; there may be more. */
const MAX_SCRUBBED_PLACES = 50;

const SALT_BYTES = 16;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing control characters is its purpose
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** UUIDv7, each greater than the one before it, and salts from the system's random source. */
export function systemEntropy(): Entropy {
  const pool = new RandomPool();
  const ids = new EventIds(pool);
  return { newId: () => ids.next(), newSalt: () => pool.hex(SALT_BYTES) };
}

/**
 * Checks a whole append and makes its texts. Pure but for ids and salts; touches no log, so all that can be wrong with
 * the input is refused before any lock is taken.
 *
 * @throws InvalidEventError for anything that could not be stored identically on every backend
 * @throws TypeError for an expectedVersion that is none, and for what is no append at all
 */
export function prepareAppend(
  batch: readonly StreamAppend[],
  options: AppendOptions,
  entropy: Entropy,
  scrubber?: Scrubber,
): PreparedEvent[] {
  assertShape(batch, options);
  for (const { stream } of batch) if (stream === REDACTIONS_STREAM) throw reserved(stream);
  return prepareOwnAppend(batch, options, entropy, scrubber);
}

/** The same for the log itself, which may write to every stream. */
export function prepareOwnAppend(
  batch: readonly StreamAppend[],
  options: AppendOptions,
  entropy: Entropy,
  scrubber?: Scrubber,
): PreparedEvent[] {
  const prepared: PreparedEvent[] = [];
  const metas = new MetaTexts();
  let chars = 0;
  for (const { stream, events, expectedVersion = "any" } of batch) {
    assertName("stream", stream, MAX_STREAM_BYTES);
    assertExpectedVersion(expectedVersion);
    events.forEach((event, index) => {
      const expected = index === 0 ? expectedVersion : undefined;
      const ready = prepareEvent(stream, event, options, entropy, expected, scrubber, metas, prepared.at(-1));
      chars += ready.dataText.length + ready.metaText.length;
      prepared.push(ready);
    });
  }
  assertSize(prepared, chars);
  return prepared;
}

/** Not every caller is checked by a compiler. @throws TypeError */
function assertShape(batch: readonly StreamAppend[], options: AppendOptions): void {
  if (!isObject(options)) throw new TypeError(`the options of an append are { actor }, not ${String(options)}`);
  assertMembers("options of an append", options, OPTION_NAMES);
  for (const part of batch) {
    if (!isObject(part)) throw new TypeError(`an append is { stream, events }, not ${String(part)}`);
    assertMembers("an append", part, PART_NAMES);
    if (!Array.isArray(part.events)) throw new TypeError(`events is a list of events, not ${typeof part.events}`);
    for (const event of part.events) {
      if (!isObject(event)) throw new TypeError(`an event is { type, data }, not ${String(event)}`);
    }
  }
}

const OPTION_NAMES: ReadonlySet<string> = new Set<keyof AppendOptions>(["actor", "tailHash"]);
const PART_NAMES: ReadonlySet<string> = new Set<keyof StreamAppend>(["stream", "expectedVersion", "events"]);

/** A misspelt `expectedVersion` would be "any". */
function assertMembers(what: string, value: object, known: ReadonlySet<string>): void {
  for (const name of Object.keys(value)) {
    if (!known.has(name))
      throw new TypeError(`${what}: there is no ${JSON.stringify(name)}, but ${[...known].join(", ")}`);
  }
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function reserved(stream: string): InvalidEventError {
  return new InvalidEventError("STREAM_RESERVED", `${stream} holds the records of redactions`, "/stream", {
    hint: "to erase data: sessiondb redact",
  });
}

function prepareEvent(
  stream: string,
  event: NewEvent,
  options: AppendOptions,
  entropy: Entropy,
  expectedVersion: ExpectedVersion | undefined,
  scrubber: Scrubber | undefined,
  metas: MetaTexts,
  before: PreparedEvent | undefined,
): PreparedEvent {
  const { type } = event;
  const actor = event.actor ?? options.actor;
  const id = event.id ?? entropy.newId();
  // What the event before it has was checked.
  if (before === undefined || type !== before.type) assertName("type", type, MAX_NAME_BYTES);
  if (before === undefined || actor !== before.actor) assertName("actor", actor, MAX_NAME_BYTES);
  if (event.id !== undefined && !UUID.test(id))
    throw new InvalidEventError("EVENT_ID_INVALID", "an event id is a UUID in lower case", "/id", {
      hint: "leave it out, and it is made",
    });
  let dataText = canonicalText(event.data);
  let metaText = metas.of(event.meta);
  if (scrubber !== undefined && (scrubber.suspects(dataText) || scrubber.suspects(metaText))) {
    const cleaned = withoutSecrets(stream, event, scrubber);
    if (cleaned !== undefined) [dataText, metaText] = cleaned;
  }
  const salt = entropy.newSalt();
  const bodyText = bodyTextOf({
    actor,
    dataHash: dataHashOf(salt, dataText),
    id,
    metaText,
    stream,
    type,
  });
  const fresh = event.id === undefined;
  return {
    id,
    stream,
    type,
    actor,
    dataText,
    metaText,
    salt,
    bodyText,
    expectedVersion,
    tailHash: options.tailHash,
    fresh,
  };
}

/** @returns the texts of what is stored instead, with the places in `meta.scrubbed`; undefined where nothing changes */
function withoutSecrets(stream: string, event: NewEvent, scrubber: Scrubber): [string, string] | undefined {
  const data = scrubber.scrub(event.data, "/data");
  const meta = scrubber.scrub(event.meta ?? {}, "/meta");
  const places = [...data.places, ...meta.places];
  if (places.length === 0) return undefined;
  scrubber.report(stream, places);
  if (scrubber.mode !== "on") return undefined;
  const told = { ...(meta.value as NewEvent["meta"]), scrubbed: places.slice(0, MAX_SCRUBBED_PLACES) };
  return [canonicalText(data.value), metaTextOf(told)];
}

/** @throws InvalidEventError NAME_INVALID unless `value` is a printable, well-formed, not empty string within the limit */
export function assertName(field: "stream" | "type" | "actor", value: unknown, maxBytes: number): void {
  const fault = nameFault(value, maxBytes);
  if (fault !== undefined)
    throw new InvalidEventError("NAME_INVALID", `${field} ${fault}`, `/${field}`, {
      hint: `take 1 to ${maxBytes} bytes of text without control characters`,
    });
}

function nameFault(value: unknown, maxBytes: number): string | undefined {
  if (typeof value !== "string" || value === "") return "must be a string that is not empty";
  if (CONTROL.test(value)) return "must not contain control characters";
  if (!isWellFormed(value)) return "must be well-formed Unicode";
  if (value.length * 3 > maxBytes && Buffer.byteLength(value) > maxBytes) return `is longer than ${maxBytes} bytes`;
  return undefined;
}

function assertSize(prepared: readonly PreparedEvent[], chars: number): void {
  if (prepared.length === 0) {
    throw new InvalidEventError("APPEND_EMPTY", "an append needs at least one event", "", {
      hint: "leave out an append that has none",
    });
  }
  if (prepared.length > MAX_EVENTS_PER_APPEND || chars > MAX_CHARS_PER_APPEND) {
    const limit = `${MAX_EVENTS_PER_APPEND} events or ${MAX_CHARS_PER_APPEND} characters`;
    throw new InvalidEventError("APPEND_TOO_LARGE", `one append takes at most ${limit}`, "", {
      hint: "split it into several appends",
    });
  }
}
