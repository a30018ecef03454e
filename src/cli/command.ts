import { Command, Option } from "commander";
import type { Config } from "../config/layers.js";
import { UsageError } from "../errors.js";
import type { EventLog } from "../log/event-log.js";
import { maskUrl } from "../log/mask-url.js";
import { storeOption } from "../migrate/store-option.js";
import type { ConfiguredStore } from "../session/configured-store.js";
import { assertPlacesNamed } from "./assert-places-named.js";
import { EXIT } from "./exit-code.js";
import { OpenedLogs, type OpenHow } from "./opened-logs.js";
import { COLOUR_CHOICES, type ColourChoice } from "./output/colours.js";
import { foldedLine } from "./output/folded-line.js";
import { fieldNames } from "./output/pick-fields.js";
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
  color?: ColourChoice;
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
  /** ` --store URL` for a command that is to mean the same store; empty where the command line does not name it. */
  readonly storeOption: string;
  /** Opens that store; closed when the command ends. */
  openStore(how?: OpenHow): Promise<EventLog>;
  /** Opens any other log; closed when the command ends. */
  open(url: string, how?: OpenHow): Promise<EventLog>;
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
  command.summary(summary).description(summary);
  withCommonOptions(command);
  return command.action(async (...received: unknown[]) => {
    const command = received.at(-1) as Command;
    const options = givenTo<Options>(command);
    state.streams = new Streams(options);
    assertPlacesNamed(command);
    state.exitCode = await withContext(options, state.streams, act, command.processedArgs);
  });
}

/** Above the options that every command takes, in a help; they stand behind its own. */
export const COMMON_OPTIONS = "Common options:";

function withCommonOptions(command: Command): void {
  command
    .optionsGroup(COMMON_OPTIONS)
    .addOption(new Option("--store <url>", "the log: jsonl:PATH, sqlite:PATH or postgres://… (env: SESSIONDB_STORE)"))
    .addOption(new Option("--json", "one JSON document on stdout; errors as JSON on stderr"))
    .addOption(
      new Option("--fields <names>", "with --json: only these fields of each item, also written --json=a,b")
        .argParser((text: string) => fieldNames(text).join(","))
        .hideHelp(),
    )
    .addOption(
      new Option("--archive <place>", "an archive of the store, or a folder of them; may be repeated")
        .argParser(collected)
        .hideHelp(),
    )
    .option("--quiet", "no remarks on stderr")
    .addOption(new Option("--color <when>", "colours; default auto (NO_COLOR, FORCE_COLOR)").choices(COLOUR_CHOICES))
    .option("--debug", "stack traces of errors")
    .optionsGroup("Options:");
}

async function withContext<Options extends ReadOptions>(
  given: Options,
  streams: Streams,
  act: Act<Options>,
  args: unknown[],
): Promise<number> {
  // Commands that look further where nobody names a store take the variable for the option.
  const named = given.store ?? (process.env.SESSIONDB_STORE || undefined);
  const options = named === undefined ? given : { ...given, store: named };
  const logs = new OpenedLogs(given, streams);
  if (given.store !== undefined) streams.stores = { store: maskUrl(given.store) };
  const context: CommandContext<Options> = {
    options,
    streams,
    config: () => logs.config(),
    store: () => logs.store(),
    storeOption: given.store === undefined ? "" : storeOption("--store", maskUrl(given.store)),
    openStore: (how) => logs.openStore(how),
    open: (url, how) => logs.open(url, how),
  };
  try {
    const code = (await act(context, ...(args as string[]))) ?? EXIT.done;
    return code === EXIT.done && logs.isPartial ? EXIT.failed : code;
  } finally {
    streams.progress("");
    await logs.close();
  }
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
  return command.addHelpText("after", `\nExamples:\n${lines.map((line) => foldedLine("  $ ", line)).join("\n")}`);
}

/** For commander: an option that may be given several times. */
export function collected(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** For commander's argument parsers. */
export function wholeNumber(name: string, least = 0): (text: string) => number {
  return (text) => {
    if (/^\d{1,15}$/.test(text) && Number(text) >= least) return Number(text);
    throw new UsageError(
      "ARGUMENT_INVALID",
      `${name} takes a whole number from ${least}, not ${JSON.stringify(text)}`,
      {
        hint: `for example ${name} 10`,
      },
    );
  };
}
