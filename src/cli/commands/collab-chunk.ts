import { type Command, Option } from "commander";
import type { ConversationChunk } from "../../../projections/collab-chunks.js";
import { CHUNK_FORMATS, type ChunkFormat } from "../../../projections/collab-events.js";
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
  tellPage,
  withPages,
  withReason,
} from "../collab-door.js";
import { type CommonOptions, collected, examples, leaf, noun, type RunState } from "../command.js";
import { printableLines } from "../output/escape.js";
import type { Column } from "../output/table.js";
import { type GivenJson, jsonOption, textOf } from "../text-input.js";

export function collabChunkCommand(state: RunState): Command {
  return noun("chunk", "parts of the conversation of a session", [add(state), list(state), show(state)]);
}

interface AddOptions extends CollabWriteOptions {
  text?: string;
  file?: string;
  format?: ChunkFormat;
  start?: string;
  end?: string;
  participant?: string[];
  extracted?: GivenJson;
}

function add(state: RunState): Command {
  const command = leaf<AddOptions>(
    state,
    "add <session> <chunk>",
    "write down a part of the conversation",
    async (context, session = "", id = "") => {
      const { options, streams } = context;
      const { format, start, end, participant, extracted } = options;
      const content = await textOf(options);
      const collab = await collabToWrite(context);
      const input = {
        content,
        ...defined({ format, startTime: start, endTime: end, participants: participant }),
        ...(extracted === undefined ? {} : { extractedItems: extracted.json }),
      };
      const chunk = await collab.chunks.add(session, id, input, noteOf(options));
      await tell(streams, collab.log, "collab-chunk/1", { chunk });
    },
  );
  return examples(
    withReason(command)
      .option("--text <text>", "what was said")
      .option("--file <file>", "a file that holds it; - reads stdin")
      .addOption(new Option("--format <format>", "default dialogue").choices([...CHUNK_FORMATS]))
      .option("--start <time>", "when it began: 2026-01-31T10:00:00Z")
      .option("--end <time>", "when it ended")
      .option("--participant <name>", "who spoke; may stand several times", collected)
      .option("--extracted <json>", "what was found in it: decisions, action items, …", jsonOption("--extracted")),
    ['sessiondb collab chunk add auth c1 --text "ada: shall we use SQLite?" --store sqlite:./s.db'],
  );
}

interface ListOptions extends CollabListOptions {
  format?: ChunkFormat;
}

function list(state: RunState): Command {
  const command = leaf<ListOptions>(
    state,
    "list <session>",
    "the chunks of a session, without their texts",
    async (context, session = "") => {
      const { options, streams } = context;
      const { collab, asOf } = await collabToRead(context);
      const format = options.format === undefined ? {} : { format: options.format };
      const page = await collab.chunks.list(session, { ...pageOf(options, asOf), ...format });
      tellPage(streams, collab.log, "collab-chunk-list/1", page, COLUMNS);
    },
  );
  const formats = new Option("--format <format>", "only of this format").choices([...CHUNK_FORMATS]);
  return examples(withPages(command).alias("ls").addOption(formats), [
    "sessiondb collab chunk list auth --store sqlite:./s.db",
  ]);
}

const COLUMNS: readonly Column<ConversationChunk>[] = [
  { title: "CHUNK", value: ({ chunkId }) => chunkId, narrow: 14 },
  { title: "FORMAT", value: ({ format }) => format },
  { title: "CHARS", value: ({ chars }) => chars, align: "right" },
  { title: "BY", value: ({ actor }) => actor, narrow: 12 },
  { title: "CREATED", value: ({ created }) => created, time: true },
  { title: "TEXT", value: ({ preview }) => preview, narrow: 20 },
];

function show(state: RunState): Command {
  const command = leaf<CommonOptions & AsOfOptions>(
    state,
    "show <session> <chunk>",
    "the text of a chunk; with --json all of it",
    async (context, session = "", id = "") => {
      const { collab, asOf } = await collabToRead(context);
      const chunk = await collab.chunks.get(session, id, asOf);
      if (context.streams.json) await tell(context.streams, collab.log, "collab-chunk/1", { chunk }, asOf.asOf);
      else context.streams.lines([printableLines(chunk.content ?? "(erased)")]);
    },
  );
  return examples(command.addOption(asOfOption()), ["sessiondb collab chunk show auth c1 --store sqlite:./s.db"]);
}
