import { assertLog } from "../log/assert-log.js";
import { encodeLine } from "../log/event-line.js";
import type { EventLog } from "../log/event-log.js";
import type { EventFilter } from "./event-filter.js";
import { type ListEventsOptions, listEvents } from "./list-events.js";

/** What an export held. */
export interface ExportedEvents {
  readonly events: number;
  /** Offset and hash of the last event; 0 and "" where there was none. */
  readonly lastOffset: number;
  readonly lastHash: string;
  /** The last event is not the last one of its append: as a log of its own, the export ends inside an append. */
  readonly endsInsideAppend: boolean;
}

/** Characters that are gathered before they are written. */
const MAX_PIECE_CHARS = 256 * 1024;

/**
 * Writes the events that match as lines of a JSONL log (`src/log/event-line.ts` draws them), oldest first. All events of a
 * log give the bytes that the same log has as a JSONL file, whatever its backend. `write` gets whole lines, and the next
 * ones when it has resolved. @throws as listEvents; what `write` throws
 */
export async function exportEvents(
  log: EventLog,
  filter: EventFilter,
  write: (lines: string) => Promise<unknown>,
  options: Omit<ListEventsOptions, "reverse"> = {},
): Promise<ExportedEvents> {
  assertLog(log);
  let report: ExportedEvents = { events: 0, lastOffset: 0, lastHash: "", endsInsideAppend: false };
  let lines: string[] = [];
  let chars = 0;
  const flush = async () => {
    if (lines.length > 0) await write(lines.join(""));
    [lines, chars] = [[], 0];
  };
  for await (const event of listEvents(log, filter, options)) {
    const { offset, commit, hash } = event;
    report = { events: report.events + 1, lastOffset: offset, lastHash: hash, endsInsideAppend: commit > offset };
    const line = encodeLine(event);
    chars += line.length;
    if (lines.push(line) > 0 && chars >= MAX_PIECE_CHARS) await flush();
  }
  await flush();
  return report;
}
