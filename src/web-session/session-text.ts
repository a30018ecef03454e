import { InvalidEventError } from "../errors.js";

/** 512 KiB. A session is read with every request. */
export const DEFAULT_MAX_BYTES = 512 * 1024;
/** What fits into an event once it is sealed. */
export const LARGEST_MAX_BYTES = 8 * 1024 * 1024;

/**
 * The session as JSON, as every session store writes it: `toJSON` is asked, dates become texts, members that are undefined
 * are left out. What JSON would lose or change in silence beyond that is refused.
 *
 * @throws InvalidEventError DATA_NOT_JSON, DATA_TOO_DEEP, WEB_SESSION_TOO_LARGE; nothing was written
 */
export function sessionText(session: unknown, maxBytes: number): string {
  if (typeof session !== "object" || session === null || Array.isArray(session)) {
    throw notJson("a session is an object", "");
  }
  const text = textOf(session);
  const bytes = text.length > maxBytes ? text.length : Buffer.byteLength(text);
  if (bytes <= maxBytes) return text;
  throw new InvalidEventError("WEB_SESSION_TOO_LARGE", `a session of ${bytes} bytes; at most ${maxBytes}`, "", {
    hint: "keep an id in the session and the rest elsewhere, or raise maxBytes",
  });
}

function textOf(session: object): string {
  try {
    return JSON.stringify(session, refuseLosses);
  } catch (error) {
    if (error instanceof InvalidEventError) throw error;
    if (error instanceof RangeError) {
      throw new InvalidEventError("DATA_TOO_DEEP", "a session is nested too deeply", "", {
        hint: "keep the data flat",
        cause: error,
      });
    }
    throw notJson(error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error), "", error);
  }
}

/** For JSON.stringify. `this` is the object that has the member. */
function refuseLosses(this: unknown, key: string, value: unknown): unknown {
  const fault = lossOf(value, Array.isArray(this));
  if (fault !== undefined) throw notJson(`JSON cannot carry ${fault}`, `/${key}`);
  return value;
}

function lossOf(value: unknown, inArray: boolean): string | undefined {
  switch (typeof value) {
    case "bigint":
    case "function":
    case "symbol":
      return `a ${typeof value}`;
    case "number":
      return Number.isFinite(value) ? undefined : String(value);
    case "undefined":
      return inArray ? "undefined in an array" : undefined;
    case "object":
      return value instanceof Map || value instanceof Set ? `a ${value.constructor.name}` : undefined;
    default:
      return undefined;
  }
}

function notJson(message: string, path: string, cause?: unknown): InvalidEventError {
  return new InvalidEventError("DATA_NOT_JSON", message, path, {
    hint: "keep texts, numbers, booleans, null, arrays and plain objects in a session",
    ...(cause === undefined ? {} : { cause }),
  });
}
