import * as z from "zod";
import { defined } from "../../defined.js";
import { cliLine } from "../cli-line.js";
import { collabSession, partId } from "../collab-inputs.js";
import { taskDetails } from "../collab-items.js";
import * as inputs from "../inputs.js";
import { defineTool } from "../tool.js";
import { reason } from "../written.js";

export const createTask = defineTool({
  name: "create_task",
  title: "Give an agent something to do",
  description:
    "Puts a task into the queue of an agent, who gets it with claim_task. Name it yourself where you may have to try again: a second task of the same name in a session is refused (TASK_EXISTS).",
  effect: "changes",
  input: z.object({
    session: collabSession.optional().describe("the session that it belongs to; default none"),
    task: partId.optional().describe("its id in the session; default a new one"),
    agent: partId.describe("who shall do it: the name that claim_task is called with"),
    type: z.string().min(1).max(1_000).describe("what kind of work, such as review"),
    input: z.unknown().optional().describe("any JSON: what the agent needs to know"),
    priority: z.number().int().min(-1_000_000).max(1_000_000).default(0).describe("the higher the sooner"),
    max_attempts: z.number().int().min(1).max(1_000).default(3).describe("how often it is tried"),
    not_before: z.iso.datetime({ offset: true }).optional().describe("not handed out before: 2026-01-31T10:00:00Z"),
    reason: reason.optional(),
  }),
  output: z.object({
    task: z.looseObject({ task: z.string(), status: z.string() }),
    clipped: z.boolean(),
  }),
  async run({ session, task, agent, type, input, priority, max_attempts, not_before, reason }, context) {
    const given = {
      ...{ agentName: agent, taskType: type, priority, maxAttempts: max_attempts },
      ...defined({ taskId: task, input, notBefore: not_before }),
    };
    const created = await context.collab.tasks.create(session ?? null, given, reason === undefined ? {} : { reason });
    const offset = await inputs.offsetOf(context, undefined);
    return {
      offset,
      cli: cliLine(context, "collab", "task", "show", created.id, "--json"),
      ...taskDetails(created),
    };
  },
});
