import { UnavailableError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";
import { stalenessOf } from "../outbox/staleness.js";

/**
 * What proves something about a hash must not name one that the server will give to another event: it would look like a
 * changed log to whoever checks it later.
 *
 * @param offset inclusive; the end of what is proven
 * @throws UnavailableError OUTBOX_PLACE_PROVISIONAL where the server is away, and the offset was only given on this machine
 */
export function assertSettled(log: EventLog, offset: number): void {
  const stale = stalenessOf(log);
  if (stale === undefined || offset <= stale.copiedOffset) return;
  const message = `the log ends at offset ${offset}, and behind ${stale.copiedOffset} its hashes are provisional: the server is away`;
  throw new UnavailableError("OUTBOX_PLACE_PROVISIONAL", message, {
    hint: "do it again when the server is back and has taken what waits: sessiondb outbox replay",
  });
}
