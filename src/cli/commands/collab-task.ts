import { type Command, Option } from "commander";
import { TASK_STATUSES, type TaskStatus } from "../../../projections/collab-events.js";
import type { Task } from "../../../projections/collab-tasks.js";
import { defined } from "../../defined.js";
import { eventItem } from "../../inspect/event-item.js";
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
import { durationMs } from "../duration.js";
import { EVENT_COLUMNS } from "../output/event-lines.js";
import type { Column } from "../output/table.js";
import { type GivenJson, jsonOption } from "../text-input.js";
import { taskWorkCommands } from "./collab-task-work.js";

export function collabTaskCommand(state: RunState): Command {
  const commands = [add(state), list(state), show(state), log(state), ...taskWorkCommands(state)];
  return noun("task", "work for agents: created by one, claimed by another, done once", commands);
}

interface AddOptions extends CollabWriteOptions {
  agent: string;
  type: string;
  id?: string;
  priority?: number;
  input?: GivenJson;
  attempts?: number;
  backoff?: number;
  notBefore?: string;
}

function add(state: RunState): Command {
  const command = leaf<AddOptions>(
    state,
    "add <session>",
    "create a task for an agent",
    async (context, session = "") => {
      const { options, streams } = context;
      const { agent, type, id, priority, input, attempts, backoff, notBefore } = options;
      const collab = await collabToWrite(context);
      const given = {
        agentName: agent,
        taskType: type,
        ...defined({ taskId: id, priority }),
        ...(input === undefined ? {} : { input: input.json }),
        ...defined({ maxAttempts: attempts, backoffMs: backoff, notBefore }),
      };
      const task = await collab.tasks.create(session, given, noteOf(options));
      await tell(streams, collab.log, "collab-task/1", { task });
    },
  );
  return examples(
    withReason(command)
      .requiredOption("--agent <name>", "whose task it is")
      .requiredOption("--type <type>", "what kind of work, such as review")
      .option("--id <id>", "default: a new UUID")
      .option("--priority <n>", "the higher the sooner; default 0", Number)
      .option("--input <json>", "what the agent needs to know", jsonOption("--input"))
      .option("--attempts <n>", "how often it is tried; default 3", wholeNumber("--attempts"))
      .option(
        "--backoff <time>",
        "before the second attempt, doubled each time up to 1h; default 1s",
        durationMs("--backoff"),
      )
      .option("--not-before <time>", "not handed out before: 2026-01-31T10:00:00Z"),
    [
      "sessiondb collab task add auth --id review-1 --agent claude --type review --priority 5 --store sqlite:./s.db",
      "sessiondb collab task add auth --id review-2 --agent codex --type review --store sqlite:./s.db",
    ],
  );
}

interface ListOptions extends CollabListOptions {
  session?: string;
  status?: TaskStatus;
  agent?: string;
}

function list(state: RunState): Command {
  const command = leaf<ListOptions>(state, "list", "tasks in the order of the queue", async (context) => {
    const { options, streams } = context;
    const { collab, asOf } = await collabToRead(context);
    const { session, status, agent } = options;
    const page = await collab.tasks.list({
      ...pageOf(options, asOf),
      ...defined({ session, status, agentName: agent }),
    });
    tellPage(streams, collab.log, "collab-task-list/1", page, COLUMNS);
  });
  return examples(
    withPages(command)
      .alias("ls")
      .option("--session <id>", "only of this session")
      .addOption(new Option("--status <status>", "only of this status").choices([...TASK_STATUSES]))
      .option("--agent <name>", "only of this agent"),
    ["sessiondb collab task list --status pending --store sqlite:./s.db"],
  );
}

const COLUMNS: readonly Column<Task>[] = [
  { title: "TASK", value: ({ id }) => id, narrow: 16 },
  { title: "STATUS", value: ({ status }) => status },
  { title: "PRIORITY", value: ({ priority }) => priority, align: "right" },
  { title: "AGENT", value: ({ agentName }) => agentName, narrow: 10 },
  { title: "TYPE", value: ({ taskType }) => taskType, narrow: 10 },
  { title: "CLAIMED BY", value: ({ claimedBy }) => claimedBy, narrow: 10 },
  { title: "ATTEMPTS", value: ({ attempts, maxAttempts }) => `${attempts}/${maxAttempts}`, align: "right" },
  { title: "UPDATED", value: ({ updated }) => updated, time: true },
];

function show(state: RunState): Command {
  const command = leaf<CommonOptions & AsOfOptions>(
    state,
    "show <task>",
    "one task: SESSION/TASK",
    async (context, id = "") => {
      const { collab, asOf } = await collabToRead(context);
      await tell(context.streams, collab.log, "collab-task/1", { task: await collab.tasks.get(id, asOf) }, asOf.asOf);
    },
  );
  return examples(command.alias("get").addOption(asOfOption()), [
    "sessiondb collab task show auth/review-1 --store sqlite:./s.db",
  ]);
}

function log(state: RunState): Command {
  const command = leaf<CommonOptions & AsOfOptions>(
    state,
    "log <task>",
    "who claimed it and what became of it, oldest first",
    async (context, id = "") => {
      const { collab, asOf } = await collabToRead(context);
      const documents = (await collab.tasks.history(id, asOf)).map(eventItem);
      const { streams } = context;
      await tellAll(streams, collab.log, "collab-task-log/1", documents, EVENT_COLUMNS, asOf.asOf);
    },
  );
  return examples(command.addOption(asOfOption()), ["sessiondb collab task log auth/review-1 --store sqlite:./s.db"]);
}
