import {
  ArchivedError,
  ConflictError,
  EventIdReusedError,
  InvalidEventError,
  RuleError,
  type SessionDbError,
} from "../errors.js";
import type { NewEvent } from "../log/event.js";
import type { EventLog } from "../log/event-log.js";
import { MAX_META_CHARS } from "../log/meta-text.js";
import type { PreparedEvent } from "../log/prepare.js";
import { asNew, batchOf, idsOf, type QueuedAppend, storedForm } from "./queued-append.js";

/** Appends of a replay, by what became of them. */
export interface Replayed {
  /** Now in the server's log. */
  readonly appended: number;
  /** Were there already: the server had taken them before it went away, or an earlier replay was cut. */
  readonly repeated: number;
  /** Not taken; listed with the conflicts. */
  readonly conflicts: number;
}

/** No stream is ever at this version: such an append is either recognised by its ids or not taken. */
const NEVER = Number.MAX_SAFE_INTEGER;
const ROOM_FOR_TIME_CHARS = 64;

/**
 * Sends what waited to the server's log, one append after the other, each with its own ids and what its writer expected.
 * It may be cut and repeated anywhere: the ids tell what was done.
 *
 * A conflict is written to `conflicts` before the next append is sent, and what was decided on its outcome (a later append
 * that expects a version of one of its streams) conflicts with it, whatever version the stream has by then.
 *
 * @param trusted false: the server's log is another than the one that was copied, so no expected version means anything
 * @throws whatever is no conflict, such as a server that is away again; what was not sent waits on
 */
export async function replayQueue(
  server: EventLog,
  queue: readonly QueuedAppend[],
  conflicts: { readonly log: EventLog; readonly known: readonly QueuedAppend[]; readonly now: () => Date },
  trusted = true,
): Promise<Replayed> {
  const count = { appended: 0, repeated: 0, conflicts: 0 };
  const listed = new Set(conflicts.known.map(({ events }) => events[0]?.id));
  const broken = new Set<string>();
  for (const append of queue) {
    const isListed = listed.has(append.events[0]?.id);
    const basis = append.events.find((event) => dependsOn(event, broken, trusted));
    const answer = isListed ? "listed" : await send(server, append, basis);
    if (answer === "appended" || answer === "repeated") {
      count[answer]++;
      continue;
    }
    count.conflicts++;
    for (const { stream } of append.events) broken.add(stream);
    if (answer !== "listed") await list(conflicts.log, append, answer, conflicts.now());
  }
  return count;
}

function dependsOn({ stream, expectedVersion }: PreparedEvent, broken: ReadonlySet<string>, trusted: boolean): boolean {
  return typeof expectedVersion === "number" && (!trusted || broken.has(stream));
}

async function send(
  server: EventLog,
  append: QueuedAppend,
  basis: PreparedEvent | undefined,
): Promise<"appended" | "repeated" | SessionDbError> {
  const batch = batchOf(append.events, (event) => withTime(event, append));
  const parts = basis === undefined ? batch : batch.map((part) => ({ ...part, expectedVersion: NEVER }));
  try {
    const { repeated } = await server.append(parts, { actor: "outbox" });
    return repeated ? "repeated" : "appended";
  } catch (error) {
    // Its ids were made for it, and its event is archived: the server had taken it before it went away.
    if (error instanceof ArchivedError && append.note.madeIds) return "repeated";
    if (error instanceof ConflictError && basis !== undefined) return withoutBasis(basis, error);
    if (isAnswer(error)) return error;
    throw error;
  }
}

/** The log's own answer to this append, which will be the same next time. */
function isAnswer(error: unknown): error is SessionDbError {
  return [ArchivedError, ConflictError, EventIdReusedError, RuleError, InvalidEventError].some(
    (type) => error instanceof type,
  );
}

function withoutBasis({ stream, expectedVersion = "any" }: PreparedEvent, { actual }: ConflictError): ConflictError {
  // Its message speaks of versions; that they may be equal by now is not what matters.
  return new ConflictError(stream, expectedVersion, actual);
}

/**
 * When it was made, where nothing else says so: recordedAt will be the time of the replay. Not where somebody may repeat
 * the append with the same ids, or the server may have it: it would no longer be the same event.
 */
function withTime(event: PreparedEvent, { note, queuedAt }: QueuedAppend): NewEvent {
  const plain = asNew(event);
  const isSure = note.madeIds && !note.unsure && event.metaText.length <= MAX_META_CHARS - ROOM_FOR_TIME_CHARS;
  if (!isSure || plain.meta?.occurredAt !== undefined) return plain;
  return { ...plain, meta: { ...plain.meta, occurredAt: queuedAt } };
}

async function list(log: EventLog, append: QueuedAppend, error: SessionDbError, now: Date): Promise<void> {
  const { code, message } = error;
  const refused = { code, message, at: now.toISOString(), queuedAt: append.queuedAt };
  try {
    await log.append(storedForm(append.events, { ...append.note, refused }), { actor: "outbox" });
  } catch (failure) {
    // It is there already: another process had listed it, at another time.
    if (failure instanceof EventIdReusedError && idsOf(append.events).length > 0) return;
    throw failure;
  }
}
