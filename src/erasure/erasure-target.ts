import { sessionStream } from "../../projections/sessions.js";
import { InvalidEventError, NotFoundError, RefusedError } from "../errors.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { assertErasable, assertInLog, offsetsToErase, rangesOf } from "../log/redaction.js";
import { sessionNotFound } from "../replay/session-not-found.js";
import { holdsValueAt } from "./holds-value.js";

/**
 * What is to be erased: everything that some events say; the value at a place of the record, wherever an event says it,
 * of one session or of all; or a session as a whole.
 */
export type ErasureTarget =
  | { readonly events: readonly number[] }
  /** A JSON Pointer, not to the whole record nor to its id. */
  | { readonly path: string; readonly session?: string }
  | { readonly session: string };

/**
 * Not every caller is checked by a compiler, and what is erased does not come back: a session that is named and undefined
 * must not stand for all of them, nor a path in a "sesion" for that path in every one.
 *
 * @throws InvalidEventError REDACTION_INVALID
 */
export function assertTarget(target: ErasureTarget): void {
  const { events, path, session, ...others } = (target ?? {}) as Readonly<Record<string, unknown>>;
  const isKnown = Object.keys(others).length === 0;
  const isPlace = Object.hasOwn(Object(target), "path") || Object.hasOwn(Object(target), "session");
  if (isKnown && Array.isArray(events) && !isPlace) return;
  const isNamed = typeof session === "string" || !Object.hasOwn(Object(target), "session");
  const isWhat = typeof path === "string" || (path === undefined && session !== undefined);
  if (isKnown && events === undefined && isNamed && isWhat) return;
  throw new InvalidEventError(
    "REDACTION_INVALID",
    "what is erased is { events }, { path }, { path, session } or { session }",
    "",
    {
      hint: "events are a list of offsets, path and session texts; nothing was erased",
    },
  );
}

/** For people and for the record of the redaction. Names only, no values. */
export function subjectOf(target: ErasureTarget): string {
  if ("events" in target) return target.events.length === 1 ? "1 event" : `${target.events.length} events`;
  if (!("path" in target)) return `session ${target.session}`;
  return target.session === undefined ? `path ${target.path}` : `path ${target.path} of session ${target.session}`;
}

/**
 * The events that hold it, oldest first, also those that were erased before.
 *
 * @param to inclusive
 * @throws NotFoundError POINT_OUTSIDE, SESSION_NOT_FOUND, NOTHING_TO_ERASE; RefusedError REDACTION_REFUSED;
 *   InvalidEventError REDACTION_INVALID
 */
export async function* eventsToErase(log: EventLog, target: ErasureTarget, to: number): AsyncGenerator<SealedEvent> {
  if ("events" in target) yield* namedEvents(log, target.events, to);
  else if ("path" in target) yield* eventsWithValue(log, target, to);
  else yield* eventsOfSession(log, target.session, to);
}

async function* namedEvents(log: EventLog, named: readonly number[], tail: number): AsyncGenerator<SealedEvent> {
  const offsets = offsetsToErase(named);
  assertInLog(offsets, tail);
  for (const [from, to] of rangesOf(offsets)) {
    for await (const event of eventsOf(log.readAll({ from, to }))) {
      assertErasable(event);
      yield event;
    }
  }
}

async function* eventsWithValue(
  log: EventLog,
  { path, session }: { readonly path: string; readonly session?: string },
  to: number,
): AsyncGenerator<SealedEvent> {
  assertErasablePath(path);
  const pages = session === undefined ? log.readAll({ to }) : log.readStream(sessionStream(session), { toOffset: to });
  let [seen, found] = [0, 0];
  for await (const event of eventsOf(pages)) {
    seen++;
    if (!holdsValueAt(event, path)) continue;
    found++;
    yield event;
  }
  if (session !== undefined && seen === 0) throw sessionNotFound(session);
  if (found > 0) return;
  throw new NotFoundError(
    "NOTHING_TO_ERASE",
    `no event says a value at ${path}${session === undefined ? "" : ` of ${session}`}`,
    {
      hint: "it may be erased already; an array is one value, and events of your own types are named with --event",
    },
  );
}

function assertErasablePath(path: string): void {
  if (!path.startsWith("/")) {
    throw new InvalidEventError("REDACTION_INVALID", "a whole record is no place in it", "/path", {
      hint: "to erase all of a session: sessiondb erase SESSION",
    });
  }
  if (path !== "/session") return;
  throw new RefusedError("REDACTION_REFUSED", "the id of a session is the name of its stream: it stays in the chain", {
    hint: "sessiondb erase SESSION erases all but the id",
  });
}

async function* eventsOfSession(log: EventLog, session: string, to: number): AsyncGenerator<SealedEvent> {
  let seen = 0;
  for await (const event of eventsOf(log.readStream(sessionStream(session), { toOffset: to }))) {
    seen++;
    // A deletion says nothing but its type: that of the erasure itself would else be erased by the next one.
    if (event.dataText !== "{}") yield event;
  }
  if (seen === 0) throw sessionNotFound(session);
}
