import { type Agent, collabAgents } from "../../projections/collab-agents.js";
import { AGENT_STATUSES, type AgentStatus } from "../../projections/collab-events.js";
import { agentStream } from "../../projections/collab-streams.js";
import { assertOptions, type KnownOptions } from "../config/known-options.js";
import { NotFoundError } from "../errors.js";
import type { Page } from "../query/query.js";
import { assertAsOf } from "../replay/assert-offset-in.js";
import { foldStream } from "../replay/fold-stream.js";
import { ReadModel } from "../replay/read-model/read-model.js";
import { assertCollabId } from "./collab-id.js";
import { boundedJson, label, labelOrNull, oneOf, wholeNumberIn } from "./collab-input.js";
import { asOfIn, type CollabAsOf, type CollabLog, type CollabNote, collabEvent } from "./collab-log.js";
import { assertFilter, assertTexts, type CollabPage, pageQuery } from "./collab-page.js";

export interface AgentInput {
  /** Such as `cli`, `api`, `human`. */
  readonly type: string;
  /** How it is started; for people to read, nothing here runs it. */
  readonly command?: string | null;
  /** How many tasks it may hold at a time: 1 to 1,000; null (the default): any number. */
  readonly maxConcurrent?: number | null;
  readonly capabilities?: unknown;
  /** Default `available`. */
  readonly status?: AgentStatus;
  readonly metadata?: unknown;
}

export interface AgentFilter extends CollabPage {
  readonly status?: AgentStatus;
  readonly type?: string;
}

const INPUT: KnownOptions<AgentInput> = {
  type: true,
  command: true,
  maxConcurrent: true,
  capabilities: true,
  status: true,
  metadata: true,
};

/** Agents that a new user can try things with; registered on request only. */
export const SAMPLE_AGENTS: Readonly<Record<string, AgentInput>> = {
  "claude-code": {
    type: "cli",
    command: "claude",
    maxConcurrent: 3,
    capabilities: ["coding", "refactoring", "testing", "documentation"],
  },
  "code-reviewer": { type: "cli", command: null, maxConcurrent: 2, capabilities: ["review", "security"] },
  researcher: { type: "api", command: null, maxConcurrent: 5, capabilities: ["research", "summaries"] },
};

/** Who does tasks, and what is known of them. A task may also name an agent that is not registered. */
export class Agents {
  readonly #collab: CollabLog;
  readonly #model: ReadModel<Agent>;

  constructor(collab: CollabLog) {
    this.#collab = collab;
    this.#model = new ReadModel(collab.log, collabAgents);
  }

  /** Registers it, or changes what is registered. @throws UsageError COLLAB_ID_INVALID, COLLAB_INVALID */
  async register(name: string, input: AgentInput, note: CollabNote = {}): Promise<Agent> {
    assertCollabId("agent", name);
    assertOptions("an agent", input, INPUT);
    const event = collabEvent("agent.registered", dataOf(input), note);
    return this.#collab.change(collabAgents, agentStream(name), () => [event], note);
  }

  /** Those of SAMPLE_AGENTS that are not there yet. @returns all three */
  async registerSamples(note: CollabNote = {}): Promise<Agent[]> {
    const agents: Agent[] = [];
    for (const [name, input] of Object.entries(SAMPLE_AGENTS)) {
      const event = collabEvent("agent.registered", dataOf(input), note);
      const decide = (agent: Agent | null) => (agent === null ? [event] : []);
      agents.push(await this.#collab.change(collabAgents, agentStream(name), decide, note));
    }
    return agents;
  }

  /** It is there, and, where a status is given, how it is. @throws NotFoundError AGENT_NOT_FOUND */
  async heartbeat(name: string, status?: AgentStatus, note: CollabNote = {}): Promise<Agent> {
    assertCollabId("agent", name);
    const named = status === undefined ? {} : { status: oneOf("status", AGENT_STATUSES, status) };
    const event = collabEvent("agent.heartbeat", { ...named, at: this.#collab.nowText() }, note);
    return this.#collab.change(collabAgents, agentStream(name), (agent) => [present(agent, name) && event], note);
  }

  /** @throws NotFoundError AGENT_NOT_FOUND */
  async get(name: string, options: CollabAsOf = {}): Promise<Agent> {
    return present(await this.find(name, options), name);
  }

  /** @returns null where it is not registered */
  async find(name: string, options: CollabAsOf = {}): Promise<Agent | null> {
    assertCollabId("agent", name);
    const asOf = asOfIn("an agent asked for", options);
    await assertAsOf(this.#collab.log, asOf);
    return (await foldStream(this.#collab.log, collabAgents, agentStream(name), asOf)).document;
  }

  /** By name. */
  async list(filter: AgentFilter = {}): Promise<Page<Agent>> {
    assertFilter("a list of agents", filter, { status: true, type: true });
    const { status, type } = filter;
    if (status !== undefined) oneOf("status", AGENT_STATUSES, status);
    assertTexts({ type });
    const { query, asOf } = pageQuery(filter, { status, type }, [{ field: "name" }]);
    return this.#model.query(query, asOf);
  }
}

function dataOf(input: AgentInput): object {
  const { command, maxConcurrent = null, capabilities = null, status = "available", metadata = null } = input;
  return {
    type: label("type", input.type),
    command: labelOrNull("command", command),
    maxConcurrent: maxConcurrent === null ? null : wholeNumberIn("maxConcurrent", maxConcurrent, 1, 1_000),
    capabilities: boundedJson("capabilities", capabilities),
    status: oneOf("status", AGENT_STATUSES, status),
    metadata: boundedJson("metadata", metadata),
  };
}

function present(agent: Agent | null, name: string): Agent {
  if (agent !== null) return agent;
  throw new NotFoundError("AGENT_NOT_FOUND", `no agent ${JSON.stringify(name)} is registered`, {
    hint: "see: sessiondb collab agent list",
  });
}
