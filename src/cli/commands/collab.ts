import type { Command } from "commander";
import { noun, type RunState } from "../command.js";
import { collabAgentCommand } from "./collab-agent.js";
import { collabArtifactCommand } from "./collab-artifact.js";
import { collabChunkCommand } from "./collab-chunk.js";
import { collabLogCommand } from "./collab-log.js";
import { collabMemoryCommand } from "./collab-memory.js";
import { collabRefreshCommand } from "./collab-refresh.js";
import { collabSearchCommand } from "./collab-search.js";
import { collabSessionCommands } from "./collab-session.js";
import { collabTaskCommand } from "./collab-task.js";

export function collabCommand(state: RunState): Command {
  return noun("collab", "sessions of people and agents: conversations, memories, tasks, artifacts", [
    ...collabSessionCommands(state),
    collabChunkCommand(state),
    collabMemoryCommand(state),
    collabTaskCommand(state),
    collabArtifactCommand(state),
    collabAgentCommand(state),
    collabSearchCommand(state),
    collabLogCommand(state),
    collabRefreshCommand(state),
  ]);
}
