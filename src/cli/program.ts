import { Command, Help, type Option } from "commander";
import { describeArguments } from "./argument-words.js";
import { COMMON_OPTIONS, type RunState } from "./command.js";
import { type LazyCommand, loadCommands } from "./lazy-commands.js";
import { VERSION } from "./version.js";

const BEGINNING = `
The store:
  --store URL behind the command, or SESSIONDB_STORE; else what sessiondb status
  names. One of jsonl:PATH, sqlite:PATH, postgres://user@host/database

Examples:
  $ sessiondb session start my-session --store sqlite:./s.db
  $ sessiondb session list --store sqlite:./s.db
  $ sessiondb help session list`;

const EXIT_CODES = `
Exit codes:
  0 done · 1 failed · 2 usage or configuration · 3 not found · 4 conflict
  5 locked or unreachable · 6 integrity · 7 refused, needs --yes or --force
  8 differences (with --exit-code) · 130, 143 ended by Ctrl-C, by SIGTERM`;

/** In the order of the help. */
const COMMANDS: readonly LazyCommand[] = [
  { names: ["session"], load: async () => (await import("./commands/session.js")).sessionCommand },
  { names: ["audit"], load: async () => (await import("./commands/audit.js")).auditCommand },
  { names: ["undo"], load: async () => (await import("./commands/undo.js")).undoCommand },
  { names: ["redo"], load: async () => (await import("./commands/undo.js")).redoCommand },
  { names: ["collab"], load: async () => (await import("./commands/collab.js")).collabCommand },
  { names: ["events"], load: async () => (await import("./commands/events.js")).eventsCommand },
  { names: ["mark"], load: async () => (await import("./commands/mark.js")).markCommand },
  { names: ["import"], load: async () => (await import("./commands/import.js")).importCommand },
  { names: ["export"], load: async () => (await import("./commands/export.js")).exportCommand },
  { names: ["migrate"], load: async () => (await import("./commands/migrate.js")).migrateCommand },
  { names: ["rollback"], load: async () => (await import("./commands/rollback.js")).rollbackCommand },
  { names: ["backup"], load: async () => (await import("./commands/backup.js")).backupCommand },
  { names: ["restore"], load: async () => (await import("./commands/restore.js")).restoreCommand },
  { names: ["archive"], load: async () => (await import("./commands/archive.js")).archiveCommand },
  { names: ["partition"], load: async () => (await import("./commands/partition.js")).partitionCommand },
  { names: ["verify"], load: async () => (await import("./commands/verify.js")).verifyCommand },
  { names: ["ui"], load: async () => (await import("./commands/ui.js")).uiCommand },
  { names: ["redact"], load: async () => (await import("./commands/redact.js")).redactCommand },
  { names: ["erase"], load: async () => (await import("./commands/erase.js")).eraseCommand },
  { names: ["key"], load: async () => (await import("./commands/key.js")).keyCommand },
  { names: ["sign"], load: async () => (await import("./commands/sign.js")).signCommand },
  { names: ["roles"], load: async () => (await import("./commands/roles.js")).rolesCommand },
  { names: ["health"], load: async () => (await import("./commands/health.js")).healthCommand },
  { names: ["status"], load: async () => (await import("./commands/status.js")).statusCommand },
  { names: ["stats"], load: async () => (await import("./commands/stats.js")).statsCommand },
  { names: ["outbox"], load: async () => (await import("./commands/outbox.js")).outboxCommand },
  { names: ["doctor"], load: async () => (await import("./commands/doctor.js")).doctorCommand },
  { names: ["config"], load: async () => (await import("./commands/config.js")).configCommand },
  { names: ["mcp"], load: async () => (await import("./commands/mcp.js")).mcpCommand },
  { names: ["projection"], load: async () => (await import("./commands/projection.js")).projectionCommand },
  { names: ["web"], load: async () => (await import("./commands/web.js")).webCommand },
  { names: ["completion"], load: async () => (await import("./commands/completion.js")).completionCommand },
  { names: ["schema"], load: async () => (await import("./commands/schema.js")).schemaCommand },
  { names: ["help"], load: async () => (await import("./commands/help.js")).helpCommand(programOf) },
];

/** The program, not yet run, with the command that `args` ask for; with all commands where they ask for none. */
export async function programOf(name: string, state: RunState, args: readonly string[] = []): Promise<Command> {
  const program = new Command(name)
    .description("Sessions as an append-only log that lives the same in a JSONL file, SQLite and Postgres.")
    .version(VERSION, "-V, --version")
    // Options belong to the command they stand behind, also where a command has commands of its own.
    .enablePositionalOptions()
    // Ours also knows --json, and is loaded when it is asked for.
    .helpCommand(false)
    .addHelpText("after", `${BEGINNING}\n${EXIT_CODES}`);
  for (const command of await loadCommands(COMMANDS, state, args)) program.addCommand(command);
  for (const command of program.commands) describeArguments(command, [command.name()]);
  for (const command of everyCommand(program)) {
    command
      .exitOverride()
      .showHelpAfterError(false)
      .configureHelp({ groupItems: commonLast })
      .configureOutput({ outputError: () => undefined });
  }
  return program;
}

/** Groups stand in the order of their first options, and every command is given the common ones first. */
function commonLast<T extends Command | Option>(
  all: T[],
  visible: T[],
  groupOf: (item: T) => string,
): Map<string, T[]> {
  const groups = Help.prototype.groupItems(all, visible, groupOf);
  const common = groups.get(COMMON_OPTIONS);
  if (common !== undefined && groups.delete(COMMON_OPTIONS)) groups.set(COMMON_OPTIONS, common);
  return groups;
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}
