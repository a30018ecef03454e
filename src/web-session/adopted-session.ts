import type { JsonObject } from "../../projections/json-patch.js";
import { InvalidEventError } from "../errors.js";
import type { WebSessionRecord } from "../import/web-session.js";
import { storableTime, userOf } from "./session-facts.js";
import { sessionHash, webStream } from "./session-hash.js";
import { LARGEST_MAX_BYTES, sessionText } from "./session-text.js";

/** A session of another store in the form that this one keeps. */
export interface AdoptedSession {
  readonly stream: string;
  /** As JSON, with a cookie. */
  readonly text: string;
  /** ISO 8601 UTC, milliseconds. */
  readonly expiresAt: string;
  readonly user: string | null;
}

export interface AdoptionRules {
  /** Where the id of the user stands, as a JSON Pointer; it wins over what the other store says. */
  readonly userPath?: string | undefined;
  /** Where it stands when the other store does not say it. */
  readonly defaultUserPath: string;
  readonly now: Date;
}

/**
 * express-session cannot restore a session without a cookie: who has none gets one that lasts as long as the session
 * does, and that is renewed for as long when the application rolls.
 *
 * @throws UsageError WEB_SESSION_ID_INVALID; InvalidEventError DATA_NOT_JSON, DATA_TOO_DEEP, WEB_SESSION_TOO_LARGE,
 *   WEB_USER_INVALID
 */
export function adoptedSession(record: WebSessionRecord, rules: AdoptionRules): AdoptedSession {
  const stream = webStream(sessionHash(record.sid));
  const data = record.data as JsonObject;
  const endMs = storableTime(Date.parse(record.expiresAt)).getTime();
  const { cookie = cookieOf(endMs, rules.now) } = data;
  if (typeof cookie !== "object" || cookie === null || Array.isArray(cookie)) {
    throw new InvalidEventError("DATA_NOT_JSON", "the member cookie of a session is an object", "/cookie", {
      hint: "rename that member in the source",
    });
  }
  const text = sessionText({ ...data, cookie }, LARGEST_MAX_BYTES);
  return { stream, text, expiresAt: new Date(endMs).toISOString(), user: userAt(record, rules) };
}

function cookieOf(endMs: number, now: Date): JsonObject {
  const originalMaxAge = endMs - now.getTime();
  return { originalMaxAge, expires: new Date(endMs).toISOString(), httpOnly: true, path: "/" };
}

function userAt({ data, userId }: WebSessionRecord, { userPath, defaultUserPath }: AdoptionRules): string | null {
  if (userPath !== undefined) return userOf(data as JsonObject, userPath);
  return userId === undefined ? userOf(data as JsonObject, defaultUserPath) : userOf({ userId }, "/userId");
}
