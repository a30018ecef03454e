import * as z from "zod";
import { cliLine } from "../cli-line.js";
import { taskId } from "../collab-inputs.js";
import { taskDetails } from "../collab-items.js";
import * as inputs from "../inputs.js";
import { defineTool } from "../tool.js";

export const getTask = defineTool({
  name: "get_task",
  title: "Get one task",
  description: "What is to be done, who holds it, how often it was tried, and what came of it; now or as of a point.",
  effect: "reads",
  input: z.object({ task: taskId, as_of: inputs.asOf }),
  output: z.object({
    task: z.looseObject({ task: z.string(), status: z.string(), attempts: z.number(), input: z.unknown() }),
    clipped: z.boolean(),
  }),
  async run({ task, as_of }, context) {
    const offset = await inputs.offsetOf(context, as_of);
    const found = await context.collab.tasks.get(task, { asOf: offset });
    const cli = cliLine(context, "collab", "task", "show", task, ["--as-of", as_of], "--json");
    return { offset, cli, ...taskDetails(found) };
  },
});
