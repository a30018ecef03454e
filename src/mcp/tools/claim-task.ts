import * as z from "zod";
import { cliLine } from "../cli-line.js";
import { leaseSeconds, partId } from "../collab-inputs.js";
import { toldTask } from "../collab-items.js";
import * as inputs from "../inputs.js";
import { defineTool } from "../tool.js";
import { reason } from "../written.js";

export const claimTask = defineTool({
  name: "claim_task",
  title: "Claim the next task",
  description:
    "Takes the next task of an agent: nobody else gets it while your lease lasts. Tell how it goes with report_task and its token, before lease_until. task is null where there is none now.",
  effect: "changes",
  input: z.object({
    agent: partId.describe("whose tasks: the name under which they were made"),
    lease_seconds: leaseSeconds,
    reason: reason.optional(),
  }),
  output: z.object({
    task: z
      .looseObject({ task: z.string(), token: z.number(), lease_until: z.string(), input: z.unknown() })
      .nullable()
      .describe("what is to be done stands in input"),
    clipped: z.boolean(),
  }),
  async run({ agent, lease_seconds, reason }, context) {
    const { tasks, actor } = context.collab;
    const note = reason === undefined ? {} : { reason };
    const task = await tasks.claim(agent, actor, { leaseMs: lease_seconds * 1_000, ...note });
    const offset = await inputs.offsetOf(context, undefined);
    if (task === null) {
      const cli = cliLine(context, "collab", "task", "list", ["--agent", agent], "--json");
      return { offset, cli, task, clipped: false };
    }
    return { offset, cli: cliLine(context, "collab", "task", "show", task.id, "--json"), ...toldTask(task) };
  },
});
