import { UsageError } from "../errors.js";
import { isWellFormed } from "../log/canonical.js";

/** UTF-8 bytes: what a name in a folder may have. With that of its session, an id makes one name of a stream (1,024 bytes). */
export const MAX_COLLAB_ID_BYTES = 255;

// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing control characters is its purpose
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** What an id is for, in messages. */
export type IdKind = "session" | "chunk" | "memory" | "artifact" | "task" | "agent";

/**
 * Ids are printable text. Those of sessions and agents hold no `/`; in the others it parts names, none of which is empty,
 * `.` or `..`, so that an export can make files of them.
 *
 * @throws UsageError COLLAB_ID_INVALID
 */
export function assertCollabId(kind: IdKind, id: unknown): asserts id is string {
  const fault = faultOf(kind, id);
  if (fault === undefined) return;
  const shown = JSON.stringify(id) ?? String(id);
  const message = `${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown} is no id for ${ARTICLES[kind]} ${kind}: it ${fault}`;
  throw new UsageError("COLLAB_ID_INVALID", message, {
    hint: `take 1 to ${MAX_COLLAB_ID_BYTES} bytes of printable text, such as auth-refactor`,
  });
}

const ARTICLES = { session: "a", chunk: "a", memory: "a", artifact: "an", task: "a", agent: "an" } as const;

function faultOf(kind: IdKind, id: unknown): string | undefined {
  if (typeof id !== "string" || id === "") return "must be a text that is not empty";
  if (!isWellFormed(id)) return "must be well-formed Unicode";
  if (CONTROL.test(id)) return "must not contain control characters";
  if (Buffer.byteLength(id) > MAX_COLLAB_ID_BYTES) return `is longer than ${MAX_COLLAB_ID_BYTES} bytes`;
  if (id.includes("\\")) return "must not contain a backslash";
  if (kind === "session" || kind === "agent") {
    if (id.includes("/")) return "must not contain /";
  }
  const names = id.split("/");
  if (names.includes("")) return "must not begin or end with /, or have two in a row";
  return names.some((name) => name === "." || name === "..") ? "must not contain . or .. as a name" : undefined;
}
