import { type Command, Option } from "commander";
import { MEMORY_TYPES } from "../../../projections/collab-events.js";
import type { Memory } from "../../../projections/collab-memories.js";
import { defined } from "../../defined.js";
import { type AsOfOptions, asOfOption } from "../as-of.js";
import {
  type CollabListOptions,
  type CollabWriteOptions,
  collabToRead,
  collabToWrite,
  noteOf,
  pageOf,
  tell,
  tellAll,
  tellPage,
  withPages,
  withReason,
} from "../collab-door.js";
import { type CommonOptions, collected, examples, leaf, noun, type RunState, wholeNumber } from "../command.js";
import type { Column } from "../output/table.js";
import { type GivenJson, jsonOption, textOf } from "../text-input.js";

const TYPES = [...MEMORY_TYPES, "general"] as const;

export function collabMemoryCommand(state: RunState): Command {
  const commands = [set(state), list(state), show(state), history(state)];
  return noun("memory", "what a session remembers, by key; earlier values stay", commands);
}

interface SetOptions extends CollabWriteOptions {
  type: Memory["type"];
  tag?: string[];
  text?: string;
  file?: string;
  value?: GivenJson;
  expectVersion?: number;
}

function set(state: RunState): Command {
  const command = leaf<SetOptions>(
    state,
    "set <session> <key>",
    "remember something under a key",
    async (context, session = "", key = "") => {
      const { options, streams } = context;
      const { type, tag = [], value, expectVersion } = options;
      const content = value === undefined ? await textOf(options) : value.json;
      const collab = await collabToWrite(context);
      const expected = expectVersion === undefined ? {} : { expectedVersion: expectVersion };
      const memory = await collab.memories.set(
        session,
        key,
        { type, content, tags: tag },
        { ...noteOf(options), ...expected },
      );
      await tell(streams, collab.log, "collab-memory/1", { memory });
    },
  );
  return examples(
    withReason(command)
      .addOption(new Option("--type <type>", "what kind of thing").choices([...TYPES]).makeOptionMandatory())
      .option("--text <text>", "the value")
      .option("--file <file>", "a file that holds it; - reads stdin")
      .addOption(
        new Option("--value <json>", "in the place of a text: any JSON")
          .argParser(jsonOption("--value"))
          .conflicts(["text", "file"]),
      )
      .option("--tag <tag>", "may stand several times", collected)
      .option(
        "--expect-version <n>",
        "refuse (exit code 4) unless it has had so many values",
        wholeNumber("--expect-version"),
      ),
    ['sessiondb collab memory set auth db --type decision --text "use SQLite" --tag storage --store sqlite:./s.db'],
  );
}

interface ListOptions extends CollabListOptions {
  type?: Memory["type"];
  prefix?: string;
}

function list(state: RunState): Command {
  const command = leaf<ListOptions>(
    state,
    "list <session>",
    "the memories of a session, by key",
    async (context, session = "") => {
      const { options, streams } = context;
      const { collab, asOf } = await collabToRead(context);
      const { type, prefix } = options;
      const filter = defined({ type, keyPrefix: prefix });
      const page = await collab.memories.list(session, { ...pageOf(options, asOf), ...filter });
      tellPage(streams, collab.log, "collab-memory-list/1", page, COLUMNS);
    },
  );
  return examples(
    withPages(command)
      .alias("ls")
      .addOption(new Option("--type <type>", "only of this type").choices([...TYPES]))
      .option("--prefix <text>", "only keys that begin so"),
    ["sessiondb collab memory list auth --type decision --store sqlite:./s.db"],
  );
}

const COLUMNS: readonly Column<Memory>[] = [
  { title: "KEY", value: ({ key }) => key, narrow: 14 },
  { title: "TYPE", value: ({ type }) => type },
  { title: "VALUES", value: ({ version }) => version, align: "right" },
  { title: "BY", value: ({ actor }) => actor, narrow: 12 },
  { title: "UPDATED", value: ({ updated }) => updated, time: true },
  { title: "TAGS", value: ({ tags }) => tags.join(" "), narrow: 12 },
  { title: "CONTENT", value: ({ content }) => textIn(content), narrow: 20 },
];

function show(state: RunState): Command {
  const command = leaf<CommonOptions & AsOfOptions>(
    state,
    "show <session> <key>",
    "one memory",
    async (context, session = "", key = "") => {
      const { collab, asOf } = await collabToRead(context);
      const memory = await collab.memories.get(session, key, asOf);
      await tell(context.streams, collab.log, "collab-memory/1", { memory }, asOf.asOf);
    },
  );
  return examples(command.alias("get").addOption(asOfOption()), [
    "sessiondb collab memory show auth db --store sqlite:./s.db",
  ]);
}

function history(state: RunState): Command {
  const command = leaf<CommonOptions & AsOfOptions>(
    state,
    "history <session> <key>",
    "all values that a key has had, the first one first",
    async (context, session = "", key = "") => {
      const { collab, asOf } = await collabToRead(context);
      const documents = await collab.memories.history(session, key, asOf);
      const { streams } = context;
      await tellAll(streams, collab.log, "collab-memory-history/1", documents, COLUMNS, asOf.asOf);
    },
  );
  return examples(command.addOption(asOfOption()), ["sessiondb collab memory history auth db --store sqlite:./s.db"]);
}

function textIn(content: unknown): string {
  return typeof content === "string" ? content : JSON.stringify(content);
}
