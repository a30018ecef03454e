import { type Command, Option } from "commander";
import type { Agent } from "../../../projections/collab-agents.js";
import { AGENT_STATUSES, type AgentStatus } from "../../../projections/collab-events.js";
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
import type { Column } from "../output/table.js";
import { type GivenJson, jsonOption } from "../text-input.js";

export function collabAgentCommand(state: RunState): Command {
  const commands = [register(state), samples(state), list(state), show(state), heartbeat(state)];
  return noun("agent", "who does tasks, and how they are", commands);
}

interface RegisterOptions extends CollabWriteOptions {
  type: string;
  command?: string;
  maxConcurrent?: number;
  capabilities?: GivenJson;
  status?: AgentStatus;
}

function register(state: RunState): Command {
  const command = leaf<RegisterOptions>(
    state,
    "register <name>",
    "register an agent, or change what is registered",
    async (context, name = "") => {
      const { options, streams } = context;
      const { type, command: line, maxConcurrent, capabilities, status } = options;
      const collab = await collabToWrite(context, false);
      const input = {
        type,
        ...defined({ command: line, maxConcurrent }),
        ...(capabilities === undefined ? {} : { capabilities: capabilities.json }),
        ...defined({ status }),
      };
      await tell(streams, collab.log, "collab-agent/1", {
        agent: await collab.agents.register(name, input, noteOf(options)),
      });
    },
  );
  return examples(
    withReason(command)
      .requiredOption("--type <type>", "such as cli, api or human")
      .option("--command <line>", "how it is started; nothing here runs it")
      .option(
        "--max-concurrent <n>",
        "tasks that it holds at a time; default any number",
        wholeNumber("--max-concurrent"),
      )
      .option("--capabilities <json>", "what it can do", jsonOption("--capabilities"))
      .addOption(new Option("--status <status>", "default available").choices([...AGENT_STATUSES])),
    ["sessiondb collab agent register claude --type cli --max-concurrent 3 --store sqlite:./s.db"],
  );
}

function samples(state: RunState): Command {
  const command = leaf<CollabListOptions & CollabWriteOptions>(
    state,
    "samples",
    "register three agents to try things with",
    async (context) => {
      const { options, streams } = context;
      const collab = await collabToWrite(context, false);
      const documents = await collab.agents.registerSamples(noteOf(options));
      await tellAll(streams, collab.log, "collab-agent-list/1", documents, COLUMNS, undefined);
    },
  );
  return examples(withReason(command), ["sessiondb collab agent samples --store sqlite:./s.db"]);
}

interface ListOptions extends CollabListOptions {
  status?: AgentStatus;
}

function list(state: RunState): Command {
  const command = leaf<ListOptions>(state, "list", "the agents, by name", async (context) => {
    const { options, streams } = context;
    const { collab, asOf } = await collabToRead(context);
    const status = options.status === undefined ? {} : { status: options.status };
    const page = await collab.agents.list({ ...pageOf(options, asOf), ...status });
    tellPage(streams, collab.log, "collab-agent-list/1", page, COLUMNS);
  });
  return examples(
    withPages(command)
      .alias("ls")
      .addOption(new Option("--status <status>", "only of this status").choices([...AGENT_STATUSES])),
    ["sessiondb collab agent list --store sqlite:./s.db"],
  );
}

const COLUMNS: readonly Column<Agent>[] = [
  { title: "AGENT", value: ({ name }) => name, narrow: 14 },
  { title: "TYPE", value: ({ type }) => type, narrow: 8 },
  { title: "STATUS", value: ({ status }) => status },
  { title: "AT A TIME", value: ({ maxConcurrent }) => maxConcurrent, align: "right" },
  { title: "LAST HEARTBEAT", value: ({ lastHeartbeat }) => lastHeartbeat, time: true },
  { title: "CAPABILITIES", value: ({ capabilities }) => JSON.stringify(capabilities), narrow: 20 },
];

function show(state: RunState): Command {
  const command = leaf<CommonOptions & AsOfOptions>(state, "show <name>", "one agent", async (context, name = "") => {
    const { collab, asOf } = await collabToRead(context);
    await tell(
      context.streams,
      collab.log,
      "collab-agent/1",
      { agent: await collab.agents.get(name, asOf) },
      asOf.asOf,
    );
  });
  return examples(command.alias("get").addOption(asOfOption()), [
    "sessiondb collab agent show claude --store sqlite:./s.db",
  ]);
}

interface HeartbeatOptions extends CollabWriteOptions {
  status?: AgentStatus;
}

function heartbeat(state: RunState): Command {
  const command = leaf<HeartbeatOptions>(
    state,
    "heartbeat <name>",
    "the agent is there, and how it is",
    async (context, name = "") => {
      const { options, streams } = context;
      const collab = await collabToWrite(context);
      const agent = await collab.agents.heartbeat(name, options.status, noteOf(options));
      await tell(streams, collab.log, "collab-agent/1", { agent });
    },
  );
  return examples(
    withReason(command).addOption(new Option("--status <status>", "how it is").choices([...AGENT_STATUSES])),
    ["sessiondb collab agent heartbeat claude --status busy --store sqlite:./s.db"],
  );
}
