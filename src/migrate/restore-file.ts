import { sessionIdOf } from "../../projections/sessions.js";
import { DivergedError, NotFoundError, RefusedError } from "../errors.js";
import { ChainCheck, chainBroken } from "../log/chain-check.js";
import { SealedEvent } from "../log/event.js";
import { encodeLine } from "../log/event-line.js";
import type { EventLog } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { EMPTY_TAIL, type Tail } from "../log/seal.js";
import { copyBatches } from "./copy-batches.js";
import { checkEventFile, type EventFileFacts, readEventFile } from "./event-file.js";
import { tailAt } from "./relation.js";
import { type MigrationStart, RunningMigration } from "./running-migration.js";

/** What restoring a file would do. The file's chain was recomputed, and it continues the target. */
export interface RestorePlan {
  readonly path: string;
  /** Offsets in the file, inclusive; 0 and 0 for an empty one. */
  readonly first: number;
  readonly last: number;
  /** The last offset of the file that is meant; before the first one where the point is before it. */
  readonly upTo: number;
  /** Offsets that would be written, inclusive; nothing where `from` is greater than `to`. */
  readonly from: number;
  readonly to: number;
  readonly events: number;
  readonly sessions: number;
  readonly bytes: number;
  /** What the target has now, and what it would end with. */
  readonly before: Tail;
  readonly after: Tail;
}

export interface RestoreOptions {
  /** Restore as it was at this offset (inclusive) or time. Default: all that the file holds. */
  readonly asOf?: number | Date;
}

/**
 * Looks at a file of events (a backup, or what a rollback has cut) and at what the target has. Writes nothing.
 *
 * @param target undefined where there is no log yet
 * @throws IntegrityError the file is damaged; RefusedError RESTORE_GAP events before the file are missing in the target,
 *   or the point is outside the file; DivergedError the target has other events at the same offsets
 */
export async function planRestore(
  path: string,
  target: EventLog | undefined,
  options: RestoreOptions = {},
): Promise<RestorePlan> {
  const before = target === undefined ? EMPTY_TAIL : await target.tail();
  const until = untilOf(options.asOf);
  const counted = { events: 0, sessions: new Set<string>(), bytes: 0, after: before, at: before, upTo: 0 };
  const facts = await checkEventFile(path, (event) => {
    if (!until(event)) return;
    counted.upTo = event.offset;
    counted.after = { offset: event.offset, hash: event.hash, recordedAt: event.recordedAt };
    if (event.offset === before.offset) counted.at = counted.after;
    if (event.offset <= before.offset) return;
    counted.events++;
    counted.bytes += Buffer.byteLength(encodeLine(event));
    const session = sessionIdOf(event.stream);
    if (session !== undefined) counted.sessions.add(session);
  });
  assertInside(path, options.asOf, facts);
  const to = Math.max(counted.after.offset, before.offset);
  if (facts.events > 0) await assertFits(path, facts.first, counted, before, target);
  const { events, bytes } = counted;
  const after = to === before.offset ? before : counted.after;
  const range = { first: facts.first, last: facts.tail.offset, upTo: counted.upTo, from: before.offset + 1, to };
  return { path, ...range, events, sessions: counted.sessions.size, bytes, before, after };
}

function untilOf(asOf: number | Date | undefined): (event: SealedEvent) => boolean {
  if (asOf === undefined) return () => true;
  if (typeof asOf === "number") return ({ offset }) => offset <= asOf;
  const limit = asOf.toISOString();
  return ({ recordedAt }) => recordedAt <= limit;
}

function assertInside(path: string, asOf: number | Date | undefined, { first, tail }: EventFileFacts): void {
  const isInside = typeof asOf !== "number" || (asOf >= first - 1 && asOf <= tail.offset);
  if (isInside && !(asOf instanceof Date && Number.isNaN(asOf.getTime()))) return;
  throw new NotFoundError(
    "POINT_OUTSIDE",
    `${String(asOf)} is outside ${path}, which has offsets ${first} to ${tail.offset}`,
    {
      hint: "leave --as-of out to restore all of it",
    },
  );
}

