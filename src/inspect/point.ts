import { sessionIdOf } from "../../projections/sessions.js";
import { NotFoundError, UsageError } from "../errors.js";
import { assertLog } from "../log/assert-log.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { shellWord } from "../log/shell-word.js";
import { assertOffsetIn } from "../replay/assert-offset-in.js";
import { sessionNotFound } from "../replay/session-not-found.js";
import { offsetOfMark } from "./marks.js";
import { readTime } from "./time-text.js";

/** A place in the log, as it was asked for and as it was understood. */
export interface Point {
  readonly text: string;
  readonly offset: number;
  /** What the text was taken to mean, for people. */
  readonly meaning: string;
}

export interface PointContext {
  /** The stream that `vN` counts in; without it `vN` is refused. */
  readonly stream?: string;
  readonly now: Date;
}

const OFFSET = /^\d{1,15}$/;
const VERSION = /^v(\d{1,15})$/i;
const HEAD = /^head(?:~(\d{1,15}))?$/i;
const MARK = /^mark:(.*)$/s;

/**
 * Understands `42` (offset), `v12` (version in the session), `HEAD`, `HEAD~3`, `mark:name`, and the times of
 * {@link readTime}: `2026-01-31T10:00:00Z`, `2026-01-31` (local midnight), `today 18:00`, `2h` and `7d` (ago).
 *
 * @throws UsageError POINT_INVALID, MARK_NAME_INVALID; NotFoundError POINT_OUTSIDE where the log has no such offset,
 *   version or time, MARK_NOT_FOUND, SESSION_NOT_FOUND where a version was named and its session has no events;
 *   IntegrityError MARK_MISMATCH
 */
export async function resolvePoint(log: EventLog, text: string, context: PointContext): Promise<Point> {
  assertLog(log);
  const point = (offset: number, meaning: string): Point => ({ text, offset, meaning });
  const version = VERSION.exec(text);
  if (version !== null)
    return point(await offsetOfVersion(log, text, Number(version[1]), context.stream), `version ${version[1]}`);
  if (OFFSET.test(text)) return point(await existing(log, Number(text), text), `offset ${Number(text)}`);
  const head = HEAD.exec(text);
  if (head !== null) {
    const { offset } = await log.tail();
    return point(await existing(log, offset - Number(head[1] ?? 0), text), text.toUpperCase());
  }
  const mark = MARK.exec(text)?.[1];
  if (mark !== undefined) return point(await offsetOfMark(log, mark), text);
  const time = timeOf(text, context.now);
  return point(await offsetAtTime(log, time), `as of ${time.toISOString()}`);
}

/** Whether a text names a time, and no place in the log. */
export function isTimePoint(text: string): boolean {
  return ![VERSION, OFFSET, HEAD, MARK].some((form) => form.test(text));
}

async function existing(log: EventLog, offset: number, text: string): Promise<number> {
  await assertOffsetIn(log, offset, text);
  return offset;
}

async function offsetOfVersion(
  log: EventLog,
  text: string,
  version: number,
  stream: string | undefined,
): Promise<number> {
  if (stream === undefined) {
    throw new UsageError("POINT_INVALID", `${text} counts inside one session, and no session is named here`, {
      hint: "use an offset, HEAD~N or a time",
    });
  }
  for await (const event of eventsOf(log.readStream(stream, { from: version, to: version }))) return event.offset;
  throw await versionOutside(log, stream, version);
}

/** Without any events there is no such session: then that is the answer, whatever version was asked for. */
async function versionOutside(log: EventLog, stream: string, version: number): Promise<NotFoundError> {
  const id = sessionIdOf(stream) ?? stream;
  const { version: last } = (await log.readLast(stream)) ?? {};
  if (last === undefined) return sessionNotFound(id);
  return new NotFoundError("POINT_OUTSIDE", `session ${id} has no version ${version}: it has v1 to v${last}`, {
    hint: `run: sessiondb session log ${shellWord(id)}; the offset 0 is before everything`,
  });
}

async function offsetAtTime(log: EventLog, time: Date): Promise<number> {
  const offset = await log.offsetAt(time);
  if (offset > 0) return offset;
  throw new NotFoundError("POINT_OUTSIDE", `${time.toISOString()} is before the first event`, {
    hint: "offset 1 is the first event",
  });
}

/** As {@link readTime}. @throws UsageError POINT_INVALID where the text is no time */
export function timeOf(text: string, now: Date): Date {
  const time = readTime(text, now);
  if (time === undefined) throw invalidPoint(text);
  return time;
}

function invalidPoint(text: string): UsageError {
  return new UsageError("POINT_INVALID", `${JSON.stringify(text)} is no point in the log`, {
    hint: "write an offset (42), v12, HEAD, HEAD~3, mark:NAME, 2026-01-31T10:00:00Z, 2026-01-31, today 18:00, 2h or 7d",
  });
}

/** A point as a program may name it: its text, an offset, or a time. */
export type PointLike = string | number | Date;

/** As {@link resolvePoint} reads it. @throws UsageError POINT_INVALID */
export function pointText(point: PointLike): string {
  if (typeof point === "string") return point;
  if (typeof point === "number" && OFFSET.test(String(point))) return String(point);
  if (point instanceof Date && !Number.isNaN(point.getTime())) return point.toISOString();
  throw invalidPoint(String(point));
}
