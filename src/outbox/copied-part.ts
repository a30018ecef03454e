import { IntegrityError } from "../errors.js";
import { LogPart } from "../log/log-part.js";
import { eventsOf } from "../log/paging.js";

/**
 * The part of a local copy that was published: events 1 to `tail` of its file, which are the server's own. The file may
 * hold more (a copy that was cut short before it was published); that is not looked at.
 */
export class CopiedPart extends LogPart {
  /** A copy that lost its end, or its file, must not look like a shorter log. @throws IntegrityError OUTBOX_DAMAGED */
  async assertThere(): Promise<void> {
    const { offset, hash } = this.tail;
    if (offset === 0) return;
    for await (const event of eventsOf(this.log.readAll({ from: offset, to: offset }))) if (event.hash === hash) return;
    throw new IntegrityError("OUTBOX_DAMAGED", `${this.log.url} does not hold the event ${offset} that was copied`, {
      offset,
      hint: "it is made anew when the server is back; nothing that waits is lost",
    });
  }
}
