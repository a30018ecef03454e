import * as z from "zod";
import { diff, jsonPatchOf } from "../../inspect/diff.js";
import { parseFieldPath } from "../../inspect/field-path.js";
import { mergePatchBetween } from "../../inspect/merge-patch.js";
import { cliLine } from "../cli-line.js";
import { clipToFit, itemsThatFit } from "../clip.js";
import * as inputs from "../inputs.js";
import { defineTool } from "../tool.js";

const side = z.looseObject({ offset: z.number(), version: z.number() });

export const diffSession = defineTool({
  name: "diff_session",
  title: "Diff a session between two points",
  description:
    "What differs in one session between two points, and which event, actor and reason made each change. from may be the later one: that is the way back.",
  effect: "reads",
  input: z.object({
    session: inputs.session,
    from: inputs.point,
    to: inputs.point.default("HEAD"),
    path: inputs.path.optional().describe("only what lies there"),
    format: z.enum(["changes", "json-patch", "merge-patch"]).default("changes"),
  }),
  output: z.object({
    session: z.string(),
    from: side,
    to: side,
    events: z.number().describe("events of the session between the two"),
    changes: z.array(z.looseObject({ path: z.string() })).optional(),
    patch: z.unknown().optional().describe("with format json-patch or merge-patch"),
    more: z.number().optional().describe("changes that did not fit"),
    clipped: z.boolean(),
  }),
  async run({ session, from, to, path, format }, context) {
    const ends = {
      from: await inputs.offsetOf(context, from, session),
      to: await inputs.offsetOf(context, to, session),
    };
    const place = path === undefined ? {} : { path: parseFieldPath(path) };
    const found = await diff(context.log, session, { ...ends, ...place });
    const words = [
      ["--path", path],
      ["--format", format === "changes" ? undefined : format],
    ] as const;
    return {
      offset: Math.max(ends.from, ends.to),
      cli: cliLine(context, "session", "diff", session, `${from}..${to}`, ...words, "--json"),
      session,
      from: found.from,
      to: found.to,
      events: found.events,
      ...(format === "changes" ? changesOf(found.changes) : patchOf(found, format)),
    };
  },
});

function changesOf(changes: Awaited<ReturnType<typeof diff>>["changes"]) {
  const { value, clipped } = itemsThatFit(changes);
  const more = changes.length - value.length;
  return { changes: value, clipped, ...(more > 0 ? { more } : {}) };
}

/** A patch is whole or not at all: one with texts cut would do something else. */
function patchOf(found: Awaited<ReturnType<typeof diff>>, format: "json-patch" | "merge-patch") {
  const patch = format === "json-patch" ? jsonPatchOf(found) : mergePatchBetween(found.before, found.after);
  const fitting = clipToFit({ patch });
  if (fitting?.clipped === false) return { patch, clipped: false };
  return { ...changesOf(found.changes), clipped: true };
}
