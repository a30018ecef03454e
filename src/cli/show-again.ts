import type { EventLog } from "../log/event-log.js";
import { subscribe } from "../replay/subscribe.js";
import { Endings } from "./ending.js";
import { EXIT } from "./exit-code.js";
import type { Streams } from "./output/streams.js";

/** How long a store that went away is tried again. */
const RETRY_MS = 60_000;

/**
 * Shows an answer, and again after whatever was appended behind the offset at which it was true, until Ctrl-C. On a
 * terminal each takes the place of the one before; elsewhere they follow each other.
 *
 * @param show prints the answer. @returns the offset at which it was true
 * @returns the exit code
 */
export async function showAgain(log: EventLog, streams: Streams, show: () => Promise<number>): Promise<number> {
  const endings = new Endings();
  const onRetry = ({ code, message }: { code: string; message: string }) =>
    streams.say(`${code}: ${message} · trying again`);
  const onMoved = (movedTo: string | null) => {
    if (movedTo !== null) streams.say(`the store has moved to ${movedTo}, and nothing more comes here`);
  };
  try {
    streams.clear();
    let shown = await show();
    for await (const { offset } of subscribe(log, {
      after: shown,
      signal: endings.signal,
      retryMs: RETRY_MS,
      onRetry,
      onMoved,
    })) {
      if (offset <= shown) continue;
      streams.clear();
      shown = await show();
    }
  } finally {
    endings.release();
  }
  return endings.ending?.exitCode ?? EXIT.done;
}
