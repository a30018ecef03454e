import type { StoredRecord } from "../../projections/session-record.js";
import { assertOptions } from "../config/known-options.js";
import { UsageError } from "../errors.js";
import { assertLog } from "../log/assert-log.js";
import type { EventLog } from "../log/event-log.js";
import { assertOffsetIn } from "../replay/assert-offset-in.js";
import { type RecordStep, recordStepsFrom, type SetBy, setBy, stepAt } from "../replay/record-steps.js";
import { type Change, changesBetween } from "./changes.js";

/** "skip": this state cannot be judged. */
export type Verdict = "good" | "bad" | "skip";

/** A state on the way; version 0 is before the session's first event. */
export interface BisectState {
  readonly offset: number;
  readonly version: number;
  /** null where there was no session, or it was deleted. */
  readonly record: StoredRecord | null;
}

export interface BisectOptions {
  /** The state after this offset is good … */
  readonly good: number;
  /** … and after this one bad. */
  readonly bad: number;
  verdict(state: BisectState): Verdict | Promise<Verdict>;
  /** Called when the ends are known, before they are judged. */
  began?(good: BisectState, bad: BisectState, candidates: number): void;
  judged?(state: BisectState, verdict: Verdict): void;
}

export interface BisectResult {
  readonly session: string;
  readonly good: number;
  readonly bad: number;
  /** States that were judged between the two ends. */
  readonly steps: number;
  /** The first bad event, alone; several where the states between them were all skipped. */
  readonly suspects: readonly (SetBy & { readonly changes: readonly Change[] })[];
}

/**
 * Finds the first event after which a session was bad, judging log2(n) states of the n between a good and a bad one.
 * Where the verdict turns more than once, it is one of the turns from good to bad.
 *
 * @throws UsageError BISECT_RANGE_INVALID, BISECT_GOOD_IS_BAD, BISECT_BAD_IS_GOOD, ARGUMENT_INVALID; NotFoundError SESSION_NOT_FOUND,
 *   POINT_OUTSIDE; TypeError where `verdict` gives something else; whatever it throws
 */
export async function bisect(log: EventLog, id: string, options: BisectOptions): Promise<BisectResult> {
  assertLog(log);
  assertOptions("bisect", options, { good: true, bad: true, verdict: true, began: true, judged: true });
  const { good, bad } = options;
  for (const end of [good, bad]) await assertOffsetIn(log, end);
  const steps = await recordStepsFrom(log, id, Math.min(good, bad), Math.max(good, bad));
  const candidates = steps.filter(({ event: { offset } }) => offset > good && offset <= bad);
  if (candidates.length === 0) throw emptyRange(id, good, bad);
  const states = [stateOf(good, stepAt(steps, good)), ...candidates.map((step) => stateOf(good, step))];
  const [first, last] = [states[0] as BisectState, states.at(-1) as BisectState];
  options.began?.(first, last, candidates.length);
  const judge = async (state: BisectState) => assertVerdict(await options.verdict(state));
  if ((await judge(first)) !== "good") throw wrongEnd("BISECT_GOOD_IS_BAD", "good", first);
  if ((await judge(last)) !== "bad") throw wrongEnd("BISECT_BAD_IS_GOOD", "bad", last);
  let judged = 0;
  const turn = await firstBad(candidates.length, async (index) => {
    const state = states[index] as BisectState;
    const verdict = await judge(state);
    options.judged?.(state, verdict);
    judged++;
    return verdict;
  });
  return { session: id, good, bad, steps: judged, suspects: candidates.slice(turn.good, turn.bad).map(suspectOf) };
}

/** A condition that forgets to answer, or answers true, would name any event. @throws TypeError */
function assertVerdict(verdict: unknown): Verdict {
  if (verdict === "good" || verdict === "bad" || verdict === "skip") return verdict;
  throw new TypeError(`verdict gives "good", "bad" or "skip", not ${String(verdict)}`);
}

/** The most states that are judged between the ends, as long as none is skipped. */
export function mostSteps(candidates: number): number {
  return Math.ceil(Math.log2(candidates));
}

/** State 0 is good and state `count` bad. @returns the nearest pair: the first bad one is after `good`, up to `bad` */
async function firstBad(count: number, judge: (index: number) => Promise<Verdict>) {
  let [good, bad] = [0, count];
  const skipped = new Set<number>();
  for (;;) {
    const next = nearestToMiddle(good, bad, skipped);
    if (next === undefined) return { good, bad };
    const verdict = await judge(next);
    if (verdict === "skip") skipped.add(next);
    else if (verdict === "good") good = next;
    else bad = next;
  }
}

function nearestToMiddle(good: number, bad: number, skipped: ReadonlySet<number>): number | undefined {
  const middle = Math.floor((good + bad) / 2);
  for (let away = 0; away <= bad - good; away++) {
    for (const index of [middle - away, middle + away]) {
      if (index > good && index < bad && !skipped.has(index)) return index;
    }
  }
  return undefined;
}

function stateOf(offset: number, step: RecordStep | undefined): BisectState {
  if (step === undefined) return { offset, version: 0, record: null };
  return { offset: step.event.offset, version: step.event.version, record: step.after ?? null };
}

function suspectOf({ event, before, after }: RecordStep) {
  return { ...setBy(event), changes: changesBetween(before, after) };
}

function emptyRange(id: string, good: number, bad: number): UsageError {
  return new UsageError("BISECT_RANGE_INVALID", `session ${id} has no event after offset ${good}, up to ${bad}`, {
    hint: "the good point comes first, the bad one later",
  });
}

function wrongEnd(code: string, said: "good" | "bad", { version, offset }: BisectState): UsageError {
  return new UsageError(code, `the point that is said to be ${said} (v${version}, offset ${offset}) is not`, {
    hint: "the condition, or exit code 0 of the command, describes the good state",
  });
}
