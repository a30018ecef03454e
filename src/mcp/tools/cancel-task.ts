import * as z from "zod";
import { cliLine } from "../cli-line.js";
import { taskId } from "../collab-inputs.js";
import { taskDetails } from "../collab-items.js";
import * as inputs from "../inputs.js";
import { defineTool } from "../tool.js";
import { reason } from "../written.js";

export const cancelTask = defineTool({
  name: "cancel_task",
  title: "Cancel a task",
  description:
    "Nobody shall do it any more, also not who is at it now: its next report is refused. For good: to have it done after all, create another.",
  effect: "changes",
  input: z.object({ task: taskId, reason }),
  output: z.object({
    task: z.looseObject({ task: z.string(), status: z.string() }),
    clipped: z.boolean(),
  }),
  async run({ task, reason }, context) {
    const cancelled = await context.collab.tasks.cancel(task, { reason });
    const offset = await inputs.offsetOf(context, undefined);
    return {
      offset,
      cli: cliLine(context, "collab", "task", "show", task, "--json"),
      ...taskDetails(cancelled),
    };
  },
});
