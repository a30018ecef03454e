import { IntegrityError } from "../errors.js";
import type { Json } from "./canonical.js";
import { chainTexts, dataHashOf, sha256Hex } from "./hash-chain.js";

/** What a writer may say about an event besides its data. Other keys are kept; every value must be JSON. */
export interface EventMeta {
  /** Version of the type's schema, from 1. Absent means 1. */
  schema?: number;
  /** Why the change was made, in the actor's words. */
  reason?: string;
  correlationId?: string;
  causationId?: string;
  /** Where it came from, for imports and forks. */
  source?: string;
  /** ISO 8601 UTC; only where it differs from recordedAt. */
  occurredAt?: string;
  [key: string]: Json | undefined;
}

/** An event as a writer hands it in. */
export interface NewEvent {
  type: string;
  data: unknown;
  meta?: EventMeta;
  /** UUID in lower case; a new UUIDv7 where it is absent. Appending the same id again is the same append. */
  id?: string;
  /** Overrides the actor of the append. */
  actor?: string;
}

/** The plain form of a sealed event, as stored. */
export interface SealedFields {
  /** Place in the log: 1, 2, 3 … without gaps. */
  readonly offset: number;
  /** Offset of the last event of the same append. Not hashed: it only tells where a torn append begins. */
  readonly commit: number;
  /** Place in the stream: 1, 2, 3 … without gaps. */
  readonly version: number;
  /** ISO 8601 UTC with milliseconds; never smaller than that of the event before. */
  readonly recordedAt: string;
  readonly id: string;
  readonly stream: string;
  readonly type: string;
  readonly actor: string;
  /** Canonical JSON; null after redaction. */
  readonly dataText: string | null;
  /** Canonical JSON of an object. */
  readonly metaText: string;
  /** 32 hex digits; null after redaction. */
  readonly salt: string | null;
  /** Present only after redaction, when it can no longer be computed: 64 hex digits. */
  readonly dataHash: string | null;
  /** 64 hex digits. */
  readonly hash: string;
}

/** A quote inside a JSON text is escaped, so this can only be a key. */
const SCHEMA_OF_FLAT_META = /[{,]"schema":\d+[,}]/;
const SCHEMA_KEY_CHARS = '{"schema":'.length;

/**
 * One event of the log. Data and meta are kept as the canonical texts that were hashed and are parsed when they are
 * first asked for: copying and verifying never parse them, which is most of the cost of reading a log.
 */
export class SealedEvent implements SealedFields {
  readonly offset: number;
  readonly commit: number;
  readonly version: number;
  readonly recordedAt: string;
  readonly id: string;
  readonly stream: string;
  readonly type: string;
  readonly actor: string;
  readonly dataText: string | null;
  readonly metaText: string;
  readonly salt: string | null;
  readonly dataHash: string | null;
  readonly hash: string;
  #data: Json | undefined;
  #meta: EventMeta | undefined;

  constructor(fields: SealedFields) {
    this.offset = fields.offset;
    this.commit = fields.commit;
    this.version = fields.version;
    this.recordedAt = fields.recordedAt;
    this.id = fields.id;
    this.stream = fields.stream;
    this.type = fields.type;
    this.actor = fields.actor;
    this.dataText = fields.dataText;
    this.metaText = fields.metaText;
    this.salt = fields.salt;
    this.dataHash = fields.dataHash;
    this.hash = fields.hash;
  }

  /** The parsed data; undefined after redaction. The value belongs to this event object: do not change it. */
  get data(): Json | undefined {
    if (this.#data === undefined && this.dataText !== null) this.#data = this.#parse(this.dataText, "data");
    return this.#data;
  }

  get meta(): EventMeta {
    this.#meta ??= this.#parse(this.metaText, "meta") as EventMeta;
    return this.#meta;
  }

  /** Version of the type's schema. Read without parsing meta where nothing in it can be mistaken for it. */
  get schema(): number {
    if (this.#meta === undefined && this.metaText.indexOf("{", 1) === -1) {
      const at = this.metaText.search(SCHEMA_OF_FLAT_META); // exec would make an array and two texts for each event
      return at === -1 ? 1 : Number.parseInt(this.metaText.slice(at + SCHEMA_KEY_CHARS), 10);
    }
    return this.meta.schema ?? 1;
  }

  /** True where data and salt were erased and only the data's hash is left. */
  get redacted(): boolean {
    return this.dataText === null;
  }

  /** What JSON.stringify prints: the parsed fields, without the texts. */
  toJSON(): Record<string, unknown> {
    const { offset, commit, version, recordedAt, id, stream, type, actor, data, meta, salt, hash } = this;
    const payload = this.redacted ? { dataHash: this.dataHash } : { data, salt };
    return {
      offset,
      commit,
      version,
      recordedAt,
      id,
      stream,
      type,
      actor,
      meta,
      ...payload,
      hash,
    };
  }

  #parse(text: string, field: string): Json {
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new IntegrityError("EVENT_DAMAGED", `the ${field} of the event at offset ${this.offset} is not JSON`, {
        offset: this.offset,
        hint: "run: sessiondb verify",
        cause,
      });
    }
  }
}

/** The hash that the event must have after `prevHash`, computed from its stored texts. */
export function recomputeHash(prevHash: string, event: SealedFields): string {
  // No spread of the event here: it would cost as much as the two hashes (measured).
  const { head, rest } = chainTexts(prevHash, event);
  return sha256Hex(head + storedDataHash(event) + rest);
}

/** The hash of the event's data, whether the data is still there or not. */
export function storedDataHash(event: SealedFields): string {
  if (event.dataText !== null && event.salt !== null) return dataHashOf(event.salt, event.dataText);
  return event.dataHash ?? "";
}
