import { sessionStream } from "../../projections/sessions.js";
import { assertOptions, type KnownOptions } from "../config/known-options.js";
import { NotFoundError, RuleError } from "../errors.js";
import type { SealedEvent } from "../log/event.js";
import type { StreamAppend } from "../log/prepare.js";
import { assertBegins, recordStepsFrom } from "../replay/record-steps.js";
import { assertStore } from "./assert-store.js";
import { type Act, redoableActs, undoableActs } from "./own-acts.js";
import { compensation } from "./plan-revert.js";
import { planUndo, type SessionUndo } from "./plan-undo.js";
import { retryConflicts } from "./retry-conflicts.js";
import type { SessionStore } from "./session-store.js";

export interface UndoOptions {
  /** Whose change. Default: the store's actor; the new events are theirs too. */
  readonly actor?: string;
  /** Only changes of this session. */
  readonly session?: string;
  readonly reason?: string;
  /** Puts back old values even where somebody else changed them since. */
  readonly force?: boolean;
  /** Writes nothing: says what would be done now. */
  readonly dryRun?: boolean;
}

const UNDO_OPTIONS: KnownOptions<UndoOptions> = {
  actor: true,
  session: true,
  reason: true,
  force: true,
  dryRun: true,
};

export interface Undone {
  /** The sessions that the change was about. */
  readonly sessions: readonly SessionUndo[];
  /** What was appended, all of it in one append; empty for a dry run. */
  readonly events: readonly SealedEvent[];
}

/**
 * Takes back the actor's own last change that still stands, by new events: all that one append of theirs did to sessions,
 * in one append, or nothing. Nothing is erased, and {@link redo} takes the undo back. Changes that others have taken back
 * since are passed over. Places that somebody else changed since are conflicts: they keep their value unless forced.
 *
 * @throws NotFoundError NOTHING_TO_UNDO, SESSION_NOT_FOUND; RuleError REVERT_CONFLICT where conflicts leave nothing to be taken back
 */
export async function undo(store: SessionStore, options: UndoOptions = {}): Promise<Undone> {
  assertStore(store);
  assertOptions("undo", options, UNDO_OPTIONS);
  return retryConflicts(() => takeBackOnce(store, "undo", options));
}

/**
 * Takes back the actor's last undo that was not redone. A new change of theirs leaves nothing to redo.
 *
 * @throws NotFoundError NOTHING_TO_REDO, SESSION_NOT_FOUND; RuleError REVERT_CONFLICT
 */
export async function redo(store: SessionStore, options: UndoOptions = {}): Promise<Undone> {
  assertStore(store);
  assertOptions("redo", options, UNDO_OPTIONS);
  return retryConflicts(() => takeBackOnce(store, "redo", options));
}

async function takeBackOnce(store: SessionStore, by: "undo" | "redo", options: UndoOptions): Promise<Undone> {
  const { actor = store.actor, session, dryRun = false } = options;
  const acts = by === "undo" ? undoableActs : redoableActs;
  for await (const act of acts(store.log, { actor, session })) {
    const planned = await planAct(store, by, act, options);
    const batch = planned.flatMap(({ append }) => (append.events.length > 0 ? [append] : []));
    const sessions = planned.map(({ plan }) => plan);
    if (batch.length > 0) {
      const events = dryRun ? [] : (await store.log.append(batch, { actor })).events;
      return { sessions, events };
    }
    if (sessions.some(({ conflicts }) => conflicts.length > 0)) throw allInConflict(by, sessions);
  }
  if (session !== undefined) await assertBegins(store.log, session); // where there is no such session, that is the answer
  throw nothingTo(by, actor, session);
}

interface PlannedPart {
  readonly plan: SessionUndo;
  readonly append: StreamAppend;
}

/** Decided on one version of each session: when somebody was faster, conflicts have to be looked for again. */
async function planAct(
  store: SessionStore,
  by: "undo" | "redo",
  act: Act,
  options: UndoOptions,
): Promise<PlannedPart[]> {
  const { reason, force = false } = options;
  const planned: PlannedPart[] = [];
  for (const part of act.parts) {
    const steps = await recordStepsFrom(store.log, part.session, part.first);
    const plan = planUndo(steps, part, { by, first: act.first, last: act.last }, force);
    const events = compensation(plan, reason === undefined ? {} : { reason });
    const expectedVersion = steps.at(-1)?.event.version ?? 0;
    planned.push({ plan, append: { stream: sessionStream(part.session), expectedVersion, events } });
  }
  return planned;
}

function nothingTo(by: "undo" | "redo", actor: string, session: string | undefined): NotFoundError {
  const where = session === undefined ? "" : ` in session ${JSON.stringify(session)}`;
  return by === "undo"
    ? new NotFoundError("NOTHING_TO_UNDO", `${actor} has changed nothing${where} that still stands`, {
        hint: "undo takes back your own changes; other events: sessiondb session revert ID --event OFFSET",
      })
    : new NotFoundError("NOTHING_TO_REDO", `${actor} has undone nothing${where} since their last change`, {
        hint: "a new change after an undo leaves nothing to redo",
      });
}

function allInConflict(by: "undo" | "redo", sessions: readonly SessionUndo[]): RuleError {
  const [{ by: since }] = sessions.flatMap(({ conflicts }) => conflicts) as [SessionUndo["conflicts"][number]];
  const [of] = sessions.flatMap(({ undone }) => undone);
  const message = `nothing of event ${of?.offset} can be taken back: later events changed all of it`;
  return new RuleError("REVERT_CONFLICT", `${message}, the last one at offset ${since.offset}, by ${since.actor}`, {
    hint: `${by} --force puts back the old values all the same; --session ID looks at another session only`,
  });
}
