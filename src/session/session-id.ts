import { UsageError } from "../errors.js";
import { assertName } from "../log/prepare.js";

export const MAX_ID_BYTES = 512;

/** Any printable text: `task#064`, `task-md#123`, a UUID, `__proto__`. @throws UsageError SESSION_ID_INVALID */
export function assertSessionId(id: unknown): asserts id is string {
  try {
    assertName("stream", id, MAX_ID_BYTES);
  } catch (cause) {
    const shown = JSON.stringify(id) ?? String(id);
    const why = (cause as Error).message.replace(/^stream|\(at.*$/g, "").trim();
    const message = `${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown} is no id for a session: it ${why}`;
    throw new UsageError("SESSION_ID_INVALID", message, {
      hint: `take 1 to ${MAX_ID_BYTES} bytes of text without control characters, such as task#064`,
      cause,
    });
  }
}
