import * as z from "zod";
import { tokensOf } from "../../../projections/json-patch.js";
import type { SessionRecord } from "../../../projections/session-record.js";
import { defined } from "../../defined.js";
import { UsageError } from "../../errors.js";
import { parseFieldPath } from "../../inspect/field-path.js";
import type { Json } from "../../log/canonical.js";
import { assignFields } from "../../session/assign-fields.js";
import { cliLine } from "../cli-line.js";
import * as inputs from "../inputs.js";
import { defineTool } from "../tool.js";
import { appended, appendedOutput, reason } from "../written.js";

const input = z.object({
  session: inputs.session,
  set: inputs.members.describe('path → new value: {"prState.exists": false}'),
  unset: z.array(z.string().min(1)).max(100).default([]).describe("paths to remove"),
  expected_version: z.number().int().min(1).optional().describe("refuse unless the session is at this version"),
  reason,
});

export const updateSession = defineTool({
  name: "update_session",
  title: "Change fields of a session",
  description:
    "Sets and removes fields of one session, in one event. Pass expected_version of get_session where the change depends on what you read.",
  effect: "changes",
  input,
  output: appendedOutput,
  async run(given, context) {
    const { session, expected_version, reason } = given;
    const change = changeOf(given);
    const options = { reason, ...defined({ expectedVersion: expected_version }) };
    const { events } = await context.store.update(session, change, options);
    const offset = await inputs.offsetOf(context, undefined);
    const last = events.at(-1)?.offset;
    const undo = cliLine(context, "session", "revert", session, ["--event", last]);
    return appended(events, cliLine(context, "session", "log", session), undo, offset);
  },
});

/** @throws UsageError NOTHING_TO_CHANGE, FIELD_PATH_INVALID, ARGUMENT_INVALID where a path leads through no object */
function changeOf({ set, unset }: z.output<typeof input>): (record: SessionRecord) => SessionRecord {
  const assignments = [
    ...Object.entries(set).map(([path, value]) => ({ path: keysOf(path), value: value as Json })),
    ...unset.map((path) => ({ path: keysOf(path), value: undefined })),
  ];
  if (assignments.length === 0) {
    throw new UsageError("NOTHING_TO_CHANGE", "update_session needs something to set or to unset", {
      hint: 'for example set {"status": "merged"}',
    });
  }
  return (record) => assignFields(record, assignments);
}

function keysOf(path: string): readonly string[] {
  if (path === "") {
    throw new UsageError("FIELD_PATH_INVALID", "the empty path is the whole record, which is not set as one", {
      hint: "name its members; one that is called by the empty text is /",
    });
  }
  return tokensOf(parseFieldPath(path));
}