async function assertFits(
  path: string,
  first: number,
  { after, at }: { after: Tail; at: Tail },
  before: Tail,
  target: EventLog | undefined,
): Promise<void> {
  if (before.offset + 1 < first) {
    const message = `${path} begins at offset ${first}, and the target ends at ${before.offset}`;
    throw new RefusedError("RESTORE_GAP", message, {
      hint: "restore what comes before it first, from an older backup",
    });
  }
  // A target that is ahead of the file, or of the point, must have the same event where the file ends.
  const isAhead = before.offset > after.offset;
  const there = isAhead && target !== undefined ? await tailAt(target, after.offset) : before;
  const here = isAhead ? after : at;
  if (there.hash === here.hash && (before.offset >= first || (await continues(path, before)))) return;
  throw new DivergedError(`${path} does not continue the target, which ends at offset ${before.offset}`, 0, {
    hint: "restore it into an empty log, and compare the two with: sessiondb migrate --preview",
  });
}

async function continues(path: string, before: Tail): Promise<boolean> {
  const check = new ChainCheck(before);
  for await (const event of eventsOf(readEventFile(path))) return check.next(event) === undefined;
  return true;
}

/**
 * Whether nothing is left to do: the target has all of it, and its journal names no restoring that was killed between the last
 * event and its end. Where others have gone on since, that is too late to tell what it brought.
 */
export async function isRestored(target: EventLog, plan: RestorePlan): Promise<boolean> {
  if (plan.events > 0) return false;
  return plan.upTo !== plan.before.offset || !(await RunningMigration.isUnfinished(target, startOf(target, plan, "")));
}

/**
 * Appends what the target lacks of a file, in batches, and compares the tail. It is a migration whose source is a file:
 * it has a journal entry, goes on where it was ended, and can be rolled back.
 *
 * @throws as planRestore, and as executing a migration
 */
export async function restoreFile(
  target: EventLog,
  plan: RestorePlan,
  { actor, onProgress }: { readonly actor: string; readonly onProgress?: (done: number, total: number) => void },
): Promise<{ readonly id: string | null; readonly tail: Tail }> {
  const { events, before, after } = plan;
  if (await isRestored(target, plan)) return { id: null, tail: before };
  const run = await RunningMigration.begin(target, startOf(target, plan, actor));
  try {
    const began = performance.now();
    const onBatch = (tail: Tail) => {
      run.reach(tail);
      onProgress?.(tail.offset - before.offset, events);
    };
    await copyBatches(pagesOf(plan), target, before, { onBatch });
    const tail = await tailAt(target, after.offset);
    if (tail.hash !== after.hash) throw chainBroken(after.offset, `its hash is ${tail.hash}, expected ${after.hash}`);
    const { id } = await run.end("done", {
      after,
      events: after.offset - run.entry.before.offset,
      copyMs: performance.now() - began,
    });
    return { id, tail };
  } catch (error) {
    await run.fail("failed", error);
    throw error;
  }
}

function startOf(target: EventLog, plan: RestorePlan, actor: string): MigrationStart {
  const { path, sessions, bytes, before, after } = plan;
  const ends = {
    source: { url: `file:${path}`, tail: after },
    target: { url: target.url, tail: before, exists: true },
  };
  const alone = { onConflict: null, backups: [], cutover: false, switches: false };
  return { plan: { ...ends, sessions, bytes }, actor, ...alone };
}

/** Where the point lies inside an append, the events of it up to the point form an append of their own. */
async function* pagesOf({ path, from, to }: RestorePlan): AsyncGenerator<SealedEvent[], void, undefined> {
  for await (const page of readEventFile(path)) {
    const wanted = page.filter(({ offset }) => offset >= from && offset <= to);
    yield wanted.map((event) => (event.commit > to ? new SealedEvent({ ...event, commit: to }) : event));
  }
}
