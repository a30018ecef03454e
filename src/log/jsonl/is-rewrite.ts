import { isRedaction } from "../redaction.js";
import type { Tail } from "../seal.js";
import type { ArchivedPart } from "./archived-part.js";
import { bisectLines } from "./bisect-lines.js";
import { type FileEnd, findEnd } from "./file-end.js";
import { archivedBefore } from "./first-offset.js";
import type { LogFile } from "./log-file.js";
import { checkManifest } from "./manifest.js";
import { readPages } from "./read-events.js";

/** A file that has taken the place of the one that was known, and how it was found. */
export interface Rewrite {
  /** Of the file. */
  readonly size: number;
  readonly end: FileEnd;
  readonly before: ArchivedPart;
}

/**
 * What this file is, where it is the log that was known, as a redaction since then has written it; or, where archives are
 * taken out of the log and put back, where it has the last event, or says that it was archived; or, where the log was cut in
 * a closed segment, where both have the event that was the last one then. Of a log that was known to be empty, or of
 * which nothing was known yet, any file is.
 *
 * @returns undefined where it is another one
 */
export async function rewriteOf(was: Bytes, file: LogFile): Promise<Rewrite | undefined> {
  const size = file.sizeAsOpened();
  const before = await archivedBefore(file, size);
  const end = await findEnd(file, size, { base: before.base });
  return (await isRewriteOf(was, { file, end, base: before.base })) ? { size, end, before } : undefined;
}

async function isRewriteOf(was: Bytes, { file, end, base }: Bytes & { readonly base: Tail }): Promise<boolean> {
  const { tail: known } = was.end;
  const { rewritten: mayBeArchived = false, cut = null } = checkManifest(file.path) ?? {};
  if (known.offset === 0) return true;
  if (cut !== null && cut < known.offset && (cut === 0 || (await haveSame(cut, was, { file, end })))) return true;
  if (end.tail.offset < known.offset) return false;
  if (known.offset < base.offset) return mayBeArchived;
  if (known.offset === base.offset) return mayBeArchived && known.hash === base.hash;
  for await (const page of pagesFrom(known.offset, { file, end })) {
    if (page[0]?.offset === known.offset && page[0].hash !== known.hash) return false;
    if (mayBeArchived || page.some((event) => event.offset > known.offset && isRedaction(event))) return true;
  }
  return false;
}

interface Bytes {
  readonly file: LogFile;
  readonly end: FileEnd;
}

async function haveSame(offset: number, one: Bytes, other: Bytes): Promise<boolean> {
  const [hash, same] = [await hashAt(offset, one), await hashAt(offset, other)];
  return hash !== undefined && hash === same;
}

/** undefined where there is no such line. */
async function hashAt(offset: number, bytes: Bytes): Promise<string | undefined> {
  if (offset > bytes.end.tail.offset) return undefined;
  for await (const [event] of pagesFrom(offset, bytes)) return event?.offset === offset ? event.hash : undefined;
  return undefined;
}

async function* pagesFrom(from: number, { file, end }: Bytes): ReturnType<typeof readPages> {
  const { tail, wholeBytes } = end;
  const position = await bisectLines(file, wholeBytes, ({ offset }) => offset < from);
  yield* readPages(file, { from, to: tail.offset, position, end: wholeBytes, toTail: false });
}
