import { Command, CommanderError } from "commander";
import type { RunState } from "./command.js";
import { auditCommand } from "./commands/audit.js";
import { backupCommand } from "./commands/backup.js";
import { eventsCommand } from "./commands/events.js";
import { exportCommand } from "./commands/export.js";
import { importCommand } from "./commands/import.js";
import { markCommand } from "./commands/mark.js";
import { migrateCommand } from "./commands/migrate.js";
import { projectionCommand } from "./commands/projection.js";
import { restoreCommand } from "./commands/restore.js";
import { rollbackCommand } from "./commands/rollback.js";
import { sessionCommand } from "./commands/session.js";
import { statusCommand } from "./commands/status.js";
import { redoCommand, undoCommand } from "./commands/undo.js";
import { verifyCommand } from "./commands/verify.js";
import { EXIT, exitCodeOf } from "./exit-code.js";
import { quietOnBrokenPipe, Streams } from "./output/streams.js";
import { VERSION } from "./version.js";

const EXIT_CODES = `
Exit codes:
  0 done · 1 failed · 2 usage or configuration · 3 not found · 4 conflict
  5 locked or unreachable · 6 integrity · 7 refused, needs --yes or --force
  8 differences (with --exit-code) · 130, 143 ended by Ctrl-C, by SIGTERM`;

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
    streams: new Streams({ json: args.includes("--json"), debug: args.includes("--debug") }),
  };
  try {
    await programOf(prefixed ? "minsky sessiondb" : programName, state).parseAsync(args, { from: "user" });
    process.exitCode = state.exitCode;
  } catch (error) {
    process.exitCode = failed(error, state);
  }
}

/** The program with all its commands, not yet run. */
export function programOf(name: string, state: RunState): Command {
  const program = new Command(name)
    .description("Sessions as an append-only log that lives the same in a JSONL file, SQLite and Postgres.")
    .version(VERSION, "-V, --version")
    // Options belong to the command they stand behind, also where a command has commands of its own.
    .enablePositionalOptions()
    .addCommand(sessionCommand(state))
    .addCommand(auditCommand(state))
    .addCommand(undoCommand(state))
    .addCommand(redoCommand(state))
    .addCommand(eventsCommand(state))
    .addCommand(markCommand(state))
    .addCommand(importCommand(state))
    .addCommand(exportCommand(state))
    .addCommand(migrateCommand(state))
    .addCommand(rollbackCommand(state))
    .addCommand(backupCommand(state))
    .addCommand(restoreCommand(state))
    .addCommand(verifyCommand(state))
    .addCommand(statusCommand(state))
    .addCommand(projectionCommand(state))
    .addHelpText("after", EXIT_CODES);
  for (const command of everyCommand(program)) {
    command
      .exitOverride()
      .showHelpAfterError(false)
      .configureOutput({ outputError: () => undefined });
  }
  return program;
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

/** `--json=a,b` as two options: an option with an optional value would swallow the argument that follows it. */
function splitJsonFields(arg: string): string[] {
  return arg.startsWith("--json=") ? ["--json", `--fields=${arg.slice("--json=".length)}`] : [arg];
}

function failed(error: unknown, state: RunState): number {
  if (error instanceof CommanderError) {
    // Help and version that were asked for are no failure. A noun without its command has printed its help already.
    if (error.exitCode === 0) return EXIT.done;
    if (error.code !== "commander.help") state.streams.usageError(error.message);
    return EXIT.usage;
  }
  state.streams.error(error);
  return exitCodeOf(error);
}
