import type { Command } from "commander";
import type { Artifact } from "../../../projections/collab-artifacts.js";
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
import { type CommonOptions, examples, leaf, noun, type RunState, wholeNumber } from "../command.js";
import { printableLines } from "../output/escape.js";
import type { Column } from "../output/table.js";
import { bytesOf, type GivenJson, jsonOption, textOf } from "../text-input.js";

export function collabArtifactCommand(state: RunState): Command {
  const commands = [save(state), list(state), show(state), versions(state)];
  return noun("artifact", "what was made in a session; every version stays", commands);
}

interface SaveOptions extends CollabWriteOptions {
  text?: string;
  file?: string;
  base64?: boolean;
  type?: string;
  name?: string;
  format?: string;
  task?: string;
  metadata?: GivenJson;
  expectVersion?: number;
}

function save(state: RunState): Command {
  const command = leaf<SaveOptions>(
    state,
    "save <session> <id>",
    "keep an artifact, or its next version",
    async (context, session = "", id = "") => {
      const { options, streams } = context;
      const { base64 = false, type, name, format, task, metadata, expectVersion } = options;
      const content = base64 ? (await bytesOf(options)).toString("base64") : await textOf(options);
      const collab = await collabToWrite(context);
      const input = {
        content,
        encoding: base64 ? ("base64" as const) : ("utf8" as const),
        ...defined({ type, name, format, taskId: task }),
        ...(metadata === undefined ? {} : { metadata: metadata.json }),
      };
      const expected = expectVersion === undefined ? {} : { expectedVersion: expectVersion };
      const artifact = await collab.artifacts.save(session, id, input, { ...noteOf(options), ...expected });
      await tell(streams, collab.log, "collab-artifact/1", { artifact });
    },
  );
  return examples(
    withReason(command)
      .option("--text <text>", "its content")
      .option("--file <file>", "a file that holds it; - reads stdin")
      .option("--base64", "it is no text: keep the bytes")
      .option("--type <type>", "such as code or document (the default)")
      .option("--name <name>", "default: its id")
      .option("--format <format>", "such as md")
      .option("--task <task>", "the task that made it")
      .option("--metadata <json>", "any JSON", jsonOption("--metadata"))
      .option(
        "--expect-version <n>",
        "refuse (exit code 4) unless it is at this version",
        wholeNumber("--expect-version"),
      ),
    ['sessiondb collab artifact save auth docs/plan.md --text "# Plan" --format md --store sqlite:./s.db'],
  );
}

interface ListOptions extends CollabListOptions {
  type?: string;
  task?: string;
}

function list(state: RunState): Command {
  const command = leaf<ListOptions>(
    state,
    "list <session>",
    "the artifacts of a session, without their contents",
    async (context, session = "") => {
      const { options, streams } = context;
      const { collab, asOf } = await collabToRead(context);
      const { type, task } = options;
      const filter = defined({ type, taskId: task });
      const page = await collab.artifacts.list(session, { ...pageOf(options, asOf), ...filter });
      tellPage(streams, collab.log, "collab-artifact-list/1", page, COLUMNS);
    },
  );
  return examples(
    withPages(command)
      .alias("ls")
      .option("--type <type>", "only of this type")
      .option("--task <task>", "only those that this task made"),
    ["sessiondb collab artifact list auth --store sqlite:./s.db"],
  );
}

const COLUMNS: readonly Column<Artifact>[] = [
  { title: "ARTIFACT", value: ({ artifactId }) => artifactId, narrow: 14 },
  { title: "TYPE", value: ({ type }) => type, narrow: 10 },
  { title: "NAME", value: ({ name }) => name, narrow: 12 },
  { title: "VERSION", value: ({ version }) => version, align: "right" },
  { title: "CHARS", value: ({ chars }) => chars, align: "right" },
  { title: "BY", value: ({ actor }) => actor, narrow: 12 },
  { title: "UPDATED", value: ({ updated }) => updated, time: true },
];

interface ShowOptions extends CommonOptions, AsOfOptions {
  revision?: number;
}

function show(state: RunState): Command {
  const command = leaf<ShowOptions>(
    state,
    "show <session> <id>",
    "the content of an artifact; with --json all of it",
    async (context, session = "", id = "") => {
      const { collab, asOf } = await collabToRead(context);
      const { revision } = context.options;
      const version = revision === undefined ? {} : { version: revision };
      const artifact = await collab.artifacts.get(session, id, { ...asOf, ...version });
      if (context.streams.json) await tell(context.streams, collab.log, "collab-artifact/1", { artifact }, asOf.asOf);
      else context.streams.lines([printableLines(artifact.content ?? "(erased)")]);
    },
  );
  return examples(
    command.option("--revision <n>", "an earlier version, from 1", wholeNumber("--revision")).addOption(asOfOption()),
    ["sessiondb collab artifact show auth docs/plan.md --store sqlite:./s.db"],
  );
}

function versions(state: RunState): Command {
  const command = leaf<CommonOptions & AsOfOptions>(
    state,
    "versions <session> <id>",
    "all versions, the first one first",
    async (context, session = "", id = "") => {
      const { collab, asOf } = await collabToRead(context);
      const documents = await collab.artifacts.versions(session, id, asOf);
      const { streams } = context;
      await tellAll(streams, collab.log, "collab-artifact-versions/1", documents, COLUMNS, asOf.asOf);
    },
  );
  return examples(command.addOption(asOfOption()), [
    "sessiondb collab artifact versions auth docs/plan.md --store sqlite:./s.db",
  ]);
}
