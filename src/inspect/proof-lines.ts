import * as z from "zod";
import { IntegrityError, UsageError } from "../errors.js";
import { type SealedFields, storedDataHash } from "../log/event.js";
import { encodeLine } from "../log/event-line.js";
import type { EventFilter } from "./event-filter.js";

/**
 * A proof, format 1: lines of JSON, each ended by `\n`, in UTF-8.
 *
 *   {"proof":1,"store":"…","createdAt":"…","filter":{…},"after":{"offset":0,"hash":"<64 hex>"},"head":{"offset":9,"hash":"<64 hex>"}}
 *   one line for each event behind `after` up to `head`, in their order
 *   {"end":1,"events":9,"matched":2,"digest":"<sha256 of all bytes before this line>"}
 *
 * An event is the line that a JSONL log has of it (see event-line.ts): whole where it matches the filter, else as if its
 * data had been redacted, with `dataHash` in the place of data and salt. `commit` is always the event's own offset: the
 * chain does not cover it, and nothing that is not covered may stand here.
 */
export const PROOF_FORMAT = 1;

/** A place in the chain. */
export interface ChainPlace {
  /** 0 is before the first event. */
  readonly offset: number;
  /** 64 hex digits. */
  readonly hash: string;
}

export interface ProofHeader {
  /** The address of the log, without passwords. Said by the writer; nothing proves it. */
  readonly store: string;
  /** ISO 8601 UTC. Said by the writer; nothing proves it. */
  readonly createdAt: string;
  readonly filter: EventFilter;
  /** Events up to here, inclusive, are not in the file. */
  readonly after: ChainPlace;
  /** The end of the log when the proof was written. */
  readonly head: ChainPlace;
}

export interface ProofEnd {
  readonly events: number;
  readonly matched: number;
  /** 64 hex digits. */
  readonly digest: string;
}

const offset = z.int().min(0);
const place = z.strictObject({ offset, hash: z.string().regex(/^[0-9a-f]{64}$/) });
const texts = z.array(z.string()).exactOptional();
const headerSchema = z.strictObject({
  proof: z.literal(PROOF_FORMAT),
  store: z.string(),
  createdAt: z.string(),
  filter: z.strictObject({
    actors: texts,
    types: texts,
    sessions: texts,
    paths: texts,
    since: offset.exactOptional(),
    until: offset.exactOptional(),
  }),
  after: place,
  head: place,
});

/** How every proof begins, of any format. */
export const PROOF_BEGINNING = '{"proof":';
export const END_BEGINNING = '{"end":';

/** With its newline. The order of the keys is part of the format. */
export function encodeHeader({ store, createdAt, filter, after, head }: ProofHeader): string {
  const { actors, types, sessions, paths, since, until } = filter;
  const said = { store, createdAt, filter: { actors, types, sessions, paths, since, until } };
  return `${JSON.stringify({ proof: PROOF_FORMAT, ...said, after: placeOf(after), head: placeOf(head) })}\n`;
}

export function placeOf({ offset, hash }: ChainPlace): ChainPlace {
  return { offset, hash };
}

/** With its newline. */
export function encodeEnd({ events, matched, digest }: ProofEnd): string {
  return `${JSON.stringify({ end: PROOF_FORMAT, events, matched, digest })}\n`;
}

/** With its newline. Without `shown` the data stays hidden behind its hash. */
export function encodeProven(event: SealedFields, shown: boolean): string {
  const covered = { ...event, commit: event.offset };
  if (shown) return encodeLine(covered);
  return encodeLine({ ...covered, dataText: null, salt: null, dataHash: storedDataHash(event) });
}

/**
 * @param line without its newline
 * @throws UsageError PROOF_INVALID, PROOF_FORMAT_UNKNOWN; IntegrityError PROOF_BROKEN where it was one before
 */
export function decodeHeader(line: string): ProofHeader {
  if (!line.startsWith(PROOF_BEGINNING)) throw notAProof("its first line is not that of a proof");
  const { data } = headerSchema.safeParse(parsed(line));
  // Written again it must be the same text: a key that stands twice would say two things.
  if (data !== undefined && encodeHeader(data) === `${line}\n`) {
    const { proof: _format, ...header } = data;
    return header;
  }
  const format = /^\{"proof":(\d+),/.exec(line)?.[1];
  if (format !== undefined && Number(format) > PROOF_FORMAT) {
    throw new UsageError("PROOF_FORMAT_UNKNOWN", `the proof has format ${format}; this program reads ${PROOF_FORMAT}`, {
      hint: "check it with a newer sessiondb",
    });
  }
  throw brokenProof("PROOF_BROKEN", 1, "it is not as a proof begins");
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // no header either
  }
}

export function notAProof(why: string): UsageError {
  return new UsageError("PROOF_INVALID", `this is no proof: ${why}`, {
    hint: "write one with: sessiondb audit --proof FILE",
  });
}

export function brokenProof(code: string, line: number, why: string): IntegrityError {
  return new IntegrityError(code, `line ${line}: ${why}`, {
    line,
    hint: "the file was changed or cut short after it was written: take another copy, or write it again",
  });
}
