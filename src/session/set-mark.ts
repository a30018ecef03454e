import { MARKS_STREAM, type Mark, markEventSchemas } from "../../projections/marks.js";
import { defined } from "../defined.js";
import { NotFoundError, RuleError } from "../errors.js";
import { assertLog } from "../log/assert-log.js";
import type { EventMeta, SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { assertOffsetIn } from "../replay/assert-offset-in.js";
import { hashAt } from "../replay/hash-at.js";
import { assertMarkName, markOf, readMarks } from "../replay/read-marks.js";
import { defaultActor } from "./default-actor.js";
import { retryConflicts } from "./retry-conflicts.js";

export interface MarkOptions {
  /** Default: SESSIONDB_ACTOR, MINSKY_ACTOR, else user@host. */
  readonly actor?: string;
  readonly reason?: string;
}

export interface SetMarkOptions extends MarkOptions {
  /** The place is behind this event; 0 is before everything. Default: the last event, before that of the mark itself. */
  readonly at?: number;
  /** A name that is taken moves here. */
  readonly force?: boolean;
}

/**
 * Gives a place in the log a name, by an event. The hash of the place is kept with it, so that the name can never come to
 * mean another event.
 *
 * @throws UsageError MARK_NAME_INVALID; RuleError MARK_EXISTS; NotFoundError POINT_OUTSIDE; UsageError ARGUMENT_INVALID
 */
export async function setMark(log: EventLog, name: string, options: SetMarkOptions = {}): Promise<Mark> {
  assertLog(log);
  assertMarkName(name);
  const place = await placeOf(log, options.at);
  const data = markEventSchemas["mark.set"].parse({ name, ...place });
  const event = await append(log, "mark.set", data, options, (marks) => {
    const taken = marks.find((mark) => mark.name === name);
    if (taken === undefined || options.force === true) return;
    throw new RuleError("MARK_EXISTS", `the mark ${name} is there already, at offset ${taken.offset}`, {
      hint: "--force moves it; or choose another name",
    });
  });
  const { offset: setOffset, recordedAt: setAt, actor } = event;
  return { ...data, setOffset, setAt, actor, reason: options.reason ?? null };
}

/**
 * Takes a name away, by an event; what it meant before stays in the log.
 *
 * @returns the mark as it was
 * @throws UsageError MARK_NAME_INVALID; NotFoundError MARK_NOT_FOUND
 */
export async function removeMark(log: EventLog, name: string, options: MarkOptions = {}): Promise<Mark> {
  assertLog(log);
  assertMarkName(name);
  let removed: Mark | undefined;
  await append(log, "mark.removed", { name }, options, (marks, version) => {
    removed = markOf({ marks, version }, name);
  });
  return removed as Mark; // found before anything was appended
}

async function placeOf(log: EventLog, at: number | undefined): Promise<{ offset: number; hash: string }> {
  const tail = await log.tail();
  if (at === undefined) return { offset: tail.offset, hash: tail.hash };
  await assertOffsetIn(log, at);
  const hash = await hashAt(log, at);
  if (hash !== undefined) return { offset: at, hash };
  throw new NotFoundError("POINT_OUTSIDE", `${at} is outside the log, which has offsets 1 to ${tail.offset}`, {
    hint: "HEAD names the last event",
  });
}

/** `check` sees the marks as they are and throws where they forbid it; somebody else's mark meanwhile is seen too. */
async function append(
  log: EventLog,
  type: keyof typeof markEventSchemas,
  data: object,
  { actor = defaultActor(), reason }: MarkOptions,
  check: (marks: readonly Mark[], version: number) => void,
): Promise<SealedEvent> {
  const meta: EventMeta = { schema: 1, ...defined({ reason }) };
  return retryConflicts(async () => {
    const { marks, version } = await readMarks(log);
    check(marks, version);
    const batch = { stream: MARKS_STREAM, expectedVersion: version, events: [{ type, data, meta }] };
    return (await log.append(batch, { actor })).events[0] as SealedEvent; // one in, one out
  });
}
