import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { ArchiveEntry } from "../log/archives.js";
import { ChainCheck } from "../log/chain-check.js";
import { encodeLine } from "../log/event-line.js";
import { ArchiveFile } from "./archive-file.js";
import { type ArchiveHeader, damagedArchive } from "./archive-header.js";
import { ArchiveIndex } from "./archive-index.js";

/** An archive that was read from end to end and is whole. */
export interface CheckedArchive {
  readonly header: ArchiveHeader;
  /** As a store notes it. */
  readonly entry: ArchiveEntry;
}

/**
 * Reads a whole archive: the chain of its events from the hash before it to the one that it ends with is recomputed, the
 * index is that of its events, and nothing stands between them or behind.
 *
 * @throws IntegrityError ARCHIVE_DAMAGED; NotFoundError ARCHIVE_NOT_FOUND; StorageError STORAGE_UNREADABLE
 */
export async function checkArchive(
  path: string,
  onRead?: (done: number, total: number) => void,
): Promise<CheckedArchive> {
  const file = await ArchiveFile.open(path);
  try {
    const { header } = file;
    const found = await walk(file, onRead);
    const { from, to, before, hash, recordedAt, streams } = header;
    if (found.lines.sha256 !== header.lines.sha256 || found.lines.bytes !== header.lines.bytes)
      throw damagedArchive(file.path, "its events are not those that its header names");
    if (found.hash !== hash || found.recordedAt !== recordedAt || found.streams !== streams)
      throw damagedArchive(file.path, "its events do not end where its header says");
    const { size } = await stat(file.path);
    const sha256 = await fileDigest(file.path);
    const entry = { from, to, before, hash, recordedAt, streams, file: file.path, sha256, bytes: size };
    return { header, entry };
  } finally {
    await file.close();
  }
}

interface Found {
  readonly hash: string;
  readonly recordedAt: string;
  readonly streams: number;
  readonly lines: ArchiveHeader["lines"];
}

async function walk(file: ArchiveFile, onRead?: (done: number, total: number) => void): Promise<Found> {
  const { from, to, before, firstAt, index: end } = file.header;
  const check = new ChainCheck({ offset: from - 1, hash: before, recordedAt: firstAt });
  const listed = await file.index();
  const found = new ArchiveIndex();
  const sha256 = createHash("sha256");
  let bytes = 0;
  let position = file.headerSize;
  for (const [i, block] of listed.blocks.entries()) {
    if (block.position !== position) throw damagedArchive(file.path, "something stands between its parts");
    position += block.bytes;
    const events = await file.events(i);
    const text = Buffer.from(await file.text(block));
    sha256.update(text);
    bytes += text.length;
    for (const event of events) {
      const fault = check.next(event);
      if (fault !== undefined) throw damagedArchive(file.path, `offset ${event.offset}: ${fault}`);
      found.add(event);
    }
    const [first, last] = [events[0], events.at(-1)];
    if (first?.recordedAt !== block.recordedAt) throw damagedArchive(file.path, "its index has another time");
    if (last?.offset === to && last.commit !== to) throw damagedArchive(file.path, "it ends inside an append");
    // What the lines say and what was read of them must be the same bytes: a second key of a name would say two things.
    if (!text.equals(Buffer.from(events.map(encodeLine).join(""))))
      throw damagedArchive(file.path, "a line was written by somebody else");
    found.blocks.push(block);
    onRead?.((last?.offset ?? 0) - from + 1, to - from + 1);
  }
  if (position !== end) throw damagedArchive(file.path, "something stands between its events and its index");
  assertSameIndex(file.path, listed, found);
  const { hash, recordedAt } = check.tail;
  return { hash, recordedAt, streams: found.streamCount, lines: { bytes, sha256: sha256.digest("hex") } };
}

function assertSameIndex(path: string, listed: ArchiveIndex, found: ArchiveIndex): void {
  const lines = found.lines();
  for (const line of listed.lines()) {
    if (line !== lines.next().value) throw damagedArchive(path, "its index is not that of its events");
  }
  if (lines.next().done !== true) throw damagedArchive(path, "its index lacks streams");
}

/** SHA-256 of a file, hex. */
async function fileDigest(path: string): Promise<string> {
  const sha256 = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) sha256.update(chunk as Buffer);
  return sha256.digest("hex");
}
