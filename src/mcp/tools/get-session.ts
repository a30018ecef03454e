import * as z from "zod";
import { valueAt } from "../../../projections/json-leaves.js";
import { UsageError } from "../../errors.js";
import { parseFieldPath } from "../../inspect/field-path.js";
import { pathNotFound } from "../../inspect/path-not-found.js";
import { cliLine } from "../cli-line.js";
import { clipToFit } from "../clip.js";
import * as inputs from "../inputs.js";
import { defineTool } from "../tool.js";

export const getSession = defineTool({
  name: "get_session",
  title: "Get a session",
  description:
    "The record of one session, now or as of a point, or only the values at some paths of it. Long texts are cut and say so.",
  effect: "reads",
  input: z.object({
    session: inputs.session,
    as_of: inputs.asOf,
    paths: z.array(inputs.path).min(1).max(50).optional().describe("only these places; default the whole record"),
  }),
  output: z.object({
    session: z.string(),
    version: z.number(),
    updated_at: z.string(),
    last_actor: z.string(),
    record: z.unknown().optional(),
    values: z.record(z.string(), z.unknown()).optional().describe("path as it was asked for → value"),
    clipped: z.boolean(),
  }),
  async run({ session, as_of, paths }, context) {
    const offset = await inputs.offsetOf(context, as_of, session);
    const { record, version, updatedAt, lastActor } = await context.store.get(session, { asOf: offset });
    const wanted = paths === undefined ? { record } : { values: valuesAt(session, record, paths) };
    const fitting = clipToFit(wanted);
    if (fitting === undefined) throw tooLarge(session);
    const [path, ...others] = paths ?? [];
    return {
      offset,
      cli: cliLine(
        context,
        ...["session", "show", session],
        ["--path", others.length === 0 ? path : undefined],
        ["--as-of", as_of],
        "--json",
      ),
      session,
      version,
      updated_at: updatedAt,
      last_actor: lastActor,
      ...fitting.value,
      clipped: fitting.clipped,
    };
  },
});

function valuesAt(id: string, record: Parameters<typeof valueAt>[0], paths: readonly string[]) {
  const values = paths.map((path) => {
    const value = valueAt(record, parseFieldPath(path));
    if (value === undefined) throw pathNotFound(id, path, "has nothing");
    return [path, value] as const;
  });
  return Object.fromEntries(values);
}

function tooLarge(id: string): UsageError {
  return new UsageError(
    "ANSWER_TOO_LARGE",
    `what is asked of ${id} is too large for one answer, even with its texts cut`,
    {
      hint: "ask for fewer places",
    },
  );
}
