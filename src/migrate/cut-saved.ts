import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { EventLog, OffsetRange } from "../log/event-log.js";
import type { Tail } from "../log/seal.js";
import { syncFolder } from "../log/sync-folder.js";
import { assertCuttable } from "./assert-cuttable.js";
import { checkEventFile } from "./event-file.js";
import type { CutEvents } from "./journal-entry.js";
import { tailAt } from "./relation.js";
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
  const path = await savedIn(target, range, join(saveFolder, `${id}-${range.from}-${range.to}`), signal);
  await note({ at: new Date().toISOString(), actor, ...range, savedAs: path });
  return target.truncateAfter(common, expected);
}

/**
 * A file of exactly these events is taken over: one that was killed before the cut has left it, and another copy would be one
 * that no journal names. What else was saved before, perhaps other events at the same offsets, is never overwritten.
 */
async function savedIn(
  target: EventLog,
  range: Required<OffsetRange>,
  base: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { hash } = await tailAt(target, range.to);
  for (let n = 1; ; n++) {
    const path = resolve(n === 1 ? `${base}.jsonl` : `${base}-${n}.jsonl`);
    if (!existsSync(path)) return (await saveEvents(target, range, path, { signal })).path;
    if (!(await holds(path, range, hash))) continue;
    syncFolder(dirname(path)); // who wrote it may have been killed before that
    return path;
  }
}

/** Hashes of a chain: what ends with the same one and has no break holds the same events. */
async function holds(path: string, { from }: Required<OffsetRange>, hash: string): Promise<boolean> {
  try {
    const facts = await checkEventFile(path);
    return facts.first === from && facts.tail.hash === hash;
  } catch {
    return false; // damaged, or no file of events: it is left alone, and these get a file of their own
  }
}
