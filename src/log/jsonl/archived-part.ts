import { closeSync, existsSync, fstatSync, readdirSync, readSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type ArchivedError, IntegrityError } from "../../errors.js";
import { openOrdinary, readOrdinary } from "../../files/open-ordinary.js";
import { type ArchiveEntry, archived, archivedForGood, baseOf } from "../archives.js";
import type { Tail } from "../seal.js";

/**
 * `x.jsonl.archived-<offset>` stands beside a log for each of its archives, which ends at that offset: what has to be known
 * of it at every append. ASCII, but for the names:
 *
 *   {"v":1,"from":1,"to":1000,"streams":2,"ids":87}      ids: the byte at which they begin
 *   ["session-a",612]                                    each stream with its version at the end
 *   0190a000-0000-7000-8000-00000000000a0190…            the ids, 36 bytes each, sorted, and a newline
 */
export function partPath(logPath: string, to: number): string {
  return `${logPath}.archived-${to}`;
}

/** Those that are there, also of archives that the log does not have (any more). */
export function partFiles(logPath: string): string[] {
  const folder = dirname(logPath);
  const beginning = `${basename(logPath)}.archived-`;
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names
    .filter((name) => name.startsWith(beginning) && /^\d+$/.test(name.slice(beginning.length)))
    .map((name) => join(folder, name));
}

const ID_BYTES = 36;
const HEAD = /^\{"v":1,"from":(\d+),"to":(\d+),"streams":(\d+),"ids":(\d+)\}$/;
const NEWLINE = 0x0a;

/** What a file of lines knows of the events before its first one, which lie in archives. */
export class ArchivedPart {
  readonly entries: readonly ArchiveEntry[];
  /** The event that the first line continues. */
  readonly base: Tail;
  readonly #logPath: string;
  #versions: Map<string, number> | undefined;

  constructor(logPath: string, entries: readonly ArchiveEntry[]) {
    this.#logPath = logPath;
    this.entries = entries;
    this.base = baseOf(entries);
  }

  /** Version of a stream at its last archived event; 0 where it has none. */
  versionOf(stream: string): number {
    this.#versions ??= this.#readVersions();
    return this.#versions.get(stream) ?? 0;
  }

  /** The error where an offset is archived. */
  errorAt(offset: number, what = `offset ${offset}`): ArchivedError | undefined {
    const last = this.entries.at(-1);
    return last !== undefined && offset <= last.to ? archived(what, last) : undefined;
  }

  /** The same for who would change it, or has to compare with it. */
  errorInstead(offset: number, what = `offset ${offset}`): ArchivedError | undefined {
    const last = this.entries.at(-1);
    return last !== undefined && offset <= last.to ? archivedForGood(what, last) : undefined;
  }

  /** The error where a stream has archived events from a version on. */
  errorFrom(stream: string, version: number): ArchivedError | undefined {
    return version <= this.versionOf(stream) ? this.errorAt(0, `a part of ${stream}`) : undefined;
  }

  /** The error where an id is that of an archived event. */
  idError(id: string): ArchivedError | undefined {
    const isThere = this.entries.some((entry) => this.#hasId(entry, id));
    return isThere ? this.errorInstead(0, `the event ${id}, which was appended before,`) : undefined;
  }

  #readVersions(): Map<string, number> {
    const versions = new Map<string, number>();
    for (const entry of this.entries) {
      const { lines } = readHead(partPath(this.#logPath, entry.to), entry);
      for (const line of lines) {
        const [stream, version] = JSON.parse(line) as [string, number];
        versions.set(stream, version);
      }
    }
    return versions;
  }

  /** By bisection in the file: nothing of it stays in memory. */
  #hasId({ from, to }: ArchiveEntry, id: string): boolean {
    const path = partPath(this.#logPath, to);
    const fd = opened(path);
    try {
      const count = to - from + 1;
      const start = fstatSync(fd).size - 1 - count * ID_BYTES;
      const bytes = Buffer.alloc(ID_BYTES);
      let low = 0;
      let high = count;
      while (low < high) {
        const middle = Math.floor((low + high) / 2);
        if (readSync(fd, bytes, 0, ID_BYTES, start + middle * ID_BYTES) < ID_BYTES) throw lost(path);
        const found = bytes.toString("latin1");
        if (found === id) return true;
        if (found < id) low = middle + 1;
        else high = middle;
      }
      return false;
    } finally {
      closeSync(fd);
    }
  }
}

/** @throws IntegrityError ARCHIVED_PART_LOST */
function readHead(path: string, { from, to, streams }: ArchiveEntry): { readonly lines: string[] } {
  const bytes = readWhole(path);
  const head = HEAD.exec(bytes.toString("latin1", 0, bytes.indexOf(NEWLINE)));
  const ids = Number(head?.[4] ?? 0);
  const isSame = Number(head?.[1]) === from && Number(head?.[2]) === to && Number(head?.[3]) === streams;
  const lines = bytes.toString("utf8", 0, ids).split("\n").slice(1, -1);
  if (!isSame || lines.length !== streams || bytes.length !== ids + (to - from + 1) * ID_BYTES + 1) throw lost(path);
  return { lines };
}

function readWhole(path: string): Buffer {
  try {
    return readOrdinary(path);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "ENOENT" ? lost(path) : error;
  }
}

function opened(path: string): number {
  try {
    return openOrdinary(path);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "ENOENT" ? lost(path) : error;
  }
}

function lost(path: string): IntegrityError {
  return new IntegrityError("ARCHIVED_PART_LOST", `${path} is gone or damaged: it tells what of the log was archived`, {
    hint: "take it from a backup, or put the archive back: sessiondb archive restore FILE",
  });
}
