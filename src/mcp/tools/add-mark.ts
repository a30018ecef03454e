import * as z from "zod";
import { defined } from "../../defined.js";
import { setMark } from "../../session/set-mark.js";
import { cliLine } from "../cli-line.js";
import * as inputs from "../inputs.js";
import { defineTool } from "../tool.js";
import { reason } from "../written.js";

export const addMark = defineTool({
  name: "add_mark",
  title: "Name a point in the log",
  description:
    "Gives a point a name, so that mark:NAME can be used wherever a point can: before a risky step, for example.",
  effect: "changes",
  input: z.object({
    name: z.string().min(1).max(200),
    at: inputs.point.optional().describe("default: the last event"),
    reason: reason.optional(),
    force: z.boolean().default(false).describe("move a name that is taken"),
  }),
  output: z.object({ name: z.string(), marks: z.number().describe("the offset that it names") }),
  async run({ name, at, reason, force }, context) {
    const place = at === undefined ? {} : { at: await inputs.offsetOf(context, at) };
    const mark = await setMark(context.log, name, {
      force,
      actor: context.store.actor,
      ...place,
      ...defined({ reason }),
    });
    return { offset: mark.setOffset, cli: cliLine(context, "mark", "list"), name, marks: mark.offset };
  },
});
