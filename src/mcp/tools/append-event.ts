import * as z from "zod";
import { isSessionEventType } from "../../../projections/session-events.js";
import { sessionStream } from "../../../projections/sessions.js";
import { defined } from "../../defined.js";
import { RefusedError } from "../../errors.js";
import { cliLine } from "../cli-line.js";
import * as inputs from "../inputs.js";
import { defineTool } from "../tool.js";
import { appended, appendedOutput, reason } from "../written.js";

export const appendEvent = defineTool({
  name: "append_event",
  title: "Append an event of your own",
  description:
    "Notes something in a session's history without changing its record: a step, a decision, a test result. The type is your own, such as agent.step; to change the record call update_session.",
  effect: "changes",
  input: z.object({
    session: inputs.session,
    type: z
      .string()
      .regex(/^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+$/, "write it like agent.step: lower case, with a dot")
      .max(100),
    data: inputs.members,
    expected_version: z.number().int().min(1).optional().describe("refuse unless the session is at this version"),
    reason: reason.optional(),
  }),
  output: appendedOutput,
  async run({ session, type, data, expected_version, reason }, context) {
    if (isSessionEventType(type) || /^(session|mark|store)\./.test(type)) throw reserved(type);
    await context.store.get(session);
    const meta = { schema: 1, ...defined({ reason }) };
    const { events } = await context.log.append(
      {
        stream: sessionStream(session),
        expectedVersion: expected_version ?? "any",
        events: [{ type, data, meta }],
      },
      { actor: context.store.actor },
    );
    return appended(events, cliLine(context, "session", "log", session));
  },
});

function reserved(type: string): RefusedError {
  return new RefusedError(
    "EVENT_TYPE_RESERVED",
    `${type} is an event of the store's own, which append_event does not write`,
    {
      hint: "call update_session, add_mark or revert_event, or choose a type of your own such as agent.step",
    },
  );
}
