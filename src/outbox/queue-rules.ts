import { type SessionDbError, UnavailableError } from "../errors.js";
import type { PreparedEvent } from "../log/prepare.js";
import type { LocalView } from "./local-view.js";
import { provisionalPlace } from "./named-places.js";
import type { OutboxState } from "./outbox-state.js";

/** What waits is held in memory while it is looked at. */
const MAX_QUEUED_EVENTS = 100_000;
const MAX_QUEUED_CHARS = 128 * 1024 * 1024;

/** Why an append cannot wait, whatever the streams are at; undefined where it can. */
export function queueRefusal(append: readonly PreparedEvent[], { copy }: OutboxState): SessionDbError | undefined {
  if (copy.completeAt !== null) return provisionalPlace(append, copy.offset);
  const expects = append.find(({ expectedVersion }) => (expectedVersion ?? "any") !== "any");
  return expects === undefined ? provisionalPlace(append, 0) : noCopy(`what ${expects.stream} is at`);
}

/** The server is away, and nothing that was read from it is at hand. */
export function noCopy(wanted: string, cause?: unknown): UnavailableError {
  return new UnavailableError("OUTBOX_NO_COPY", `the server is away, and no whole copy of its log says ${wanted}`, {
    hint: "the first contact with the server makes the copy; until then only appends that expect nothing are queued",
    cause,
  });
}

/** @throws UnavailableError OUTBOX_FULL */
export function assertRoom(view: LocalView, group: readonly (readonly PreparedEvent[])[]): void {
  let { events, chars } = view.size;
  for (const { dataText, metaText } of group.flat()) {
    events++;
    chars += dataText.length + metaText.length;
  }
  if (events <= MAX_QUEUED_EVENTS && chars <= MAX_QUEUED_CHARS) return;
  const limit = `${MAX_QUEUED_EVENTS} events or ${MAX_QUEUED_CHARS} characters`;
  throw new UnavailableError("OUTBOX_FULL", `the server is away, and the outbox holds no more than ${limit}`, {
    hint: "nothing was written; look why the server is away: sessiondb status",
  });
}
