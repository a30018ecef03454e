import { existsSync } from "node:fs";
import { join } from "node:path";
import type { EventLog } from "../log/event-log.js";
import type { Tail } from "../log/seal.js";
import { assertCuttable } from "./assert-cuttable.js";
import type { CutEvents } from "./journal-entry.js";
import { saveEvents } from "./save-events.js";

export interface CutRequest {
  /** Of the migration on whose behalf it is done: it stands in the name of the file. */
  readonly id: string;
  /** The last offset that stays. */
  readonly common: number;
  /** The tail that the target is known to have. */
  readonly expected: Tail;
  readonly saveFolder: string;
  readonly actor: string;
  /** Stops the saving: then nothing was cut, and no file is left. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Saves the events of a log behind an offset to a file, which is read back, has `note` written down where it stands, and
 * then cuts the log. Where anything fails before the cut, nothing was cut; a crash behind it leaves the events in the file.
 *
 * @throws ChainBreakError somebody has appended since; nothing was cut; as assertCuttable
 */
export async function cutSaved(
  target: EventLog,
  { id, common, expected, saveFolder, actor, signal }: CutRequest,
  note: (cut: CutEvents) => Promise<void>,
): Promise<Tail> {
  await assertCuttable(target, common);
  const range = { from: common + 1, to: expected.offset };
  const file = freeName(join(saveFolder, `${id}-${range.from}-${range.to}`));
  const { path } = await saveEvents(target, range, file, { signal });
  await note({ at: new Date().toISOString(), actor, ...range, savedAs: path });
  return target.truncateAfter(common, expected);
}

/** What was saved before, perhaps other events at the same offsets, is never overwritten. */
function freeName(base: string): string {
  for (let n = 1; ; n++) {
    const path = n === 1 ? `${base}.jsonl` : `${base}-${n}.jsonl`;
    if (!existsSync(path)) return path;
  }
}
