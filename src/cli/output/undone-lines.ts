import { changesBetween } from "../../inspect/changes.js";
import type { RevertConflict } from "../../session/plan-revert.js";
import type { SessionUndo } from "../../session/plan-undo.js";
import { placeName } from "../session-point.js";
import { changeLines, valueText } from "./change-lines.js";
import { printable } from "./escape.js";

/** A change of more sessions than this is told by the first of them. */
const MAX_TOLD_SESSIONS = 20;

/** What is undone, session by session: the events, what that changes, and what is left alone. */
export function undoneLines(sessions: readonly SessionUndo[], doing: string): string[] {
  const lines = sessions.slice(0, MAX_TOLD_SESSIONS).flatMap((one) => [
    ...one.undone.map(({ offset, version, type, actor, reason }) => {
      const why = reason === undefined ? "" : `  ${JSON.stringify(reason)}`;
      return printable(`${doing} ${offset}  ${type}  v${version}  ${one.session}  by ${actor}${why}`);
    }),
    ...changeLines(changesBetween(one.before, one.after), undefined, "  "),
    ...one.conflicts.map((conflict) => printable(`  ${conflictLine(conflict)}`)),
  ]);
  const more = sessions.length - MAX_TOLD_SESSIONS;
  return more > 0 ? [...lines, `… and ${more} more sessions`] : lines;
}

export function conflictLine({ path, wanted, current, by }: RevertConflict): string {
  const values = `is ${valueText(current)}, was ${valueText(wanted)}`;
  return `conflict ${placeName(path)}: ${values}; changed since by ${by.actor} at offset ${by.offset} (v${by.version})`;
}
