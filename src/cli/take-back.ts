import { changesBetween } from "../inspect/changes.js";
import type { RevertConflict, RevertPlan, RevertTarget } from "../session/plan-revert.js";
import { previewRevert, type RevertOptions, revertSession } from "../session/revert-session.js";
import type { ChangeResult, SessionStore } from "../session/session-store.js";
import { changeLines, valueText } from "./output/change-lines.js";
import { changed } from "./output/changed.js";
import type { Streams } from "./output/streams.js";
import { placeName } from "./session-point.js";

/** Takes back, or says what would be, and prints it: what revert, undo and redo share. */
export async function takeBack(
  store: SessionStore,
  id: string,
  target: RevertTarget,
  note: RevertOptions,
  { streams, dryRun }: { streams: Streams; dryRun: boolean },
): Promise<void> {
  if (dryRun) {
    const plan = await previewRevert(store, id, target);
    const { offset } = await store.log.tail();
    if (streams.json) return streams.document({ ...documentOf(id, plan, offset, []), dryRun });
    tell(streams, plan, "would take back");
    return streams.lines(changeLines(changesOf(plan)));
  }
  const done = await revertSession(store, id, target, note);
  if (streams.json) return streams.document(documentOf(id, done, (await store.log.tail()).offset, done.events));
  tell(streams, done, "taking back");
  for (const line of changeLines(changesOf(done), undefined, "  ")) streams.note(line);
  changed(streams, id, done.events);
  const [event] = done.events;
  if (event !== undefined) streams.note(`take it back: sessiondb session revert ${id} --event ${event.offset}`);
}

function documentOf(session: string, plan: RevertPlan, offset: number, events: ChangeResult["events"]) {
  const items = events.map(({ offset, version, type, id, hash }) => ({ offset, version, type, id, hash }));
  const { conflicts, source } = plan;
  return { schema: "session-revert/1", offset, session, source, changes: changesOf(plan), conflicts, items };
}

function changesOf({ before, after }: RevertPlan) {
  return changesBetween(before, after);
}

function tell(streams: Streams, { undone, conflicts }: RevertPlan, doing: string): void {
  if (undone !== undefined)
    streams.note(`${doing} ${undone.offset} ${undone.type} by ${undone.actor} (v${undone.version})`);
  for (const conflict of conflicts) streams.note(conflictLine(conflict));
}

function conflictLine({ path, wanted, current, by }: RevertConflict): string {
  const values = `is ${valueText(current)}, was ${valueText(wanted)}`;
  return `conflict ${placeName(path)}: ${values}; changed since by ${by.actor} at offset ${by.offset} (v${by.version})`;
}
