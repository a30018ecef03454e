import * as z from "zod";
import { eventAt } from "../../inspect/event-at.js";
import { resolvePoint } from "../../inspect/point.js";
import { cliLine } from "../cli-line.js";
import * as inputs from "../inputs.js";
import { defineTool } from "../tool.js";

export const getPoint = defineTool({
  name: "get_point",
  title: "Resolve a point in the log",
  description:
    'Which offset a point means: a time ("2026-01-31 18:00", "yesterday 18:00", "2h"), a mark ("mark:NAME"), HEAD~3, or v12 of a session. Use the offset to pin later questions to the same state.',
  effect: "reads",
  input: z.object({
    text: inputs.point,
    session: inputs.session.optional().describe("the session that vN counts in"),
  }),
  output: z.object({
    text: z.string(),
    point: z.number().describe("the offset; 0 is before everything"),
    meaning: z.string(),
    event: z.looseObject({ type: z.string(), actor: z.string(), time: z.string() }).optional(),
  }),
  async run({ text, session }, context) {
    const { offset: point, meaning } = await resolvePoint(
      context.log,
      text,
      inputs.pointContext(context.now(), session),
    );
    const head = await inputs.offsetOf(context, undefined);
    return {
      offset: head,
      cli: cliLine(context, "events", "show", point),
      text,
      point,
      meaning,
      ...(point === 0 ? {} : { event: await briefly(context.log, point) }),
    };
  },
});

async function briefly(log: Parameters<typeof eventAt>[0], offset: number) {
  const { event } = await eventAt(log, offset);
  return { type: event.type, actor: event.actor, time: event.recordedAt, stream: event.stream };
}
