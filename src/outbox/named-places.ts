import { UnavailableError } from "../errors.js";
import type { PreparedEvent } from "../log/prepare.js";

/** As `takeBackSource`, `revert-to` and `forkSession` write it into meta.source. */
const IN_SOURCE = /^(?:(?:revert|undo|redo):(\d{1,15})(?:-(\d{1,15}))?|revert-to:(\d{1,15})|fork:.*@(\d{1,15}))$/s;

/** The offsets by which an event names places of the log. */
export function placesNamed({ type, dataText, metaText }: PreparedEvent): number[] {
  const places: number[] = [];
  const { source } = JSON.parse(metaText) as { source?: unknown };
  const match = typeof source === "string" ? IN_SOURCE.exec(source) : null;
  for (const number of match?.slice(1) ?? []) if (number !== undefined) places.push(Number(number));
  if (type === "mark.set") places.push(Number((JSON.parse(dataText) as { offset?: unknown } | null)?.offset) || 0);
  return places;
}

/**
 * An event that names a place of the log by its offset must not be queued where that place is only provisional: when the
 * server takes it, another event may stand there, and it would be the wrong one that is undone, forked or marked.
 *
 * @returns the error, or undefined where all places that are named are the server's own
 */
export function provisionalPlace(append: readonly PreparedEvent[], copiedOffset: number): UnavailableError | undefined {
  let named = 0;
  for (const event of append) named = Math.max(named, ...placesNamed(event));
  return named <= copiedOffset ? undefined : provisional(named);
}

export function provisional(offset: number): UnavailableError {
  const message = `it names offset ${offset}, which is provisional: it was given on this machine while the server was away`;
  return new UnavailableError("OUTBOX_PLACE_PROVISIONAL", message, {
    hint: "when the server is back, look again where that event stands",
  });
}
