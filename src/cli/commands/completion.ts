import { Argument, type Command } from "commander";
import { type CommandContext, examples, type ReadOptions, type RunState, readLeaf } from "../command.js";
import { COMPLETION_SCRIPTS } from "../completion/scripts.js";

type Shell = keyof typeof COMPLETION_SCRIPTS;

export function completionCommand(state: RunState): Command {
  const summary = "the script that lets a shell complete commands, options, and the ids of your sessions";
  const command = readLeaf<ReadOptions>(state, "completion", summary, print).addArgument(
    new Argument("<shell>", "which one").choices(Object.keys(COMPLETION_SCRIPTS)),
  );
  return examples(command, ["sessiondb completion bash", "sessiondb completion zsh", "sessiondb completion fish"]);
}

async function print({ streams }: CommandContext<ReadOptions>, shell: string): Promise<undefined> {
  const script = COMPLETION_SCRIPTS[shell as Shell]; // commander has checked it
  if (streams.json) streams.document({ schema: "completion/1", shell, script });
  else streams.lines(script.trimEnd().split("\n"));
}
