import { Command, Option } from "commander";
import { type Config, loadConfig } from "../config/layers.js";
import { UsageError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";
import { maskUrl } from "../log/mask-url.js";
import type { LogNotice, OpenLogOptions } from "../log/open-log-options.js";
import { openLog } from "../open-log.js";
import { type ConfiguredStore, configuredStore, isDefaultPlace, optionsOf } from "../session/configured-store.js";
import { firstStart } from "../session/first-start.js";
import { EXIT } from "./exit-code.js";
import { openBehindOutbox, tellWaiting } from "./open-behind-outbox.js";
import { tellFirstStart } from "./output/import-report.js";
import { Streams } from "./output/streams.js";

/** Options that every command takes. */
export interface ReadOptions {
  store?: string;
  json?: boolean;
  fields?: string;
  /** Where archives of the store may be, besides its own folder. */
  archive?: string[];
  quiet?: boolean;
  debug?: boolean;
}

/** Nearly every command also takes who does it; where --actor asks whose events are meant, it is the command's own. */
export interface CommonOptions extends ReadOptions {
  actor?: string;
}

/** What a command gets to work with. */
export interface CommandContext<Options extends ReadOptions> {
  readonly options: Options;
  readonly streams: Streams;
  /** The layers of configuration, read once; what they warn of is told on stderr. */
  config(): Config;
  /** The store that --store, the environment, the files or the default name. */
  store(): ConfiguredStore;
  /** Opens that store; closed when the command ends. */
  openStore(options?: { mustExist?: boolean }): Promise<EventLog>;
  /** Opens any other log; closed when the command ends. */
  open(url: string, options?: { mustExist?: boolean }): Promise<EventLog>;
}

type Act<Options extends ReadOptions> = (
  context: CommandContext<Options>,
  ...args: string[]
) => Promise<number | undefined>;

/** What the run of one command leaves behind. */
export interface RunState {
  exitCode: number;
  streams: Streams;
}

/** A leaf command with the common options, its action wrapped so that logs are closed whatever happens. */
export function leaf<Options extends CommonOptions>(
  state: RunState,
  signature: string,
  summary: string,
  act: Act<Options>,
): Command {
  const actAsConfigured: Act<Options> = (context, ...args) => {
    const actor = context.options.actor ?? context.config().find("actor")?.value;
    return act(actor === undefined ? context : { ...context, options: { ...context.options, actor } }, ...args);
  };
  return readLeaf(state, signature, summary, actAsConfigured).option(
    "--actor <name>",
    "who does this; default user@host (env: SESSIONDB_ACTOR)",
  );
}

/** The same without --actor, for commands that write nothing and have an --actor of their own, or none. */
export function readLeaf<Options extends ReadOptions>(
  state: RunState,
  signature: string,
  summary: string,
  act: Act<Options>,
): Command {
  const [name, ...args] = signature.split(" ");
  const command = new Command(name);
  for (const arg of args) command.argument(arg);
  return command
    .summary(summary)
    .description(summary)
    .addOption(new Option("--store <url>", "the log: jsonl:PATH, sqlite:PATH or postgres://… (env: SESSIONDB_STORE)"))
    .addOption(new Option("--json", "one JSON document on stdout; errors as JSON on stderr"))
    .addOption(new Option("--fields <names>", "with --json: only these fields, also written --json=a,b").hideHelp())
    .addOption(
      new Option("--archive <place>", "an archive of the store, or a folder of them; may be repeated")
        .argParser(collected)
        .hideHelp(),
    )
    .option("--quiet", "no remarks on stderr")
    .option("--debug", "stack traces of errors")
    .action(async (...received: unknown[]) => {
      const command = received.at(-1) as Command;
      const options = givenTo<Options>(command);
      state.streams = new Streams(options);
      state.exitCode = await withContext(options, state.streams, act, command.processedArgs);
    });
}

async function withContext<Options extends ReadOptions>(
  given: Options,
  streams: Streams,
  act: Act<Options>,
  args: unknown[],
): Promise<number> {
  const opened: EventLog[] = [];
  // Commands that look further where nobody names a store take the variable for the option.
  const named = given.store ?? (process.env.SESSIONDB_STORE || undefined);
  const options = named === undefined ? given : { ...given, store: named };
  let config: Config | undefined;
  let partial = false;
  const readConfig = () => {
    if (config !== undefined) return config;
    config = loadConfig({ flags: { store: given.store } });
    for (const warning of config.warnings) streams.note(warning);
    return config;
  };
  const openWith = async (url: string, openOptions: OpenLogOptions) => {
    warnOfPassword(url, streams);
    const onNotice = noticeTo(streams);
    const archives = archivesOf(options);
    const log = await openLog(url, { ...openOptions, ...archives, onNotice });
    opened.push(log);
    return log;
  };
  const openWithOutbox = async (url: string, openOptions: OpenLogOptions, outboxRoot: string) => {
    warnOfPassword(url, streams);
    const log = await openBehindOutbox(url, { ...openOptions, outboxRoot }, streams);
    opened.push(log);
    return log;
  };
  const store = () => configuredStore(readConfig());
  const openStore = async (openOptions: { mustExist?: boolean } = {}) => {
    const configured = store();
    const { url, options: limits, outboxRoot } = configured;
    if (outboxRoot !== undefined) return openWithOutbox(url, { ...limits, ...openOptions }, outboxRoot);
    await tellWaiting(configured, readConfig(), streams);
    const first = isDefaultPlace(configured) ? await firstStart(() => openWith(url, limits), process.env) : undefined;
    if (first === undefined) return openWith(url, { ...limits, ...openOptions });
    partial = tellFirstStart(streams, first);
    return first.log;
  };
  const open = async (url: string, openOptions: { mustExist?: boolean } = {}) =>
    openWith(url, { ...optionsOf(readConfig()), ...openOptions });
  try {
    const context = { options, streams, config: readConfig, store, open, openStore };
    const code = (await act(context, ...(args as string[]))) ?? EXIT.done;
    return code === EXIT.done && partial ? EXIT.failed : code;
  } finally {
    streams.progress("");
    for (const log of opened) await log.close();
  }
}

/** What --archive says, for whoever opens logs. */
export function archivesOf({ archive }: ReadOptions): Pick<OpenLogOptions, "archives"> {
  return archive === undefined ? {} : { archives: archive };
}

/** That a secret was found must not be missed, by programs either. */
function noticeTo(streams: Streams): (notice: LogNotice) => void {
  return ({ code, message }) => {
    if (code.startsWith("SECRET")) streams.notice(`note: ${message}`);
    else streams.note(`note: ${message}`);
  };
}

/** For every address that may have come from the command line. */
export function warnOfPassword(url: string, streams: Streams, instead = "use SESSIONDB_STORE"): void {
  if (maskUrl(url) === url || !process.argv.some((arg) => arg.includes(url))) return;
  streams.note(`warning: other users of this machine can read the password in this command line; ${instead}`);
}

/** An address as it is written, or `env:NAME` of a variable that holds it. @throws UsageError ARGUMENT_INVALID */
export function addressOf(written: string, streams: Streams): string {
  const [, name] = /^env:([A-Za-z_][A-Za-z0-9_]*)$/.exec(written) ?? [];
  if (name === undefined) {
    warnOfPassword(written, streams, "write env:NAME of a variable that holds the address");
    return written;
  }
  const address = process.env[name];
  if (address !== undefined && address !== "") return address;
  throw new UsageError("ARGUMENT_INVALID", `there is no variable ${name} in the environment`, {
    hint: `set it to the address: ${name}=postgres://user@host/database`,
  });
}

/**
 * What a command was given, with what was given to the commands before it on the line: `migrate --from X to sqlite`. Only
 * what stands on the command line itself: a default or a variable of the parent must not win over an option of its own.
 */
function givenTo<Options extends CommonOptions>(command: Command): Options {
  const given: Record<string, unknown> = { ...command.opts() };
  for (let parent = command.parent; parent !== null; parent = parent.parent) {
    for (const [name, value] of Object.entries(parent.opts())) {
      const isGiven = parent.getOptionValueSource(name) === "cli" && command.getOptionValueSource(name) !== "cli";
      if (isGiven) given[name] = value;
    }
  }
  return given as unknown as Options; // commander has checked what stands in it
}

/** A noun: stands before its commands and prints its help, with exit code 2, when it stands alone. */
export function noun(name: string, summary: string, commands: readonly Command[]): Command {
  const command = new Command(name).summary(summary).description(summary);
  for (const one of commands) command.addCommand(one);
  return command;
}

const EXAMPLES = new WeakMap<Command, readonly string[]>();

/** The examples in the help of a command. */
export function examplesOf(command: Command): readonly string[] {
  return EXAMPLES.get(command) ?? [];
}

/** Lines under "Examples:" in the help; a test runs them. */
export function examples(command: Command, lines: readonly string[]): Command {
  EXAMPLES.set(command, lines);
  return command.addHelpText("after", `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}`);
}

/** For commander: an option that may be given several times. */
export function collected(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** For commander's argument parsers. */
export function wholeNumber(name: string): (text: string) => number {
  return (text) => {
    if (/^\d{1,15}$/.test(text)) return Number(text);
    throw new UsageError("ARGUMENT_INVALID", `${name} takes a whole number from 0, not ${JSON.stringify(text)}`, {
      hint: `for example ${name} 10`,
    });
  };
}
