import type { ErasurePlan } from "../../erasure/plan-erasure.js";
import type { SealedEvent } from "../../log/event.js";
import { sizeText } from "./amounts.js";
import { appendedItems, appendedLine } from "./changed.js";
import { printable } from "./escape.js";

/** Of what is listed; the rest is counted, and --json has the first hundred. */
const MAX_LINES = 20;

/** What an erasure would do, or has done. */
export function erasureLines(plan: ErasurePlan, url: string, appended?: readonly SealedEvent[]): string[] {
  const { subject, events, bytes, erasedBefore, shown, remains } = plan;
  const did = appended === undefined ? "would erase" : "erased";
  const before = erasedBefore === 0 ? "" : `; ${erasedBefore} more were erased before`;
  const listed = shown.slice(0, MAX_LINES);
  const more = events > listed.length ? [`  and ${events - listed.length} more`] : [];
  return [
    `${did} the data of ${events} ${events === 1 ? "event" : "events"} of ${url} (${subject}, ${sizeText(bytes)})${before}`,
    ...listed.map(
      ({ offset, type, stream, version, time, actor }) =>
        `  ${offset}  ${time}  ${type}  ${stream} v${version}  ${actor}`,
    ),
    ...more,
    ...sessionLines(plan),
    "stays in the log: the names of streams, types and actors, times, and what stands in meta, such as reasons",
    ...remains.map((where) => `still there: ${where}`),
    ...(appended ?? []).map(appendedLine),
  ].map(printable);
}

function sessionLines({ sessions, deletes }: ErasurePlan): string[] {
  const listed = sessions.slice(0, MAX_LINES).map(({ session, lost, restated }) => {
    const goes = lost.length === 0 ? "its present record loses nothing" : `its present record loses ${lost.join(" ")}`;
    return `  ${session}: ${goes}${restated ? "; the rest of it is said again" : ""}`;
  });
  const more = sessions.length > MAX_LINES ? [`  and ${sessions.length - MAX_LINES} more sessions`] : [];
  return [...listed, ...more, ...(deletes ? ["  the session is deleted with it; its id stays"] : [])];
}

/** @param offset at which it was true */
export function erasureDocument(plan: ErasurePlan, offset: number, appended?: readonly SealedEvent[]) {
  const { request: _request, offset: _offset, ...rest } = plan;
  const { subject, events, bytes, erasedBefore, shown, sessions, deletes, remains } = rest;
  const counts = { subject, events, erasedBefore, bytes, deletes };
  const items = appendedItems(appended ?? []);
  return { schema: "erasure/1", dryRun: appended === undefined, offset, ...counts, shown, sessions, remains, items };
}
