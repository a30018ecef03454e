import * as z from "zod";
import type { SessionRecord } from "../../../projections/session-record.js";
import { cliLine } from "../cli-line.js";
import * as inputs from "../inputs.js";
import { defineTool } from "../tool.js";
import { appended, appendedOutput, reason } from "../written.js";

export const createSession = defineTool({
  name: "create_session",
  title: "Record a new session",
  description: "Appends a new session with the given fields. Refused where the id is taken, also by a deleted session.",
  effect: "changes",
  input: z.object({
    session: inputs.session,
    fields: inputs.members.describe("the record: taskId, branch, repoName, repoUrl, description, status …"),
    reason,
  }),
  output: appendedOutput,
  async run({ session, fields, reason }, context) {
    const record = { createdAt: context.now().toISOString(), status: "CREATED", ...fields, session } as SessionRecord;
    const { events } = await context.store.create(record, { reason });
    return appended(events, cliLine(context, "session", "show", session));
  },
});
