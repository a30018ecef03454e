import { SessionDbError } from "../errors.js";
import type { SealedEvent } from "../log/event.js";
import type { LogNotice } from "../log/open-log-options.js";
import type { Replayed } from "./replay-queue.js";
import type { Staleness } from "./staleness.js";

/** So many events are named; of more, their number. */
const MAX_NAMED = 3;

/** Events wait on this machine. @param url the server's, for people @param why the code of the error that said it is away */
export function queuedNotice(url: string, events: readonly SealedEvent[], why: string): LogNotice {
  const what = events.map(({ type, stream }) => `${type} of ${stream}`);
  const rest = what.length > MAX_NAMED ? ` and ${what.length - MAX_NAMED} more` : "";
  const shown = `${what.slice(0, MAX_NAMED).join(", ")}${rest}`;
  const message = `WARNING: NOT on the server, only queued on this machine (${why}): ${shown}. It is sent when ${url} is back`;
  return { code: "OUTBOX_QUEUED", message };
}

/** A read was answered from this machine. */
export function readNotice(url: string, { code, copiedOffset, completeAt, queued }: Staleness): LogNotice {
  const waiting = queued === 0 ? "" : `, and ${queued} queued on this machine`;
  const message = `WARNING: ${url} is away (${code}): read from a local copy, as of offset ${copiedOffset} at ${completeAt}${waiting}`;
  return { code: "OUTBOX_READ", message };
}

/** What became of appends that waited; nothing where none did. */
export function replayedNotices({ appended, repeated, conflicts }: Replayed): LogNotice[] {
  const done = appended + repeated;
  const notices: LogNotice[] = [];
  if (done > 0) {
    notices.push({
      code: "OUTBOX_REPLAYED",
      message: `the server is back: ${done} queued appends are in its log now`,
    });
  }
  if (conflicts > 0) {
    const message = `${conflicts} queued appends conflict with what others wrote, and were NOT written; they are kept: sessiondb outbox list`;
    notices.push({ code: "OUTBOX_CONFLICTS", message });
  }
  return notices;
}

/** The server is there, and what waits cannot be sent to it. */
export function notReplayedNotice(error: unknown): LogNotice {
  const told = error instanceof SessionDbError ? `${error.code}: ${error.message}` : String(error);
  return {
    code: "OUTBOX_NOT_REPLAYED",
    message: `queued appends wait on, because they cannot be replayed: ${told}`,
  };
}
