import { type Command, CommanderError } from "commander";
import { assertValuesGiven } from "./assert-values-given.js";
import type { RunState } from "./command.js";
import { helpFirst } from "./command-tree.js";
import { EXIT, exitCodeOf } from "./exit-code.js";
import { colourIn } from "./output/colours.js";
import { exitCodeWithStdout, quietOnBrokenPipe } from "./output/failing-stdout.js";
import { Streams } from "./output/streams.js";
import { programOf } from "./program.js";
import { usageHint } from "./usage-hint.js";

/**
 * Runs one command line. Sets process.exitCode instead of exiting, because process.exit cuts what a pipe has not taken.
 * `minsky sessiondb X` is `sessiondb X`.
 */
export async function run(programName: "sessiondb" | "minsky", argv: readonly string[]): Promise<void> {
  quietOnBrokenPipe();
  const prefixed = programName === "minsky" && argv[0] === "sessiondb";
  const args = (prefixed ? argv.slice(1) : argv).flatMap(splitJsonFields);
  const state: RunState = {
    exitCode: 0,
    streams: new Streams({
      json: args.includes("--json"),
      debug: args.includes("--debug"),
      color: colourIn(args),
    }),
  };
  let program: Command | undefined;
  try {
    const name = prefixed ? "minsky sessiondb" : programName;
    program = await programOf(name, state, args);
    const typed = helpFirst(program, args);
    assertValuesGiven(program, typed);
    await (typed === args ? program : await programOf(name, state, typed)).parseAsync(typed, { from: "user" });
    process.exitCode = exitCodeWithStdout(state.exitCode);
  } catch (error) {
    process.exitCode = exitCodeWithStdout(failed(error, state, program));
  }
}

/** `--json=a,b` as two options: an option with an optional value would swallow the argument that follows it. */
function splitJsonFields(arg: string): string[] {
  return arg.startsWith("--json=") ? ["--json", `--fields=${arg.slice("--json=".length)}`] : [arg];
}

function failed(error: unknown, state: RunState, program: Command | undefined): number {
  if (error instanceof CommanderError) {
    // Help and version that were asked for are no failure. A noun without its command has printed its help already.
    if (error.exitCode === 0) return EXIT.done;
    if (error.code !== "commander.help") state.streams.usageError(error.message, usageHint(error, program));
    return EXIT.usage;
  }
  state.streams.error(error);
  return exitCodeOf(error);
}
