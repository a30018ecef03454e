import type { Command } from "commander";
import { defined } from "../../defined.js";
import { changesBetween } from "../../inspect/changes.js";
import { shellWord } from "../../log/shell-word.js";
import { SessionStore } from "../../session/session-store.js";
import { redo, type Undone, undo } from "../../session/undo.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";
import { appendedItems, appendedLine } from "../output/changed.js";
import { undoneLines } from "../output/undone-lines.js";

interface UndoOptions extends CommonOptions {
  session?: string;
  reason?: string;
  dryRun?: boolean;
  force?: boolean;
}

type Kind = "undo" | "redo";

export function undoCommand(state: RunState): Command {
  return examples(takingBack(state, "undo", "take back your own last change that still stands, by new events"), [
    "sessiondb undo --store sqlite:./s.db",
    "sessiondb undo --session auth-refactor --dry-run --store sqlite:./s.db",
  ]);
}

export function redoCommand(state: RunState): Command {
  return examples(takingBack(state, "redo", "take back your last undo, by new events"), [
    "sessiondb redo --store sqlite:./s.db",
  ]);
}

function takingBack(state: RunState, kind: Kind, summary: string): Command {
  return leaf<UndoOptions>(state, kind, summary, (context) => act(context, kind))
    .option("--session <id>", "only changes of this session")
    .option("--force", "put back old values even where somebody else changed them since")
    .option("--reason <text>", "why, for the audit trail")
    .option("--dry-run", "write nothing, say what would be taken back");
}

async function act(context: CommandContext<UndoOptions>, kind: Kind): Promise<undefined> {
  const { openStore, options, storeOption, streams } = context;
  const { actor, json, dryRun = false, session, force, reason } = options;
  const log = await openStore({ mustExist: true });
  const store = new SessionStore(log, actor === undefined ? {} : { actor });
  const done = await (kind === "undo" ? undo : redo)(store, {
    dryRun,
    ...defined({ session, force, reason }),
  });
  if (json === true) {
    streams.document(documentOf(kind, done, (await log.tail()).offset, dryRun));
    return;
  }
  const told = undoneLines(done.sessions, dryRun ? `would ${kind}` : `${kind}ing`);
  if (dryRun) return streams.lines(told) as undefined;
  for (const line of told) streams.note(line);
  streams.lines(done.events.map(appendedLine));
  const only = session === undefined ? "" : ` --session ${shellWord(session)}`;
  streams.note(`take it back: sessiondb ${kind === "undo" ? "redo" : "undo"}${only}${storeOption}`);
}

function documentOf(kind: Kind, { sessions, events }: Undone, offset: number, dryRun: boolean) {
  return {
    schema: `${kind}/1`,
    offset,
    ...(dryRun ? { dryRun } : {}),
    sessions: sessions.map(({ session, source, undone, before, after, conflicts }) => {
      return { session, source, undone, changes: changesBetween(before, after), conflicts };
    }),
    items: appendedItems(events),
  };
}
