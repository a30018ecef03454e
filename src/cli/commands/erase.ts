import type { Command } from "commander";
import { examples, leaf, type RunState } from "../command.js";
import { type ErasingOptions, erasing, withErasing } from "../erasing.js";

export function eraseCommand(state: RunState): Command {
  const command = leaf<ErasingOptions>(
    state,
    "erase <session>",
    "erase everything that a session's events say, for good, and delete it; its id stays",
    (context, session) => erasing(context, { session }),
  );
  return examples(withErasing(command), [
    'sessiondb erase another --reason "asked for by its owner" --dry-run --store sqlite:./s.db',
  ]);
}
