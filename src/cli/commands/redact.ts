import type { Command } from "commander";
import { defined } from "../../defined.js";
import type { ErasureTarget } from "../../erasure/erasure-target.js";
import { UsageError } from "../../errors.js";
import { parseFieldPath } from "../../inspect/field-path.js";
import { type CommandContext, collected, examples, leaf, type RunState, wholeNumber } from "../command.js";
import { type ErasingOptions, erasing, withErasing } from "../erasing.js";

interface RedactOptions extends ErasingOptions {
  event?: string[];
  path?: string;
  session?: string;
}

export function redactCommand(state: RunState): Command {
  const command = leaf<RedactOptions>(
    state,
    "redact",
    "erase the data of events for good; the chain still verifies, and the act is recorded",
    (context) => erasing(context, targetOf(context)),
  )
    .option("--event <place>", "the offset of an event, all that it says; may be given several times", collected)
    .option("--path <path>", "a value, wherever an event says it: title, prState.commits, /labels/a~1b")
    .option("--session <id>", "with --path: only of this session; default all");
  return examples(withErasing(command), [
    'sessiondb redact --event 2 --reason "a token" --dry-run --store sqlite:./s.db',
    'sessiondb redact --path branch --session another --reason "a name" --yes=s.db --store sqlite:./s.db',
  ]);
}

function targetOf({ options: { event = [], path, session } }: CommandContext<RedactOptions>): ErasureTarget {
  if (event.length > 0 && path === undefined && session === undefined) {
    return { events: event.map(wholeNumber("--event")) };
  }
  if (path !== undefined && event.length === 0) {
    return { path: parseFieldPath(path), ...defined({ session }) };
  }
  throw new UsageError("ARGUMENT_INVALID", "redact takes --event, or --path with or without --session", {
    hint: "to erase all of a session: sessiondb erase SESSION",
  });
}
