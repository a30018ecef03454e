import { UsageError } from "../errors.js";
import { escapePointer } from "../log/canonical.js";

const PART = /("(?:[^"\\]|\\.)*"|[^."]+)(\.|$)/y;

/**
 * A place in a record as people write it, as a JSON Pointer: `prState.exists`, keys with a dot in quotes
 * (`labels."a.b"`), or the pointer itself (`/prState/exists`). The empty text is the whole record.
 *
 * @throws UsageError FIELD_PATH_INVALID
 */
export function parseFieldPath(text: string): string {
  if (typeof text !== "string") throw invalidPath(text);
  if (text === "") return text;
  if (text.startsWith("/")) {
    if (/~(?![01])/.test(text)) throw invalidPath(text);
    return text;
  }
  const keys: string[] = [];
  let at = 0;
  while (at < text.length) {
    PART.lastIndex = at;
    const match = PART.exec(text);
    if (match === null) throw invalidPath(text);
    at = PART.lastIndex;
    if (match[2] === "." && at === text.length) throw invalidPath(text);
    keys.push(keyOf(match[1] as string, text));
  }
  return keys.map((key) => `/${escapePointer(key)}`).join("");
}

function keyOf(part: string, text: string): string {
  if (!part.startsWith('"')) return part;
  try {
    return JSON.parse(part) as string;
  } catch {
    throw invalidPath(text);
  }
}

function invalidPath(text: string): UsageError {
  return new UsageError(
    "FIELD_PATH_INVALID",
    `${typeof text === "string" ? JSON.stringify(text) : typeof text} names no place in a record`,
    {
      hint: 'write prState.exists, labels."a.b" or /prState/exists',
    },
  );
}
