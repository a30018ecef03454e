import type { SealedFields } from "./event.js";
import { chainTexts, hashedData, sha256Hex } from "./hash-chain.js";

/**
 * Events as the bytes that their hashes are made of, in memory that two threads see:
 *
 *   bytes   salt \n data │ hash before \n … "dataHash":" ░░ 64 bytes left open ░░ " … │ hash that it should have │ next event
 *   marks               ╵dataEnd                       ╵holeAt                        ╵chainEnd                  ╵end
 *
 * The hash of the data goes into the 64 bytes. A redacted event has no data (dataEnd is where it begins) and stands as it is.
 */
export interface HashBatch {
  readonly bytes: SharedArrayBuffer;
  /** Four numbers of 32 bits an event. */
  readonly marks: SharedArrayBuffer;
  readonly count: number;
}

const MARKS_EACH = 4;
const HOLE = "_".repeat(64);
/** UTF-8 takes at most three bytes for a UTF-16 unit. */
const BYTES_A_CHAR = 3;
/** Enough for a page of usual events. */
const USUAL_BYTES = 1024 * 1024;

/** @param spare of an earlier batch that nobody looks at any more: its memory is used again */
export function hashBatchOf(prevHash: string, events: readonly SealedFields[], spare?: HashBatch): HashBatch {
  const marks = new Int32Array(marksFor(events.length, spare));
  let bytes = spare?.bytes ?? new SharedArrayBuffer(USUAL_BYTES);
  let view = Buffer.from(bytes);
  let [at, mark, before] = [0, 0, prevHash];
  for (const event of events) {
    const data = event.dataText === null || event.salt === null ? "" : hashedData(event.salt, event.dataText);
    const { head, rest } = chainTexts(before, event);
    const text = data + head + (data === "" ? (event.dataHash ?? "") : HOLE) + rest + event.hash;
    const needed = at + text.length * BYTES_A_CHAR;
    if (needed > view.length) {
      bytes = grown(view, needed);
      view = Buffer.from(bytes);
    }
    const end = at + view.write(text, at);
    const isAscii = end - at === text.length;
    const dataEnd = at + (isAscii ? data.length : Buffer.byteLength(data));
    marks[mark++] = dataEnd;
    marks[mark++] = dataEnd + (isAscii ? head.length : Buffer.byteLength(head));
    marks[mark++] = end - (isAscii ? event.hash.length : Buffer.byteLength(event.hash));
    marks[mark++] = end;
    at = end;
    before = event.hash;
  }
  return { bytes, marks: marks.buffer, count: events.length };
}

function marksFor(count: number, spare: HashBatch | undefined): SharedArrayBuffer {
  const size = count * MARKS_EACH * Int32Array.BYTES_PER_ELEMENT;
  return spare !== undefined && spare.marks.byteLength >= size ? spare.marks : new SharedArrayBuffer(size);
}

function grown(bytes: Buffer, size: number): SharedArrayBuffer {
  const larger = new SharedArrayBuffer(Math.max(size, 2 * bytes.length));
  bytes.copy(Buffer.from(larger));
  return larger;
}

/**
 * The index of the first event whose hash is not what it should be; -1 where all are right.
 *
 * The second thread runs this from its text (see hash-thread.ts): it may name nothing that stands outside of it, but what
 * Node gives every thread.
 */
export function firstWrongIn({ bytes: buffer, marks: places, count }: HashBatch): number {
  const { hash } = process.getBuiltinModule("node:crypto");
  const bytes = Buffer.from(buffer);
  const marks = new Int32Array(places);
  let begin = 0;
  for (let i = 0; i < count; i++) {
    const dataEnd = marks[4 * i] as number;
    const holeAt = marks[4 * i + 1] as number;
    const chainEnd = marks[4 * i + 2] as number;
    const end = marks[4 * i + 3] as number;
    if (dataEnd > begin) bytes.write(hash("sha256", bytes.subarray(begin, dataEnd), "hex"), holeAt, "latin1");
    const expected = bytes.toString("latin1", chainEnd, end);
    if (hash("sha256", bytes.subarray(dataEnd, chainEnd), "hex") !== expected) return i;
    begin = end;
  }
  return -1;
}

/** What a batch says of one event: the time that it was recorded at, its hash, and the hash that was computed. */
export function placeIn(batch: HashBatch, index: number): { recordedAt: string; hash: string; computed: string } {
  const bytes = Buffer.from(batch.bytes);
  const marks = new Int32Array(batch.marks);
  const [dataEnd, , chainEnd, end] = marks.subarray(MARKS_EACH * index, MARKS_EACH * (index + 1));
  const chain = bytes.subarray(dataEnd, chainEnd);
  const [, , , recordedAt = ""] = chain.toString().split("\n", 4);
  return { recordedAt, hash: bytes.toString("utf8", chainEnd, end), computed: sha256Hex(chain) };
}
