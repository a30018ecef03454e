import * as z from "zod";
import { cliLine } from "../cli-line.js";
import * as inputs from "../inputs.js";
import { defineTool } from "../tool.js";
import { reason } from "../written.js";

export const requeueTasks = defineTool({
  name: "requeue_tasks",
  title: "Give back the tasks of lost workers",
  description:
    "Tasks whose lease ran out become pending again, or failed after their last attempt. The next claim_task of their agent would do so as well: call this to see at once in list_tasks what is free.",
  effect: "changes",
  input: z.object({ reason: reason.optional() }),
  output: z.object({ requeued: z.number().describe("tasks that were given back, or failed for good") }),
  async run({ reason }, context) {
    const requeued = await context.collab.tasks.requeueExpired(reason === undefined ? {} : { reason });
    const offset = await inputs.offsetOf(context, undefined);
    return { offset, cli: cliLine(context, "collab", "task", "requeue", "--json"), requeued };
  },
});
