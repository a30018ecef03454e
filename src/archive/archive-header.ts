import { gzipSync } from "node:zlib";
import * as z from "zod";
import { IntegrityError } from "../errors.js";

/**
 * An archive file is gzip, in members that can be read one by one; `zcat` reads them all. Its text:
 *
 *   {"sessiondbArchive":1,"store":"sqlite:/…","from":1,"to":1000,…}      one line, filled up with spaces, not compressed
 *   {"v":1,"offset":1,…}                                                events: lines of a JSONL log, about 256 KiB a member
 *   {"blocks":[[1,812,204800,"2026-…"],…]}                              the index: where each of those members begins
 *   ["session-a",1,[1,3,…]]                                             a stream, its first version here, its offsets
 *
 * So `zcat FILE | sed -n 2,1001p` are the 1000 events. The header is written last, in the place that was kept for it.
 */
const header = z.strictObject({
  sessiondbArchive: z.literal(1),
  store: z.string(),
  from: z.int().min(1),
  to: z.int().min(1),
  streams: z.int().min(1),
  /** Hash of the event before `from`. */
  before: z.string().regex(/^[0-9a-f]{64}$/),
  /** Hash of the event at `to`. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Times of the first and the last event. */
  firstAt: z.string(),
  recordedAt: z.string(),
  /** Of the lines of the events. */
  lines: z.strictObject({ bytes: z.int(), sha256: z.string() }),
  /** Byte position of the index in the file. It goes to the end. */
  index: z.int().min(1),
});

export type ArchiveHeader = z.infer<typeof header>;

/** Bytes of a member around what is stored in it: its header, that of the one block, checksum and size. */
const BEFORE_TEXT = 15;
const BEHIND_TEXT = 8;
const LARGEST = Number.MAX_SAFE_INTEGER;

/** Room that a header with these facts takes, whatever is found out of the rest. */
export function headerBytes({ store, from, to }: Pick<ArchiveHeader, "store" | "from" | "to">): number {
  const hash = "0".repeat(64);
  const time = "0".repeat(24);
  const rest = { streams: LARGEST, before: hash, hash, firstAt: time, recordedAt: time, index: LARGEST };
  const widest = { sessiondbArchive: 1, store, from, to, ...rest, lines: { bytes: LARGEST, sha256: hash } };
  return BEFORE_TEXT + Buffer.byteLength(JSON.stringify(widest)) + 1 + BEHIND_TEXT;
}

/** A gzip member with the text as it is, of exactly `bytes`. */
export function encodeHeader(facts: ArchiveHeader, bytes: number): Buffer {
  const json = Buffer.from(JSON.stringify(facts));
  const text = Buffer.alloc(bytes - BEFORE_TEXT - BEHIND_TEXT, " ");
  json.copy(text);
  text[text.length - 1] = 0x0a;
  const start = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1, 0, 0, 0, 0]);
  start.writeUInt16LE(text.length, 11);
  start.writeUInt16LE(~text.length & 0xffff, 13);
  // Checksum and size of the same text are what zlib ends with.
  return Buffer.concat([start, text, gzipSync(text).subarray(-BEHIND_TEXT)]);
}

/** The beginning of a file is enough: MAX_HEADER_BYTES of it. */
export const MAX_HEADER_BYTES = 0x1_0000 + BEFORE_TEXT + BEHIND_TEXT;

/** @returns the header and the size of its member. @throws IntegrityError ARCHIVE_DAMAGED */
export function decodeHeader(start: Buffer, path: string): { readonly facts: ArchiveHeader; readonly bytes: number } {
  const isStored = start.length > BEFORE_TEXT && start.readUInt16BE(0) === 0x1f8b && start[3] === 0 && start[10] === 1;
  const length = isStored ? start.readUInt16LE(11) : 0;
  const bytes = BEFORE_TEXT + length + BEHIND_TEXT;
  if (!isStored || start.length < bytes) throw damagedArchive(path, "it does not begin as one");
  const text = start.subarray(BEFORE_TEXT, BEFORE_TEXT + length);
  const end = gzipSync(text).subarray(-BEHIND_TEXT);
  if (!end.equals(start.subarray(bytes - BEHIND_TEXT, bytes))) throw damagedArchive(path, "its header was changed");
  const parsed = header.safeParse(jsonOf(text.toString(), path));
  if (!parsed.success) throw damagedArchive(path, "its header is none of this program", parsed.error);
  if (parsed.data.to < parsed.data.from) throw damagedArchive(path, "it ends before it begins");
  return { facts: parsed.data, bytes };
}

export function jsonOf(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damagedArchive(path, "a line is not JSON", cause);
  }
}

export function damagedArchive(path: string, why: string, cause?: unknown): IntegrityError {
  return new IntegrityError("ARCHIVE_DAMAGED", `${path} is no whole archive: ${why}`, {
    hint: "take another copy of the file; sessiondb archive verify FILE reads one from end to end",
    cause,
  });
}
