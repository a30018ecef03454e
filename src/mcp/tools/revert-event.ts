import * as z from "zod";
import { defined } from "../../defined.js";
import { UsageError } from "../../errors.js";
import { changesBetween } from "../../inspect/changes.js";
import type { RevertTarget } from "../../session/plan-revert.js";
import { previewRevert, revertSession } from "../../session/revert-session.js";
import { cliLine } from "../cli-line.js";
import { itemsThatFit } from "../clip.js";
import * as inputs from "../inputs.js";
import type { CallContext } from "../mcp-context.js";
import { defineTool } from "../tool.js";
import { reason } from "../written.js";

const input = z.object({
  session: inputs.session,
  event: inputs.point.optional().describe("take back this one event and keep the later ones"),
  to: inputs.point.optional().describe("or: take back everything after this point"),
  force: z.boolean().default(false).describe("with event: put old values back even where later events changed them"),
  reason: reason.optional(),
  dry_run: z.boolean().default(true).describe("true: only say what would be taken back. Pass false to do it"),
});

export const revertEvent = defineTool({
  name: "revert_event",
  title: "Take back an event",
  description:
    "Undoes one past event of a session, or everything after a point, by a new event; nothing is erased. A dry run unless dry_run is false: look at changes and conflicts first.",
  effect: "changes",
  input,
  output: z.object({
    dry_run: z.boolean(),
    changes: z.array(z.looseObject({ path: z.string() })),
    conflicts: z
      .array(z.looseObject({ path: z.string() }))
      .describe("places that later events changed; they keep their value"),
    appended: z.array(z.looseObject({ offset: z.number() })),
  }),
  async run(given, context) {
    const { session, dry_run, reason } = given;
    const target = await targetOf(given, context);
    const options = { actor: context.store.actor, ...defined({ reason }) };
    const done = dry_run
      ? { ...(await previewRevert(context.store, session, target)), events: [] }
      : await revertSession(context.store, session, target, options);
    const words = [
      ["--event", given.event],
      ["--to", given.to],
    ] as const;
    const flags = [given.force ? "--force" : undefined, dry_run ? "--dry-run" : undefined];
    return {
      offset: done.events.at(-1)?.offset ?? (await inputs.offsetOf(context, undefined)),
      cli: cliLine(context, "session", "revert", session, ...words, ...flags),
      dry_run,
      changes: itemsThatFit(changesBetween(done.before, done.after)).value,
      conflicts: itemsThatFit(done.conflicts).value,
      appended: done.events.map(({ offset, version, type }) => ({ offset, version, type })),
    };
  },
});

/** @throws UsageError ARGUMENT_INVALID */
async function targetOf(
  { session, event, to, force }: z.output<typeof input>,
  context: CallContext,
): Promise<RevertTarget> {
  if ((event === undefined) === (to === undefined)) {
    throw new UsageError("ARGUMENT_INVALID", "revert_event takes either event or to", {
      hint: "event 42 takes back that event, to 42 everything after it",
    });
  }
  const offset = await inputs.offsetOf(context, event ?? to, session);
  return event === undefined ? { to: offset } : { event: offset, force };
}
