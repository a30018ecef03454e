import type { Command } from "commander";
import { defined } from "../../defined.js";
import { shellWord } from "../../log/shell-word.js";
import { forkSession, previewFork } from "../../session/fork-session.js";
import { SessionStore } from "../../session/session-store.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState } from "../command.js";
import { changed } from "../output/changed.js";
import { printable } from "../output/escape.js";
import { sessionPoint } from "../session-point.js";

interface ForkOptions extends CommonOptions {
  at: string;
  as: string;
  reason?: string;
  dryRun?: boolean;
}

export function forkCommand(state: RunState): Command {
  const command = leaf<ForkOptions>(state, "fork <session>", "a new session that begins as another one was", act)
    .requiredOption("--as <id>", "the id of the new session")
    .option("--at <point>", "as it was then", "HEAD")
    .option("--reason <text>", "why, for the audit trail")
    .option("--dry-run", "write nothing, say what would be written");
  return examples(command, ["sessiondb session fork auth-refactor --at v1 --as auth-again --store sqlite:./s.db"]);
}

async function act(
  { openStore, options, storeOption, streams }: CommandContext<ForkOptions>,
  id: string,
): Promise<undefined> {
  const log = await openStore({ mustExist: true });
  const { actor, as, reason } = options;
  const store = new SessionStore(log, actor === undefined ? {} : { actor });
  const { offset: at } = await sessionPoint(log, id, options.at, streams);
  if (options.dryRun === true) {
    const record = await previewFork(store, id, { at, as });
    if (streams.json) streams.document({ schema: "session-fork/1", offset: at, session: as, dryRun: true, record });
    else streams.lines([printable(`would create session ${as} as ${id} was at offset ${at}`)]);
    return;
  }
  const { events } = await forkSession(store, id, { at, as, ...defined({ reason }) });
  changed(streams, as, events);
  streams.note(
    `${as} begins as ${id} was at offset ${at} · compare: sessiondb session log ${shellWord(as)} --patch${storeOption}`,
  );
}
