import { type Command, Option } from "commander";
import { SESSION_STATUSES } from "../../../projections/collab-events.js";
import type { CollabSession } from "../../../projections/collab-sessions.js";
import type { CollabSessionInput } from "../../collab/collab-sessions.js";
import type { CollaborativeSessions } from "../../collab/collaborative-sessions.js";
import { defined } from "../../defined.js";
import { collabSummary } from "../../inspect/collab-summary.js";
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
import { type CommonOptions, collected, examples, leaf, type RunState } from "../command.js";
import type { Column } from "../output/table.js";
import { type GivenJson, jsonOption } from "../text-input.js";

interface DescribeOptions extends CollabWriteOptions {
  title?: string;
  participant?: string[];
  context?: GivenJson;
  metadata?: GivenJson;
}

export function collabSessionCommands(state: RunState): Command[] {
  return [
    create(state),
    list(state),
    show(state),
    update(state),
    move(state, "pause", "nobody works on it at the moment"),
    move(state, "resume", "a paused session is active again"),
    move(state, "complete", "end a session for good; it stays readable"),
  ];
}

function create(state: RunState): Command {
  const command = leaf<DescribeOptions>(
    state,
    "create <id>",
    "begin a session of people and agents",
    async (context, id = "") => {
      const { options, streams } = context;
      const collab = await collabToWrite(context, false);
      const session = await collab.sessions.create(id, inputOf(options), noteOf(options));
      await tell(streams, collab.log, "collab-session/1", { session });
    },
  );
  return examples(described(command), [
    'sessiondb collab create auth --title "New login" --participant ada --participant claude --store sqlite:./s.db',
  ]);
}

function update(state: RunState): Command {
  const command = leaf<DescribeOptions>(
    state,
    "update <id>",
    "change what is said of a session",
    async (context, id = "") => {
      const { options, streams } = context;
      const collab = await collabToWrite(context);
      const session = await collab.sessions.update(id, inputOf(options), noteOf(options));
      await tell(streams, collab.log, "collab-session/1", { session });
    },
  );
  return examples(described(command), [
    'sessiondb collab update auth --context \'{"repo":"x"}\' --store sqlite:./s.db',
  ]);
}

function described(command: Command): Command {
  return withReason(command)
    .option("--title <text>", "default: the id")
    .option("--participant <name>", "who takes part; may stand several times", collected)
    .option("--context <json>", "any JSON", jsonOption("--context"))
    .option("--metadata <json>", "any JSON", jsonOption("--metadata"));
}

function inputOf({ title, participant, context, metadata }: DescribeOptions): CollabSessionInput {
  return {
    ...defined({ title, participants: participant }),
    ...(context === undefined ? {} : { context: context.json }),
    ...(metadata === undefined ? {} : { metadata: metadata.json }),
  };
}

interface ListOptions extends CollabListOptions {
  status?: CollabSession["status"];
  all?: boolean;
  search?: string;
}

function list(state: RunState): Command {
  const command = leaf<ListOptions>(state, "list", "active sessions, the last active one first", async (context) => {
    const { options, streams } = context;
    const { collab, asOf } = await collabToRead(context);
    const status = options.all === true ? undefined : (options.status ?? "active");
    const page = await collab.sessions.list({
      ...pageOf(options, asOf),
      ...defined({ status, search: options.search }),
    });
    tellPage(streams, collab.log, "collab-list/1", page, COLUMNS);
  });
  const statuses = new Option("--status <status>", "only those; default active").choices([...SESSION_STATUSES]);
  return examples(
    withPages(command)
      .alias("ls")
      .addOption(statuses)
      .addOption(new Option("--all", "of every status").conflicts("status"))
      .option("--search <words>", "only those with these words in id, title or context"),
    [
      "sessiondb collab list --store sqlite:./s.db",
      "sessiondb collab list --all --json=id,status --store sqlite:./s.db",
    ],
  );
}

const COLUMNS: readonly Column<CollabSession>[] = [
  { title: "SESSION", value: ({ id }) => id, narrow: 14 },
  { title: "STATUS", value: ({ status }) => status },
  { title: "TITLE", value: ({ title }) => title, narrow: 16 },
  { title: "CHUNKS", value: ({ chunkCount }) => chunkCount, align: "right" },
  { title: "MEMORIES", value: ({ memoryCount }) => memoryCount, align: "right" },
  { title: "TASKS", value: ({ taskCount }) => taskCount, align: "right" },
  { title: "ARTIFACTS", value: ({ artifactCount }) => artifactCount, align: "right" },
  { title: "LAST BY", value: ({ lastActor }) => lastActor, narrow: 12 },
  { title: "UPDATED", value: ({ lastActivity }) => lastActivity, time: true },
];

function show(state: RunState): Command {
  const command = leaf<CommonOptions & AsOfOptions>(
    state,
    "show <id>",
    "a session with its counters and what they are made of",
    async (context, id = "") => {
      const { collab, asOf } = await collabToRead(context);
      const { session, ...counts } = await collabSummary(collab.log, id, asOf);
      await tell(context.streams, collab.log, "collab-show/1", { session, counts }, asOf.asOf);
    },
  );
  return examples(command.alias("load").alias("summary").addOption(asOfOption()), [
    "sessiondb collab show auth --store sqlite:./s.db",
  ]);
}

function move(state: RunState, name: "pause" | "resume" | "complete", summary: string): Command {
  const command = leaf<CollabWriteOptions>(state, `${name} <id>`, summary, async (context, id = "") => {
    const { options, streams } = context;
    const collab: CollaborativeSessions = await collabToWrite(context);
    const session = await collab.sessions[name](id, noteOf(options));
    await tell(streams, collab.log, "collab-session/1", { session });
  });
  const line = `sessiondb collab ${name} ${name === "complete" ? "auth-2" : "auth"} --store sqlite:./s.db`;
  return examples(
    withReason(command),
    name === "complete" ? [`sessiondb collab create auth-2 --store sqlite:./s.db`, line] : [line],
  );
}
