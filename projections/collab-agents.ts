import { type AgentStatus, collabData } from "./collab-events.js";
import { CURRENT_TASKS, CURRENT_TASKS_FUNCTION } from "./collab-sql.js";
import { agentNameOf } from "./collab-streams.js";
import { defineProjection, type FoldEvent } from "./projection.js";

/** Somebody who does tasks. How many it does at the moment, the tasks tell. */
export interface Agent {
  readonly name: string;
  type: string;
  command: string | null;
  /** How many tasks at a time; null: any number. */
  maxConcurrent: number | null;
  capabilities: unknown;
  status: AgentStatus;
  metadata: unknown;
  lastHeartbeat: string | null;
  readonly created: string;
  updated: string;
  /** Of its stream: claims of an agent of limited number are compared by it. */
  version: number;
}

/** Read model `agents`. */
export const collabAgents = defineProjection<Agent>({
  name: "agents",
  revision: 1,
  idOf: agentNameOf,
  evolve,
  fields: {
    name: { type: "text", of: ({ name }) => name },
    type: { type: "text", indexed: true, of: ({ type }) => type },
    command: { type: "text", of: ({ command }) => command },
    max_concurrent: { type: "number", of: ({ maxConcurrent }) => maxConcurrent },
    status: { type: "text", indexed: true, of: ({ status }) => status },
    last_heartbeat: { type: "text", of: ({ lastHeartbeat }) => lastHeartbeat },
    created: { type: "text", of: ({ created }) => created },
    updated: { type: "text", of: ({ updated }) => updated },
  },
  view: {
    columns: [
      { name: "name", type: "text", from: { field: "name" } },
      { name: "type", type: "text", from: { field: "type" } },
      { name: "command", type: "text", from: { member: "command" } },
      { name: "max_concurrent", type: "integer", from: { field: "max_concurrent" } },
      { name: "capabilities", type: "json", from: { member: "capabilities" } },
      { name: "status", type: "text", from: { field: "status" } },
      { name: "current_tasks", type: "integer", from: CURRENT_TASKS },
      { name: "last_heartbeat", type: "time", from: { field: "last_heartbeat" } },
      { name: "metadata", type: "json", from: { member: "metadata" } },
      { name: "created", type: "time", from: { field: "created" } },
      { name: "updated", type: "time", from: { field: "updated" } },
    ],
    also: { postgres: CURRENT_TASKS_FUNCTION },
  },
});

function evolve(agent: Agent | null, event: FoldEvent): Agent | null {
  const data = collabData("agent.registered", event);
  if (data !== undefined) return registered(agent, event, data);
  if (agent === null) return null;
  agent.version = event.version;
  const beat = collabData("agent.heartbeat", event);
  if (beat === undefined) return agent;
  agent.lastHeartbeat = beat.at;
  agent.status = beat.status ?? agent.status;
  agent.updated = event.recordedAt;
  return agent;
}

function registered(
  agent: Agent | null,
  event: FoldEvent,
  data: NonNullable<ReturnType<typeof collabData<"agent.registered">>>,
): Agent {
  const { type, command, maxConcurrent, status, capabilities = null, metadata = null } = data;
  return {
    name: event.id,
    type,
    command,
    maxConcurrent,
    capabilities,
    status,
    metadata,
    lastHeartbeat: agent?.lastHeartbeat ?? null,
    created: agent?.created ?? data.created ?? event.recordedAt,
    updated: event.recordedAt,
    version: event.version,
  };
}
