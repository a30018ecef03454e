import type { Command } from "commander";
import { SessionStore } from "../../session/session-store.js";
import { type CommandContext, type CommonOptions, examples, leaf, type RunState, wholeNumber } from "../command.js";
import { changed } from "../output/changed.js";

interface DeleteOptions extends CommonOptions {
  reason?: string;
  expectVersion?: number;
}

export function deleteCommand(state: RunState): Command {
  const command = leaf<DeleteOptions>(state, "delete <session>", "delete a session; its past stays answerable", act)
    .option(
      "--expect-version <n>",
      "refuse (exit code 4) unless the session is at this version",
      wholeNumber("--expect-version"),
    )
    .option("--reason <text>", "why, for the audit trail");
  return examples(command, ['sessiondb session delete auth-refactor --reason "merged" --store sqlite:./s.db']);
}

async function act({ openStore, options, streams }: CommandContext<DeleteOptions>, id: string): Promise<undefined> {
  const { reason, expectVersion } = options;
  const store = new SessionStore(
    await openStore({ mustExist: true }),
    options.actor === undefined ? {} : { actor: options.actor },
  );
  const result = await store.delete(id, {
    ...(reason === undefined ? {} : { reason }),
    ...(expectVersion === undefined ? {} : { expectedVersion: expectVersion }),
  });
  changed(streams, id, result.events);
  streams.note(`its past is still there: sessiondb session log ${id}`);
}
