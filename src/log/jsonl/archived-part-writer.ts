import { closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { ArchiveEntry } from "../archives.js";
import type { SealedEvent } from "../event.js";
import { syncFolder } from "../sync-folder.js";
import { writeWhole } from "../write-whole.js";
import { partPath } from "./archived-part.js";

const IDS_AT_ONCE = 10_000;

/** Writes what has to be known of an archive beside the log, as {@link ArchivedPart} reads it. The name appears when it is whole. */
export async function writePart(
  logPath: string,
  entry: ArchiveEntry,
  pages: AsyncIterable<readonly SealedEvent[]>,
): Promise<{ readonly streams: number; readonly ids: number }> {
  const versions = new Map<string, number>();
  const ids: string[] = [];
  for await (const page of pages) {
    for (const { stream, version, id } of page) {
      versions.set(stream, version);
      ids.push(id);
    }
  }
  const path = partPath(logPath, entry.to);
  const unfinished = `${path}.unfinished`;
  rmSync(unfinished, { force: true });
  const fd = openSync(unfinished, "wx", 0o600);
  try {
    const streams = Buffer.from([...versions].map((entry) => `${JSON.stringify(entry)}\n`).join(""));
    writeWhole(fd, Buffer.concat([headOf(entry, versions.size, streams.length), streams]));
    ids.sort();
    for (let i = 0; i < ids.length; i += IDS_AT_ONCE) {
      writeWhole(fd, Buffer.from(ids.slice(i, i + IDS_AT_ONCE).join(""), "latin1"));
    }
    writeWhole(fd, Buffer.from("\n"));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(unfinished, path);
  syncFolder(dirname(path));
  return { streams: versions.size, ids: ids.length };
}

/** It says where the ids begin, and its own length is a part of that. */
function headOf({ from, to }: ArchiveEntry, streams: number, streamBytes: number): Buffer {
  for (let ids = streamBytes; ; ids++) {
    const line = Buffer.from(`{"v":1,"from":${from},"to":${to},"streams":${streams},"ids":${ids}}\n`);
    if (line.length + streamBytes === ids) return line;
  }
}
