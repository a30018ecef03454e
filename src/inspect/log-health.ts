import { defined } from "../defined.js";
import { IntegrityError } from "../errors.js";
import { archivedBase } from "../log/archives.js";
import { assertCount } from "../log/assert-limits.js";
import { assertLog } from "../log/assert-log.js";
import type { EventLog } from "../log/event-log.js";
import type { Tail } from "../log/seal.js";
import { checkedEvents, tailAt } from "./checked-events.js";
import { projectionStates } from "./projections.js";

/**
 * Events at the end of the log whose hashes are recomputed: all of them would take as long as the log is. What is archived
 * is not among them: a probe must not fail because a file lies elsewhere, nor wait until it is unpacked.
 */
const CHECKED_EVENTS = 100;

export interface LogHealth {
  readonly ok: boolean;
  readonly tail: Tail;
  /** The last so many events fit each other; 0 for an empty log, and at most those behind the archives. */
  readonly checked: number;
  /** Where the log goes on since a cut-over; undefined where it is not frozen. */
  readonly movedTo?: string;
  /** Events that the read model lacks which is furthest behind; undefined where that was not asked for, or nothing stores one. */
  readonly lag?: number;
  /** What is not right, in words; empty where `ok`. */
  readonly problems: readonly string[];
}

export interface LogHealthOptions {
  /** More events than that behind is a problem. Default: nobody asks. Only read models in tables are asked, and only those that were read before. */
  readonly maxLag?: number;
}

/**
 * Whether a log can be worked with, in a time that does not grow with it: it answers, and its last events fit each other.
 * A log that was frozen, and read models that lag or have stopped, are problems.
 *
 * @throws whatever keeps the log from being read; IntegrityError where its end is damaged; TypeError where `maxLag` is no
 *   whole number from 0
 */
export async function logHealth(log: EventLog, { maxLag }: LogHealthOptions = {}): Promise<LogHealth> {
  assertLog(log);
  if (maxLag !== undefined) assertCount("maxLag", maxLag, 0);
  const tail = await log.tail();
  const checked = await checkEnd(log, tail);
  const movedTo = (await log.movedTo?.()) ?? undefined;
  const { lag, problems } = maxLag === undefined ? { problems: [] } : await lagOf(log, maxLag);
  if (movedTo !== undefined) problems.unshift(`it has moved to ${movedTo}, and takes no more events`);
  return {
    ok: problems.length === 0,
    tail,
    checked,
    ...defined({ movedTo, lag }),
    problems,
  };
}

async function checkEnd(log: EventLog, { offset, hash }: Tail): Promise<number> {
  const { offset: archived } = await archivedBase(log);
  const after = await tailAt(log, Math.max(archived, offset - CHECKED_EVENTS));
  let last = after.hash;
  for await (const event of checkedEvents(log, after, offset)) last = event.hash;
  if (last === hash) return offset - after.offset;
  throw new IntegrityError(
    "CHAIN_BROKEN",
    `the log says that it ends with the hash ${hash}, its last event has ${last}`,
    {
      offset,
      hint: "run: sessiondb verify",
    },
  );
}

async function lagOf(log: EventLog, maxLag: number): Promise<{ lag?: number; problems: string[] }> {
  const { items } = await projectionStates(log);
  // One that nobody has asked yet is not behind: it is not there.
  const stored = items.filter(({ kind, offset, fault }) => kind === "table" && (offset > 0 || fault !== undefined));
  const problems = stored.flatMap(({ name, behind, fault }) => [
    ...(behind > maxLag ? [`the read model ${name} is ${behind} events behind`] : []),
    ...(fault === undefined ? [] : [`the read model ${name} has stopped at offset ${fault.offset}`]),
  ]);
  return stored.length === 0 ? { problems } : { lag: Math.max(...stored.map(({ behind }) => behind)), problems };
}
