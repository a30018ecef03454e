import * as z from "zod";
import { IntegrityError, UsageError } from "../errors.js";
import { type SealedFields, storedDataHash } from "../log/event.js";
import { encodeLine } from "../log/event-line.js";
import type { ChainPlace } from "./chain-place.js";
import type { EventFilter } from "./event-filter.js";
import { encodeSignature, signatureOf, type TailSignature, tailSignatureSchema } from "./tail-signature.js";

/**
 * A proof, format 1, or 2 where its head is signed: lines of JSON, each ended by `\n`, in UTF-8.
 *
 *   {"proof":1,"store":"…","createdAt":"…","filter":{…},"after":{"offset":0,"hash":"<64 hex>"},"head":{"offset":9,"hash":"<64 hex>"}}
 *   one line for each event behind `after` up to `head`, in their order
 *   {"end":1,"events":9,"matched":2,"digest":"<sha256 of all bytes before this line>"}
 *
 * Format 2 is the same with `"signature":{…}` behind `head`: the line of `sign` (see tail-signature.ts) for that head.
 *
 * An event is the line that a JSONL log has of it (see event-line.ts): whole where it matches the filter, else as if its
 * data had been redacted, with `dataHash` in the place of data and salt. `commit` is always the event's own offset: the
 * chain does not cover it, and nothing that is not covered may stand here.
 */
const PROOF_FORMAT = 1;
const SIGNED_FORMAT = 2;

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
  /** Of the head, where the writer had a key. Only who has the public key can check it. */
  readonly signature?: TailSignature;
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
  proof: z.union([z.literal(PROOF_FORMAT), z.literal(SIGNED_FORMAT)]),
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
  signature: tailSignatureSchema.exactOptional(),
});

/** How every proof begins, of any format. */
export const PROOF_BEGINNING = '{"proof":';
export const END_BEGINNING = '{"end":';

/** With its newline. The order of the keys is part of the format. */
export function encodeHeader({ store, createdAt, filter, after, head, signature }: ProofHeader): string {
  const { actors, types, sessions, paths, since, until } = filter;
  const said = { store, createdAt, filter: { actors, types, sessions, paths, since, until } };
  const proof = signature === undefined ? PROOF_FORMAT : SIGNED_FORMAT;
  const places = { after: placeOf(after), head: placeOf(head) };
  const text = JSON.stringify({ proof, ...said, ...places });
  return signature === undefined ? `${text}\n` : `${text.slice(0, -1)},"signature":${encodeSignature(signature)}}\n`;
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
  if (data !== undefined) {
    const { proof: _format, signature, ...rest } = data;
    const header = signature === undefined ? rest : { ...rest, signature: signatureOf(signature) };
    // Written again it must be the same text: a key that stands twice would say two things.
    if (encodeHeader(header) === `${line}\n`) return header;
  }
  const format = /^\{"proof":(\d+),/.exec(line)?.[1];
  if (format !== undefined && Number(format) > SIGNED_FORMAT) {
    const message = `the proof has format ${format}; this program reads ${PROOF_FORMAT} and ${SIGNED_FORMAT}`;
    throw new UsageError("PROOF_FORMAT_UNKNOWN", message, {
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
