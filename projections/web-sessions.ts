/*
 * Web sessions: what a login session of a web application becomes in the log.
 *
 *   stream         web-<hash>, hash = SHA-256 of the session's id, in hex. The id itself, which opens the session to
 *                  whoever knows it, is stored nowhere.
 *   web.saved      the session's data, sealed (AES-256-GCM) with a key that stands in the key store and never in the log;
 *                  with it, in the clear, what is asked for: the user, the expiry, the id of the key.
 *   web.touched    it was used and lives longer; at most one an interval. The same facts, and the sealed data once more
 *                  where it is small, else the version of the web.saved that holds it.
 *   web.destroyed  logout. Final: whoever still saves it afterwards is refused. Its key is destroyed after this event.
 *   web.expired    a sweep found it expired. Its key is destroyed after this event. A later save begins it anew.
 *
 * The newest event of a stream tells everything, so reading a session is one look however old it is, and every writer
 * names the version that it has seen: no save slips past a logout. An event whose data cannot be read changes nothing,
 * unless it is an end.
 */
import { defineProjection, type FoldEvent } from "./projection.js";
import { webEventOf } from "./web-session-events.js";

export const WEB_CATEGORY = "web";

/** A session that was neither destroyed nor swept; whether it has expired depends on when one asks. */
export interface WebSessionDocument {
  /** The hash of the session's id. */
  readonly id: string;
  user: string | null;
  createdAt: string;
  /** When it was saved or touched last. */
  seenAt: string;
  expiresAt: string;
  key: string;
  version: number;
  createdOffset: number;
  lastOffset: number;
}

export const webSessions = defineProjection<WebSessionDocument>({
  name: "web-sessions",
  revision: 2,
  idOf: (stream) => (stream.startsWith(`${WEB_CATEGORY}-`) ? stream.slice(WEB_CATEGORY.length + 1) : undefined),
  evolve,
  fields: {
    user: { type: "text", indexed: true, of: ({ user }) => user },
    expiresAt: { type: "text", indexed: true, of: ({ expiresAt }) => expiresAt },
    createdAt: { type: "text", of: ({ createdAt }) => createdAt },
    seenAt: { type: "text", of: ({ seenAt }) => seenAt },
    createdOffset: { type: "number", indexed: true, of: ({ createdOffset }) => createdOffset },
  },
});

function evolve(document: WebSessionDocument | null, event: FoldEvent): WebSessionDocument | null {
  const web = webEventOf(event.type, event.data, event.schema);
  if (web === undefined) return document;
  switch (web.type) {
    case "web.saved":
    case "web.touched": {
      const { id, recordedAt, offset, version } = event;
      const { createdAt, createdOffset } = document ?? { createdAt: recordedAt, createdOffset: offset };
      const { user, expiresAt, key } = web;
      return { id, user, createdAt, seenAt: recordedAt, expiresAt, key, version, createdOffset, lastOffset: offset };
    }
    case "web.destroyed":
    case "web.expired":
      return null;
    default:
      throw new TypeError(`unhandled ${web satisfies never}`);
  }
}
