import { computed, effect, signal } from "@preact/signals";
import type { EventsAnswer, HistoryAnswer, StepAnswer } from "../ui-server/answers.js";
import { address, ask } from "./api.js";
import { at, drawnTo, isLive, tail } from "./live.js";
import { filterQuery, go, isFiltered, place } from "./place.js";

/** The step at the selected offset, as the server told it last. */
export const step = signal<StepAnswer | undefined>(undefined);

/** The session that the panes show: the one that was chosen, else that of the selected event. */
export const shownSession = computed(() => place.value.session ?? step.value?.row.session ?? null);

/** The same, of the event that is selected now, also where its step is still on its way. */
export async function askedSession(): Promise<string | null> {
  const [{ session }, here, known] = [place.peek(), at.peek(), step.peek()?.row];
  if (session !== null || here === 0) return session;
  if (known?.offset === here) return known.session;
  const { row } = await ask<StepAnswer>(address("step", { at: here }));
  return row.session;
}

/** The same of collaborative sessions; empty: a list of them is wanted. */
export const shownCollab = computed(() => place.value.collab ?? step.value?.row.collab ?? null);

/** The part of the log that is in view, both ends inclusive. */
export const focus = computed(() => {
  const to = Math.min(place.value.to ?? drawnTo.value, drawnTo.value);
  return { from: Math.min(place.value.from ?? 1, Math.max(to, 1)), to };
});
export const isZoomed = computed(() => place.value.from !== null || place.value.to !== null);

/** Looks at one value from now on: of this session, whatever event is chosen next. */
export function watch(path: string): void {
  go({ path, pane: "watch", session: shownSession.peek() });
}

/** Pins an offset as the other end of the diff of this session. */
export function pinBase(base: number): void {
  go({ base, pane: "diff", session: shownSession.peek() });
}

/** Standing at the very end means following it. */
export function goTo(offset: number, how: "push" | "replace" = "push"): void {
  const to = Math.max(0, Math.min(offset, tail.peek()));
  go({ at: to }, how);
}

export function goLive(): void {
  go({ at: null });
}

/** To the next event that is not filtered away, before or behind. */
export async function stepBy(direction: 1 | -1): Promise<void> {
  const here = at.peek();
  if (!isFiltered.peek()) return moveTo(neighbour(here, direction), "push");
  moveTo(await askedNext(here, direction).catch(nowhere), "push");
}

function moveTo(next: number | undefined, how: "push" | "replace"): void {
  if (next === undefined) return;
  const isForward = next > at.peek();
  if (isForward && next === tail.peek() && !isFiltered.peek() && place.peek().to === null) goLiveOr(next, how);
  else goTo(next, how);
}

/** What the server could not tell: the banner says that it is gone, or what is wrong with the store. */
function nowhere(): undefined {
  return undefined;
}

function goLiveOr(offset: number, how: "push" | "replace"): void {
  if (isLive.peek()) return;
  goTo(offset, how);
}

/** Where every event is shown, of which none is missing, nobody has to be asked: a slow server loses no step. */
function neighbour(here: number, direction: 1 | -1): number | undefined {
  const { from, to } = place.peek();
  const [first, last] = [from ?? 1, Math.min(to ?? tail.peek(), tail.peek())];
  const next = direction === 1 ? Math.max(here + 1, first) : Math.min(here - 1, last);
  return next < first || next > last ? undefined : next;
}

async function askedNext(here: number, direction: 1 | -1): Promise<number | undefined> {
  const { from, to } = place.peek();
  const around = direction === 1 ? here : Math.max(0, here - 1);
  const sides = direction === 1 ? { before: 0, after: 1 } : { before: 1, after: 0 };
  const { rows } = await ask<EventsAnswer>(address("events", { around, ...sides, from, to }, filterQuery.peek()));
  return rows[0]?.offset;
}

/** To the event before or behind that changed the watched path. */
export async function stepOfPath(direction: 1 | -1): Promise<void> {
  const [session, path, here] = [shownSession.peek(), place.peek().path, at.peek()];
  if (session === null || path === null) return;
  const answer = await ask<HistoryAnswer>(address("history", { session, path, around: here })).catch(nowhere);
  if (answer === undefined) return;
  const { changes } = answer;
  const found =
    direction === 1 ? changes.find(({ offset }) => offset > here) : changes.findLast(({ offset }) => offset < here);
  if (found !== undefined) goTo(found.offset);
}

export const SPEEDS = [1, 5, 10] as const;
/** Events a second; 0 stands still. */
export const playing = signal(0);

let player: ReturnType<typeof setTimeout> | undefined;

effect(() => {
  const speed = playing.value;
  clearTimeout(player);
  if (speed > 0) player = setTimeout(() => void playOn(speed), 1_000 / speed);
});

/** The next step begins when this one is there: a slow store plays slower, and nothing piles up. */
async function playOn(speed: number): Promise<void> {
  const began = performance.now();
  const next = await askedNext(at.peek(), 1).catch(nowhere);
  if (playing.peek() !== speed) return;
  moveTo(next, "replace");
  if (next === undefined || at.peek() >= tail.peek()) playing.value = 0;
  else player = setTimeout(() => void playOn(speed), Math.max(0, 1_000 / speed - (performance.now() - began)));
}
