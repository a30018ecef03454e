import { changesBetween } from "../inspect/changes.js";
import { shellWord } from "../log/shell-word.js";
import type { RevertPlan, RevertTarget } from "../session/plan-revert.js";
import { previewRevert, type RevertOptions, revertSession } from "../session/revert-session.js";
import type { ChangeResult, SessionStore } from "../session/session-store.js";
import type { CommandContext, CommonOptions } from "./command.js";
import { changeLines } from "./output/change-lines.js";
import { appendedItems, changed } from "./output/changed.js";
import type { Streams } from "./output/streams.js";
import { conflictLine } from "./output/undone-lines.js";

/** Takes back, or says what would be, and prints it. */
export async function takeBack(
  store: SessionStore,
  id: string,
  target: RevertTarget,
  note: RevertOptions,
  {
    streams,
    storeOption,
    dryRun,
  }: Pick<CommandContext<CommonOptions>, "streams" | "storeOption"> & { dryRun: boolean },
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
  if (event !== undefined)
    streams.note(`take it back: sessiondb session revert ${shellWord(id)} --event ${event.offset}${storeOption}`);
}

function documentOf(session: string, plan: RevertPlan, offset: number, events: ChangeResult["events"]) {
  const items = appendedItems(events);
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
