import { isSessionEventType } from "../../projections/session-events.js";
import { sessionIdOf, sessionStream } from "../../projections/sessions.js";
import { archivedBase } from "../log/archives.js";
import type { SealedEvent } from "../log/event.js";
import { type EventLog, MAX_PAGE_EVENTS } from "../log/event-log.js";
import { eventsOf } from "../log/paging.js";
import { isWithin, type TakenBack, takenBackBy } from "./taken-back.js";

/** What one actor did to sessions in one append, or what is left of it. */
export interface Act {
  /** Inclusive; of each session in it, in the order of the log. */
  readonly parts: readonly { readonly session: string; readonly first: number; readonly last: number }[];
  /** Inclusive; of the whole act. */
  readonly first: number;
  readonly last: number;
}

export interface OwnActsOptions {
  readonly actor: string;
  /** Only what was done to this session. */
  readonly session?: string | undefined;
}

/** Among events: what comes next is of another append. */
const APPEND_ENDS = Symbol("an append ends");

/** Without the data of events, so that a long log can be looked through. */
interface OwnEvent {
  readonly offset: number;
  readonly commit: number;
  readonly version: number;
  readonly session: string;
  readonly back: TakenBack | undefined;
}

/** The acts of an actor that are not undone, the last one first. An undo is none; a redo and a revert are. */
export async function* undoableActs(log: EventLog, options: OwnActsOptions): AsyncGenerator<Act, void, undefined> {
  yield* acts(log, options, (event, undone) => {
    if (event.back?.by === "undo") return "takes back";
    return isOneOf(undone, event) ? "pass over" : "take";
  });
}

/** The undos of an actor that are not redone and were followed by no new change, the last one first. */
export async function* redoableActs(log: EventLog, options: OwnActsOptions): AsyncGenerator<Act, void, undefined> {
  yield* acts(log, options, (event, redone) => {
    if (event.back?.by === "redo") return "takes back";
    if (event.back?.by !== "undo") return "end";
    return isOneOf(redone, event) ? "pass over" : "take";
  });
}

type Judge = (event: OwnEvent, taken: readonly TakenBack[]) => "take" | "pass over" | "takes back" | "end";

/** Backwards: who takes something back is met before what it takes back. */
async function* acts(log: EventLog, options: OwnActsOptions, judge: Judge): AsyncGenerator<Act, void, undefined> {
  let taken: TakenBack[] = [];
  let act: OwnEvent[] = [];
  for await (const event of ownEventsBackwards(log, options)) {
    if (act.length > 0 && (event === APPEND_ENDS || !continues(act, event))) {
      yield actOf(act);
      act = [];
    }
    if (event === APPEND_ENDS) continue;
    taken = taken.filter(({ first }) => first <= event.offset); // what lies behind us is needed no more
    const verdict = judge(event, taken);
    if (verdict === "end") break;
    if (verdict === "takes back" && event.back !== undefined) taken.push(event.back);
    if (verdict === "take") act.push(event);
  }
  if (act.length > 0) yield actOf(act);
}

/** Part of the same append, with nothing of anybody else between its events of one session. */
function continues(act: readonly OwnEvent[], { commit, session, version }: OwnEvent): boolean {
  const next = act.findLast((event) => event.session === session);
  return act[0]?.commit === commit && (next === undefined || next.version === version + 1);
}

function isOneOf(taken: readonly TakenBack[], { offset }: OwnEvent): boolean {
  return taken.some((span) => isWithin(offset, span));
}

function actOf(backwards: readonly OwnEvent[]): Act {
  const bySession = new Map<string, { session: string; first: number; last: number }>();
  for (const { offset, session } of backwards.toReversed()) {
    const { first } = bySession.get(session) ?? { first: offset };
    bySession.set(session, { session, first, last: offset });
  }
  const [first, last] = [backwards.at(-1), backwards[0]] as [OwnEvent, OwnEvent];
  return { parts: [...bySession.values()], first: first.offset, last: last.offset };
}

/**
 * The archives of a log are read last, where what is behind them was not enough: their file may not be at hand. They end
 * with a whole append, which is said before, so that nobody has to look into them to see it.
 */
async function* ownEventsBackwards(
  log: EventLog,
  { actor, session }: OwnActsOptions,
): AsyncGenerator<OwnEvent | typeof APPEND_ENDS, void, undefined> {
  if (session !== undefined) {
    const stream = sessionStream(session);
    for (let to = (await log.readLast(stream))?.version ?? 0; to > 0; to -= MAX_PAGE_EVENTS) {
      const from = Math.max(1, to - MAX_PAGE_EVENTS + 1);
      yield* (await ownEvents(log.readStream(stream, { from, to }), actor)).reverse();
    }
    return;
  }
  const { offset: archived } = await archivedBase(log);
  for (let { offset: to } = await log.tail(), from = to; to > 0; to = from - 1) {
    if (to === archived) yield APPEND_ENDS;
    from = Math.max(to > archived ? archived + 1 : 1, to - MAX_PAGE_EVENTS + 1);
    yield* (await ownEvents(log.readAll({ from, to }), actor)).reverse();
  }
}

async function ownEvents(pages: AsyncIterable<readonly SealedEvent[]>, actor: string): Promise<OwnEvent[]> {
  const own: OwnEvent[] = [];
  for await (const event of eventsOf(pages)) {
    const { offset, commit, version, stream, type } = event;
    const session = sessionIdOf(stream);
    if (session === undefined || event.actor !== actor || !isSessionEventType(type)) continue;
    own.push({ offset, commit, version, session, back: takenBackBy(event) });
  }
  return own;
}
