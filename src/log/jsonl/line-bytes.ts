import { isAscii } from "node:buffer";
import { IntegrityError } from "../../errors.js";
import type { SealedEvent } from "../event.js";
import { decodeLine } from "../event-line.js";
import type { LogFile } from "./log-file.js";

export const NEWLINE = 0x0a;
const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const CARRIAGE_RETURN = 0x0d;
/** Larger than any event can be: 16 MiB of data, 64 Ki characters of meta, and the rest. */
export const MAX_LINE_BYTES = 20 * 1024 * 1024;
/** One read. A trip to the thread pool costs as much as 64 KiB from the page cache. */
const CHUNK_BYTES = 512 * 1024;
/** Worked on at a time, to stay in the processor's cache: a third faster than 512 KiB, and half of the memory (measured). */
const PIECE_BYTES = 64 * 1024;

/** Bytes that end with a newline: whole lines only. */
export interface Lines {
  readonly bytes: Buffer;
  /** Where they stand in the file. */
  readonly position: number;
}

/**
 * The bytes from `start` (inclusive) to `end` (exclusive, just behind a newline) as chunks of whole lines. Lines are split
 * on the byte 0x0A and on nothing else; readline of some Node versions also splits on U+2028. While one chunk is worked
 * on, the next is read.
 */
export async function* readLines(file: LogFile, start: number, end: number): AsyncGenerator<Lines, void, undefined> {
  let position = start;
  let carried: Buffer[] = [];
  let carriedBytes = 0;
  const readAt = (at: number) => (at < end ? file.read(at, Math.min(CHUNK_BYTES, end - at)) : undefined);
  let next = readAt(start);
  let readTo = start;
  while (next !== undefined) {
    const chunk = await next;
    readTo += chunk.length;
    next = readAt(readTo);
    next?.catch(() => undefined); // reported when it is awaited, also where the caller stops before that
    const whole = chunk.lastIndexOf(NEWLINE) + 1;
    if (whole > 0) {
      // The first line is copied together with its beginning; the rest stays where it was read.
      const first = carried.length === 0 ? 0 : chunk.indexOf(NEWLINE) + 1;
      if (first > 0) yield { bytes: Buffer.concat([...carried, chunk.subarray(0, first)]), position };
      position += carriedBytes;
      yield* inPieces(chunk.subarray(0, whole), first, position);
      position += whole;
      carried = [];
      carriedBytes = 0;
    }
    if (whole < chunk.length) carried.push(chunk.subarray(whole));
    carriedBytes += chunk.length - whole;
    if (carriedBytes > MAX_LINE_BYTES) throw damagedLine("it is longer than any event can be", undefined, position);
  }
}

/** `bytes` stand at `position`; those before `start` are left out. */
function* inPieces(bytes: Buffer, start: number, position: number): Generator<Lines, void, undefined> {
  for (let from = start; from < bytes.length; ) {
    const last = Math.min(from + PIECE_BYTES, bytes.length) - 1;
    const before = bytes.lastIndexOf(NEWLINE, last) + 1;
    const to = before > from ? before : bytes.indexOf(NEWLINE, last) + 1;
    yield { bytes: bytes.subarray(from, to), position: position + from };
    from = to;
  }
}

/** @throws IntegrityError LINE_DAMAGED where the bytes are not UTF-8, naming the line */
export function textOf({ bytes, position }: Lines, firstOffset: number): string {
  // Plain ASCII reads the same as Latin-1, which needs no decoding at all.
  if (isAscii(bytes)) return bytes.toString("latin1");
  try {
    return STRICT_UTF8.decode(bytes);
  } catch {
    const { offset, byte } = firstBadLine(bytes, firstOffset);
    throw damagedLine("its bytes are not UTF-8", offset, position + byte);
  }
}

/** One line of a decoded chunk. */
export interface LinePlace {
  /** The offset that it must hold: its line number. */
  readonly offset: number;
  readonly position: () => number;
}

/** Decodes one line and checks that it stands in its place. The position is computed only where something is wrong. */
export function eventOf(text: string, start: number, end: number, { offset, position }: LinePlace): SealedEvent {
  let event: SealedEvent;
  try {
    // JSON takes CR for white space; here it is a sign that the bytes are no longer those that were hashed.
    if (text.charCodeAt(end - 1) === CARRIAGE_RETURN) throw new IntegrityError("LINE_DAMAGED", "CR LF");
    event = decodeLine(text, start, end);
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error;
    const why = error.code === "LINE_FORMAT_UNKNOWN" ? error.message : whyDamaged(text, start, end);
    throw damagedLine(why, offset, position(), error.code, error);
  }
  if (event.offset !== offset) throw damagedLine(`it holds offset ${event.offset}`, offset, position());
  return event;
}

/** The position of the `n`-th line (from 0) of some lines. */
export function positionOfLine({ bytes, position }: Lines, n: number): number {
  let at = 0;
  for (let i = 0; i < n; i++) at = bytes.indexOf(NEWLINE, at) + 1;
  return position + at;
}

/** The line that ends just before `end` (exclusive; the byte before it is a newline). */
export async function lineBefore(file: LogFile, end: number): Promise<{ text: string; position: number }> {
  let length = Math.min(end, 16 * 1024);
  for (;;) {
    const bytes = await file.read(end - length, length);
    const before = length < 2 ? -1 : bytes.lastIndexOf(NEWLINE, length - 2);
    if (before >= 0 || length === end) {
      const line = { bytes: bytes.subarray(before + 1), position: end - length + before + 1 };
      return { text: textOf(line, 0).slice(0, -1), position: line.position };
    }
    if (length > MAX_LINE_BYTES) throw damagedLine("it is longer than any event can be", undefined, end - length);
    length = Math.min(end, length * 4);
  }
}

export function damagedLine(
  why: string,
  offset: number | undefined,
  byte: number,
  code = "LINE_DAMAGED",
  cause?: unknown,
): IntegrityError {
  const place = offset === undefined || offset === 0 ? `the line at byte ${byte}` : `line ${offset} (byte ${byte})`;
  const facts = offset === undefined || offset === 0 ? {} : { offset, line: offset };
  return new IntegrityError(code, `${place} is damaged: ${why}`, {
    ...facts,
    byte,
    hint: "the lines before it are whole; compare with a backup or another copy of the log: sessiondb verify",
    ...(cause === undefined ? {} : { cause }),
  });
}

function firstBadLine(bytes: Buffer, firstOffset: number): { offset: number; byte: number } {
  let byte = 0;
  for (let offset = firstOffset; ; offset++) {
    const newline = bytes.indexOf(NEWLINE, byte);
    const end = newline < 0 ? bytes.length : newline + 1;
    try {
      STRICT_UTF8.decode(bytes.subarray(byte, end));
    } catch {
      return { offset, byte };
    }
    byte = end;
  }
}

export function whyDamaged(text: string, start: number, end: number): string {
  if (text.charCodeAt(start) === 0xfeff) return "it begins with a byte order mark, which an editor or a copy has added";
  if (text.charCodeAt(end - 1) === CARRIAGE_RETURN)
    return "it ends with CR LF: an editor or a copy has changed the line ends";
  if (start === end) return "it is empty";
  if (text.slice(start, end).includes("\r"))
    return "line ends in it are CR, without a line feed: an editor or a copy has changed them";
  return "it is not an event";
}
