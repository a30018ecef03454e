import { valueAt } from "../../projections/json-leaves.js";
import type { JsonObject } from "../../projections/json-patch.js";
import { InvalidEventError } from "../errors.js";
import type { Json } from "../log/canonical.js";

/** A user's name stands in the clear and is searched by. */
const MAX_USER_CHARS = 1024;
/** The last moment that ISO 8601 writes with four digits. */
const LAST_MS = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * When the session ends: what its cookie says (`expires`, else `maxAge` in milliseconds from now), else `ttlMs` from now.
 *
 * @throws InvalidEventError WEB_EXPIRY_INVALID the cookie's expiry is no time, or its age no number
 */
export function expiryOf(session: JsonObject, now: Date, ttlMs: number): Date {
  const cookie = (session.cookie ?? {}) as { expires?: Json; maxAge?: Json; originalMaxAge?: Json };
  const { expires } = cookie;
  if (!isNone(expires)) {
    const ms = typeof expires === "string" || typeof expires === "number" ? new Date(expires).getTime() : Number.NaN;
    if (Number.isNaN(ms)) throw invalidExpiry("the expiry of a session's cookie is no time", "/cookie/expires");
    return storableTime(ms);
  }
  const name = isNone(cookie.maxAge) ? "originalMaxAge" : "maxAge";
  const maxAge = cookie[name];
  if (isNone(maxAge)) return storableTime(now.getTime() + ttlMs);
  // express-session makes no session of another one: each request that names it would fail.
  if (typeof maxAge !== "number") throw invalidExpiry(`${name} of a session's cookie is no number`, `/cookie/${name}`);
  return storableTime(now.getTime() + maxAge);
}

/** What a cookie without an end of its own says; some write false. */
function isNone(value: Json | undefined): value is null | false | undefined {
  return value === undefined || value === null || value === false;
}

function invalidExpiry(message: string, path: string): InvalidEventError {
  return new InvalidEventError("WEB_EXPIRY_INVALID", message, path, { hint: "set cookie.maxAge, in milliseconds" });
}

/** The nearest time that an event can hold. */
export function storableTime(ms: number): Date {
  return new Date(Math.min(Math.max(ms, 0), LAST_MS));
}

/**
 * Whose session it is: the text or number at `path` (a JSON Pointer); null where nothing is there.
 *
 * @throws InvalidEventError WEB_USER_INVALID something else is there, so "log out everywhere" would pass the session over
 */
export function userOf(session: JsonObject, path: string): string | null {
  const value = valueAt(session, path) ?? null;
  if (value === null || value === "") return null;
  if (typeof value === "number") return String(value);
  if (typeof value === "string" && value.length <= MAX_USER_CHARS) return value;
  throw new InvalidEventError(
    "WEB_USER_INVALID",
    "a user is named by a number or a text of at most 1024 characters",
    path,
    {
      hint: 'name the place of the id itself, for example userIdPath: "passport.user.id"',
    },
  );
}
