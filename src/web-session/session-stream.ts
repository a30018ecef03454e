import { WEB_SCHEMA, type WebEvent, type WebState, webEventOf } from "../../projections/web-session-events.js";
import { IntegrityError } from "../errors.js";
import type { NewEvent, SealedEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";

/** A session as the newest event of its stream says. */
export interface WebStream {
  /** 0 where the stream has no events. */
  readonly version: number;
  /** undefined where it never was, or has ended. */
  readonly state: WebState | undefined;
  /** How it ended, where it has, and with which key. */
  readonly ended?: { readonly type: "web.destroyed" | "web.expired"; readonly key: string };
}

/** What an event says about itself. */
export interface WebEventNote {
  readonly reason?: string | undefined;
  /** Where the session came from, where another store had it. */
  readonly source?: string;
}

export const NO_STREAM: WebStream = { version: 0, state: undefined };

/** One look. @throws IntegrityError WEB_EVENT_UNREADABLE */
export async function readWebStream(log: EventLog, stream: string): Promise<WebStream> {
  return webStreamAt(await log.readLast(stream));
}

/**
 * As whoever ends the session needs it: where the data of its newest event was erased, its state is that of the last event
 * before it that can be read, so that its key is found; where there is none, it has expired, and its key is "".
 *
 * @throws IntegrityError WEB_EVENT_UNREADABLE another program wrote it
 */
export async function readEndableStream(log: EventLog, stream: string): Promise<WebStream> {
  const last = await log.readLast(stream);
  if (last === undefined || !last.redacted || isEnd(last)) return webStreamAt(last);
  let state: WebState = { expiresAt: new Date(0).toISOString(), user: null, key: "" };
  for await (const { type, data, schema } of eventsOf(log.readStream(stream, { to: last.version }))) {
    const event = webEventOf(type, data, schema);
    if (event?.type === "web.saved" || event?.type === "web.touched") state = event;
  }
  return { version: last.version, state };
}

/** As the newest event of a stream says. @throws IntegrityError WEB_EVENT_UNREADABLE */
export function webStreamAt(event: SealedEvent | undefined): WebStream {
  return event === undefined ? NO_STREAM : afterEvent(event, readEvent(event));
}

export function afterEvent({ version }: SealedEvent, event: WebEvent): WebStream {
  if (event.type === "web.saved" || event.type === "web.touched") return { version, state: event };
  return { version, state: undefined, ended: { type: event.type, key: event.key } };
}

/** The sealed data, which a large session that was touched has in an event before. */
export async function sealedOf(log: EventLog, stream: string, { sealed, saved }: WebState): Promise<string> {
  if (sealed !== undefined) return sealed;
  const version = saved ?? 0;
  for await (const event of eventsOf(log.readStream(stream, { from: version, to: version }))) {
    const read = readEvent(event);
    if (read.type === "web.saved" && read.sealed !== undefined) return read.sealed;
  }
  throw unreadable(stream, `version ${version} holds no data`);
}

/** The only place where events of web sessions are made. */
export function webEvent({ type, ...data }: WebEvent, { reason, source }: WebEventNote = {}): NewEvent {
  const why = reason === undefined ? {} : { reason };
  return { type, data, meta: { schema: WEB_SCHEMA, ...why, ...(source === undefined ? {} : { source }) } };
}

function isEnd({ type, data, schema }: SealedEvent): boolean {
  const event = webEventOf(type, data, schema);
  return event?.type === "web.destroyed" || event?.type === "web.expired";
}

function readEvent(event: SealedEvent): WebEvent {
  const read = webEventOf(event.type, event.data, event.schema);
  if (read !== undefined) return read;
  const why = event.redacted ? "its data was erased" : `${event.type}, schema ${event.schema}, is not known here`;
  throw unreadable(event.stream, why, event.offset);
}

function unreadable(stream: string, why: string, offset?: number): IntegrityError {
  return new IntegrityError("WEB_EVENT_UNREADABLE", `the newest event of ${stream} cannot be read: ${why}`, {
    ...(offset === undefined ? {} : { offset }),
    hint: "where its data was erased, revoke the session; otherwise a newer sessiondb may have written it",
  });
}
