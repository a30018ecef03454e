import { UsageError } from "../errors.js";
import { parseFieldPath } from "../inspect/field-path.js";
import { assertName, MAX_NAME_BYTES } from "../log/prepare.js";
import { DEFAULT_MAX_BYTES, LARGEST_MAX_BYTES } from "./session-text.js";

export interface WebSessionOptions {
  /** How long a session lives whose cookie does not say it, in seconds. Default 86,400: a day. */
  readonly ttl?: number;
  /** Using a session writes at most one event in so many seconds. Default 60. */
  readonly touchInterval?: number;
  /** Where in a session its user's id stands: `user_id`, `passport.user.id`. Default `user_id`. */
  readonly userIdPath?: string;
  /** Of the JSON text of one session. Default 524,288, at most 8,388,608. */
  readonly maxBytes?: number;
  /** Who writes the events. Default `app:web`. */
  readonly actor?: string;
  readonly now?: () => Date;
}

/** The same, checked and in the units of this program. */
export interface WebSessionRules {
  readonly ttlMs: number;
  readonly touchIntervalMs: number;
  /** JSON Pointer. */
  readonly userPath: string;
  readonly maxBytes: number;
  readonly actor: string;
  now(): Date;
}

const DEFAULT_ACTOR = "app:web";

/** @throws UsageError WEB_OPTION_INVALID, FIELD_PATH_INVALID; InvalidEventError NAME_INVALID for the actor */
export function webSessionRules(options: WebSessionOptions): WebSessionRules {
  const { ttl = 86_400, touchInterval = 60, userIdPath = "user_id", maxBytes = DEFAULT_MAX_BYTES } = options;
  const { actor = DEFAULT_ACTOR, now = () => new Date() } = options;
  assertName("actor", actor, MAX_NAME_BYTES);
  if (typeof userIdPath !== "string" || userIdPath === "") throw invalid("userIdPath", "the place of the user's id");
  if (!(ttl > 0 && Number.isFinite(ttl))) throw invalid("ttl", "a number of seconds above 0");
  if (!(touchInterval >= 0 && Number.isFinite(touchInterval)))
    throw invalid("touchInterval", "a number of seconds from 0");
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1 || maxBytes > LARGEST_MAX_BYTES) {
    throw invalid("maxBytes", `a whole number from 1 to ${LARGEST_MAX_BYTES}`);
  }
  return {
    ttlMs: ttl * 1000,
    touchIntervalMs: touchInterval * 1000,
    userPath: parseFieldPath(userIdPath),
    maxBytes,
    actor,
    now,
  };
}

function invalid(name: string, what: string): UsageError {
  return new UsageError("WEB_OPTION_INVALID", `${name} of the session store is ${what}`, {
    hint: "see docs/web-sessions.md for its options",
  });
}
