import { IntegrityError, UsageError } from "../../errors.js";
import { recomputeHash, type SealedEvent } from "../event.js";
import { decodeLine } from "../event-line.js";
import { EMPTY_TAIL, type Tail } from "../seal.js";
import { damagedLine, lineBefore, MAX_LINE_BYTES, NEWLINE, whyDamaged } from "./line-bytes.js";
import type { LogFile } from "./log-file.js";
import { firstLostByte } from "./lost-pages.js";
import { assertOneText } from "./one-text.js";

/** Where a log ends. */
export interface FileEnd {
  readonly tail: Tail;
  /** Size of the part that holds whole appends. */
  readonly wholeBytes: number;
  /** The last line of that part, with its newline; empty for an empty log. */
  readonly lastLine: Buffer;
}

export const EMPTY_END: FileEnd = { tail: EMPTY_TAIL, wholeBytes: 0, lastLine: Buffer.alloc(0) };

/**
 * Finds the end of the last whole append, reading from the back, so that opening costs the same for a log of any length.
 *
 * A record counts only with its newline (unended-append.ts puts it back under the lock), and an append only with its last event (offset = commit). What follows after
 * that is torn: an append that is being written now, or one that a crash has cut. A last whole line that is no event, or
 * whose hash is wrong, is damage and not a torn tail. What a loss of power has left in the middle of unsynced lines
 * counts as the end of the file.
 *
 * @param known position up to which the caller knows the file to be whole
 * @param base the event that the first line continues, where it is not offset 1
 * @throws IntegrityError
 */
export async function findEnd(
  file: LogFile,
  size: number,
  { known = 0, base = EMPTY_TAIL }: { readonly known?: number; readonly base?: Tail } = {},
): Promise<FileEnd> {
  let end = await lastNewline(file, await firstLostByte(file, known, size));
  while (end > 0) {
    const line = await lineBefore(file, end);
    const event = isZeroed(line.text) ? undefined : await lastEvent(file, line);
    if (event !== undefined && event.offset === event.commit) {
      await assertHash(file, event, line.position, base);
      const lastLine = await file.read(line.position, end - line.position);
      return {
        tail: { offset: event.offset, hash: event.hash, recordedAt: event.recordedAt },
        wholeBytes: end,
        lastLine,
      };
    }
    end = line.position;
  }
  await assertFirstAppend(file, size);
  return EMPTY_END;
}

/** How much of a file is looked at to see whose it is. */
const SAMPLE_BYTES = 64 * 1024;

/** @throws IntegrityError; UsageError NOT_A_SESSION_LOG where nothing in the file's beginning looks like a line of ours */
async function lastEvent(file: LogFile, line: { readonly text: string; readonly position: number }) {
  try {
    return strictEvent(line.text, line.position);
  } catch (error) {
    const sample = await file.read(0, Math.min(SAMPLE_BYTES, line.position + Buffer.byteLength(line.text)));
    if (sample.includes('{"v":') || sample.includes('"offset":')) throw error;
    throw notALog(file.path);
  }
}

const FIRST_LINE_BEGINS = Buffer.from('{"v":1,"offset":1,"commit":');

/**
 * Bytes without one whole append are the beginning of a first one that was torn (a crash may leave zeros in their
 * place) or somebody else's file, which must not be moved aside.
 */
async function assertFirstAppend(file: LogFile, size: number): Promise<void> {
  const start = await file.read(0, Math.min(size, FIRST_LINE_BEGINS.length));
  const zero = start.indexOf(0);
  const written = zero < 0 ? start : start.subarray(0, zero);
  if (!written.equals(FIRST_LINE_BEGINS.subarray(0, written.length))) throw notALog(file.path);
  await assertOneText(file, size);
}

function notALog(path: string): UsageError {
  return new UsageError("NOT_A_SESSION_LOG", `jsonl:${path} is not a session log; it was not touched`, {
    hint: "check the path; to take over a session-db.json of Minsky's: sessiondb import minsky-json FILE --store URL",
  });
}

/**
 * @returns the position just behind the last newline before `size`; 0 where there is none
 * @throws IntegrityError LINE_DAMAGED where more stands behind it than any line has: the place is where that begins
 */
async function lastNewline(file: LogFile, size: number): Promise<number> {
  const end = await behindNewline(file, size);
  if (size - end <= MAX_LINE_BYTES) return end;
  if (end === 0) await assertFirstAppend(file, size);
  throw damagedLine("it is longer than any event can be", undefined, end);
}

async function behindNewline(file: LogFile, size: number): Promise<number> {
  let end = size;
  while (end > 0) {
    const length = Math.min(end, size - end < MAX_LINE_BYTES ? 64 * 1024 : 1024 * 1024);
    const at = (await file.read(end - length, length)).lastIndexOf(NEWLINE);
    if (at >= 0) return end - length + at + 1;
    end -= length;
  }
  return 0;
}

/** A loss of power may leave zeros where an append was not on the disk yet. No event holds a NUL byte: JSON escapes it. */
function isZeroed(text: string): boolean {
  return text.includes("\u0000");
}

/** Unlike when reading, data is parsed too: this line is what the next append is chained to. */
function strictEvent(text: string, position: number): SealedEvent {
  try {
    if (text.endsWith("\r")) throw new IntegrityError("LINE_DAMAGED", "CR LF");
    const event = decodeLine(text);
    void event.data;
    void event.meta;
    return event;
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error;
    if (error.code === "LINE_FORMAT_UNKNOWN") throw error;
    throw damagedLine(whyDamaged(text, 0, text.length), undefined, position, "LINE_DAMAGED", error);
  }
}

async function assertHash(file: LogFile, event: SealedEvent, position: number, base: Tail): Promise<void> {
  let prevHash = base.hash;
  if (position > 0) {
    const before = await lineBefore(file, position);
    const previous = strictEvent(before.text, before.position);
    if (previous.offset !== event.offset - 1)
      throw damagedLine(`it holds offset ${event.offset}, after ${previous.offset}`, previous.offset + 1, position);
    prevHash = previous.hash;
  } else if (event.offset !== base.offset + 1) {
    throw damagedLine(`it holds offset ${event.offset}`, base.offset + 1, position);
  }
  if (recomputeHash(prevHash, event) === event.hash) return;
  throw damagedLine("its hash is not that of its content", event.offset, position, "CHAIN_BROKEN");
}
