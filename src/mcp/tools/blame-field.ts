import * as z from "zod";
import { defined } from "../../defined.js";
import { blame } from "../../inspect/blame.js";
import { parseFieldPath } from "../../inspect/field-path.js";
import { cliLine } from "../cli-line.js";
import { itemsThatFit } from "../clip.js";
import * as inputs from "../inputs.js";
import { defineTool } from "../tool.js";

export const blameField = defineTool({
  name: "blame_field",
  title: "Who set a field",
  description:
    "For every place in a session's record (or below one path): the event, time, actor and reason that set its value, and what was there before.",
  effect: "reads",
  input: z.object({
    session: inputs.session,
    path: inputs.path.optional().describe("only what lies there; default the whole record"),
    depth: z.number().int().min(1).max(100).optional().describe("levels below path that are told apart; default all"),
    as_of: inputs.asOf,
  }),
  output: z.object({
    session: z.string(),
    fields: z.array(z.looseObject({ path: z.string(), set: z.looseObject({ offset: z.number() }) })),
    more: z.number().optional().describe("places that did not fit: name a path"),
    clipped: z.boolean(),
  }),
  async run({ session, path, depth, as_of }, context) {
    const toOffset = await inputs.offsetOf(context, as_of, session);
    const fields = await blame(context.log, session, {
      toOffset,
      ...(path === undefined ? {} : { path: parseFieldPath(path) }),
      ...defined({ depth }),
    });
    const { value: shown, clipped } = itemsThatFit(fields);
    const more = fields.length - shown.length;
    return {
      offset: toOffset,
      cli: cliLine(context, "session", "blame", session, path, ["--depth", depth], ["--as-of", as_of], "--json"),
      session,
      fields: shown,
      clipped,
      ...(more > 0 ? { more } : {}),
    };
  },
});
