import { sessionIdOf, sessionStream, sessions } from "../../projections/sessions.js";
import { assertOptions } from "../config/known-options.js";
import { defined } from "../defined.js";
import { assertLog } from "../log/assert-log.js";
import type { SealedEvent } from "../log/event.js";
import type { EventLog, RedactRequest } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import type { StreamAppend } from "../log/prepare.js";
import { foldStream } from "../replay/fold-stream.js";
import { PastLog } from "../replay/past-log.js";
import { sessionEvent } from "../session/session-event.js";
import { assertTarget, type ErasureTarget, eventsToErase, subjectOf } from "./erasure-target.js";
import { remainingCopies } from "./remaining-copies.js";
import { restated } from "./restate.js";

/** Events that are listed; the others are counted. */
const MAX_SHOWN = 100;

/** An event that would be erased: what is told of it, never its data. */
export interface ShownErasure {
  readonly offset: number;
  readonly stream: string;
  readonly version: number;
  readonly type: string;
  /** recordedAt. */
  readonly time: string;
  readonly actor: string;
}

export interface ErasurePlan {
  readonly subject: string;
  /** Of the tail at which all this was true. */
  readonly offset: number;
  /** How many events lose their data, and the first hundred of them. */
  readonly events: number;
  readonly shown: readonly ShownErasure[];
  /** Events that were meant, too, and have no data any more. */
  readonly erasedBefore: number;
  /** UTF-8 bytes of data that go. */
  readonly bytes: number;
  /** The sessions that are touched: which places of their present record go, and whether the others are said again. */
  readonly sessions: readonly {
    readonly session: string;
    readonly lost: readonly string[];
    readonly restated: boolean;
  }[];
  /** True where the session is deleted in the same step. */
  readonly deletes: boolean;
  /** In words, where the data will still be. */
  readonly remains: readonly string[];
  /** For `EventLog.redact`; undefined where nothing is left to be erased. */
  readonly request: RedactRequest | undefined;
}

/**
 * What an erasure would do now. Writes nothing.
 *
 * @throws as {@link eventsToErase}; RefusedError PAST_READ_ONLY
 */
export async function planErasure(
  log: EventLog,
  target: ErasureTarget,
  options: { readonly reason?: string } = {},
): Promise<ErasurePlan> {
  assertLog(log);
  assertOptions("planErasure", options, { reason: true });
  const { reason } = options;
  PastLog.assertPresent(log);
  assertTarget(target);
  const { offset } = await log.tail();
  const found = new Found();
  for await (const event of eventsToErase(log, target, offset)) found.add(event);
  const subject = subjectOf(target);
  const deletion = "session" in target && !("path" in target) ? await deletionOf(log, target.session, reason) : [];
  const touched = deletion.length > 0 || isWhole(target) ? [] : await restatements(log, target, found, reason);
  const also = [...deletion, ...touched.flatMap(({ append }) => append ?? [])];
  const remains = [...(await forks(log, target)), ...(await remainingCopies(log))];
  const why = reason === undefined ? {} : { reason };
  return {
    ...{ subject, offset, events: found.offsets.length, shown: found.shown, erasedBefore: found.erasedBefore },
    bytes: found.bytes,
    sessions: touched.map(({ session, lost, append }) => ({ session, lost, restated: append !== undefined })),
    ...{ deletes: deletion.length > 0, remains },
    request: found.offsets.length === 0 ? undefined : { offsets: found.offsets, subject, also, ...why },
  };
}

function isWhole(target: ErasureTarget): boolean {
  return !("events" in target) && !("path" in target);
}

class Found {
  readonly offsets: number[] = [];
  readonly shown: ShownErasure[] = [];
  readonly sessions = new Set<string>();
  erasedBefore = 0;
  bytes = 0;

  add({ redacted, dataText, offset, stream, version, type, recordedAt, actor }: SealedEvent): void {
    if (redacted) {
      this.erasedBefore++;
      return;
    }
    this.offsets.push(offset);
    this.bytes += Buffer.byteLength(dataText ?? "");
    const session = sessionIdOf(stream);
    if (session !== undefined) this.sessions.add(session);
    if (this.shown.length < MAX_SHOWN) this.shown.push({ offset, stream, version, type, time: recordedAt, actor });
  }
}

/** An erased session is deleted in the same step: else it would go on as an empty record. */
async function deletionOf(log: EventLog, session: string, reason: string | undefined): Promise<StreamAppend[]> {
  const stream = sessionStream(session);
  const { document, version } = await foldStream(log, sessions, stream);
  if (document === null || document.deleted !== null) return [];
  const note = { source: "redaction", ...defined({ reason }) };
  return [{ stream, expectedVersion: version, events: [sessionEvent("session.deleted", {}, note)] }];
}

async function restatements(log: EventLog, target: ErasureTarget, found: Found, reason: string | undefined) {
  const offsets = new Set(found.offsets);
  const all = [];
  for (const session of found.sessions) all.push(await restated(log, session, target, offsets, reason));
  return all;
}

/** A fork begins as a copy of the record. */
async function forks(log: EventLog, target: ErasureTarget): Promise<string[]> {
  const { session } = target as { session?: string };
  if (session === undefined) return [];
  const copies = new Set<string>();
  for await (const { metaText, meta, stream } of eventsOf(log.readAll())) {
    if (!metaText.includes('"fork:') || !String(meta.source).startsWith(`fork:${session}@`)) continue;
    const fork = sessionIdOf(stream);
    if (fork !== undefined) copies.add(`session ${fork}, which began as a copy of ${session}: erase it, too`);
  }
  return [...copies];
}
