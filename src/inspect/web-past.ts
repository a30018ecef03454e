import { FoldTexts, seenBy } from "../../projections/projection.js";
import { type WebSessionDocument, webSessions } from "../../projections/web-sessions.js";
import type { EventLog } from "../log/event-log.js";

/**
 * The sessions that were neither destroyed nor swept at an offset, oldest first. Folded from the first event: of many
 * sessions a snapshot takes longer to read than the events. As many are held as lived at once, however long the log.
 */
export async function webSessionsAt(log: EventLog, offset: number): Promise<readonly WebSessionDocument[]> {
  const living = new Map<string, WebSessionDocument>();
  if (offset === 0) return [];
  const texts = new FoldTexts();
  for await (const page of log.readAll({ to: offset })) {
    for (const event of page) {
      const id = webSessions.idOf(event.stream);
      if (id === undefined) continue;
      const document = webSessions.evolve(living.get(id) ?? null, seenBy(webSessions, id, event, texts));
      if (document === null) living.delete(id);
      else living.set(id, document);
    }
  }
  return [...living.values()].sort((a, b) => a.createdOffset - b.createdOffset);
}
