import { closeSync, fsyncSync, openSync, readdirSync, readSync, renameSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { UsageError } from "../../errors.js";
import { openOrdinary, readOrdinary } from "../../files/open-ordinary.js";
import type { ArchiveEntry } from "../archives.js";
import { syncFolder } from "../sync-folder.js";
import { writeWhole } from "../write-whole.js";
import { firstOffsetOf, HEAD_BYTES } from "./first-line.js";
import { areSegments, isSegmentOf, type SegmentEntry } from "./segment-entry.js";

/**
 * `x.jsonl.manifest.json`: {"format":1,"lock":"ofd"}; format 2 where "archives" lie before the first line, format 3 where
 * "segments" do. It names the kind of lock that guards the log, because two kinds on one log would exclude nobody; a program
 * that does not know the kind must not write. A frozen log also has "movedTo":"<address>" there, and one that an append was written to "begun":true. The file is replaced, never written over, so a change of it shows in its inode.
 */
const MANIFEST = { format: 1, lock: "ofd" } as const;
const ARCHIVES_FORMAT = 2;
const LAST_FORMAT = 3;

export function manifestPath(logPath: string): string {
  return `${logPath}.manifest.json`;
}

export interface Manifest {
  /** The address that the log is frozen for. */
  readonly movedTo: string | null;
  /** Oldest first. In effect are those before the first line of the log. */
  readonly archives: readonly ArchiveEntry[];
  /** An archive was once taken out of this log: who has it open may find another file in its place, many times. */
  readonly rewritten: boolean;
  /** An append is on the disk: the log is not empty, unless somebody has emptied it. False where nobody has said so yet. */
  readonly begun: boolean;
  /** The files that hold the log up to the first line of `x.jsonl`, oldest first; none where that is the whole log. */
  readonly segments: readonly SegmentEntry[];
  /**
   * Something is under way that puts another file in the place of `x.jsonl`: as long as that begins with this offset, the
   * segments from there on are not in effect. null where nothing is.
   */
  readonly replaced: number | null;
  /** The offset behind which the log was last cut in a closed segment: its last event then, or 0. null where it never was. */
  readonly cut: number | null;
}

export const NO_MANIFEST: Manifest = {
  movedTo: null,
  archives: [],
  rewritten: false,
  begun: false,
  segments: [],
  replaced: null,
  cut: null,
};

/** What changes with every manifest; cheap enough to be asked for under the lock of each append. "" where there is none. */
export function manifestStamp(logPath: string): string {
  const stat = statSync(manifestPath(logPath), { throwIfNoEntry: false });
  return stat === undefined ? "" : `${stat.ino} ${stat.ctimeMs} ${stat.size}`;
}

/**
 * @returns undefined where there is none
 * @throws UsageError LOCK_KIND_UNKNOWN, LOG_FORMAT_NEWER, MANIFEST_INVALID
 */
export function checkManifest(logPath: string): Manifest | undefined {
  const path = manifestPath(logPath);
  const manifest = readManifest(path);
  if (manifest === undefined) return undefined;
  if (typeof manifest.format === "number" && manifest.format > LAST_FORMAT) {
    throw new UsageError("LOG_FORMAT_NEWER", `${path}: format ${manifest.format}, this program knows ${LAST_FORMAT}`, {
      hint: "upgrade sessiondb",
    });
  }
  if (typeof manifest.format !== "number" || !(manifest.format >= MANIFEST.format))
    throw invalid(path, "it names no format");
  if (manifest.lock !== MANIFEST.lock) {
    throw new UsageError(
      "LOCK_KIND_UNKNOWN",
      `${path}: this log is guarded by a lock of kind ${JSON.stringify(manifest.lock)}`,
      {
        hint: `this program locks with "${MANIFEST.lock}", which would exclude nobody here; use the program that made the log`,
      },
    );
  }
  const { movedTo = null, archives = [], rewritten, begun, segments = [], replaced = null, cut = null } = manifest;
  if (!areEntries(archives)) throw invalid(path, "its archives are none");
  if (!areSegments(segments)) throw invalid(path, "its segments are none");
  if (!isOffset(replaced) || !isOffset(cut)) throw invalid(path, "replaced, or cut, is no offset");
  if (movedTo !== null && typeof movedTo !== "string") throw invalid(path, "movedTo is no address");
  return { movedTo, archives, rewritten: rewritten === true, begun: begun === true, segments, replaced, cut };
}

/** The caller holds the lock. */
export function writeManifestLocked(logPath: string, manifest: Manifest = NO_MANIFEST): void {
  const path = manifestPath(logPath);
  const unfinished = `${path}.tmp`;
  const fd = openSync(unfinished, "w", 0o600);
  try {
    writeWhole(fd, Buffer.from(`${JSON.stringify(storedForm(manifest))}\n`));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(unfinished, path);
  syncFolder(dirname(path));
}

/** What is not said is as in NO_MANIFEST, so that a program that knows less reads what it can. */
function storedForm({ movedTo, archives, rewritten, begun, segments, replaced, cut }: Manifest): object {
  return {
    ...MANIFEST,
    ...(archives.length === 0 ? {} : { format: ARCHIVES_FORMAT, archives }),
    ...(segments.length === 0 ? {} : { format: LAST_FORMAT, segments }),
    ...(replaced === null ? {} : { replaced }),
    ...(cut === null ? {} : { cut }),
    ...(rewritten ? { rewritten } : {}),
    ...(begun ? { begun } : {}),
    ...(movedTo === null ? {} : { movedTo }),
  };
}

function readManifest(path: string): Readonly<Record<string, unknown>> | undefined {
  let text: string;
  try {
    text = readOrdinary(path).toString("utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null) return parsed as Record<string, unknown>;
  } catch {
    // told below, with what to do
  }
  throw invalid(path, "it is not a JSON object");
}

const NUMBERS = ["from", "to", "streams", "bytes"] as const;
const TEXTS = ["before", "hash", "recordedAt", "file", "sha256"] as const;

/** Each behind the one before, from offset 1 on. */
function areEntries(archives: unknown): archives is ArchiveEntry[] {
  if (!Array.isArray(archives)) return false;
  let last = 0;
  return archives.every((entry: Partial<ArchiveEntry> | null) => {
    if (typeof entry !== "object" || entry === null || !NUMBERS.every((name) => Number.isSafeInteger(entry[name])))
      return false;
    const { from = 0, to = 0 } = entry;
    const isNext = from === last + 1 && to >= from && TEXTS.every((name) => typeof entry[name] === "string");
    last = to;
    return isNext;
  });
}

function isOffset(value: unknown): value is number | null {
  return value === null || Number.isSafeInteger(value);
}

function invalid(path: string, why: string): UsageError {
  const hint = isWholeLog(path.slice(0, -manifestPath("").length))
    ? `if no other program uses this log, write ${JSON.stringify(MANIFEST)} into it`
    : "take it from a backup: only it says which archives and segments hold the events before; or restore the whole log";
  return new UsageError("MANIFEST_INVALID", `${path} is damaged: ${why}`, { hint });
}

function headOf(logPath: string): string {
  const fd = openOrdinary(logPath);
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    return head.toString("latin1", 0, readSync(fd, head, 0, HEAD_BYTES, 0));
  } finally {
    closeSync(fd);
  }
}

/** Whether nothing of the log lies elsewhere: its file begins with offset 1, and no segment is beside it. */
function isWholeLog(logPath: string): boolean {
  try {
    const name = basename(logPath);
    return firstOffsetOf(headOf(logPath)) === 1 && !readdirSync(dirname(logPath)).some((one) => isSegmentOf(name, one));
  } catch {
    return false; // what cannot be looked at may well have more
  }
}
