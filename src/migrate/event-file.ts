import { createReadStream, statSync } from "node:fs";
import { IntegrityError, NotFoundError, SessionDbError, StorageError, UsageError } from "../errors.js";
import { codeOf } from "../files/code-of.js";
import { fileErrorText } from "../files/file-error-text.js";
import { ChainCheck, chainBroken } from "../log/chain-check.js";
import type { SealedEvent } from "../log/event.js";
import { decodeLine } from "../log/event-line.js";
import { PageFiller } from "../log/paging.js";
import type { Tail } from "../log/seal.js";

/** Larger than any event can be: 16 MiB of data, 64 Ki characters of meta, and the rest. */
const MAX_LINE_BYTES = 20 * 1024 * 1024;
const NEWLINE = 0x0a;
const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What a file of events holds. Its offsets have no gaps, and its chain was recomputed from its second event on. */
export interface EventFileFacts {
  readonly path: string;
  /** Offset of its first event; 1 for a whole log, 0 for an empty file. */
  readonly first: number;
  /** Its last event; of an empty file the empty tail. */
  readonly tail: Tail;
  readonly events: number;
}

/**
 * The events of a file of lines as the JSONL backend writes them: a whole log, or a piece of one that begins anywhere.
 * Nothing is mended: a file whose last line has no end was cut off, and is refused.
 *
 * @throws IntegrityError LINE_DAMAGED, LINE_FORMAT_UNKNOWN with line and byte; NotFoundError BACKUP_NOT_FOUND;
 *   StorageError STORAGE_UNREADABLE; UsageError PATH_INVALID
 */
export async function* readEventFile(path: string): AsyncGenerator<SealedEvent[], void, undefined> {
  const filler = new PageFiller();
  let line = 0;
  for await (const { text, byte } of linesOf(path)) {
    const event = eventOf(text, path, ++line, byte);
    if (filler.add(event)) continue;
    yield filler.take();
    filler.add(event);
  }
  if (!filler.isEmpty) yield filler.take();
}

/** Reads a whole file and recomputes its chain. @throws as readEventFile; IntegrityError CHAIN_BROKEN */
export async function checkEventFile(path: string, onEvent?: (event: SealedEvent) => void): Promise<EventFileFacts> {
  let first: SealedEvent | undefined;
  let check = new ChainCheck();
  let last: SealedEvent | undefined;
  for await (const page of readEventFile(path)) {
    for (const event of page) {
      // What a piece begins behind is not in it: whoever appends it checks its first event.
      if (first === undefined && event.offset > 1) check = new ChainCheck(tailOf(event));
      else assertNext(check, event, path, (first ?? event).offset === 1);
      first ??= event;
      last = event;
      onEvent?.(event);
    }
  }
  if (last !== undefined && last.commit !== last.offset) {
    throw new IntegrityError("APPEND_TORN", `${path} ends inside an append (offset ${last.offset} of ${last.commit})`, {
      offset: last.offset,
      hint: "its end is cut off: take another copy of it, or have what is not whole moved aside first: sessiondb doctor --fix --store jsonl:FILE",
    });
  }
  const events = first === undefined || last === undefined ? 0 : last.offset - first.offset + 1;
  return { path, first: first?.offset ?? 0, tail: check.tail, events };
}

/** @param isWhole the file begins where the log does, so each of its streams does, too */
function assertNext(check: ChainCheck, event: SealedEvent, path: string, isWhole: boolean): void {
  const fault = check.next(event, isWhole ? () => 0 : undefined);
  if (fault !== undefined) throw chainBroken(check.tail.offset + 1, `${fault} (${path})`);
}

function tailOf({ offset, hash, recordedAt }: SealedEvent): Tail {
  return { offset, hash, recordedAt };
}

function eventOf(text: string, path: string, line: number, byte: number): SealedEvent {
  try {
    return decodeLine(text);
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error;
    throw new IntegrityError(error.code, `${path}, line ${line} (byte ${byte}): ${error.message}`, {
      line,
      byte,
      hint: error.hint ?? "take another copy of this file",
    });
  }
}

interface TextLine {
  readonly text: string;
  /** Position of its first byte. */
  readonly byte: number;
}

async function* linesOf(path: string): AsyncGenerator<TextLine, void, undefined> {
  let parts: Buffer[] = [];
  let held = 0;
  let byte = 0;
  for await (const chunk of chunksOf(path)) {
    // Before anything else: whether a line of such bytes has an end, and what it lacks, is chance.
    if (byte === 0 && held === 0 && isGzip(chunk)) throw compressed(path);
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      const bytes = Buffer.concat([...parts, chunk.subarray(from, end)]);
      yield { text: decoded(bytes, path, byte), byte };
      byte += bytes.length + 1;
      from = end + 1;
      parts = [];
      held = 0;
    }
    if (from === chunk.length) continue;
    parts.push(chunk.subarray(from));
    held += chunk.length - from;
    if (held > MAX_LINE_BYTES) throw damaged(path, byte, "a line is longer than any event");
  }
  if (held > 0) throw damaged(path, byte, "the last line has no end: the file was cut off");
}

function decoded(bytes: Buffer, path: string, byte: number): string {
  try {
    return STRICT_UTF8.decode(bytes);
  } catch {
    throw damaged(path, byte, "the line is not UTF-8");
  }
}

function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function compressed(path: string): IntegrityError {
  return new IntegrityError("LINE_DAMAGED", `${path} is compressed, and no lines of events`, {
    hint: "unpack it first, with gunzip -k; what archive has made goes back with: sessiondb archive restore",
  });
}

function damaged(path: string, byte: number, why: string): IntegrityError {
  return new IntegrityError("LINE_DAMAGED", `${path}, byte ${byte}: ${why}`, { byte, hint: "take another copy of it" });
}

/** A pipe gives its bytes once, and files of events are read twice: to check them, and to append them. */
function assertReadAgain(path: string): void {
  const found = statSync(path);
  if (found.isFile() || found.isDirectory()) return;
  throw new UsageError("PATH_INVALID", `${path} is a pipe or a device, and no file`, {
    hint: "write what comes out of it into a file first, which is checked as a whole before anything is written",
  });
}

async function* chunksOf(path: string): AsyncGenerator<Buffer, void, undefined> {
  try {
    assertReadAgain(path);
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) yield chunk as Buffer;
  } catch (cause) {
    if (codeOf(cause) === "" || cause instanceof SessionDbError) throw cause;
    const message = `${path} cannot be read: ${fileErrorText(cause)}`;
    const facts = { hint: "check the path and who may read it", cause };
    if (codeOf(cause) === "ENOENT") throw new NotFoundError("BACKUP_NOT_FOUND", message, facts);
    throw new StorageError("STORAGE_UNREADABLE", message, facts);
  }
}
